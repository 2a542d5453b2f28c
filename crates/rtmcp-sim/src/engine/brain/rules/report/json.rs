//! JSON in phrases: "temperature is 18, conditions are sunny".

use serde_json::{Map, Value};

use crate::engine::brain::rules::{ask::listed, words::name_words};

/// How many members of one object or array are said.
const SAID: usize = 6;
/// How deep objects in objects are followed.
const DEPTH: usize = 2;

/// Returns the phrases for a value.
pub(super) fn phrases(value: &Value) -> String {
    if let Some(trouble) = error_in(value) {
        return format!("That didn't work: {trouble}");
    }
    said(value, 0)
}

/// What went wrong, where a value says that something did.
fn error_in(value: &Value) -> Option<String> {
    let error = value
        .get("error")
        .filter(|it| !it.is_null() && *it != &Value::Bool(false))?;
    let message = error.get("message").unwrap_or(error);
    let message = message.as_str().or_else(|| value.get("message")?.as_str());
    Some(message.unwrap_or("the tool reported an error").to_owned())
}

fn said(value: &Value, depth: usize) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        Value::Array(values) => several(values, depth),
        Value::Object(fields) => object(fields, depth),
    }
}

fn object(fields: &Map<String, Value>, depth: usize) -> String {
    if fields.is_empty() {
        return "nothing".to_owned();
    }
    let told = fields.iter().filter(|(_, it)| !it.is_null());
    let phrases: Vec<String> = told
        .take(SAID)
        .filter(|(_, it)| depth < DEPTH || !(it.is_object() || it.is_array()))
        .map(|(key, value)| phrase(key, value, depth))
        .collect();
    phrases.join(", ")
}

fn phrase(key: &str, value: &Value, depth: usize) -> String {
    let name = name_words(key).join(" ");
    let plural = name.ends_with('s') && !name.ends_with("ss") && !name.ends_with("us");
    let is = if plural { "are" } else { "is" };
    let value = match value {
        Value::Object(_) => format!("this: {}", said(value, depth + 1)),
        _ => said(value, depth + 1),
    };
    format!("{name} {is} {value}")
}

fn several(values: &[Value], depth: usize) -> String {
    if values.is_empty() {
        return "none".to_owned();
    }
    let mut parts: Vec<String> = values
        .iter()
        .take(SAID)
        .map(|it| said(it, depth + 1))
        .collect();
    if values.len() > SAID {
        parts.push(format!("{} more", values.len() - SAID));
    }
    if values.iter().any(Value::is_object) {
        return format!("{}: {}", counted(values.len()), parts.join("; "));
    }
    listed(&parts, "and")
}

fn counted(count: usize) -> String {
    match count {
        1 => "one".to_owned(),
        count => count.to_string(),
    }
}
