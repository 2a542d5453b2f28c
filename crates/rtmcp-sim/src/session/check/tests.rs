//! The tables against what is published, where `RTMCP_SPEC_DIR` says where that is.

use std::{fs, path::PathBuf};

use serde_json::{Map, Value};

use super::{Shape, check, tables};

fn spec(file: &str) -> Option<String> {
    let dir = PathBuf::from(std::env::var_os("RTMCP_SPEC_DIR")?);
    Some(fs::read_to_string(dir.join(file)).unwrap())
}

#[test]
fn published_client_events_pass() {
    let Some(examples) = spec("realtime-examples.jsonl") else {
        return;
    };
    let mut passed = 0;
    for line in examples.lines() {
        let example: Value = serde_json::from_str(line).unwrap();
        let name = example["name"].as_str().unwrap();
        if !name.starts_with("RealtimeClientEvent") {
            continue;
        }
        let event = example["event"].as_object().unwrap();
        assert_eq!(check(event), Ok(()), "{name}");
        passed += 1;
    }
    assert!(passed >= 8, "only {passed} examples");
}

#[test]
fn no_published_field_of_a_session_or_a_response_is_unknown() {
    let Some(schema) = spec("realtime-strict.schema.json") else {
        return;
    };
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let mut seen = 0;
    for (event, field, name) in [
        (
            "session.update",
            "session",
            "RealtimeSessionCreateRequestGA",
        ),
        (
            "response.create",
            "response",
            "RealtimeResponseCreateParams",
        ),
    ] {
        let properties = schema["$defs"][name]["properties"].as_object().unwrap();
        for (property, schema) in properties {
            let mut probe = Map::new();
            probe.insert("type".into(), event.into());
            let mut inner = sample(schema);
            inner = serde_json::json!({"type": "realtime", property: inner});
            if event == "response.create" {
                inner.as_object_mut().unwrap().remove("type");
            }
            probe.insert(field.into(), inner);
            let trouble = check(&probe).err().map(|it| it.code());
            assert_ne!(trouble, Some("unknown_parameter"), "{name}.{property}");
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} fields");
}

/// Something of the type, with every field that it names.
fn sample(schema: &Value) -> Value {
    match schema["properties"].as_object() {
        Some(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, schema)| (name.clone(), sample(schema)))
                .collect(),
        ),
        None => Value::from(7),
    }
}

#[test]
fn every_table_names_its_type() {
    for (kind, fields) in tables::EVENTS {
        assert!(fields.iter().any(|it| it.name == "type"), "{kind}");
        assert!(fields.iter().any(|it| it.name == "event_id"), "{kind}");
        let loose = fields.iter().filter(|it| matches!(it.shape, Shape::Any));
        assert_eq!(
            loose.count(),
            1,
            "{kind}: only the type is checked elsewhere"
        );
    }
}
