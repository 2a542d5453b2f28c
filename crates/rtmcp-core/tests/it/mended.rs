//! A field of another type than expected costs that field, not the event.

use rtmcp_core::{ClientEvent, Item, ServerEvent};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::variants::all;

/// What an event has at each place: its path as `misread` names it, and as JSON has it.
fn places(value: &Value, name: &str, pointer: &str, found: &mut Vec<(String, String)>) {
    if !pointer.is_empty() {
        found.push((name.to_owned(), pointer.to_owned()));
    }
    match value {
        Value::Object(map) => {
            for (field, value) in map {
                let dot = if name.is_empty() { "" } else { "." };
                let name = format!("{name}{dot}{field}");
                places(value, &name, &format!("{pointer}/{field}"), found);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                let name = format!("{name}[{index}]");
                places(value, &name, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// What was read of an event.
struct Read {
    back: Value,
    misread: Vec<String>,
    trouble: Option<String>,
}

fn read(side: &str, event: &Value) -> Read {
    let text = event.to_string();
    let (back, misread, trouble) = if side == "client" {
        let event = ClientEvent::decode(&text);
        let trouble = match &event {
            ClientEvent::Unknown(unknown) => unknown.trouble.clone(),
            _ => None,
        };
        (event.encode(), event.misread(), trouble)
    } else {
        let event = ServerEvent::decode(&text);
        let trouble = match &event {
            ServerEvent::Unknown(unknown) => unknown.trouble.clone(),
            _ => None,
        };
        (event.encode(), event.misread(), trouble)
    };
    Read {
        back: serde_json::from_str(&back).unwrap(),
        misread,
        trouble,
    }
}

/// What an event is about; without it, nothing is left.
const ESSENTIAL: &[&str] = &[
    "arguments",
    "audio",
    "audio_end_ms",
    "delta",
    "error",
    "event",
    "item_id",
    "part",
    "part.type",
    "rate_limits",
    "rate_limits[0]",
    "response",
    "response_id",
    "session",
    "text",
    "transcript",
];

/// Where, or below what, anything may stand.
const OPEN: &[&str] = &[
    "allowed_tools",
    "annotations",
    "headers",
    "input_schema",
    "input_token_details",
    "parameters",
    "require_approval",
    "token_limits",
    "tracing",
    "type",
    "variables",
];

#[test]
fn a_strange_field_costs_itself_and_is_given_back() {
    let (mut mended, mut unknown) = (0, 0);
    for (side, event) in all() {
        let mut found = Vec::new();
        places(&event, "", "", &mut found);
        for (name, pointer) in found.into_iter().filter(|(name, _)| name != "type") {
            let mut strange = event.clone();
            *strange.pointer_mut(&pointer).unwrap() = json!([[true]]);
            let what = format!("{} {name}", event["type"]);
            let Read {
                back,
                misread,
                trouble,
            } = read(&side, &strange);
            assert_eq!(back, strange, "{what}");
            if trouble.is_some() {
                assert!(ESSENTIAL.contains(&name.as_str()), "{what}: {trouble:?}");
                unknown += 1;
                continue;
            }
            if misread.is_empty() {
                let is_open = name.split(['.', '[']).any(|it| OPEN.contains(&it));
                assert!(is_open, "{what} should have been noticed");
                continue;
            }
            // What holds it is at fault where it can't be without it; and in a list, what it holds.
            let [at] = misread.as_slice() else {
                panic!("{what}: {misread:?}")
            };
            assert!(
                name.starts_with(at) || *at == format!("{name}[0]"),
                "{what}: {at}"
            );
            mended += 1;
        }
    }
    assert!(mended > 500 && unknown > 30, "{mended}, {unknown}");
}

#[test]
fn a_call_survives_the_strangest_response() {
    let text = json!({"type": "response.done", "event_id": 7, "response": {
    "id": "r1", "status": "completed", "usage": "much", "metadata": {"n": 1}, "output": [
        {"type": "function_call", "id": 5, "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call", "id": "i2", "call_id": "c2", "name": "f", "arguments": {}},
        "what?", null,
    ]}});
    let event = ServerEvent::decode(&text.to_string());
    let ServerEvent::ResponseDone(done) = &event else {
        panic!("an answer ended");
    };
    let Item::FunctionCall(call) = &done.response.output[0] else {
        panic!("a call");
    };
    assert_eq!((call.name.as_str(), &call.id), ("f", &None));
    // Arguments that can't be read are not no arguments.
    assert!(matches!(&done.response.output[1], Item::Unknown(it) if it.kind == "function_call"));
    assert_eq!(
        event.misread(),
        [
            "event_id",
            "response.output[0].id",
            "response.output[1]",
            "response.output[2]",
            "response.metadata",
            "response.usage",
        ]
    );
    let back: Value = serde_json::from_str(&event.encode()).unwrap();
    assert_eq!(back, text);
}

#[test]
fn a_whole_number_may_have_a_point() {
    let started = |ms: &str| {
        let text = format!(
            r#"{{"type":"input_audio_buffer.speech_started","event_id":"e","item_id":"i","audio_start_ms":{ms}}}"#
        );
        let event = ServerEvent::decode(&text);
        let misread = event.misread();
        let ServerEvent::InputAudioBufferSpeechStarted(started) = event else {
            panic!("a known event");
        };
        (started.audio_start_ms, misread.len())
    };
    assert_eq!(started("1200"), (1200, 0));
    assert_eq!(started("1200.0"), (1200, 0));
    for strange in ["-1.0", "12.5", "1e300", "\"1200\"", "[]"] {
        assert_eq!(started(strange), (0, 1), "{strange}");
    }
}

#[test]
fn a_field_that_comes_twice_counts_once() {
    let text = r#"{"type":"response.cancel","response_id":"r1","response_id":"r2"}"#;
    let ClientEvent::ResponseCancel(cancel) = ClientEvent::decode(text) else {
        panic!("a known event");
    };
    assert_eq!(cancel.response_id, Some("r2".into()));
}

#[test]
fn names_of_misread_fields_hold_nothing_that_was_said() {
    let text = r#"{"type":"conversation.item.added","event_id":"e","item":{"type":"message",
        "role":"user","status":["4242"],"content":[{"type":"input_text","text":"4242"}]}}"#;
    let event = ServerEvent::decode(text);
    assert_eq!(event.misread(), ["item.status"]);
    assert!(!format!("{event:?}").contains("4242"));
}
