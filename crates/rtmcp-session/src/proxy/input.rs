//! What a proxy is told.

use std::fmt;

use rtmcp_core::{CallId, McpError, Private, ToolSpec, session::FunctionTool};

use crate::ToolNews;

/// One thing that happened.
pub enum ProxyInput<'a> {
    /// The client sent a text.
    Client(&'a str),
    /// The endpoint sent a text.
    Endpoint(&'a str),
    /// A tool of ours moved on. One that was called for an emulated server may say that it
    /// [runs](ToolNews::Running); how it ends is told as [`NativeNews::Finished`].
    Tool(CallId, ToolNews),
    /// What the model may call of ours is this from now on.
    Tools(Vec<FunctionTool>),
    /// An MCP server of the client, that is emulated, answered.
    Native(NativeNews),
    /// The connection to the endpoint is open: the first one, or the one that
    /// [`ProxyOutput::Connect`](super::ProxyOutput::Connect) asked for.
    Connected {
        /// Seconds since 1970 now, so that the end of a session has a meaning; none if unknown.
        at: Option<u64>,
    },
    /// No connection to the endpoint could be opened, after all tries.
    NotConnected,
    /// The connection to the endpoint is gone; another may be opened.
    EndpointGone,
    /// The endpoint ended the connection in a way after which no other may be opened.
    EndpointEnded,
    /// The client is gone.
    ClientGone,
    /// Time passed; given when [`Proxy::deadline`](super::Proxy::deadline) is reached.
    Tick,
}

/// News of an MCP server that the client named, and that is emulated.
#[derive(Clone, Debug, PartialEq)]
pub enum NativeNews {
    /// The server gave its tools.
    Imported {
        /// The number of the [`Import`](super::Import).
        import: u64,
        /// All of them, unfiltered.
        tools: Vec<ToolSpec>,
    },
    /// The server couldn't be reached, or gave no tools.
    NotImported {
        /// The number of the [`Import`](super::Import).
        import: u64,
    },
    /// A call ended.
    Finished {
        /// The call.
        call_id: CallId,
        /// What the server gave: text for the model, or why there is none. The kinds of errors are
        /// `protocol_error`, `tool_execution_error` and `http_error`.
        result: Result<Private<String>, McpError>,
    },
}

impl fmt::Debug for ProxyInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(text) => write!(f, "Client({} bytes)", text.len()),
            Self::Endpoint(text) => write!(f, "Endpoint({} bytes)", text.len()),
            Self::Tool(call_id, news) => f.debug_tuple("Tool").field(call_id).field(news).finish(),
            Self::Tools(tools) => write!(f, "Tools({})", tools.len()),
            Self::Native(news) => f.debug_tuple("Native").field(news).finish(),
            Self::Connected { at } => f.debug_struct("Connected").field("at", at).finish(),
            Self::NotConnected => f.write_str("NotConnected"),
            Self::EndpointGone => f.write_str("EndpointGone"),
            Self::EndpointEnded => f.write_str("EndpointEnded"),
            Self::ClientGone => f.write_str("ClientGone"),
            Self::Tick => f.write_str("Tick"),
        }
    }
}
