//! [`Natives`]: the MCP servers that the client names, where the proxy plays what an endpoint with
//! native MCP does.
//!
//! The client sees the servers listed and their calls as `mcp_call` items; the endpoint sees
//! functions. What the published sources leave open, and what is done here:
//!
//! - They don't say whether `mcp_list_tools.in_progress` comes before `session.updated`; here it
//!   does.
//! - They show no `conversation.item.added` and `.done` of an `mcp_call`; here both come, as they do
//!   of every other item of a conversation.
//! - They let `response.done` come behind the end of its calls; reports of real sessions have seen
//!   it before. Here it is behind, unless the conversation goes on in the meantime: then it comes
//!   before the next response begins.
//! - They don't say how a call ends that was denied: here as one that failed, without having been in
//!   progress.
//! - They leave open which tools need approval that neither filter of `require_approval` names: here
//!   they do.

mod call;
mod import;
mod server;

use std::collections::BTreeMap;

use rtmcp_core::{CallId, ItemId, McpError, Private, ResponseId};

pub(super) use server::{Refusal, Server};

/// The servers, and the calls of their tools.
#[derive(Debug, Default)]
pub(super) struct Natives {
    pub(super) servers: Vec<Server>,
    pub(super) calls: BTreeMap<CallId, Call>,
    /// Items that the client alone sees.
    pub(super) made_up: BTreeMap<ItemId, Private<String>>,
    /// The end of a response, which waits for its calls.
    pub(super) done: Option<(ResponseId, Private<String>)>,
    /// The client's choice of one of their tools in the session, as it wrote it.
    pub(super) choice: Option<Private<String>>,
    /// A reply to such calls is wanted.
    pub(super) owed: bool,
    /// A reply to such calls is on its way or being written, and the client has added nothing since.
    pub(super) replying: bool,
    /// The client has asked for that reply as well, and it hasn't begun.
    pub(super) awaited: bool,
    pub(super) imports: u64,
}

/// A call of a tool of a server.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) item_id: ItemId,
    pub(super) response: ResponseId,
    pub(super) output_index: u32,
    pub(super) import: u64,
    pub(super) label: String,
    pub(super) tool: String,
    pub(super) arguments: Private<String>,
    /// The item that asks for approval.
    pub(super) approval: Option<ItemId>,
    /// Nobody has decided.
    pub(super) asking: bool,
    /// How it ended.
    pub(super) result: Option<Result<Private<String>, McpError>>,
    /// The model has written all of it.
    pub(super) whole: bool,
    /// The model will never write all of it.
    pub(super) dropped: bool,
    /// Events that tell of its end, kept until then.
    pub(super) ends: Vec<Private<String>>,
}

impl Natives {
    /// Tells whether a call is of a tool of a server.
    pub(super) fn has(&self, call_id: &CallId) -> bool {
        self.calls.contains_key(call_id)
    }

    /// Tells whether an item holds such a call.
    pub(super) fn has_item(&self, item_id: &ItemId) -> bool {
        let mut calls = self.calls.values();
        calls.any(|call| call.item_id == *item_id && !item_id.is_empty())
    }

    /// Tells whether a call is whole.
    pub(super) fn is_whole(&self, call_id: &CallId) -> bool {
        self.calls.get(call_id).is_some_and(|call| call.whole)
    }

    /// Tells whether a response made such calls.
    pub(super) fn called_in(&self, response: &ResponseId) -> bool {
        self.calls.values().any(|call| call.response == *response)
    }

    /// Tells whether a response has calls that aren't over.
    pub(super) fn is_open(&self, response: &ResponseId) -> bool {
        let of = |call: &&Call| call.response == *response && call.whole;
        self.calls
            .values()
            .filter(of)
            .any(|call| call.result.is_none())
    }
}
