//! One example of every event, and every kind of item and tool, there and back.

use rtmcp_core::{ClientEvent, Item, ServerEvent, session::Tool};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::variants::{all, items};

const EVENTS: &str = include_str!("events.jsonl");

/// Every example as `(side, event)`.
pub(crate) fn examples() -> impl Iterator<Item = (String, Value)> {
    EVENTS.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        (
            line["side"].as_str().unwrap().to_owned(),
            line["event"].take(),
        )
    })
}

/// Decodes and encodes; `None` when the event wasn't understood.
pub(crate) fn there_and_back(side: &str, event: &Value) -> Option<Value> {
    let text = event.to_string();
    let encoded = if side == "client" {
        let event = ClientEvent::decode(&text);
        (!matches!(event, ClientEvent::Unknown(_))).then(|| event.encode())
    } else {
        let event = ServerEvent::decode(&text);
        (!matches!(event, ServerEvent::Unknown(_))).then(|| event.encode())
    };
    encoded.map(|text| serde_json::from_str(&text).unwrap())
}

#[test]
fn every_kind_has_an_example_that_survives() {
    let mut kinds: Vec<String> = Vec::new();
    for (side, event) in examples() {
        assert_eq!(there_and_back(&side, &event).as_ref(), Some(&event));
        kinds.push(event["type"].as_str().unwrap().to_owned());
    }
    kinds.sort_unstable();
    let mut known = [ClientEvent::KINDS, ServerEvent::KINDS].concat();
    known.sort_unstable();
    assert_eq!(kinds, known);
    assert_eq!(
        (ClientEvent::KINDS.len(), ServerEvent::KINDS.len()),
        (11, 46)
    );
}

#[test]
fn every_variant_survives() {
    for (side, event) in all() {
        assert_eq!(there_and_back(&side, &event).as_ref(), Some(&event));
    }
}

#[test]
fn unknown_fields_survive_at_every_depth() {
    fn add(value: &mut Value, depth: usize) {
        match value {
            Value::Object(map) => {
                map.values_mut().for_each(|value| add(value, depth + 1));
                map.insert(
                    format!("new_{depth}"),
                    json!({"type": "new", "list": [1, null]}),
                );
            }
            Value::Array(list) => list.iter_mut().for_each(|value| add(value, depth + 1)),
            _ => {}
        }
    }
    for (side, mut event) in examples() {
        // Formats are told apart by their fields, and values of metadata are strings.
        if event.to_string().contains("\"format\"") || event.to_string().contains("\"metadata\"") {
            continue;
        }
        add(&mut event, 0);
        assert_eq!(there_and_back(&side, &event).as_ref(), Some(&event));
    }
}

#[test]
fn every_field_but_the_kind_may_be_missing_or_null() {
    for (side, event) in examples() {
        let kind = event["type"].clone();
        assert!(
            there_and_back(&side, &json!({ "type": kind })).is_some(),
            "{kind}"
        );
        let mut nulls = event.clone();
        for (name, value) in nulls.as_object_mut().unwrap() {
            if name != "type" {
                *value = Value::Null;
            }
        }
        assert!(there_and_back(&side, &nulls).is_some(), "{kind}");
    }
}

#[test]
fn every_kind_of_item_survives() {
    let reference = json!({"type": "item_reference", "id": "item_1"});
    for value in items().into_iter().chain([reference]) {
        let item: Item = serde_json::from_value(value.clone()).unwrap();
        assert!(!matches!(item, Item::Unknown(_)), "{value}");
        assert_eq!(serde_json::to_value(&item).unwrap(), value);
    }
    assert_eq!(Item::KINDS.len(), 8);
}

#[test]
fn an_unknown_item_or_tool_is_kept() {
    let value = json!({"type":"hologram","id":"i","rays":[1,2]});
    let item: Item = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(item.kind(), "hologram");
    assert_eq!(serde_json::to_value(&item).unwrap(), value);
    let tool: Tool = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&tool).unwrap(), value);
}

#[test]
fn null_means_clear_where_it_says_something() {
    let update = json!({"type":"session.update","session":{"type":"realtime","tracing":null,
        "audio":{"input":{"turn_detection":null,"transcription":null,"noise_reduction":null}}}});
    assert_eq!(there_and_back("client", &update).as_ref(), Some(&update));
}
