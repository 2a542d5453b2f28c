//! Frames that no faultless server sends.

use rtmcp_core::EventId;
use serde_json::json;

/// An event of a type that isn't published.
pub(super) fn unknown_event(id: &EventId) -> String {
    let event = json!({
        "type": "response.thinking.delta",
        "event_id": id.as_str(),
        "delta": "An event of a later time.",
    });
    event.to_string()
}

/// The first half of an event.
pub(super) fn half(event: &str) -> String {
    event[..event.floor_char_boundary(event.len() / 2)].to_owned()
}

/// An event of so many bytes, or a little more where that is too few for one.
pub(super) fn oversized(id: &EventId, bytes: usize) -> String {
    let event = |padding: &str| {
        let event = json!({
            "type": "response.thinking.delta",
            "event_id": id.as_str(),
            "delta": padding,
        });
        event.to_string()
    };
    let bare = event("").len();
    event(&" ".repeat(bytes.saturating_sub(bare)))
}
