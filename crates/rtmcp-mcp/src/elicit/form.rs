//! [`Form`]: the fields that a server asks for, their defaults, and the check of an answer.
//!
//! MCP allows flat objects of strings, numbers, booleans and choices only; anything else in a schema
//! is not checked here, as it is the server's own to check.

use serde_json::{Map, Number, Value};

/// The fields of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    schema: Map<String, Value>,
}

/// Why an answer doesn't count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadAnswer {
    /// The question is answered already, or its call has ended.
    #[error("the question is not open any more")]
    Over,
    /// A field has to be filled in.
    #[error("`{0}` is missing: fill it in")]
    Missing(String),
    /// There is no such field.
    #[error("there is no field `{0}`: leave it out")]
    Unknown(String),
    /// A field isn't what is asked for.
    #[error("`{field}` {expected}")]
    Wrong {
        /// The field.
        field: String,
        /// What it must be.
        expected: String,
    },
}

impl Form {
    pub(crate) fn new(schema: Map<String, Value>) -> Self {
        Self { schema }
    }

    /// The fields as JSON Schema: an object with flat properties, in the server's order.
    pub fn schema(&self) -> &Map<String, Value> {
        &self.schema
    }

    /// The form as somebody sees it from whom `hide` hides parts. A default that it changes is left
    /// out, as it would come back as an answer; [`fill`](Self::fill) of the form itself adds it.
    #[must_use]
    pub fn shown(&self, hide: impl FnOnce(&mut Value)) -> Self {
        let mut shown = Value::Object(self.schema.clone());
        hide(&mut shown);
        let Value::Object(mut schema) = shown else {
            return Self::new(Map::new());
        };
        let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, field) in fields.into_iter().flatten() {
            let default = self.field(name).and_then(|it| it.get("default"));
            if field.get("default") != default
                && let Some(field) = field.as_object_mut()
            {
                field.remove("default");
            }
        }
        Self::new(schema)
    }

    /// The fields that have a default, with it.
    pub fn defaults(&self) -> Map<String, Value> {
        let fields = self.fields();
        let defaults = fields.filter_map(|(name, field)| {
            let default = field.get("default")?;
            Some((name.clone(), default.clone()))
        });
        defaults.collect()
    }

    /// Adds the defaults of fields that are absent, and checks the answer.
    ///
    /// # Errors
    ///
    /// [`BadAnswer`] for the first field that isn't what is asked for.
    pub fn fill(&self, mut answer: Map<String, Value>) -> Result<Map<String, Value>, BadAnswer> {
        // Nothing, said explicitly, is no answer to the field.
        answer.retain(|_, value| !value.is_null());
        for (name, default) in self.defaults() {
            answer.entry(name).or_insert(default);
        }
        for (name, value) in &answer {
            let field = self.field(name);
            let field = field.ok_or_else(|| BadAnswer::Unknown(name.clone()))?;
            check(field, value).map_err(|expected| BadAnswer::Wrong {
                field: name.clone(),
                expected,
            })?;
        }
        let required = self.schema.get("required").and_then(Value::as_array);
        let mut required = required.into_iter().flatten().filter_map(Value::as_str);
        match required.find(|name| !answer.contains_key(*name)) {
            Some(name) => Err(BadAnswer::Missing(name.to_owned())),
            None => Ok(answer),
        }
    }

    fn field(&self, name: &str) -> Option<&Value> {
        self.schema.get("properties")?.as_object()?.get(name)
    }

    fn fields(&self) -> impl Iterator<Item = (&String, &Value)> {
        let properties = self.schema.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten()
    }
}

/// Checks one field. The error completes "the field …".
fn check(field: &Value, value: &Value) -> Result<(), String> {
    let choices = choices(field);
    if !choices.is_empty() {
        return one_of(&choices, value);
    }
    match field.get("type").and_then(Value::as_str) {
        Some("string") => string(field, value),
        Some("integer") => integer(field, value),
        Some("number") => number(field, value),
        Some("boolean") if !value.is_boolean() => Err("must be true or false".to_owned()),
        Some("array") => array(field, value),
        _ => Ok(()),
    }
}

