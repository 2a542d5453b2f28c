//! What a proxy tells of the MCP servers that the endpoint itself talks to: it watches them and lets
//! all of it pass.

use rtmcp_core::{Item, ItemId, ServerEvent};

use super::{Proxy, ProxyEvent};
use crate::CallState;

impl Proxy {
    /// The endpoint asks an MCP server, or has its answer.
    pub(super) fn watch_mcp(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::ResponseMcpCallInProgress(e) => {
                self.mcp_call(&e.item_id, CallState::Running);
            }
            ServerEvent::ResponseMcpCallCompleted(e) => {
                self.mcp_call(&e.item_id, CallState::Answered);
            }
            ServerEvent::ResponseMcpCallFailed(e) => self.mcp_call(&e.item_id, CallState::Failed),
            ServerEvent::McpListToolsCompleted(e) => self.mcp_tools(&e.item_id, true),
            ServerEvent::McpListToolsFailed(e) => self.mcp_tools(&e.item_id, false),
            _ => {}
        }
    }

    /// The endpoint's model begins a call, or its item is whole: the server and the tool are named
    /// here alone.
    pub(super) fn watch_mcp_call(&mut self, item: &Item) {
        if let Item::McpCall(call) = item
            && !call.id.is_empty()
            && !self.watched.iter().any(|(id, ..)| *id == call.id)
            && call.output.is_none()
            && call.error.is_none()
        {
            let names = (
                call.id.clone(),
                call.server_label.clone(),
                call.name.clone(),
            );
            self.watched.push(names);
            self.mcp_call(&call.id, CallState::Seen);
        }
    }

    fn mcp_call(&mut self, item_id: &ItemId, state: CallState) {
        let at = self.watched.iter().position(|(id, ..)| id == item_id);
        let names = match at {
            Some(at) if state.is_end() => Some(self.watched.swap_remove(at)),
            Some(at) => self.watched.get(at).cloned(),
            None => None,
        };
        let (_, server_label, name) = names.unwrap_or_default();
        let item_id = item_id.clone();
        self.notify(ProxyEvent::McpCall {
            item_id,
            server_label,
            name,
            state,
        });
    }

    fn mcp_tools(&mut self, item_id: &ItemId, listed: bool) {
        let item_id = item_id.clone();
        self.notify(ProxyEvent::McpTools { item_id, listed });
    }
}
