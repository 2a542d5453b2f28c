//! The life of an answer: it begins, its items come and end, it is done.

use super::server_events;
use crate::{CallId, Item, ItemId, Private, Response, ResponseId};

server_events! {
    /// An answer began.
    ResponseCreated {
        /// The answer, in progress.
        response!: Box<Response>,
    }

    /// An answer ended, in whatever way.
    ResponseDone {
        /// The answer, whole.
        response!: Box<Response>,
    }

    /// An item of an answer began.
    ResponseOutputItemAdded {
        /// The response.
        response_id: ResponseId,
        /// The item's place in the response.
        output_index: u32,
        /// The item, in progress.
        item: Item,
    }

    /// An item of an answer ended.
    ResponseOutputItemDone {
        /// The response.
        response_id: ResponseId,
        /// The item's place in the response.
        output_index: u32,
        /// The item, whole; a call whose status is `completed` may run.
        item: Item,
    }

    /// More of the arguments of a call.
    ResponseFunctionCallArgumentsDelta {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// The call.
        call_id: CallId,
        /// JSON text.
        delta!: Private<String>,
    }

    /// All of the arguments of a call; also sent for calls that were cut off.
    ResponseFunctionCallArgumentsDone {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// The call.
        call_id: CallId,
        /// The function; older servers leave it out.
        name: String,
        /// JSON text.
        arguments!: Private<String>,
    }
}
