//! The older names: tables of what was called otherwise, and the two ways through them.

mod tables;

use serde_json::{Map, Value, json};

use crate::{ClientEvent, ServerEvent, wire::kind_of};
use tables::{CLIENT, FORMATS, SERVER};

/// An event that was named otherwise, or held something that was.
struct Renamed {
    old: &'static str,
    new: &'static str,
    /// Its name today for an item that still grows, where that is another one.
    growing: Option<&'static str>,
    fields: &'static [Field],
}

/// A field that was named otherwise, was elsewhere, or meant its values otherwise.
struct Field {
    old: &'static str,
    /// Where it is today, after the names of the objects that it is in; empty where it stayed.
    new: &'static [&'static str],
    meaning: Meaning,
}

/// How the value of a field differs.
enum Meaning {
    /// Not at all.
    Same,
    /// Speech was always speech and text.
    Modalities,
    /// A word was what is an object today.
    Format,
    /// The parts of the model's messages had shorter names.
    Item,
    /// A list of items.
    Items,
    /// An object with fields that differ.
    Object(&'static [Field]),
    /// It wasn't there, as it had no other value than this.
    Implied(&'static str),
}

/// From which names to which.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToNew,
    ToOld,
}

pub(super) fn decode(text: &str) -> ServerEvent {
    let kind = kind_of(text);
    let kind = kind.as_deref();
    let Some(renamed) = SERVER.iter().find(|it| Some(it.old) == kind) else {
        return ServerEvent::decode_as(kind, text);
    };
    // Most of what comes is sound and words, which need no more than another name.
    if renamed.fields.is_empty() {
        return ServerEvent::decode_as(Some(renamed.new), text);
    }
    let Ok(Value::Object(mut event)) = serde_json::from_str(text) else {
        return ServerEvent::decode_as(kind, text);
    };
    let grows = event
        .get("item")
        .is_some_and(|item| item["status"] == "in_progress");
    let new = renamed.growing.filter(|_| grows).unwrap_or(renamed.new);
    event.insert("type".to_owned(), Value::from(new));
    rename(&mut event, renamed.fields, Way::ToNew);
    ServerEvent::from_value(Value::Object(event))
}

pub(super) fn encode(event: &ClientEvent) -> String {
    let renamed = CLIENT.iter().find(|it| it.new == event.kind());
    // An event writes itself as an object, but for what never was one.
    match (renamed, serde_json::to_value(event)) {
        (Some(renamed), Ok(Value::Object(mut event))) => {
            event.insert("type".to_owned(), Value::from(renamed.old));
            rename(&mut event, renamed.fields, Way::ToOld);
            Value::Object(event).to_string()
        }
        _ => event.encode(),
    }
}

fn rename(object: &mut Map<String, Value>, fields: &[Field], way: Way) {
    for field in fields {
        let old = [field.old];
        let (from, to) = match (way, field.new) {
            (_, []) => (old.as_slice(), old.as_slice()),
            (Way::ToNew, new) => (old.as_slice(), new),
            (Way::ToOld, new) => (new, old.as_slice()),
        };
        if let Meaning::Implied(word) = field.meaning {
            imply(object, field.old, word, way);
            continue;
        }
        // What says both keeps both: the name of its time counts.
        if from != to && !has_room(object, to) {
            continue;
        }
        let Some(value) = find(object, from) else {
            continue;
        };
        if field.meaning.turn(value, way) && from != to {
            let value = value.take();
            take(object, from);
            put(object, to, value);
        }
    }
}

fn imply(object: &mut Map<String, Value>, name: &str, word: &str, way: Way) {
    let value = object.get(name).filter(|it| !it.is_null());
    match (way, value) {
        (Way::ToNew, None) => {
            object.insert(name.to_owned(), Value::from(word));
        }
        (Way::ToOld, Some(value)) if value == word => {
            object.shift_remove(name);
        }
        _ => {}
    }
}

impl Meaning {
    /// Puts a value into the other naming. Returns whether that has a name for it.
    fn turn(&self, value: &mut Value, way: Way) -> bool {
        match self {
            Self::Same | Self::Implied(_) => {}
            Self::Modalities => modalities(value, way),
            Self::Format => return value.is_null() || format(value, way).is_some(),
            Self::Item => item(value, way),
            Self::Items => {
                let items = value.as_array_mut().into_iter().flatten();
                items.for_each(|it| item(it, way));
            }
            Self::Object(fields) => {
                if let Value::Object(object) = value {
                    rename(object, fields, way);
                }
            }
        }
        true
    }
}

fn modalities(value: &mut Value, way: Way) {
    let Some(words) = value.as_array() else {
        return;
    };
    if words.iter().any(|word| word == "audio") {
        *value = match way {
            Way::ToNew => json!(["audio"]),
            Way::ToOld => json!(["text", "audio"]),
        };
    }
}

fn format(value: &mut Value, way: Way) -> Option<()> {
    let other = match way {
        Way::ToNew => {
            let word = value.as_str()?;
            let known = FORMATS.iter().find(|(old, ..)| *old == word);
            match known {
                Some((_, kind, Some(rate))) => json!({"type": kind, "rate": rate}),
                Some((_, kind, None)) => json!({"type": kind}),
                None => json!({"type": word}),
            }
        }
        Way::ToOld => {
            let object = value.as_object()?;
            let kind = object.get("type")?.as_str()?;
            let rate = object.get("rate").and_then(Value::as_u64);
            let known = FORMATS.iter().find(|(_, new, _)| *new == kind);
            // Another rate than the usual one has no older name.
            match known {
                Some((old, _, usual)) if rate.is_none() || rate == *usual => Value::from(*old),
                None if object.len() == 1 => Value::from(kind),
                _ => return None,
            }
        }
    };
    *value = other;
    Some(())
}

fn item(item: &mut Value, way: Way) {
    if item["type"] != "message" || item["role"] != "assistant" {
        return;
    }
    let parts = item.get_mut("content").and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten() {
        let Some(kind) = part.get_mut("type") else {
            continue;
        };
        let renamed = tables::PARTS.iter().find_map(|(old, new)| match way {
            Way::ToNew => (kind == old).then_some(new),
            Way::ToOld => (kind == new).then_some(old),
        });
        if let Some(name) = renamed {
            *kind = Value::from(*name);
        }
    }
}

/// Returns what is at a path.
fn find<'a>(object: &'a mut Map<String, Value>, path: &[&str]) -> Option<&'a mut Value> {
    let (name, rest) = path.split_first()?;
    let value = object.get_mut(*name)?;
    match rest {
        [] => Some(value),
        _ => find(value.as_object_mut()?, rest),
    }
}

/// Tells whether nothing is at a path, and nothing in its way.
fn has_room(object: &Map<String, Value>, path: &[&str]) -> bool {
    let Some((name, rest)) = path.split_first() else {
        return false;
    };
    match object.get(*name) {
        None => true,
        Some(Value::Null) => !rest.is_empty(),
        Some(Value::Object(inner)) => has_room(inner, rest),
        Some(_) => false,
    }
}

/// Puts a value at a path; the objects on its way are made where they aren't there.
fn put(object: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => {
            object.insert((*name).to_owned(), value);
        }
        [name, rest @ ..] => {
            let inner = object.entry(*name).or_insert(Value::Null);
            if inner.is_null() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Removes what is at a path, and the objects on its way that are empty then.
fn take(object: &mut Map<String, Value>, path: &[&str]) {
    match path {
        [] => {}
        [name] => {
            object.shift_remove(*name);
        }
        [name, rest @ ..] => {
            if let Some(Value::Object(inner)) = object.get_mut(*name) {
                take(inner, rest);
                if inner.is_empty() {
                    object.shift_remove(*name);
                }
            }
        }
    }
}
