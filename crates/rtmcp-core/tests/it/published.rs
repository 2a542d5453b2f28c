//! The published examples and schemas, where `RTMCP_SPEC_DIR` says where they are.

#![expect(
    clippy::disallowed_methods,
    reason = "the crate reads no files; its tests read these"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use rtmcp_core::{ClientEvent, ServerEvent};
use serde_json::Value;

use crate::{
    events::{examples, there_and_back},
    variants::all,
};

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

/// A published schema.
struct Schema {
    root: Value,
    server: jsonschema::Validator,
    client: jsonschema::Validator,
}

impl Schema {
    fn read(dir: &Path, name: &str) -> Self {
        let text = fs::read_to_string(dir.join(format!("realtime-{name}.schema.json"))).unwrap();
        let root: Value = serde_json::from_str(&text).unwrap();
        let validator = |side: &str| {
            let mut root = root.clone();
            root["$ref"] = Value::from(format!("#/$defs/Realtime{side}Event"));
            jsonschema::validator_for(&root).unwrap()
        };
        Self {
            server: validator("Server"),
            client: validator("Client"),
            root,
        }
    }

    fn takes(&self, side: &str, event: &Value) -> bool {
        match side {
            "client" => self.client.is_valid(event),
            _ => self.server.is_valid(event),
        }
    }

    /// Adds the path of every property of a definition.
    fn properties(&self, node: &Value, path: &str, inside: &[&str], found: &mut BTreeSet<String>) {
        if let Some(name) = node["$ref"].as_str().and_then(|it| it.rsplit('/').next())
            && !inside.contains(&name)
        {
            let inside = [inside, &[name]].concat();
            self.properties(&self.root["$defs"][name], path, &inside, found);
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            for node in node[choice].as_array().into_iter().flatten() {
                self.properties(node, path, inside, found);
            }
        }
        for (name, node) in node["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            found.insert(path.clone());
            self.properties(node, &path, inside, found);
        }
        if let Some(node) = node.get("items") {
            self.properties(node, path, inside, found);
        }
    }
}

/// Adds the path of everything that an event holds; lists aren't on it.
fn held(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let path = format!("{path}/{name}");
                found.insert(path.clone());
                held(value, &path, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|it| held(it, path, found)),
        _ => {}
    }
}

/// Every example holds what it may hold: so what the other tests show of examples holds for all that
/// is published.
#[test]
fn own_examples_hold_every_published_property() {
    let Some(dir) = spec() else { return };
    for name in ["strict", "wire"] {
        let schema = Schema::read(&dir, name);
        for side in ["client", "server"] {
            let index = schema.root["x-index"][format!("{side}_events")].clone();
            for (kind, definition) in index.as_object().unwrap() {
                let (mut published, mut own) = (BTreeSet::new(), BTreeSet::new());
                let definition = &schema.root["$defs"][definition.as_str().unwrap()];
                schema.properties(definition, "", &[], &mut published);
                let events = all();
                let events = events
                    .iter()
                    .filter(|(its, it)| its == side && it["type"] == *kind);
                events.for_each(|(_, event)| held(event, "", &mut own));
                let missing: Vec<_> = published.difference(&own).collect();
                assert!(missing.is_empty(), "{name} {kind}: {missing:?}");
            }
        }
    }
}

#[test]
fn own_examples_are_valid() {
    let Some(dir) = spec() else { return };
    let (strict, wire) = (Schema::read(&dir, "strict"), Schema::read(&dir, "wire"));
    for (side, event) in all() {
        // Servers say more than was published.
        let schema = if side == "client" { &strict } else { &wire };
        assert!(schema.takes(&side, &event), "{event}");
    }
    for (side, event) in examples() {
        assert!(strict.takes(&side, &event), "{event}");
    }
}

/// Whatever is left out that may be left out, what is written of it is still valid.
#[test]
fn what_is_valid_stays_valid() {
    let Some(dir) = spec() else { return };
    let schema = Schema::read(&dir, "strict");
    let mut tried = 0;
    for (side, event) in all() {
        let mut pointers = Vec::new();
        pointers_of(&event, "", &mut pointers);
        for pointer in pointers {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let mut less = event.clone();
            let Some(Value::Object(parent)) = less.pointer_mut(parent) else {
                continue;
            };
            parent.remove(name);
            if !schema.takes(&side, &less) {
                continue;
            }
            let back = there_and_back(&side, &less).unwrap();
            assert!(schema.takes(&side, &back), "without {pointer}: {back}");
            tried += 1;
        }
    }
    assert!(tried > 1000, "only {tried}");
}

fn pointers_of(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let mut add = |name: &str, value: &Value| {
        let pointer = format!("{pointer}/{name}");
        found.push(pointer.clone());
        pointers_of(value, &pointer, found);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| add(name, value)),
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                add(&index.to_string(), value);
            }
        }
        _ => {}
    }
}
