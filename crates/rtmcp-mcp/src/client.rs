//! [`Client`]: one connection to one server, from its handshake to its end.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rmcp::{
    ClientHandler, ErrorData, Peer, RoleClient,
    model::{
        CallToolRequest, CallToolRequestParams, CancelledNotificationParam, ClientCapabilities,
        ClientConfig, ClientRequest, ElicitResult, ElicitationAction, Implementation, InputRequest,
        InputRequiredResult, InputResponses, ListRootsRequestMethod, ListToolsRequest,
        PaginatedRequestParams, RequestId, ServerResult,
    },
    service::{PeerRequestOptions, RequestContext, RunningService},
};
use rtmcp_core::{ToolOutcome, ToolSpec};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::{call::Progress, convert, failure::Failure, loss::Loss, tap::ProgressSink};

/// A connection that has its handshake behind it.
pub(crate) struct Client {
    peer: Peer<RoleClient>,
    service: Mutex<Option<RunningService<RoleClient, Host>>>,
    loss: Arc<Loss>,
    running: AtomicUsize,
}

/// One tool call, as the server gets it.
pub(crate) struct ToolRequest {
    pub(crate) tool: String,
    pub(crate) args: Map<String, Value>,
    pub(crate) progress: Option<tokio::sync::mpsc::UnboundedSender<Progress>>,
    /// Set once the server may have acted on the call.
    pub(crate) dispatched: Arc<AtomicBool>,
}

impl Client {
    pub(crate) fn new(service: RunningService<RoleClient, Host>, loss: Arc<Loss>) -> Self {
        Self {
            peer: service.peer().clone(),
            service: Mutex::new(Some(service)),
            loss,
            running: AtomicUsize::new(0),
        }
    }

    pub(crate) fn loss(&self) -> &Loss {
        &self.loss
    }

    /// How many requests wait for an answer.
    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    /// The revision of the protocol, and the server's own name and version.
    pub(crate) fn identity(&self) -> (String, Option<String>, Option<String>) {
        let Some(info) = self.peer.peer_info() else {
            return (String::new(), None, None);
        };
        let server = info.server_info.as_ref();
        (
            info.protocol_version.to_string(),
            server.map(|server| server.name.clone()),
            server.map(|server| server.version.clone()),
        )
    }

    /// Lists all tools, page by page.
    pub(crate) async fn tools(&self) -> Result<Vec<ToolSpec>, Failure> {
        let mut tools = Vec::new();
        let mut cursor: Option<String> = None;
        let mut seen = HashSet::new();
        for _ in 0..MAX_PAGES {
            let mut request = ListToolsRequest::default();
            if cursor.is_some() {
                request.params = Some(PaginatedRequestParams::default().with_cursor(cursor));
            }
            let result = self
                .request(ClientRequest::ListToolsRequest(request))
                .await?;
            let page = convert::page(result)?;
            tools.extend(page.tools);
            if tools.len() > MAX_TOOLS {
                return Err(Failure::EndlessList("more than 10,000 tools"));
            }
            let Some(next) = page.next else {
                return Ok(tools);
            };
            if !seen.insert(next.clone()) {
                return Err(Failure::EndlessList("a cursor came twice"));
            }
            cursor = Some(next);
        }
        Err(Failure::EndlessList("more than 100 pages"))
    }

    /// Calls a tool. Dropping the future cancels the call on the server too.
    pub(crate) async fn call(&self, request: &ToolRequest) -> Result<ToolOutcome, Failure> {
        let mut params = CallToolRequestParams::new(request.tool.clone());
        params.arguments = Some(request.args.clone());
        for _ in 0..MAX_ROUNDS {
            let mut call = CallToolRequest::new(params.clone());
            if let Some(sink) = &request.progress {
                call.extensions.insert(ProgressSink(sink.clone()));
            }
            request.dispatched.store(true, Ordering::Relaxed);
            match self.request(ClientRequest::CallToolRequest(call)).await? {
                ServerResult::InputRequiredResult(result) => {
                    let (responses, state) = decline(result)?;
                    params.input_responses = responses;
                    params.request_state = state;
                }
                result => return convert::outcome(result),
            }
        }
        Err(Failure::NeedsInput)
    }

