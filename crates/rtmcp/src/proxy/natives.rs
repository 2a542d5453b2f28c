//! [`Natives`]: MCP servers that a client names itself, played in the endpoint's place.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use rtmcp_core::{CallId, McpError, Private, ToolOutcome, ToolSpec, session::McpTool};
use rtmcp_mcp::{CallError, CallOptions, Guard, Pool, ServerConfig, ServerState};
use rtmcp_router::{OUTPUT_TOKENS, Redaction, Shaping, shape};
use rtmcp_session::proxy::{NativeCall, NativeNews};
use serde_json::{Map, Value};
use tokio::{sync::mpsc, task::AbortHandle};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// How long a call may take, as for servers of the configuration.
pub(super) const CALL: Duration = Duration::from_secs(20);

/// What JSON-RPC says of arguments that can't be meant.
const INVALID_PARAMS: i64 = -32602;

/// The servers of one client.
#[derive(Debug)]
pub(super) struct Natives {
    pools: HashMap<u64, Arc<Pool>>,
    /// Those that are being asked for their tools.
    asked: HashMap<u64, AbortHandle>,
    running: HashMap<CallId, CancellationToken>,
    news: mpsc::UnboundedSender<NativeNews>,
    /// Clients name the addresses, not the owner.
    guard: Guard,
    /// How results become what the model reads.
    shaping: Arc<Shaping>,
}

impl Natives {
    pub(super) fn new(
        guard: Guard,
        redaction: Redaction,
    ) -> (Self, mpsc::UnboundedReceiver<NativeNews>) {
        let (news, receiver) = mpsc::unbounded_channel();
        let natives = Self {
            pools: HashMap::new(),
            asked: HashMap::new(),
            running: HashMap::new(),
            news,
            guard,
            shaping: Arc::new(Shaping {
                // A client is shown texts, and keeps what it wants.
                image_bytes: 0,
                keeps: false,
                redaction,
                ..Shaping::new(OUTPUT_TOKENS)
            }),
        };
        (natives, receiver)
    }

    /// Connects to a server, and asks for its tools.
    pub(super) fn import(&mut self, import: u64, server: &Private<McpTool>) {
        let Some(mut config) = config(server.expose()) else {
            return self.tell(NativeNews::NotImported { import });
        };
        config.guard = self.guard.clone();
        let pool = Arc::new(Pool::new(vec![config]));
        self.pools.insert(import, Arc::clone(&pool));
        let news = self.news.clone();
        let asking = tokio::spawn(async move {
            let imported = match tools(&pool).await {
                Some(tools) => NativeNews::Imported { import, tools },
                None => NativeNews::NotImported { import },
            };
            // A client that is gone needs no news.
            let _ = news.send(imported);
        });
        self.asked.insert(import, asking.abort_handle());
    }

    /// Calls a tool.
    pub(super) fn call(&mut self, call: NativeCall) {
        let call_id = call.call.call_id;
        let arguments = serde_json::from_str::<Map<String, Value>>(call.call.arguments.expose());
        let cancel = CancellationToken::new();
        self.running.insert(call_id.clone(), cancel.clone());
        let (Some(pool), Ok(arguments)) = (self.pools.get(&call.import), arguments) else {
            let result = Err(McpError {
                kind: "protocol_error".to_owned(),
                code: Some(INVALID_PARAMS),
                message: Some("the arguments are no object of JSON".into()),
                ..McpError::default()
            });
            return self.tell(NativeNews::Finished { call_id, result });
        };
        let (pool, news, tool) = (Arc::clone(pool), self.news.clone(), call.tool);
        let shaping = Arc::clone(&self.shaping);
        tokio::spawn(async move {
            let result = run(&pool, &tool, arguments, cancel, &shaping).await;
            let _ = news.send(NativeNews::Finished { call_id, result });
        });
    }

    /// Stops a call. Nothing more is heard of it.
    pub(super) fn cancel(&mut self, call_id: &CallId) {
        if let Some(running) = self.running.remove(call_id) {
            running.cancel();
        }
    }

    /// Lets go of a server, and of what runs there.
    pub(super) fn forget(&mut self, import: u64) {
        self.pools.remove(&import);
        if let Some(asking) = self.asked.remove(&import) {
            asking.abort();
        }
    }

    /// Takes a call that is over off the list. Returns whether the news still matter.
    pub(super) fn is_news(&mut self, news: &NativeNews) -> bool {
        match news {
            NativeNews::Finished { call_id, .. } => self.running.remove(call_id).is_some(),
            NativeNews::Imported { import, .. } => {
                self.asked.remove(import);
                true
            }
            // What is named again is tried again, with another pool.
            NativeNews::NotImported { import } => {
                self.forget(*import);
                true
            }
        }
    }

    fn tell(&self, news: NativeNews) {
        // The receiver lives as long as the client.
        let _ = self.news.send(news);
    }
}

impl Drop for Natives {
    fn drop(&mut self) {
        self.running.values().for_each(CancellationToken::cancel);
        self.asked.values().for_each(AbortHandle::abort);
    }
}

/// Returns how to reach a server; none where that can't be meant.
fn config(server: &McpTool) -> Option<ServerConfig> {
    let url = server.server_url.as_deref()?.parse().ok()?;
    let mut config = ServerConfig::http(server.server_label.as_str(), url);
    config.bearer.clone_from(&server.authorization);
    let headers = server.headers.as_ref().map(Private::expose);
    for (name, value) in headers.into_iter().flatten() {
        let value = Private::from(value.as_str()?);
        config.headers.push((name.clone(), value));
    }
    Some(config)
}

/// Waits for the tools of the only server.
async fn tools(pool: &Pool) -> Option<Vec<ToolSpec>> {
    let begun = Instant::now();
    let state = pool.changes().next().await.map(|change| change.what);
    debug!(took = ?begun.elapsed(), "a client's MCP server answered or didn't");
    match state? {
        ServerState::Ready { mut tools } | ServerState::Cached { mut tools, .. } => {
            tools.retain(|tool| !tool.app_only);
            Some(tools)
        }
        ServerState::Down { error } if error.is_forbidden() => {
            warn!(%error, "a client's MCP server isn't reached");
            None
        }
        ServerState::Down { error } => {
            debug!(%error, "no tools of a client's MCP server");
            None
        }
    }
}

async fn run(
    pool: &Pool,
    tool: &str,
    arguments: Map<String, Value>,
    cancel: CancellationToken,
    shaping: &Arc<Shaping>,
) -> Result<Private<String>, McpError> {
    let options = CallOptions {
        timeout: CALL,
        cancel,
        ..CallOptions::default()
    };
    let Some(server) = pool.servers().next() else {
        return Err(McpError::default());
    };
    match pool.call(server, tool, arguments, options).await {
        Ok(outcome) if outcome.is_error => {
            let words = ToolOutcome {
                is_error: false,
                ..outcome
            };
            Err(McpError {
                kind: "tool_execution_error".to_owned(),
                message: Some(shape(&words, shaping, "result").text),
                ..McpError::default()
            })
        }
        Ok(outcome) => Ok(shape(&outcome, shaping, "result").text),
        Err(error) => Err(failure(&error)),
    }
}

fn failure(error: &CallError) -> McpError {
    let kind = match error.is_protocol() {
        true => "protocol_error",
        false => "http_error",
    };
    let said = error.message().cloned();
    McpError {
        kind: kind.to_owned(),
        code: error.code(),
        message: Some(said.unwrap_or_else(|| Private::new(error.to_string()))),
        ..McpError::default()
    }
}
