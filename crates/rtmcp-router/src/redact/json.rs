//! Redaction of JSON: its strings, numbers and names; the structure stays.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Reader, Redaction, replaced};

impl Redaction {
    /// Hides what a reader may not see in all texts, numbers and names of a value. Returns whether
    /// there was any.
    pub fn value(&self, reader: Reader, value: &mut Value) -> bool {
        self.hides_from(reader) && self.within(reader, value, super::NESTED)
    }

    /// Returns a text that is JSON as the reader may see it; `None` where the text is no JSON, or
    /// has nothing that is hidden.
    pub(super) fn json_text(&self, reader: Reader, text: &str, depth: usize) -> Option<String> {
        let begins = text.trim_start().starts_with(['{', '[', '"']);
        if depth == 0 || !begins {
            return None;
        }
        let mut value: Value = serde_json::from_str(text).ok()?;
        let changed = self.within(reader, &mut value, depth - 1);
        changed.then(|| value.to_string())
    }

    fn within(&self, reader: Reader, value: &mut Value, depth: usize) -> bool {
        match value {
            Value::String(text) => {
                let clean = self.nested(reader, text, depth);
                if clean == *text {
                    return false;
                }
                *text = clean.into_owned();
                true
            }
            Value::Number(number) => {
                let text = number.to_string();
                let Some(clean) = self.number(reader, &text) else {
                    return false;
                };
                *value = Value::String(clean);
                true
            }
            Value::Array(items) => items.iter_mut().fold(false, |changed, item| {
                self.within(reader, item, depth) | changed
            }),
            Value::Object(fields) => self.fields(reader, fields, depth),
            Value::Null | Value::Bool(_) => false,
        }
    }

    fn fields(&self, reader: Reader, fields: &mut Map<String, Value>, depth: usize) -> bool {
        let mut changed = false;
        for field in fields.values_mut() {
            changed |= self.within(reader, field, depth);
        }
        let hides = |name: &String| self.nested(reader, name, 0) != *name;
        if !fields.keys().any(hides) {
            return changed;
        }
        let mut clean = Map::new();
        // How many were named alike, so that many of them don't look for a name from the start each.
        let mut alike: HashMap<String, usize> = HashMap::new();
        for (name, field) in std::mem::take(fields) {
            let name = self.nested(reader, &name, 0).into_owned();
            // Two names that are hidden alike are still two fields.
            let nth = alike.entry(name.clone()).or_insert(1);
            let mut free = name.clone();
            while clean.contains_key(&free) {
                *nth += 1;
                free = format!("{name} ({nth})");
            }
            clean.insert(free, field);
        }
        *fields = clean;
        true
    }

    fn number(&self, reader: Reader, text: &str) -> Option<String> {
        let rules = self.rules.iter();
        let mut rules = rules.filter(|rule| rule.hides_from(reader) && rule.fits_numbers());
        let found = rules.find_map(|rule| rule.find(text).into_iter().next())?;
        Some(replaced(text, &[found]))
    }
}
