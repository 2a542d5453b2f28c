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

use rtmcp_core::{ClientEvent, Dialect, ServerEvent};
use serde_json::{Value, json};

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

/// Every line of a file of examples.
fn lines(dir: &Path, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(dir.join(name)).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

fn assert_same(mut back: Value, mut event: Value, what: &str) {
    without_nulls(&mut back);
    without_nulls(&mut event);
    assert_eq!(back, event, "{what}");
}

#[test]
fn published_examples_come_back_equal() {
    let Some(dir) = spec() else { return };
    let (mut current, mut others) = (0, 0);
    for example in lines(&dir, "realtime-examples.jsonl") {
        let side = example["direction"].as_str().unwrap();
        let event = example["event"].clone();
        let kind = event["type"].as_str().unwrap().to_owned();
        let known = if side == "client" {
            ClientEvent::KINDS
        } else {
            ServerEvent::KINDS
        };
        if known.contains(&kind.as_str()) {
            current += 1;
            let back = there_and_back(side, &event).unwrap_or_else(|| panic!("{kind}: {event}"));
            assert_same(back, event, &kind);
            continue;
        }
        // Of translation and of what is gone: kept whole.
        others += 1;
        let ServerEvent::Unknown(unknown) = ServerEvent::decode(&event.to_string()) else {
            panic!("{kind} is known");
        };
        assert_eq!((unknown.trouble, unknown.value.expose()), (None, &event));
    }
    assert!(current > 50 && others > 5, "only {current} and {others}");
}

#[test]
fn published_sessions_come_back_equal() {
    let Some(dir) = spec() else { return };
    let mut sessions = 0;
    for example in lines(&dir, "realtime-rest-examples.jsonl") {
        let body = &example["body"];
        let session = body.get("session").unwrap_or(body);
        if session["type"] != "realtime" && session["type"] != "transcription" {
            continue;
        }
        sessions += 1;
        let event = json!({"type": "session.updated", "event_id": "e", "session": session});
        let ServerEvent::SessionUpdated(read) = ServerEvent::decode(&event.to_string()) else {
            panic!("{event}");
        };
        assert!(read.session.extra.0.is_empty(), "{:?}", read.session.extra);
        let read = ServerEvent::SessionUpdated(read);
        // One of the examples names a format as it was named before.
        let misread = read.misread();
        let is_old = session.pointer("/audio/input/format") == Some(&json!("pcm16"));
        let expected: &[&str] = if is_old {
            &["session.audio.input.format"]
        } else {
            &[]
        };
        assert_eq!(misread, expected);
        assert_same(
            serde_json::from_str(&read.encode()).unwrap(),
            event,
            "a session",
        );
    }
    assert!(sessions > 5, "only {sessions} sessions");
}

/// Names that are gone.
const GONE: &[&str] = &[
    "modalities",
    "input_audio_format",
    "output_audio_format",
    "input_audio_transcription",
    "max_response_output_tokens",
];

#[test]
fn published_events_of_before_are_read_as_todays() {
    let Some(dir) = spec() else { return };
    let (mut events, mut flat) = (0, 0);
    let sessions = lines(&dir, "realtime-rest-examples.jsonl");
    let sessions = sessions.into_iter().filter_map(|it| {
        let is_old = it["name"].as_str()?.starts_with("RealtimeSessionCreate");
        is_old.then(|| json!({"type": "session.updated", "event_id": "e", "session": it["body"]}))
    });
    let before = lines(&dir, "realtime-examples.jsonl");
    let before = before.into_iter().filter_map(|it| {
        let is_old = it["name"].as_str()?.starts_with("RealtimeBetaServer");
        is_old.then(|| it["event"].clone())
    });
    for event in sessions.chain(before) {
        let read = Dialect::Legacy.decode(&event.to_string());
        if matches!(read, ServerEvent::Unknown(_)) {
            let kind = event["type"].as_str().unwrap();
            assert!(kind.starts_with("transcription_session."), "{kind}");
            continue;
        }
        events += 1;
        assert_eq!(read.misread(), [""; 0], "{event}");
        let back: Value = serde_json::from_str(&read.encode()).unwrap();
        for (was, is) in [(&event, false), (&back, true)] {
            let (mut names, text) = (BTreeSet::new(), was.to_string());
            held(was, "", &mut names);
            let gone = names
                .iter()
                .filter(|it| GONE.iter().any(|gone| it.ends_with(&format!("/{gone}"))));
            flat += usize::from(gone.clone().count() > 0);
            assert!(!is || gone.count() == 0, "{text}");
        }
    }
    assert!(
        events > 25 && flat > 3,
        "only {events}, {flat} of them flat"
    );
}

#[test]
fn what_is_written_for_endpoints_of_before_was_valid_then() {
    let Some(dir) = spec() else { return };
    let schema = Schema::read(&dir, "strict");
    // Of the session as it was asked for, the published schema knows one with a secret only.
    for (kind, definition, within) in [
        ("session.update", "RealtimeSession", "/session"),
        (
            "response.create",
            "RealtimeBetaResponseCreateParams",
            "/response",
        ),
    ] {
        let mut root = schema.root.clone();
        root["$ref"] = Value::from(format!("#/$defs/{definition}"));
        let validator = jsonschema::validator_for(&root).unwrap();
        let (side, event) = examples().find(|(_, it)| it["type"] == kind).unwrap();
        assert!(side == "client");
        let mut event = event;
        let what = event.pointer_mut(within).unwrap().as_object_mut().unwrap();
        // These were strings, and of one kind.
        for newer in ["input", "noise_reduction"] {
            what.shift_remove(newer);
        }
        let event = ClientEvent::decode(&event.to_string());
        let told: Value = serde_json::from_str(&Dialect::Legacy.encode(&event)).unwrap();
        let told = told.pointer(within).unwrap();
        let wrong: Vec<_> = validator
            .iter_errors(told)
            .map(|it| it.to_string())
            .collect();
        assert!(wrong.is_empty(), "{told}: {wrong:?}");
        let mut names = BTreeSet::new();
        held(told, "", &mut names);
        assert!(
            names.contains("/modalities") && !names.contains("/audio"),
            "{told}"
        );
    }
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
