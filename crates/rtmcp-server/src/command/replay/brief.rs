//! [`brief`]: an input or an output on one line.

use rtmcp_core::decoded_len;
use serde_json::Value;

use crate::console;

/// Fields that tell one event from another.
const TELLING: &[&str] = &[
    "at",
    "response_id",
    "item_id",
    "call_id",
    "session_id",
    "id",
    "role",
    "name",
    "state",
    "status",
    "end",
    "why",
    "reason",
    "code",
    "done",
    "audio_end_ms",
];

/// Fields with words.
const WORDS: &[&str] = &[
    "arguments",
    "delta",
    "message",
    "output",
    "send_text",
    "text",
    "transcript",
];

/// Fields with times, in microseconds.
const TIMES: &[&str] = &["deadline", "expires", "heard", "played"];

/// How many characters of a text are shown.
const SHOWN: usize = 60;

/// What is looked into for such fields.
const PARTS: &[&str] = &[
    "content",
    "error",
    "item",
    "part",
    "response",
    "status_details",
];

/// Tells an input or an output on one line: what it is, and by what it differs from others.
pub(super) fn brief(value: &Value) -> String {
    let mut parts = Vec::new();
    match value {
        Value::Object(fields) if fields.contains_key("tool") => {
            parts.push("tool".to_owned());
            parts.extend(value["tool"][0].as_str().map(console::plain));
            tell(&value["tool"][1], &mut parts);
        }
        _ => tell(value, &mut parts),
    }
    parts.join(" ")
}

/// Adds what it is, and what tells it from others.
fn tell(value: &Value, parts: &mut Vec<String>) {
    let mut value = value;
    // The kind is the way to it: `notify transcript`, `command send_text`.
    while let Value::Object(fields) = value {
        let mut only = fields.iter();
        let (Some((name, inner)), None) = (only.next(), only.next()) else {
            break;
        };
        let is_kind = matches!(inner, Value::Object(_) | Value::String(_));
        if !is_kind || TELLING.contains(&name.as_str()) {
            break;
        }
        parts.push(name.clone());
        if let Some(fact) = fact("", name, inner) {
            return parts.push(fact);
        }
        value = inner;
    }
    match value {
        Value::String(word) => parts.push(console::plain(word)),
        value => {
            parts.extend(value["type"].as_str().map(console::plain));
            facts(value, parts);
        }
    }
}

/// Adds what tells, in its order.
fn facts(value: &Value, parts: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str);
            for (name, value) in fields {
                match fact(kind.unwrap_or_default(), name, value) {
                    Some(fact) => parts.push(fact),
                    None if PARTS.contains(&name.as_str()) => facts(value, parts),
                    None => {}
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| facts(value, parts)),
        _ => {}
    }
}

fn fact(kind: &str, name: &str, value: &Value) -> Option<String> {
    let is_sound = name == "audio" || kind == "response.output_audio.delta" && name == "delta";
    match value {
        Value::Array(tools) if name == "tools" || name == "set_tools" => {
            Some(format!("{} tools", tools.len()))
        }
        Value::String(sound) if is_sound => Some(format!("{} bytes", decoded_len(sound))),
        Value::String(text) if WORDS.contains(&name) && !text.is_empty() => {
            Some(format!("\"{}\"", console::brief(text, SHOWN)))
        }
        Value::Number(micros) if TIMES.contains(&name) => {
            let micros = micros.as_f64().unwrap_or_default();
            Some(format!("{name}={:.3}s", micros / 1e6))
        }
        Value::String(text) if TELLING.contains(&name) && !text.is_empty() => {
            Some(format!("{name}={}", console::plain(text)))
        }
        Value::Number(_) | Value::Bool(_) if TELLING.contains(&name) => {
            Some(format!("{name}={value}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::brief;

    #[test]
    fn an_input_is_told_by_what_it_is() {
        let told = [
            (json!("tick"), "tick"),
            (
                json!({"command": {"send_text": "xx xxx"}}),
                "command send_text \"xx xxx\"",
            ),
            (json!({"command": "interrupt"}), "command interrupt"),
            (
                json!({"command": {"audio": "AAAA"}}),
                "command audio 3 bytes",
            ),
            (
                json!({"event": {"type": "response.output_audio.delta", "response_id": "r1",
                    "item_id": "i1", "delta": "AAAA"}}),
                "event response.output_audio.delta response_id=r1 item_id=i1 3 bytes",
            ),
            (
                json!({"tool": ["c1", {"finished": {"end": "answered", "output": "xx"}}]}),
                "tool c1 finished end=answered \"xx\"",
            ),
            (json!({"connected": {"at": 1}}), "connected at=1"),
            (
                json!({"notify": {"response_started": {"response_id": "r1"}}}),
                "notify response_started response_id=r1",
            ),
            (
                json!({"event": {"type": "response.done", "response": {"id": "r1",
                    "status": "completed", "output": [{"id": "i1"}], "usage": {}}}}),
                "event response.done id=r1 status=completed",
            ),
            (
                json!({"playback": {"progress": {"item_id": "i1", "played": 1_250_000}}}),
                "playback progress item_id=i1 played=1.250s",
            ),
        ];
        for (input, line) in told {
            assert_eq!(brief(&input), line);
        }
    }
}
