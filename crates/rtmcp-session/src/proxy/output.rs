//! What a proxy wants done, in order.

use std::collections::vec_deque;

use rtmcp_core::{CallId, ItemId, Private, SessionId, ToolCall, session::McpTool};

use crate::{CallState, HandOver, HandOverReason, Trouble};

/// One thing to do.
///
/// Exhaustive on purpose: a new effect must break every driver that doesn't know it.
#[derive(Clone, Debug, PartialEq)]
pub enum ProxyOutput {
    /// The text of this very input goes on to the other side, unchanged.
    Forward,
    /// Send this text to the endpoint.
    ToEndpoint(Private<String>),
    /// Send this text to the client.
    ToClient(Private<String>),
    /// Run a tool of ours, without keeping anything waiting for it; its news come back as
    /// [`ProxyInput::Tool`](super::ProxyInput::Tool).
    CallTool(ToolCall),
    /// Stop a tool, ours or of an emulated server: the call has been answered without it.
    CancelTool(CallId),
    /// Get the tools of an MCP server that the client named; they come back as
    /// [`NativeNews`](super::NativeNews).
    Import(Box<Import>),
    /// Run a tool of such a server; how it ends comes back as
    /// [`NativeNews::Finished`](super::NativeNews::Finished).
    CallNative(NativeCall),
    /// Let go of such a server: the client doesn't offer it any more.
    Forget {
        /// The number of the [`Import`].
        import: u64,
    },
    /// Open a new connection to the endpoint; keep the one there is, if it lives, until the new one
    /// is open.
    Connect,
    /// Tell whoever watches.
    Notify(ProxyEvent),
    /// The proxy is done: close both connections.
    Close(ProxyClose),
}

/// An MCP server that the client wants its tools from.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Counts the servers of this connection.
    pub import: u64,
    /// The client's name for it.
    pub label: String,
    /// All that the client said of it. `server_url` is there, and `authorization` and `headers` are
    /// not both about authorization.
    pub server: Private<McpTool>,
}

/// A call of a tool of such a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeCall {
    /// The number of the [`Import`].
    pub import: u64,
    /// The tool by its name on the server.
    pub tool: String,
    /// The call as the model made it.
    pub call: ToolCall,
}

/// What whoever watches a proxy may want to log or count.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ProxyEvent {
    /// The endpoint greeted.
    Greeted {
        /// The endpoint's name for the session.
        session_id: Option<SessionId>,
        /// The model that answers.
        model: Option<String>,
    },
    /// A call of a tool of ours, or of an emulated server, came to a new state.
    Call {
        /// The call.
        call_id: CallId,
        /// The function.
        name: String,
        /// Where it is now.
        state: CallState,
    },
    /// A call that the endpoint itself makes moved on.
    McpCall {
        /// The item that holds it.
        item_id: ItemId,
        /// The session's name for the server; empty where the endpoint hasn't said it.
        server_label: String,
        /// The tool; empty where the endpoint hasn't said it.
        name: String,
        /// `response.mcp_call.in_progress` is [`Running`](CallState::Running), `completed` is
        /// [`Answered`](CallState::Answered), `failed` is [`Failed`](CallState::Failed).
        state: CallState,
    },
    /// An MCP server gave its tools or didn't, be it to the endpoint or to us.
    McpTools {
        /// The item that lists them.
        item_id: ItemId,
        /// Whether they came.
        listed: bool,
    },
    /// The conversation goes over to another connection to the endpoint; the client stays.
    HandingOver {
        /// Why.
        why: HandOverReason,
    },
    /// It goes on over the new connection.
    HandedOver(Box<HandOver>),
    /// Something of ours went wrong, and the conversation goes on. The client's own errors are the
    /// client's affair, and not told here.
    Trouble(Trouble),
}

/// Why a proxy is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyClose {
    /// The client left.
    ClientGone,
    /// The connection to the endpoint is gone, and nothing could take its place.
    EndpointGone,
    /// The endpoint ended it.
    EndpointEnded,
}

/// The effects of one input, in order.
///
/// It borrows the proxy, so that no input can be given before the effects of the last one are
/// taken. [`ProxyOutput::Forward`] means the text of this input: what isn't taken is gone.
#[must_use = "the effects of an input must be performed"]
#[derive(Debug)]
pub struct ProxyDrain<'a> {
    pub(super) outbox: vec_deque::Drain<'a, ProxyOutput>,
}

impl Iterator for ProxyDrain<'_> {
    type Item = ProxyOutput;

    fn next(&mut self) -> Option<ProxyOutput> {
        self.outbox.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.outbox.size_hint()
    }
}

impl ExactSizeIterator for ProxyDrain<'_> {}
