//! Several forms of arguments as one list of properties, and in words.

use serde_json::{Map, Value};

use crate::schema::{merge, problem::cut};

/// Returns a schema that each of the forms fits: all their properties, of which those are required
/// that all of them require.
pub(super) fn union(forms: &[Map<String, Value>]) -> Map<String, Value> {
    let mut properties: Map<String, Value> = Map::new();
    let names = forms.iter().filter_map(properties_of).flat_map(Map::keys);
    for name in names {
        if !properties.contains_key(name) {
            let schemas = forms
                .iter()
                .filter_map(|form| properties_of(form)?.get(name));
            properties.insert(name.clone(), merge::any(schemas.cloned().collect()));
        }
    }
    let required: Vec<Value> = required(&forms[0])
        .filter(|name| {
            forms
                .iter()
                .all(|form| required(form).any(|it| it == *name))
        })
        .map(Value::from)
        .collect();
    let mut joined = Map::new();
    // What all forms say alike holds for all.
    for (keyword, value) in &forms[0] {
        let own = ["properties", "required", "title", "description"].contains(&keyword.as_str());
        if !own && forms.iter().all(|form| form.get(keyword) == Some(value)) {
            joined.insert(keyword.clone(), value.clone());
        }
    }
    if !properties.is_empty() {
        joined.insert("properties".to_owned(), Value::Object(properties));
    }
    if !required.is_empty() {
        joined.insert("required".to_owned(), Value::Array(required));
    }
    joined
}

/// Says which properties go together: `Arguments have one of these forms: {kind: "a", x} or {y}.`
pub(super) fn words(forms: &[Map<String, Value>]) -> Option<String> {
    let mut shown: Vec<String> = Vec::new();
    for form in forms {
        let form = form_words(form);
        if !shown.contains(&form) {
            shown.push(form);
        }
    }
    if shown.len() < 2 {
        return None;
    }
    if shown.len() > SHOWN {
        let more = shown.len() - SHOWN;
        shown.truncate(SHOWN);
        shown.push(format!("{more} more"));
    }
    Some(format!(
        "Arguments have one of these forms (? is optional): {}.",
        shown.join(" or ")
    ))
}

fn form_words(form: &Map<String, Value>) -> String {
    let needed: Vec<&str> = required(form).collect();
    let properties = properties_of(form);
    let known = properties.into_iter().flatten();
    let optional = known
        .clone()
        .filter(|(name, _)| !needed.contains(&name.as_str()));
    let mut parts: Vec<String> = needed
        .iter()
        .map(|name| {
            let schema = properties.and_then(|it| it.get(*name));
            match schema.and_then(only_value) {
                Some(value) => format!("{}: {}", cut(name, 60), cut(&value.to_string(), 40)),
                None => cut(name, 60),
            }
        })
        .collect();
    parts.extend(optional.map(|(name, _)| format!("{}?", cut(name, 60))));
    if parts.len() > NAMES {
        let more = parts.len() - NAMES;
        parts.truncate(NAMES);
        parts.push(format!("{more} more"));
    }
    format!("{{{}}}", parts.join(", "))
}

/// Returns the value that a property always has, by which a form is told from the others.
fn only_value(schema: &Value) -> Option<&Value> {
    match schema.get("enum").and_then(Value::as_array)?.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

fn properties_of(form: &Map<String, Value>) -> Option<&Map<String, Value>> {
    form.get("properties")?.as_object()
}

fn required(form: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let names = form.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str)
}

/// Forms in words.
const SHOWN: usize = 8;

/// Properties of one form in words.
const NAMES: usize = 12;