    /// Ends the connection: the session is deleted, or the child ended.
    pub(crate) async fn close(&self, limit: Duration) {
        let service = self.service.lock().await.take();
        if let Some(mut service) = service {
            let closed = service.close_with_timeout(limit).await;
            tracing::debug!(in_time = matches!(closed, Ok(Some(_))), "connection closed");
        }
    }

    async fn request(&self, request: ClientRequest) -> Result<ServerResult, Failure> {
        let _running = Running::start(&self.running);
        let options = PeerRequestOptions::no_options();
        let handle = self.peer.send_request_with_option(request, options).await;
        // The connection had ended before: whatever its reason, this request was never sent.
        let handle = handle.map_err(|_| Failure::SessionLost)?;
        let id = handle.id.clone();
        let mut guard = CancelOnDrop {
            peer: &self.peer,
            id: Some(handle.id),
        };
        let answer = tokio::select! {
            // An answer that is there counts, even if the connection ended right after it.
            biased;
            answer = handle.rx => answer.ok(),
            _ = self.loss.lost() => None,
        };
        guard.id = None;
        let failure = match answer {
            Some(Ok(result)) => return Ok(result),
            Some(Err(error)) => convert::from_call(&error),
            None => Failure::Closed,
        };
        if failure != Failure::Closed {
            return Err(failure);
        }
        self.loss.doubt();
        Err(self.cut_off(&id))
    }

    /// Why a request had no answer when the connection ended.
    fn cut_off(&self, request: &RequestId) -> Failure {
        if let Some(failure) = self.loss.unsent(request) {
            return failure;
        }
        // A reason such as a refused connection holds for another request: this one was under way
        // and may have run.
        let reason = self.loss.reason();
        let reason = reason.filter(|failure| !failure.precedes_processing());
        reason.unwrap_or(Failure::Closed)
    }
}

/// What a server may ask of us: nothing yet, and it is told so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Host;

#[expect(
    deprecated,
    reason = "roots are on their way out, and servers of older revisions ask for them"
)]
impl ClientHandler for Host {
    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("rtmcp", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), us)
    }

    async fn list_roots(
        &self,
        _context: RequestContext<RoleClient>,
    ) -> Result<rmcp::model::ListRootsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListRootsRequestMethod>())
    }
}

/// Declines what a server of the stateless revision wants to know before it goes on.
fn decline(
    result: InputRequiredResult,
) -> Result<(Option<InputResponses>, Option<String>), Failure> {
    let mut responses = InputResponses::new();
    for (key, request) in result.input_requests.unwrap_or_default() {
        // A form can be declined; there is no such answer to the other requests.
        let InputRequest::Elicitation(_) = request else {
            return Err(Failure::NeedsInput);
        };
        let declined = serde_json::to_value(ElicitResult::new(ElicitationAction::Decline));
        responses.insert(key, declined.map_err(|_| Failure::NeedsInput)?);
    }
    if responses.is_empty() && result.request_state.is_none() {
        return Err(Failure::NotMcp("it requires input and names none"));
    }
    let responses = (!responses.is_empty()).then_some(responses);
    Ok((responses, result.request_state))
}

/// Tells the server that nobody waits for an answer anymore.
struct CancelOnDrop<'a> {
    peer: &'a Peer<RoleClient>,
    id: Option<RequestId>,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let peer = self.peer.clone();
        runtime.spawn(async move {
            let reason = Some("the caller no longer waits".to_owned());
            let params = CancelledNotificationParam::new(Some(id), reason);
            let sent = peer.notify_cancelled(params).await;
            tracing::debug!(sent = sent.is_ok(), "request cancelled");
        });
    }
}

/// Counts a request while it lives.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn start(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

const MAX_PAGES: usize = 100;
const MAX_TOOLS: usize = 10_000;
/// Rounds of required input, as many as the other SDKs go.
const MAX_ROUNDS: usize = 10;
