//! [`encode`]: events as OpenAI's endpoint writes them, where that is more than what they say.

use rtmcp_core::{ContentKind, Item, ServerEvent};
use serde_json::Value;

/// Returns the text of an event.
///
/// Speech of the person that isn't written down has a transcript all the same, which is null, and
/// clients hold that against the events that they read.
pub(crate) fn encode(event: &ServerEvent) -> String {
    let text = event.encode();
    let item = match event {
        ServerEvent::ConversationItemAdded(it) => &it.item,
        ServerEvent::ConversationItemDone(it) => &it.item,
        ServerEvent::ConversationItemRetrieved(it) => &it.item,
        _ => return text,
    };
    match is_unwritten_speech(item) {
        true => with_null_transcripts(&text).unwrap_or(text),
        false => text,
    }
}

fn is_unwritten_speech(item: &Item) -> bool {
    let Item::Message(message) = item else {
        return false;
    };
    let mut parts = message.content.iter();
    parts.any(|it| it.kind == ContentKind::InputAudio && it.transcript.is_none())
}

fn with_null_transcripts(text: &str) -> Option<String> {
    let mut event: Value = serde_json::from_str(text).ok()?;
    let parts = event.pointer_mut("/item/content")?.as_array_mut()?;
    let speech = parts.iter_mut().filter(|it| it["type"] == "input_audio");
    for part in speech {
        part.as_object_mut()?
            .entry("transcript")
            .or_insert(Value::Null);
    }
    Some(event.to_string())
}
