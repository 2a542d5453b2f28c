//! [`Condition`]: what a rule says of the arguments of a call.

use std::{cmp::Ordering, fmt};

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Number, Value};

use crate::config::ConfigError;

/// What a rule says of the arguments of a call.
///
/// A value that isn't there, or is of another type, fits no [`Test`] but [`Test::Missing`]: let the
/// rule that lets calls run be the one with the condition, or begin with one that asks where the
/// value is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Where the value is: names of fields and places in lists, with dots between, such as
    /// `order.lines.0.cents`; the empty path is all of them.
    pub path: String,
    /// What is asked of it.
    pub test: Test,
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Test {
    /// It is a number above this one.
    Above(Number),
    /// It is a number below this one.
    Below(Number),
    /// It is this value; numbers of one size are equal, however they are written.
    Equals(Value),
    /// It is a text in which this pattern is found, in the syntax of the crate `regex`. Anchor it
    /// by `^` and `$` where the whole text is meant.
    Matches(String),
    /// It isn't there, or is null.
    Missing,
}

/// The most bytes that a compiled pattern may have.
const PATTERN_BYTES: usize = 256 * 1024;

/// A condition, ready to be tried.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    condition: Condition,
    pattern: Option<Regex>,
}

impl Compiled {
    pub(crate) fn new(condition: &Condition, rule: usize) -> Result<Self, ConfigError> {
        let pattern = match &condition.test {
            Test::Matches(pattern) => {
                let built = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build();
                Some(built.map_err(|error| ConfigError::BadPattern {
                    rule,
                    trouble: error.to_string(),
                })?)
            }
            _ => None,
        };
        Ok(Self {
            condition: condition.clone(),
            pattern,
        })
    }

    pub(crate) fn holds(&self, arguments: &Map<String, Value>) -> bool {
        let whole;
        let found = if self.condition.path.is_empty() {
            whole = Value::Object(arguments.clone());
            Some(&whole)
        } else {
            find(arguments, &self.condition.path)
        };
        let found = found.filter(|value| !value.is_null());
        let Some(value) = found else {
            return match &self.condition.test {
                Test::Missing => true,
                Test::Equals(wanted) => wanted.is_null(),
                _ => false,
            };
        };
        match &self.condition.test {
            Test::Missing => false,
            Test::Above(limit) => order(value, limit) == Some(Ordering::Greater),
            Test::Below(limit) => order(value, limit) == Some(Ordering::Less),
            Test::Equals(wanted) => equal(value, wanted),
            Test::Matches(_) => {
                let text = value.as_str();
                text.zip(self.pattern.as_ref())
                    .is_some_and(|(text, pattern)| pattern.is_match(text))
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self.path.as_str() {
            "" => "the arguments",
            path => path,
        };
        match &self.test {
            Test::Above(limit) => write!(f, "{path} above {limit}"),
            Test::Below(limit) => write!(f, "{path} below {limit}"),
            Test::Equals(value) => write!(f, "{path} equals {value}"),
            Test::Matches(pattern) => write!(f, "{path} matches `{pattern}`"),
            Test::Missing => write!(f, "{path} missing"),
        }
    }
}

/// Goes the path. A field whose own name has dots in it is found, too.
fn find<'v>(arguments: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    if let Some(value) = arguments.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    let mut value = arguments.get(first)?;
    for step in rest.split('.') {
        value = match value {
            Value::Object(fields) => fields.get(step)?,
            Value::Array(values) => values.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

/// Compares numbers: whole ones exactly.
fn order(value: &Value, limit: &Number) -> Option<Ordering> {
    let Value::Number(value) = value else {
        return None;
    };
    match (value.as_i128(), limit.as_i128()) {
        (Some(value), Some(limit)) => Some(value.cmp(&limit)),
        _ => value.as_f64()?.partial_cmp(&limit.as_f64()?),
    }
}

fn equal(value: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Number(wanted) => order(value, wanted) == Some(Ordering::Equal),
        wanted => value == wanted,
    }
}
