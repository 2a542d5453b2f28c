//! What the endpoint does with the MCP servers that it talks to itself.
//!
//! Most of these carry no `response_id`: they belong together by their `item_id`.

use super::server_events;
use crate::{ItemId, Private, ResponseId};

server_events! {
    /// The endpoint asks an MCP server for its tools.
    McpListToolsInProgress {
        /// The item that will list them.
        item_id!: ItemId,
    }

    /// It has them.
    McpListToolsCompleted {
        /// The item that lists them.
        item_id!: ItemId,
    }

    /// It can't have them.
    McpListToolsFailed {
        /// The item that would have listed them.
        item_id!: ItemId,
    }

    /// More of the arguments of a call by the endpoint.
    ResponseMcpCallArgumentsDelta {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// JSON text.
        delta!: Private<String>,
        /// Padding against guessing by length.
        obfuscation?: String,
    }

    /// All of the arguments of a call by the endpoint.
    ResponseMcpCallArgumentsDone {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// JSON text.
        arguments!: Private<String>,
    }

    /// The endpoint makes a call.
    ResponseMcpCallInProgress {
        /// The item's place in the response.
        output_index: u32,
        /// The item.
        item_id!: ItemId,
    }

    /// Its call succeeded.
    ResponseMcpCallCompleted {
        /// The item's place in the response.
        output_index: u32,
        /// The item.
        item_id!: ItemId,
    }

    /// Its call failed.
    ResponseMcpCallFailed {
        /// The item's place in the response.
        output_index: u32,
        /// The item.
        item_id!: ItemId,
    }
}
