//! What is wrong with a call's arguments, in short sentences that a model can repair from.

use jsonschema::{
    JsonType, ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
    paths::{Location, LocationSegment},
};
use serde_json::{Map, Value};

use crate::nearest;

/// What is wrong with a call's arguments.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    /// The first few, one sentence each.
    pub(crate) shown: Vec<String>,
    /// How many more there are.
    pub(crate) more: usize,
    /// What the object takes whose property is missing or unknown.
    pub(crate) expected: Option<String>,
}

impl Problems {
    /// Describes the first [`SHOWN`] errors and counts the rest; `root` is the schema.
    pub(super) fn collect<'e>(
        errors: impl Iterator<Item = ValidationError<'e>>,
        root: &Map<String, Value>,
    ) -> Self {
        let mut problems = Self::default();
        for error in errors {
            if problems.expected.is_none() {
                problems.expected = expected(&error, root);
            }
            if problems.shown.len() < SHOWN {
                problems.shown.push(describe(&error));
            } else {
                problems.more += 1;
            }
        }
        problems
    }

    /// Says that something is wrong, without what.
    pub(super) fn unexplained(words: &str) -> Self {
        Self {
            shown: vec![words.to_owned()],
            ..Self::default()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }
}

/// Cuts a text to at most `chars` characters, and shows that it did.
pub(super) fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Describes one error: `"items[0].quantity": 0 is less than the minimum of 1`.
fn describe(error: &ValidationError<'_>) -> String {
    if let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = error.kind()
        && let Some(inner) = nearest_form(error, context)
    {
        return inner;
    }
    placed(error.instance_path(), &fault(error))
}

fn placed(location: &Location, fault: &str) -> String {
    let fault = cut(fault, 240);
    match path(location) {
        place if place.is_empty() => fault,
        place => format!("\"{}\": {fault}", cut(&place, 120)),
    }
}

/// Says what is wrong, without the place.
fn fault(error: &ValidationError<'_>) -> String {
    let found = value(error.instance());
    match error.kind() {
        Kind::Required { property } => format!("{} is missing", value(property)),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let names: Vec<String> = unexpected
                .iter()
                .map(|n| format!("\"{}\"", cut(n, 60)))
                .collect();
            format!("unknown property {}", names.join(", "))
        }
        Kind::Type { kind } => format!(
            "{found} is {}, not {}",
            kind_of(error.instance()),
            type_names(kind)
        ),
        Kind::Enum { options } => match nearest(error.instance(), options) {
            Some(near) => format!("{found} is not one of its values; the nearest are {near}"),
            None => format!("{found} is not one of {}", choices(options)),
        },
        Kind::Constant { expected_value } => format!("{found} is not {}", value(expected_value)),
        Kind::Format { format } => format!("{found} is not a valid {format}{}", sample(format)),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            format!("{found} fits none of the {} allowed forms", context.len())
        }
        Kind::OneOfMultipleValid { .. } => {
            format!("{found} fits more than one of the allowed forms")
        }
        Kind::Not { .. } | Kind::FalseSchema => format!("{found} is not allowed"),
        Kind::PropertyNames { error } => {
            format!("a property name is not allowed: {}", fault(error))
        }
        _ => error.masked_with(found.as_str()).to_string(),
    }
}

/// Describes why a value fits none of several forms: by their types when those are the trouble,
/// else by the form that comes nearest.
fn nearest_form(
    outer: &ValidationError<'_>,
    forms: &[Vec<ValidationError<'static>>],
) -> Option<String> {
    let mismatch = |error: &ValidationError<'_>| match error.kind() {
        Kind::Type { kind } if error.instance_path() == outer.instance_path() => {
            Some(type_names(kind))
        }
        _ => None,
    };
    let types: Vec<String> = forms
        .iter()
        .filter_map(|form| form.iter().find_map(mismatch))
        .collect();
    if types.len() == forms.len() {
        let found = value(outer.instance());
        let kind = kind_of(outer.instance());
        let fault = format!("{found} is {kind}, not {}", types.join(" or "));
        return Some(placed(outer.instance_path(), &fault));
    }
    let near = forms
        .iter()
        .filter(|form| !form.iter().any(|e| mismatch(e).is_some()))
        .min_by_key(|form| form.len())?;
    // One level is enough for a hint, and bounds the work on nested forms.
    let first = near.first()?;
    Some(placed(first.instance_path(), &fault(first)))
}

