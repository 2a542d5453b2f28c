//! A tool's argument schema, compiled once: what the model sees, and what a call is checked with.

mod problem;
mod repair;

use jsonschema::{PatternOptions, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Map, Value};

pub(crate) use problem::{Problems, kind_of};

/// A tool's argument schema, ready for use.
#[derive(Debug)]
pub(crate) struct Schema {
    /// What the model sees.
    pub(crate) parameters: Map<String, Value>,
    /// How that differs from what the server wrote.
    pub(crate) repairs: Vec<String>,
    validator: Validator,
}

impl Schema {
    /// Repairs and compiles a schema, or says in a sentence why that can't be done.
    pub(crate) fn compile(written: &Map<String, Value>) -> Result<Self, String> {
        let repaired = repair::repair(written)?;
        let validator = build(&Value::Object(repaired.checked)).map_err(|e| reason(&e))?;
        Ok(Self {
            parameters: repaired.parameters,
            repairs: repaired.repairs,
            validator,
        })
    }

    /// Checks the arguments of a call; the values are not changed.
    pub(crate) fn check(&self, arguments: &Value) -> Result<(), Problems> {
        if self.validator.is_valid(arguments) {
            return Ok(());
        }
        let errors = self.validator.iter_errors(arguments);
        let problems = Problems::collect(errors.filter(|e| !is_undecided(e)), &self.parameters);
        if problems.is_empty() {
            return Ok(());
        }
        Err(problems)
    }
}

/// Compiles without fetching anything. Patterns run in linear time; only a schema whose patterns
/// need look-around gets the backtracking engine, with a bound.
fn build(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    let options = jsonschema::options()
        .offline()
        .should_validate_formats(true);
    let linear = options
        .clone()
        .with_pattern_options(PatternOptions::regex());
    linear.build(schema).or_else(|_| {
        let bounded = PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT);
        options.with_pattern_options(bounded).build(schema)
    })
}

/// Tells whether the check gave up instead of finding a fault. The server then decides.
fn is_undecided(error: &ValidationError<'_>) -> bool {
    matches!(
        error.kind(),
        ValidationErrorKind::BacktrackLimitExceeded { .. }
            | ValidationErrorKind::RegexEngineFailure { .. }
    )
}

/// Says why a schema doesn't compile.
fn reason(error: &ValidationError<'_>) -> String {
    use jsonschema::ReferencingError as Reference;

    if let ValidationErrorKind::Referencing(Reference::Unretrievable { uri, .. }) = error.kind() {
        return format!(
            "its schema refers to `{}`, and schemas are never fetched: the server has to send it \
             along under `$defs`",
            problem::cut(uri, 120)
        );
    }
    let place = match error.instance_path().as_str() {
        "" => String::new(),
        path => format!(" at `{}`", problem::cut(path, 120)),
    };
    let fault = error.to_string();
    format!(
        "its schema is not valid{place}: {}",
        problem::cut(&fault, 160)
    )
}

/// Steps that a pattern with look-around may take on one string: thousands are plenty for honest
/// patterns, and an exponential one ends within milliseconds.
const BACKTRACK_LIMIT: usize = 10_000;
