//! [`Refs`]: what the references of a schema lead to, without fetching anything.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::walk;

/// The keywords that refer to another schema.
pub(super) const KEYWORDS: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// Everything that a reference within one schema can lead to.
#[derive(Debug)]
pub(super) struct Refs<'s> {
    root: &'s Value,
    /// The name that the whole goes by, so that it can be called by it from within.
    base: &'s str,
    /// Schemas with a name of their own: `$id`, `$anchor`, and `id` in the oldest drafts.
    named: BTreeMap<&'s str, &'s Value>,
}

impl<'s> Refs<'s> {
    pub(super) fn of(root: &'s Value) -> Self {
        let mut named = BTreeMap::new();
        collect(root, &mut named);
        let base = root.as_object().and_then(identity).unwrap_or_default();
        Self { root, base, named }
    }

    /// Returns the schema that a reference leads to; none where that isn't in here.
    pub(super) fn resolve(&self, reference: &str) -> Option<&'s Value> {
        if let Some(named) = self.named.get(reference) {
            return Some(named);
        }
        let own = match reference.split_once('#') {
            Some((document, fragment)) if document.is_empty() || document == self.base() => {
                fragment
            }
            // A schema within this one that has a name, and a place in it.
            Some((document, fragment)) => {
                let inner = *self.named.get(document)?;
                return pointed(inner, fragment);
            }
            None => return (reference == self.base()).then_some(self.root),
        };
        match self.named.get(format!("#{own}").as_str()) {
            Some(anchored) => Some(anchored),
            None => self
                .named
                .get(own)
                .copied()
                .or_else(|| pointed(self.root, own)),
        }
    }

    fn base(&self) -> &str {
        self.base.trim_end_matches('#')
    }
}

/// Returns what a schema refers to, and the rest of it beside the reference.
pub(super) fn reference(schema: &Map<String, Value>) -> Option<(&'static str, &str)> {
    KEYWORDS
        .into_iter()
        .find_map(|keyword| Some((keyword, schema.get(keyword)?.as_str()?)))
}

fn collect<'s>(value: &'s Value, named: &mut BTreeMap<&'s str, &'s Value>) {
    let Some(schema) = value.as_object() else {
        return;
    };
    let anchors = ["$anchor", "$dynamicAnchor"].map(|it| schema.get(it).and_then(Value::as_str));
    for name in anchors.into_iter().chain([identity(schema)]).flatten() {
        named.entry(name).or_insert(value);
    }
    walk::children(schema, &mut |child| collect(child, named));
}

fn identity(schema: &Map<String, Value>) -> Option<&str> {
    let id = schema.get("$id").or_else(|| schema.get("id"));
    id.and_then(Value::as_str).filter(|id| !id.is_empty())
}

/// Follows a JSON pointer as a URL holds it.
fn pointed<'s>(root: &'s Value, fragment: &str) -> Option<&'s Value> {
    if fragment.is_empty() {
        return Some(root);
    }
    let pointer = decoded(fragment)?;
    let found = root.pointer(&pointer)?;
    (found.is_object() || found.is_boolean()).then_some(found)
}

/// Undoes percent encoding.
fn decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                after
            }
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    String::from_utf8(bytes).ok()
}
