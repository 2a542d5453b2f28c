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
    let name = schema["x-index"]["server_events"][kind].as_str();
    check_as(
        name.unwrap_or_else(|| panic!("{kind} isn't published")),
        event,
    );
}

/// Fails when a value isn't as the shape of this name.
pub(crate) fn check_as(name: &str, value: &Value) {
    let Some(schema) = &*SCHEMA else { return };
    let mut validators = VALIDATORS.lock().unwrap();
    let validator = validators
        .entry(name.to_owned())
        .or_insert_with(|| validator(schema, name));
    if let Err(error) = validator.validate(value) {
        panic!("{name} isn't as published: {error}\n{value:#}");
    }
}

fn validator(schema: &Value, name: &str) -> Validator {
    let root = json!({"$ref": format!("#/$defs/{name}"), "$defs": schema["$defs"]});
    jsonschema::validator_for(&root).unwrap()
}
