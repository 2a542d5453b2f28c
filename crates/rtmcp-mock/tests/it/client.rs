//! MCP clients for the tests: rmcp's own, and a small one for HTTP+SSE, which rmcp dropped.

use rmcp::model::{CallToolRequestParams, CallToolResult, ClientInfo};
use rmcp::service::{RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{RoleClient, ServiceExt};
use rtmcp_mock::serve::{Running, Sample, Server};
use serde_json::Value;

pub(crate) type Client = RunningService<RoleClient, ClientInfo>;

/// Serves `sample` on a free port.
pub(crate) async fn bind<S: Sample>(server: Server<S>) -> Running {
    server.bind(([127, 0, 0, 1], 0).into()).await.unwrap()
}

/// A client over Streamable HTTP.
pub(crate) async fn streamable(running: &Running) -> Client {
    let transport = StreamableHttpClientTransport::from_uri(running.url_mcp());
    ClientInfo::default().serve(transport).await.unwrap()
}

/// A client of a server in this process, over a pipe.
pub(crate) async fn piped<S: Sample>(sample: S) -> Client {
    let (ours, theirs) = tokio::io::duplex(4096);
    let (read, write) = tokio::io::split(theirs);
    tokio::spawn(rtmcp_mock::serve::pipe(sample, read, write));
    ClientInfo::default().serve(ours).await.unwrap()
}

/// Calls a tool with `arguments`, an object.
pub(crate) async fn call(
    client: &Client,
    tool: &str,
    arguments: Value,
) -> Result<CallToolResult, ServiceError> {
    client.call_tool(request(tool, arguments)).await
}

pub(crate) fn request(tool: &str, arguments: Value) -> CallToolRequestParams {
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
