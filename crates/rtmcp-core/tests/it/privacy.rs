//! No `Debug` output shows what people say, what tools are given, or what they answer.

use rtmcp_core::{ClientEvent, ServerEvent};
use serde_json::Value;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::variants::all;

/// Fields whose text belongs to the people who talk.
const PRIVATE: &[&str] = &[
    "audio",
    "text",
    "transcript",
    "arguments",
    "output",
    "delta",
    "instructions",
    "image_url",
    "authorization",
    "token",
    "reason",
];

/// Fields of those names that say something else: a modality, a cause, a configuration.
const PUBLIC_PARENTS: &[&str] = &["status_details", "session"];

fn mark(value: &mut Value, parent: &str) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let private = PRIVATE.contains(&name.as_str()) && !PUBLIC_PARENTS.contains(&parent);
                if private && value.is_string() {
                    *value = Value::from("4242 4242 4242 4242");
                } else {
                    mark(value, name);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| mark(value, parent)),
        _ => {}
    }
}

#[test]
fn debug_shows_nothing_private() {
    let mut marked = 0;
    for (side, mut event) in all() {
        mark(&mut event, "");
        let text = event.to_string();
        marked += usize::from(text.contains("4242"));
        let shown = if side == "client" {
            format!("{:?}", ClientEvent::decode(&text))
        } else {
            format!("{:?}", ServerEvent::decode(&text))
        };
        assert!(!shown.contains("4242"), "{shown}");
    }
    assert!(marked > 15, "only {marked} events had something to hide");
}

#[test]
fn debug_of_unknown_things_shows_names_only() {
    let text = r#"{"type":"response.done","response":{"id":"r","new":"4242"},"also":"4242"}"#;
    let shown = format!("{:?}", ServerEvent::decode(text));
    assert!(shown.contains("new") && !shown.contains("4242"), "{shown}");
    let shown = format!("{:?}", ServerEvent::decode(r#"{"type":"x","a":"4242"}"#));
    assert!(!shown.contains("4242"), "{shown}");
}
