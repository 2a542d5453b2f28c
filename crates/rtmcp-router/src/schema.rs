//! A tool's argument schema, compiled once: what the model sees, and what a call is checked with.
//!
//! Both start from what the server wrote, and differ from it as little as they can:
//!
//! 1. [`measure`] refuses what is too large to be honest.
//! 2. [`build`] makes the validator, of all that the server wrote.
//! 3. [`inline`], [`tidy`], [`root`] and [`names`] make the parameters that every endpoint takes and
//!    every model reads, and note each change.

mod build;
mod inline;
mod measure;
mod merge;
mod names;
mod notes;
mod problem;
mod refs;
mod root;
mod tidy;
mod walk;

use jsonschema::{Draft, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Map, Value};

use names::Names;
use notes::Notes;
pub(crate) use problem::{Problems, kind_of};
use refs::Refs;

/// A tool's argument schema, ready for use.
#[derive(Debug)]
pub(crate) struct Schema {
    /// What the model sees.
    pub(crate) parameters: Map<String, Value>,
    /// Which arguments go together, in words, where the parameters can't say it.
    pub(crate) forms: Option<String>,
    /// How what the model sees differs from what the server wrote.
    pub(crate) repairs: Vec<String>,
    check: Check,
    names: Names,
}

/// What a value is held against: all that the server wrote.
#[derive(Debug)]
pub(crate) struct Check {
    schema: Map<String, Value>,
    validator: Validator,
    /// The most schemas that one part of a value meets.
    forms: u64,
}

impl Schema {
    /// Repairs and compiles a schema, or says in a sentence why that can't be done; `budget` are
    /// the characters of a description.
    pub(crate) fn compile(written: &Map<String, Value>, budget: usize) -> Result<Self, String> {
        let mut notes = Notes::default();
        let check = Check::build(written, &mut notes)?;
        let whole = Value::Object(check.schema.clone());
        let mut shown = inline::inline(&whole, &Refs::of(&whole), &mut notes)?;
        tidy::tidy(&mut shown, budget, &mut notes);
        let mut root = root::mend(shown, &mut notes)?;
        let names = Names::rename(&mut root.schema, &mut notes);
        Ok(Self {
            parameters: root.schema,
            forms: root.forms,
            repairs: notes.sentences(),
            check,
            names,
        })
    }

    /// Gives the arguments of a call the names that the server knows.
    pub(crate) fn restore(&self, arguments: &mut Value) {
        self.names.restore(arguments);
    }

    /// Checks the arguments of a call; the values are not changed.
    pub(crate) fn check(&self, arguments: &Value) -> Result<(), Problems> {
        self.check.check(arguments)
    }
}

impl Check {
    /// Compiles a schema that no model sees.
    pub(crate) fn compile(written: &Map<String, Value>) -> Result<Self, String> {
        Self::build(written, &mut Notes::default())
    }

    fn build(written: &Map<String, Value>, notes: &mut Notes) -> Result<Self, String> {
        measure::measure(written)?;
        let mut schema = written.clone();
        known_draft(&mut schema, notes);
        nullable(&mut schema, notes);
        let whole = Value::Object(schema.clone());
        let forms = measure::unfold(&whole, &Refs::of(&whole))?;
        let validator = build::build(&mut schema, notes)?;
        Ok(Self {
            schema,
            validator,
            forms,
        })
    }

    /// Checks a value, without changing it.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Problems> {
        if self.validator.is_valid(value) {
            return Ok(());
        }
        // Whether a value fits takes a time that grows with its size; to say why not, all forms at
        // each of its levels are gone through.
        let reasons = self.forms.saturating_pow(measure::depth(value));
        if reasons > SCHEMA_REASONS {
            let words = "they don't fit its schema, and are nested too deeply to say where";
            return Err(Problems::unexplained(words));
        }
        let errors = self.validator.iter_errors(value);
        let decided = errors.filter(|e| !is_undecided(e)).take(PROBLEMS);
        let problems = Problems::collect(decided, &self.schema);
        if problems.is_empty() {
            return Ok(());
        }
        Err(problems)
    }
}

/// Takes out a draft that is unknown.
fn known_draft(schema: &mut Map<String, Value>, notes: &mut Notes) {
    let Some(draft) = schema.get("$schema") else {
        return;
    };
    let named = draft.as_str().unwrap_or_default();
    if Draft::from_schema_uri(named) == Draft::Unknown {
        notes.say(format!(
            "`$schema` names `{}`, which is unknown here: read as draft 2020-12",
            problem::cut(named, 120)
        ));
        schema.shift_remove("$schema");
    }
}

fn nullable(schema: &mut Map<String, Value>, notes: &mut Notes) {
    tidy::nullable(schema, notes);
    walk::children_mut(schema, &mut |child| {
        if let Value::Object(child) = child {
            nullable(child, notes);
        }
    });
}

/// Tells whether the check gave up instead of finding a fault. The server then decides.
fn is_undecided(error: &ValidationError<'_>) -> bool {
    matches!(
        error.kind(),
        ValidationErrorKind::BacktrackLimitExceeded { .. }
            | ValidationErrorKind::RegexEngineFailure { .. }
    )
}

/// Ways in which a value may not fit that are gone through, to say why it doesn't.
pub(crate) const SCHEMA_REASONS: u64 = 50_000;

/// Problems of one call that are counted: the first few are told, and each costs work.
const PROBLEMS: usize = 100;
