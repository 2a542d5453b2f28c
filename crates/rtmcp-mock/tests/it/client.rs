//! MCP clients for the tests, one for each way to a sample server.

use std::process::Command;

use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, ClientConfig, ClientRequest,
    ProgressNotificationParam, ProtocolVersion,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt, NotificationContext, PeerRequestOptions, RequestHandle,
    RunningService, ServiceError,
};
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, RoleClient, ServiceExt};
use rtmcp_mock::Sample;
use rtmcp_mock::serve::{Running, Server};
use serde_json::Value;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use crate::sse_client::SseClient;

pub(crate) type Client = RunningService<RoleClient, Listener>;

/// A client that passes on what the server tells it unasked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listener {
    heard: Option<mpsc::UnboundedSender<Heard>>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Progress(f64),
    ToolsChanged,
}

impl Listener {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Heard>) {
        let (heard, hearing) = mpsc::unbounded_channel();
        (Self { heard: Some(heard) }, hearing)
    }

    fn pass_on(&self, heard: Heard) {
        if let Some(listener) = &self.heard {
            // A test that stopped listening has heard enough.
            let _ = listener.send(heard);
        }
    }
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        ClientConfig::default()
    }

    async fn on_progress(
        &self,
        progress: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.pass_on(Heard::Progress(progress.progress));
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.pass_on(Heard::ToolsChanged);
    }
}

/// Serves `sample` on a free port.
pub(crate) async fn bind<S: Sample>(sample: S) -> Running {
    let server = Server::new(sample);
    server.bind(([127, 0, 0, 1], 0).into()).await.unwrap()
}

/// Over Streamable HTTP, in a session.
pub(crate) async fn streamable(running: &Running) -> Client {
    listening(running, Listener::default()).await
}

/// Over Streamable HTTP, in a session, for a client that listens.
pub(crate) async fn listening(running: &Running, listener: Listener) -> Client {
    let transport = StreamableHttpClientTransport::from_uri(running.url_mcp());
    listener.serve(transport).await.unwrap()
}

/// Over Streamable HTTP, in revision 2026-07-28.
pub(crate) async fn stateless(running: &Running) -> Client {
    let transport = StreamableHttpClientTransport::from_uri(running.url_mcp());
    let client = Listener::default().serve_with_lifecycle(transport, discover());
    client.await.unwrap()
}

fn discover() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    }
}

/// Over HTTP+SSE.
pub(crate) async fn sse(running: &Running) -> Client {
    let transport = SseClient::connect(&running.url_sse()).await;
    Listener::default().serve(transport).await.unwrap()
}

/// Over a pipe to a server in this process.
pub(crate) async fn piped<S: Sample>(sample: S) -> Client {
    Listener::default().serve(pipe(sample)).await.unwrap()
}

/// Over a pipe to a server in this process, in revision 2026-07-28.
pub(crate) async fn stateless_piped<S: Sample>(sample: S) -> Client {
    let client = Listener::default().serve_with_lifecycle(pipe(sample), discover());
    client.await.unwrap()
}

fn pipe<S: Sample>(sample: S) -> DuplexStream {
    let (ours, theirs) = tokio::io::duplex(4096);
    let (read, write) = tokio::io::split(theirs);
    tokio::spawn(rtmcp_mock::serve::pipe(sample, read, write));
    ours
}

/// Over the stdin and stdout of the example `stdio_shop`, which cargo builds along with the tests.
pub(crate) async fn child() -> Client {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(|deps| deps.parent()).unwrap();
    let shop = target.join("examples/stdio_shop");
    let process = TokioChildProcess::new(tokio::process::Command::from(Command::new(shop)));
    Listener::default().serve(process.unwrap()).await.unwrap()
}

/// Calls a tool with `arguments`, an object.
pub(crate) async fn call(
    client: &Client,
    tool: &str,
    arguments: Value,
) -> Result<CallToolResult, ServiceError> {
    client.call_tool(params(tool, arguments)).await
}

/// Begins a call that can be cancelled.
pub(crate) async fn begin(client: &Client, tool: &str) -> RequestHandle<RoleClient> {
    let call = CallToolRequest::new(params(tool, Value::Object(Default::default())));
    client
        .send_cancellable_request(
            ClientRequest::CallToolRequest(call),
            PeerRequestOptions::no_options(),
        )
        .await
        .unwrap()
}

fn params(tool: &str, arguments: Value) -> CallToolRequestParams {
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object");
    };
    CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments)
}

/// The text of a result that is one text block.
pub(crate) fn text(result: &CallToolResult) -> &str {
    assert_eq!(result.content.len(), 1, "{result:?}");
    &result.content[0].as_text().unwrap().text
}
