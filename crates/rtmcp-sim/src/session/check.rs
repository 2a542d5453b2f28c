//! [`check`]: whether a client's event has the published shape, and what is wrong where it hasn't.

mod tables;

use rtmcp_core::limits;
use serde_json::{Map, Value};

use super::Fault;

/// What a value has to be.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Anything.
    Any,
    /// A string.
    Text,
    /// A string of at most so many characters.
    TextUpTo(usize),
    /// The name of a function.
    FunctionName,
    /// One of these strings.
    Words(&'static [&'static str]),
    /// True or false.
    Flag,
    /// A whole number between two.
    Whole(i64, i64),
    /// A number between two.
    Number(f64, f64),
    /// An object of whatever fields.
    Map,
    /// Text by names, within the published limits.
    Metadata,
    /// At most so many of the same.
    List(&'static Self, usize),
    /// An object of these fields.
    Object(&'static [Field]),
    /// An object whose shape hangs on one of its fields.
    Cases(&'static str, &'static [(&'static str, &'static Self)]),
    /// A string of one shape, or an object or number of another.
    Either(&'static Self, &'static Self),
}

/// A field of an object.
#[derive(Debug)]
pub(crate) struct Field {
    name: &'static str,
    required: bool,
    shape: &'static Shape,
}

/// Checks an event and returns what is wrong with it first.
pub(crate) fn check(event: &Map<String, Value>) -> Result<(), Fault> {
    let Some(kind) = event.get("type").filter(|it| !it.is_null()) else {
        return Err(Fault::new("invalid_event", "The 'type' field is missing.").at("type"));
    };
    let Some(kind) = kind.as_str() else {
        return Err(wrong_type("type", "a string", kind));
    };
    let found = tables::EVENTS.iter().find(|(name, _)| *name == kind);
    let Some((_, fields)) = found else {
        let known: Vec<&str> = tables::EVENTS.iter().map(|(name, _)| *name).collect();
        return Err(not_among("type", kind, &known));
    };
    object("", event, fields)
}

/// Checks the body of a request for a client secret.
pub(crate) fn check_secret(body: &Map<String, Value>) -> Result<(), Fault> {
    object("", body, tables::SECRET)
}

/// Checks a session.
pub(crate) fn check_session(session: &Map<String, Value>) -> Result<(), Fault> {
    let body = Map::from_iter([("session".to_owned(), Value::Object(session.clone()))]);
    object("", &body, tables::SECRET)
}

impl Shape {
    fn check(&self, path: &str, value: &Value) -> Result<(), Fault> {
        match self {
            Self::Any => Ok(()),
            Self::Text => text(path, value).map(|_| ()),
            Self::TextUpTo(most) => short_text(path, value, *most),
            Self::FunctionName => function_name(path, value),
            Self::Words(words) => match text(path, value)? {
                word if words.contains(&word) => Ok(()),
                word => Err(not_among(path, word, words)),
            },
            Self::Flag => of_type(path, "a boolean", value, value.is_boolean()),
            Self::Whole(least, most) => whole(path, value, *least, *most),
            Self::Number(least, most) => number(path, value, *least, *most),
            Self::Map => of_type(path, "an object", value, value.is_object()),
            Self::Metadata => metadata(path, value),
            Self::List(shape, most) => list(path, value, shape, *most),
            Self::Object(fields) => object(path, map(path, value)?, fields),
            Self::Cases(tag, cases) => case(path, value, tag, cases),
            Self::Either(word, _) if value.is_string() => word.check(path, value),
            Self::Either(_, other) => other.check(path, value),
        }
    }
}

fn case(
    path: &str,
    value: &Value,
    tag: &str,
    cases: &[(&'static str, &'static Shape)],
) -> Result<(), Fault> {
    let path_of_tag = join(path, tag);
    let Some(word) = map(path, value)?.get(tag).filter(|it| !it.is_null()) else {
        return Err(Fault::missing(&path_of_tag));
    };
    let word = text(&path_of_tag, word)?;
    match cases.iter().find(|(name, _)| *name == word) {
        Some((_, shape)) => shape.check(path, value),
        None => {
            let names: Vec<&str> = cases.iter().map(|(name, _)| *name).collect();
            Err(not_among(&path_of_tag, word, &names))
        }
    }
}

fn object(path: &str, value: &Map<String, Value>, fields: &[Field]) -> Result<(), Fault> {
    for (name, value) in value {
        if !value.is_null() && !fields.iter().any(|field| field.name == name) {
            return Err(Fault::unknown_parameter(&join(path, name)));
        }
    }
    for field in fields {
        let path = join(path, field.name);
        // Null is absence: what null clears, it clears after this.
        match value.get(field.name).filter(|it| !it.is_null()) {
            Some(value) => field.shape.check(&path, value)?,
            None if field.required => return Err(Fault::missing(&path)),
            None => {}
        }
    }
    Ok(())
}

fn list(path: &str, value: &Value, shape: &Shape, most: usize) -> Result<(), Fault> {
    let Some(values) = value.as_array() else {
        return Err(wrong_type(path, "an array", value));
    };
    if values.len() > most {
        let message = format!(
            "Invalid '{path}': array too long. Expected an array with maximum length {most}, but \
             got an array with length {} instead.",
            values.len()
        );
        return Err(Fault::new("array_above_max_length", message).at(path));
    }
    let mut places = values.iter().enumerate();
    places.try_for_each(|(index, value)| shape.check(&format!("{path}[{index}]"), value))
}

fn map<'a>(path: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Fault> {
    let found = value.as_object();
    found.ok_or_else(|| wrong_type(path, "an object", value))
}

