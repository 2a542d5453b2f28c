//! What a page sees of events on the wire and of results: all but sound, and what is too long.

use rtmcp_core::decoded_len;
use serde_json::{Value, json};

/// Bytes of a text of which a page sees only the beginning.
const LONG_TEXT: usize = 64 * 1024;

/// Bytes of its beginning.
const BEGINNING: usize = 1024;

/// Bytes of an event of which a page sees only what it was.
const LONG_EVENT: usize = 512 * 1024;

/// Returns an event as a page sees it.
pub(super) fn shown(text: &str) -> Value {
    let Ok(mut event) = serde_json::from_str(text) else {
        return json!({ "type": "unreadable", "left_out": bytes(text.len()) });
    };
    shorten(&mut event);
    match text.len() > LONG_EVENT && event.to_string().len() > LONG_EVENT {
        true => json!({
            "type": event.get("type"),
            "event_id": event.get("event_id"),
            "left_out": bytes(text.len()),
        }),
        false => event,
    }
}

/// Puts short notes in place of sound and of the rest of long texts.
pub(super) fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => {
            if text.len() > LONG_TEXT {
                let end = text.floor_char_boundary(BEGINNING);
                *text = format!("{}… ({} in all)", &text[..end], bytes(text.len()));
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(shorten),
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str);
            let is_delta = kind.is_some_and(|it| it.ends_with("audio.delta"));
            for (name, field) in fields {
                match field {
                    Value::String(sound) if name == "audio" || (is_delta && name == "delta") => {
                        *sound = format!("({} of sound)", bytes(decoded_len(sound)));
                    }
                    field => shorten(field),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the call that an event of ours gives an output to, and the output.
pub(super) fn output(event: &Value) -> Option<(&str, &str)> {
    let item = event.get("item")?;
    if item.get("type")? != "function_call_output" {
        return None;
    }
    Some((
        item.get("call_id")?.as_str()?,
        item.get("output")?.as_str()?,
    ))
}

fn bytes(count: impl std::fmt::Display) -> String {
    format!("{count} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_told_by_its_size() {
        let sound = "QUJD".repeat(1000);
        for (event, path) in [
            (
                json!({"type": "response.output_audio.delta", "delta": sound}),
                "/delta",
            ),
            (
                json!({"type": "input_audio_buffer.append", "audio": sound}),
                "/audio",
            ),
            (
                json!({"type": "conversation.item.done",
                    "item": {"content": [{"type": "input_audio", "audio": sound}]}}),
                "/item/content/0/audio",
            ),
        ] {
            let shown = shown(&event.to_string());
            assert_eq!(shown.pointer(path).unwrap(), "(3000 bytes of sound)");
        }
    }

    #[test]
    fn words_stay() {
        let event = json!({"type": "response.output_audio_transcript.delta", "delta": "Hello",
            "session": {"audio": {"output": {"voice": "marin"}}}});
        assert_eq!(shown(&event.to_string()), event);
    }

    #[test]
    fn what_is_too_long_is_shortened() {
        let event = json!({"type": "x", "text": "ä".repeat(LONG_TEXT)});
        let short = shown(&event.to_string());
        let text = short["text"].as_str().unwrap();
        assert!(text.len() < 2 * BEGINNING && text.ends_with("ä… (131072 bytes in all)"));
        let many = json!({"type": "x", "parts": vec!["a".repeat(1024); 1024]}).to_string();
        assert_eq!(shown(&many)["left_out"], format!("{} bytes", many.len()));
        assert_eq!(shown("no json")["type"], "unreadable");
    }
}