/// Lists the properties of the object in which a name is missing or unknown.
fn expected(error: &ValidationError<'_>, root: &Map<String, Value>) -> Option<String> {
    let names_matter = matches!(
        error.kind(),
        Kind::Required { .. }
            | Kind::AdditionalProperties { .. }
            | Kind::UnevaluatedProperties { .. }
    );
    if !names_matter {
        return None;
    }
    let (parent, _) = error.schema_path().as_str().rsplit_once('/')?;
    let object = lookup(root, parent)?;
    let properties = object.get("properties")?.as_object()?;
    let required: Vec<&str> = object
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut listed: Vec<String> = properties
        .iter()
        .take(LISTED)
        .map(|(name, schema)| property(name, schema, required.contains(&name.as_str())))
        .collect();
    if properties.len() > LISTED {
        listed.push(format!("and {} more", properties.len() - LISTED));
    }
    (!listed.is_empty()).then(|| listed.join(", "))
}

fn property(name: &str, schema: &Value, required: bool) -> String {
    let kind = schema.get("type").and_then(Value::as_str);
    let notes: Vec<&str> = kind
        .into_iter()
        .chain(required.then_some("required"))
        .collect();
    let name = cut(name, 60);
    if notes.is_empty() {
        format!("\"{name}\"")
    } else {
        format!("\"{name}\" ({})", notes.join(", "))
    }
}

fn lookup<'s>(root: &'s Map<String, Value>, pointer: &str) -> Option<&'s Map<String, Value>> {
    let Some(rest) = pointer.strip_prefix('/') else {
        return Some(root);
    };
    let (first, rest) = match rest.split_once('/') {
        Some((first, _)) => (first, &rest[first.len()..]),
        None => (rest, ""),
    };
    root.get(first)?.pointer(rest)?.as_object()
}

/// Writes a place the way that models write it: `items[0].quantity`.
fn path(location: &Location) -> String {
    let mut text = String::new();
    for segment in location {
        match segment {
            LocationSegment::Index(index) => text.push_str(&format!("[{index}]")),
            LocationSegment::Property(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&name);
            }
        }
    }
    text
}

/// Writes a value as JSON, cut to what is worth repeating.
fn value(value: &Value) -> String {
    cut(&value.to_string(), 60)
}

/// Returns the values of a long list that come nearest to a text.
fn nearest(found: &Value, options: &Value) -> Option<String> {
    let options = options.as_array().filter(|it| it.len() > CHOICES)?;
    let options = options.iter().take(COMPARED).filter_map(Value::as_str);
    let near = nearest::names(found.as_str()?, options);
    let near: Vec<String> = near.iter().map(|it| value(&Value::from(*it))).collect();
    (!near.is_empty()).then(|| near.join(", "))
}

fn choices(options: &Value) -> String {
    let options = options.as_array().map_or(&[][..], Vec::as_slice);
    let mut shown: Vec<String> = options.iter().take(CHOICES).map(value).collect();
    if options.len() > CHOICES {
        shown.push(format!("or {} others", options.len() - CHOICES));
    }
    shown.join(", ")
}

pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn type_names(kind: &TypeKind) -> String {
    let name = |kind: JsonType| match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "an array",
        JsonType::Object => "an object",
    };
    match kind {
        TypeKind::Single(one) => name(*one).to_owned(),
        TypeKind::Multiple(several) => {
            let names: Vec<&str> = several.iter().map(name).collect();
            names.join(" or ")
        }
    }
}

/// Shows what a format looks like, as models hear dates and write them in words.
fn sample(format: &str) -> &'static str {
    match format {
        "date" => ", such as 2025-03-09",
        "time" => ", such as 14:30:00Z",
        "date-time" => ", such as 2025-03-09T14:30:00Z",
        "duration" => ", such as PT1H30M",
        "email" => ", such as name@example.com",
        "uri" => ", such as https://example.com/page",
        "uuid" => ", such as 123e4567-e89b-12d3-a456-426614174000",
        _ => "",
    }
}

/// Problems in one message: more than three don't help, as the next attempt is checked again.
const SHOWN: usize = 3;

/// Properties that are listed.
const LISTED: usize = 24;

/// Options of an `enum` that a value is compared with.
const COMPARED: usize = 2_000;

/// Options of an `enum` that are listed.
const CHOICES: usize = 12;
