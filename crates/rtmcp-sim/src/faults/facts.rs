//! What faults go by in the events of a server.

use rtmcp_core::{EventId, Item, ItemId, ResponseId, ServerEvent};

/// The response whose delta it is.
pub(super) const fn delta_of(event: &ServerEvent) -> Option<&ResponseId> {
    match event {
        ServerEvent::ResponseOutputTextDelta(it) => Some(&it.response_id),
        ServerEvent::ResponseOutputAudioDelta(it) => Some(&it.response_id),
        ServerEvent::ResponseOutputAudioTranscriptDelta(it) => Some(&it.response_id),
        ServerEvent::ResponseFunctionCallArgumentsDelta(it) => Some(&it.response_id),
        _ => None,
    }
}

/// The item that it tells of, if that may be a function call.
pub(super) fn call_item(event: &ServerEvent) -> Option<&ItemId> {
    match event {
        ServerEvent::ResponseOutputItemAdded(it) => it.item.id(),
        ServerEvent::ResponseOutputItemDone(it) => it.item.id(),
        ServerEvent::ConversationItemAdded(it) => it.item.id(),
        ServerEvent::ConversationItemDone(it) => it.item.id(),
        ServerEvent::ResponseFunctionCallArgumentsDelta(it) => Some(&it.item_id),
        ServerEvent::ResponseFunctionCallArgumentsDone(it) => Some(&it.item_id),
        _ => None,
    }
}

/// The function call that begins, with its response.
pub(super) fn new_call(event: &ServerEvent) -> Option<(&ResponseId, &ItemId)> {
    match event {
        ServerEvent::ResponseOutputItemAdded(it) => match &it.item {
            Item::FunctionCall(call) => Some((&it.response_id, call.id.as_ref()?)),
            _ => None,
        },
        _ => None,
    }
}

/// The same under another id, if it completes a function call.
pub(super) fn completion_again(
    event: &ServerEvent,
    new_id: impl FnOnce() -> EventId,
) -> Option<ServerEvent> {
    let mut again = event.clone();
    match &mut again {
        ServerEvent::ResponseFunctionCallArgumentsDone(it) => it.event_id = new_id(),
        ServerEvent::ResponseOutputItemDone(it) => it.event_id = new_id(),
        _ => return None,
    }
    Some(again)
}
