//! The published examples and schemas, where `RTMCP_SPEC_DIR` says where they are.

#![expect(
    clippy::disallowed_methods,
    reason = "the crate reads no files; its tests read these"
)]

use std::{fs, path::PathBuf};

use rtmcp_core::{ClientEvent, ServerEvent};
use serde_json::Value;

use crate::events::{examples, there_and_back};

fn spec() -> Option<PathBuf> {
    std::env::var_os("RTMCP_SPEC_DIR").map(PathBuf::from)
}

/// Null and absence are one, except where both are kept; and 60 is 60.0.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(without_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(without_nulls),
        Value::Number(number) => *value = Value::from(number.as_f64().unwrap()),
        _ => {}
    }
}

#[test]
fn published_examples_come_back_equal() {
    let Some(dir) = spec() else { return };
    let text = fs::read_to_string(dir.join("realtime-examples.jsonl")).unwrap();
    let mut current = 0;
    for line in text.lines() {
        let example: Value = serde_json::from_str(line).unwrap();
        let (side, mut event) = (
            example["direction"].as_str().unwrap(),
            example["event"].clone(),
        );
        let kind = event["type"].as_str().unwrap().to_owned();
        let known = if side == "client" {
            ClientEvent::KINDS
        } else {
            ServerEvent::KINDS
        };
        if !known.contains(&kind.as_str()) {
            continue;
        }
        current += 1;
        let mut back = there_and_back(side, &event).unwrap_or_else(|| panic!("{kind}: {event}"));
        without_nulls(&mut back);
        without_nulls(&mut event);
        assert_eq!(back, event, "{kind}");
    }
    assert!(current > 50, "only {current} examples");
}

#[test]
fn own_examples_are_valid() {
    let Some(dir) = spec() else { return };
    let schema = fs::read_to_string(dir.join("realtime-strict.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    for (side, event) in examples() {
        let name = if side == "client" { "Client" } else { "Server" };
        let mut root = schema.clone();
        root["$ref"] = Value::from(format!("#/$defs/Realtime{name}Event"));
        let validator = jsonschema::validator_for(&root).unwrap();
        assert!(validator.is_valid(&event), "{event}");
    }
}