/// The values of a field with a choice: `enum`, or the `const` of `oneOf` and `anyOf`.
fn choices(field: &Value) -> Vec<&str> {
    let listed = field.get("enum").and_then(Value::as_array);
    let listed = listed.into_iter().flatten().filter_map(Value::as_str);
    let titled = ["oneOf", "anyOf"].into_iter();
    let titled = titled
        .filter_map(|key| field.get(key)?.as_array())
        .flatten();
    let titled = titled.filter_map(|choice| choice.get("const")?.as_str());
    listed.chain(titled).collect()
}

fn one_of(choices: &[&str], value: &Value) -> Result<(), String> {
    if value.as_str().is_some_and(|value| choices.contains(&value)) {
        return Ok(());
    }
    Err(format!("must be one of: {}", choices.join(", ")))
}

fn string(field: &Value, value: &Value) -> Result<(), String> {
    let text = value.as_str().ok_or("must be a text")?;
    let length = text.chars().count() as u64;
    if let Some(min) = limit(field, "minLength").filter(|min| length < *min) {
        return Err(format!("must have at least {min} characters"));
    }
    if let Some(max) = limit(field, "maxLength").filter(|max| length > *max) {
        return Err(format!("must have at most {max} characters"));
    }
    match field.get("format").and_then(Value::as_str) {
        Some("email") if !is_email(text) => Err("must be an e-mail address".to_owned()),
        Some("uri") if url::Url::parse(text).is_err() => Err("must be an address (URI)".to_owned()),
        Some("date") if !is_date(text) => Err("must be a date like 2026-07-28".to_owned()),
        Some("date-time") if !is_date_time(text) => {
            Err("must be a time like 2026-07-28T09:30:00Z".to_owned())
        }
        _ => Ok(()),
    }
}

fn integer(field: &Value, value: &Value) -> Result<(), String> {
    // JSON Schema counts 1.0 among the integers.
    let is_whole = value.as_f64().is_some_and(|number| number.fract() == 0.0);
    if !is_whole {
        return Err("must be a whole number".to_owned());
    }
    number(field, value)
}

fn number(field: &Value, value: &Value) -> Result<(), String> {
    let number = value.as_f64().ok_or("must be a number")?;
    let bound = |key: &str| field.get(key).and_then(Value::as_number);
    let beyond = |bound: &&Number, less: bool| {
        let bound = bound.as_f64().unwrap_or(number);
        if less { number < bound } else { number > bound }
    };
    if let Some(min) = bound("minimum").filter(|min| beyond(min, true)) {
        return Err(format!("must be at least {min}"));
    }
    if let Some(max) = bound("maximum").filter(|max| beyond(max, false)) {
        return Err(format!("must be at most {max}"));
    }
    Ok(())
}

fn array(field: &Value, value: &Value) -> Result<(), String> {
    let values = value.as_array().ok_or("must be a list")?;
    let length = values.len() as u64;
    if let Some(min) = limit(field, "minItems").filter(|min| length < *min) {
        return Err(format!("must have at least {min} entries"));
    }
    if let Some(max) = limit(field, "maxItems").filter(|max| length > *max) {
        return Err(format!("must have at most {max} entries"));
    }
    let Some(items) = field.get("items") else {
        return Ok(());
    };
    let mut values = values.iter();
    values
        .try_for_each(|value| check(items, value).map_err(|expected| format!("{expected} (each)")))
}

fn limit(field: &Value, key: &str) -> Option<u64> {
    field.get(key).and_then(Value::as_u64)
}

/// What a mistyped address would fail; whether it exists is for the server to find out.
fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(name, host)| {
        !name.is_empty()
            && !host.is_empty()
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !text.contains(char::is_whitespace)
    })
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2))
    else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// RFC 3339.
fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't', ' ']) else {
        return false;
    };
    let zone = time.find(['Z', 'z', '+', '-']);
    let Some((clock, zone)) = zone.map(|at| time.split_at(at)) else {
        return false;
    };
    let is_zone = matches!(zone, "Z" | "z")
        || zone.get(1..).is_some_and(|zone| {
            let parts = zone.split_once(':');
            parts.is_some_and(|(hours, minutes)| below(hours, 24) && below(minutes, 60))
        });
    let clock = clock.split_once('.').map_or(clock, |(clock, _)| clock);
    let parts: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds] = parts[..] else {
        return false;
    };
    is_date(date) && is_zone && below(hours, 24) && below(minutes, 60) && below(seconds, 61)
}

fn below(text: &str, limit: u32) -> bool {
    digits(text, 2).is_some_and(|number| number < limit)
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let is_digits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
