//! The published schema of server events, where `RTMCP_SPEC_DIR` says where it is.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    sync::{LazyLock, Mutex},
};

use jsonschema::Validator;
use serde_json::{Value, json};

static SCHEMA: LazyLock<Option<Value>> = LazyLock::new(|| {
    let dir = PathBuf::from(std::env::var_os("RTMCP_SPEC_DIR")?);
    let text = fs::read_to_string(dir.join("realtime-wire.schema.json")).unwrap();
    Some(serde_json::from_str(&text).unwrap())
});

/// Made when an event of the kind comes: all of them would take seconds.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Validator>>> = LazyLock::new(Mutex::default);

/// Fails when an event isn't as published. Every client of these tests checks all that it gets.
pub(crate) fn check(event: &Value) {
    let Some(schema) = &*SCHEMA else { return };
    let kind = event["type"].as_str().unwrap();
    let mut validators = VALIDATORS.lock().unwrap();
    let validator = validators
        .entry(kind.to_owned())
        .or_insert_with(|| validator(schema, kind));
    if let Err(error) = validator.validate(event) {
        panic!("{kind} isn't as published: {error}\n{event:#}");
    }
}

fn validator(schema: &Value, kind: &str) -> Validator {
    let name = schema["x-index"]["server_events"][kind].as_str();
    let name = name.unwrap_or_else(|| panic!("{kind} isn't published"));
    let root = json!({"$ref": format!("#/$defs/{name}"), "$defs": schema["$defs"]});
    jsonschema::validator_for(&root).unwrap()
}