fn text<'a>(path: &str, value: &'a Value) -> Result<&'a str, Fault> {
    let found = value.as_str();
    found.ok_or_else(|| wrong_type(path, "a string", value))
}

fn short_text(path: &str, value: &Value, most: usize) -> Result<(), Fault> {
    let length = text(path, value)?.chars().count();
    if length <= most {
        return Ok(());
    }
    let message = format!(
        "Invalid '{path}': string too long. Expected a string with maximum length {most}, but \
         got a string with length {length} instead."
    );
    Err(Fault::new("string_above_max_length", message).at(path))
}

fn function_name(path: &str, value: &Value) -> Result<(), Fault> {
    let name = text(path, value)?;
    let fits = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-');
    if name.is_empty() || !name.chars().all(fits) {
        let message = format!(
            "Invalid '{path}': string does not match pattern. Expected a string that matches the \
             pattern '^[a-zA-Z0-9_-]+$'."
        );
        return Err(Fault::invalid_value(path, message));
    }
    short_text(path, value, limits::FUNCTION_NAME_CHARS)
}

fn whole(path: &str, value: &Value, least: i64, most: i64) -> Result<(), Fault> {
    let Some(number) = value.as_i64() else {
        return Err(wrong_type(path, "an integer", value));
    };
    within(path, number, least, most, "integer")
}

fn number(path: &str, value: &Value, least: f64, most: f64) -> Result<(), Fault> {
    let Some(number) = value.as_f64() else {
        return Err(wrong_type(path, "a decimal", value));
    };
    within(path, number, least, most, "decimal")
}

fn within<T: Copy + PartialOrd + std::fmt::Display>(
    path: &str,
    number: T,
    least: T,
    most: T,
    kind: &str,
) -> Result<(), Fault> {
    let (side, limit, word) = if number < least {
        ("below minimum", least, ">=")
    } else if number > most {
        ("above maximum", most, "<=")
    } else {
        return Ok(());
    };
    let message = format!(
        "Invalid '{path}': {kind} {side} value. Expected a value {word} {limit}, but got {number} \
         instead."
    );
    Err(Fault::invalid_value(path, message))
}

fn metadata(path: &str, value: &Value) -> Result<(), Fault> {
    let map = map(path, value)?;
    if map.len() > 16 {
        let message = format!(
            "Invalid '{path}': too many properties. Expected an object with at most 16 \
             properties, but got an object with {} properties instead.",
            map.len()
        );
        return Err(Fault::invalid_value(path, message));
    }
    for (name, value) in map {
        short_text(&format!("{path} keys"), &Value::from(name.as_str()), 64)?;
        short_text(&join(path, name), value, 512)?;
    }
    Ok(())
}

fn of_type(path: &str, wanted: &str, value: &Value, fits: bool) -> Result<(), Fault> {
    match fits {
        true => Ok(()),
        false => Err(wrong_type(path, wanted, value)),
    }
}

fn wrong_type(path: &str, wanted: &str, value: &Value) -> Fault {
    let got = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let message = format!("Invalid type for '{path}': expected {wanted}, but got {got} instead.");
    Fault::new("invalid_type", message).at(path)
}

fn not_among(path: &str, word: &str, words: &[&str]) -> Fault {
    let message = match words {
        [only] => format!("Invalid value: '{word}'. Value must be '{only}'."),
        [first, last] => {
            format!("Invalid value: '{word}'. Supported values are: '{first}' and '{last}'.")
        }
        [rest @ .., last] => {
            let rest = rest.join("', '");
            format!("Invalid value: '{word}'. Supported values are: '{rest}', and '{last}'.")
        }
        [] => format!("Invalid value: '{word}'."),
    };
    Fault::invalid_value(path, message)
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

#[cfg(test)]
mod tests;
