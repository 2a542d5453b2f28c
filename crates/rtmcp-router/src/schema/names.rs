//! [`Names`]: arguments whose names endpoints refuse, under others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    notes::{Change, Notes},
    walk,
};

/// Characters of an argument's name. Models behind some endpoints take only
/// `^[a-zA-Z0-9_.-]{1,64}$`, and refuse a session for another.
const CHARS: usize = 64;

/// The names that the model sees, where they aren't the server's own.
#[derive(Debug, Default)]
pub(super) struct Names {
    own: BTreeMap<String, String>,
}

impl Names {
    /// Gives arguments with names that endpoints refuse others, in the whole schema.
    pub(super) fn rename(schema: &mut Map<String, Value>, notes: &mut Notes) -> Self {
        let mut all = BTreeSet::new();
        collect(schema, &mut all);
        let mut shown: BTreeMap<String, String> = BTreeMap::new();
        for name in all.iter().filter(|name| !is_accepted(name)) {
            let base = accepted(name);
            let mut candidate = base.clone();
            let mut number = 2;
            while all.contains(&candidate) || shown.values().any(|it| *it == candidate) {
                let end = format!("_{number}");
                candidate = base.chars().take(CHARS - end.len()).collect();
                candidate.push_str(&end);
                number += 1;
            }
            notes.count(Change::Name);
            shown.insert(name.clone(), candidate);
        }
        if !shown.is_empty() {
            apply(schema, &shown);
        }
        Self {
            own: shown.into_iter().map(|(own, shown)| (shown, own)).collect(),
        }
    }

    /// Gives the arguments of a call the server's own names.
    pub(super) fn restore(&self, value: &mut Value) {
        if self.own.is_empty() {
            return;
        }
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.restore(item)),
            Value::Object(object) => {
                let restored = std::mem::take(object).into_iter().map(|(name, mut value)| {
                    self.restore(&mut value);
                    (self.own.get(&name).cloned().unwrap_or(name), value)
                });
                *object = restored.collect();
            }
            _ => {}
        }
    }
}

fn is_accepted(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (1..=CHARS).contains(&name.len()) && name.chars().all(legal)
}

fn accepted(name: &str) -> String {
    let mut accepted = String::new();
    for c in name.chars() {
        let legal = c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if legal {
            accepted.push(c);
        } else if !accepted.ends_with('_') {
            accepted.push('_');
        }
    }
    let trimmed = accepted.trim_matches('_');
    let named = if trimmed.is_empty() { "value" } else { trimmed };
    named.chars().take(CHARS).collect()
}

fn collect(schema: &Map<String, Value>, names: &mut BTreeSet<String>) {
    if let Some(Value::Object(properties)) = schema.get("properties") {
        names.extend(properties.keys().cloned());
    }
    walk::children(schema, &mut |child| {
        if let Value::Object(child) = child {
            collect(child, names);
        }
    });
}

fn apply(schema: &mut Map<String, Value>, shown: &BTreeMap<String, String>) {
    walk::children_mut(schema, &mut |child| {
        if let Value::Object(child) = child {
            apply(child, shown);
        }
    });
    let renamed = |name: String| shown.get(&name).cloned().unwrap_or(name);
    for keyword in ["properties", "dependentRequired", "dependentSchemas"] {
        if let Some(Value::Object(named)) = schema.get_mut(keyword) {
            let entries = std::mem::take(named).into_iter();
            *named = entries.map(|(name, it)| (renamed(name), it)).collect();
        }
    }
    let replace = |names: &mut Value| {
        for name in names.as_array_mut().into_iter().flatten() {
            if let Some(shown) = name.as_str().and_then(|name| shown.get(name)) {
                *name = Value::from(shown.as_str());
            }
        }
    };
    if let Some(required) = schema.get_mut("required") {
        replace(required);
    }
    if let Some(Value::Object(dependent)) = schema.get_mut("dependentRequired") {
        dependent.values_mut().for_each(replace);
    }
}
