//! What a page sees of events on the wire and of results: all but sound, and what is too long.

use std::borrow::Cow;

use rtmcp_core::decoded_len;
use serde_json::{Value, json};

/// Bytes of a text of which a page sees only the beginning.
const LONG_TEXT: usize = 64 * 1024;

/// Bytes of a text within a result of a tool of which a page sees only the beginning: there are
/// pictures among them.
pub(super) const LONG_RESULT: usize = 1024 * 1024;

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

/// Returns the text of an event with short notes in place of sound, so that none is copied.
///
/// A quote within a JSON string is escaped, so that what looks like the field is it.
pub(super) fn without_sound(text: &str) -> Cow<'_, str> {
    let is_delta = text.len() > NOTE && text.contains("audio.delta\"");
    let fields: &[&str] = match is_delta {
        true => &["\"delta\"", "\"audio\""],
        false => &["\"audio\""],
    };
    let mut short = String::new();
    let mut rest = text;
    while let Some((before, sound, after)) = next_sound(rest, fields) {
        short.push_str(before);
        short.push_str(&note(sound));
        rest = after;
    }
    match short.is_empty() {
        true => Cow::Borrowed(text),
        false => Cow::Owned(short + rest),
    }
}

/// Finds the first long sound in a text, and what stands before and after it.
fn next_sound<'a>(text: &'a str, fields: &[&str]) -> Option<(&'a str, &'a str, &'a str)> {
    let mut from = 0;
    loop {
        let found = fields.iter().filter_map(|field| {
            let at = from + text.get(from..)?.find(field)?;
            Some(at + field.len())
        });
        from = found.min()?;
        // A word that is no field, or a field that is no text, is followed by something else.
        let after = text.get(from..)?.trim_start();
        let value = after.strip_prefix(':').map(str::trim_start);
        let Some(value) = value.and_then(|it| it.strip_prefix('"')) else {
            continue;
        };
        let begin = text.len() - value.len();
        let sound = &value[..value.find('"')?];
        if sound.len() > NOTE && !sound.contains('\\') {
            let (before, after) = (&text[..begin], &value[sound.len()..]);
            return Some((before, sound, after));
        }
    }
}

/// Bytes of a sound below which a note about it would be no shorter.
const NOTE: usize = 64;

fn note(sound: &str) -> String {
    format!("({} of sound)", bytes(decoded_len(sound)))
}

/// Puts short notes in place of sound and of the rest of long texts.
pub(super) fn shorten(value: &mut Value) {
    shorten_to(value, LONG_TEXT);
}

/// Does so with texts of more than so many bytes.
pub(super) fn shorten_to(value: &mut Value, most: usize) {
    match value {
        Value::String(text) => {
            if text.len() > most {
                let end = text.floor_char_boundary(BEGINNING);
                *text = format!("{}… ({} in all)", &text[..end], bytes(text.len()));
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(|it| shorten_to(it, most)),
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str);
            let is_delta = kind.is_some_and(|it| it.ends_with("audio.delta"));
            for (name, field) in fields {
                match field {
                    Value::String(sound) if name == "audio" || (is_delta && name == "delta") => {
                        // Base64 has no parentheses: this is a note already.
                        if !sound.starts_with('(') {
                            *sound = note(sound);
                        }
                    }
                    field => shorten_to(field, most),
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
                    "modalities": ["audio"], "audio": {"type": "audio"},
                    "item": {"content": [{"type": "input_audio", "audio": sound}]}}),
                "/item/content/0/audio",
            ),
        ] {
            let note = "(3000 bytes of sound)";
            let text = event.to_string();
            assert_eq!(shown(&text).pointer(path).unwrap(), note);
            let short = without_sound(&text);
            assert!(short.len() < 200, "{short}");
            assert_eq!(shown(&short), shown(&text));
            let spaced = text.replace(':', " : ");
            assert!(without_sound(&spaced).len() < 200);
        }
    }

    #[test]
    fn words_stay() {
        let event = json!({"type": "response.output_audio_transcript.delta", "delta": "Hello",
            "session": {"audio": {"output": {"voice": "marin"}}}});
        assert_eq!(shown(&event.to_string()), event);
    }

    #[test]
    fn what_only_looks_like_sound_stays() {
        let long = "a".repeat(100);
        for event in [
            json!({"type": "response.output_text.delta", "delta": long}),
            json!({"type": "x", "text": format!("\"audio\":\"{long}\"")}),
            json!({"type": "x", "audio": {"delta": long}}),
            json!({"type": "x", "audio": ""}),
            json!({"type": "x", "key": "audio"}),
        ] {
            let text = event.to_string();
            assert_eq!(without_sound(&text), text);
        }
        for text in ["\"audio\"", "\"audio\":", "\"audio\":\"abc", "no json"] {
            assert_eq!(without_sound(text), text);
        }
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
