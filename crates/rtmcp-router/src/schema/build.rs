//! The validator of a schema, from all that the server wrote.

use jsonschema::{
    Draft, PatternOptions, ReferencingError, ValidationError, Validator, error::ValidationErrorKind,
};
use serde_json::{Map, Value};

use super::{
    notes::{Change, Notes},
    problem::cut,
    refs::{self, Refs},
    walk,
};

/// Steps that a pattern with look-around may take on one string: thousands are plenty for honest
/// patterns, and an exponential one ends within milliseconds.
const BACKTRACK_LIMIT: usize = 10_000;

/// Patterns that can't be read and are left out of the check.
const UNREADABLE: usize = 16;

/// Compiles a schema. What keeps a part of it from being checked is taken out of `checked` and noted;
/// what makes it no schema is the error.
pub(super) fn build(
    checked: &mut Map<String, Value>,
    notes: &mut Notes,
) -> Result<Validator, String> {
    let mut mended = false;
    for _ in 0..=UNREADABLE {
        let value = Value::Object(checked.clone());
        let error = match compile(&value, None) {
            Ok(validator) => return Ok(validator),
            Err(error) => error,
        };
        if let ValidationErrorKind::Referencing(fault) = error.kind() {
            if mended || matches!(fault, ReferencingError::Unretrievable { .. }) {
                return Err(reason(&error));
            }
            mended = true;
            drop_dangling(checked, &value, notes);
            continue;
        }
        if drop_pattern(checked, error.instance_path().as_str()) {
            notes.count(Change::Pattern);
            continue;
        }
        // Servers of older kinds don't say which draft they write.
        if !checked.contains_key("$schema")
            && let Some((validator, name)) = older(&value)
        {
            notes.say(format!(
                "its schema is read as {name}, as it isn't valid in draft 2020-12"
            ));
            return Ok(validator);
        }
        return Err(reason(&error));
    }
    Err(format!(
        "its schema has more than {UNREADABLE} patterns that can't be read"
    ))
}

fn older(schema: &Value) -> Option<(Validator, &'static str)> {
    [(Draft::Draft7, "draft-07"), (Draft::Draft4, "draft-04")]
        .into_iter()
        .find_map(|(draft, name)| Some((compile(schema, Some(draft)).ok()?, name)))
}

/// Compiles without fetching anything. Patterns run in linear time; only a schema whose patterns
/// need look-around gets the backtracking engine, with a bound.
fn compile(schema: &Value, draft: Option<Draft>) -> Result<Validator, ValidationError<'static>> {
    let mut options = jsonschema::options()
        .offline()
        .should_validate_formats(true);
    if let Some(draft) = draft {
        options = options.with_draft(draft);
    }
    let linear = options
        .clone()
        .with_pattern_options(PatternOptions::regex());
    linear.build(schema).or_else(|_| {
        let bounded = PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT);
        options.with_pattern_options(bounded).build(schema)
    })
}

/// Takes out references that lead nowhere within the schema.
fn drop_dangling(checked: &mut Map<String, Value>, whole: &Value, notes: &mut Notes) {
    let refs = Refs::of(whole);
    drop_unresolved(checked, &refs, notes);
}

fn drop_unresolved(schema: &mut Map<String, Value>, refs: &Refs<'_>, notes: &mut Notes) {
    walk::children_mut(schema, &mut |child| {
        if let Value::Object(child) = child {
            drop_unresolved(child, refs, notes);
        }
    });
    if let Some((keyword, reference)) = refs::reference(schema)
        && reference.starts_with('#')
        && refs.resolve(reference).is_none()
    {
        schema.shift_remove(keyword);
        notes.count(Change::Dangling);
    }
}

/// Takes out the pattern at a place; returns whether there was one.
fn drop_pattern(checked: &mut Map<String, Value>, place: &str) -> bool {
    let Some(parent) = place.strip_suffix("/pattern") else {
        return false;
    };
    let schema = match parent.strip_prefix('/') {
        None => Some(checked),
        Some(rest) => {
            let (first, rest) = match rest.split_once('/') {
                Some((first, _)) => (first, &rest[first.len()..]),
                None => (rest, ""),
            };
            let within = checked.get_mut(first).and_then(|it| it.pointer_mut(rest));
            within.and_then(Value::as_object_mut)
        }
    };
    let pattern = schema.and_then(|it| {
        let is_text = it.get("pattern").is_some_and(Value::is_string);
        is_text.then(|| it.shift_remove("pattern"))
    });
    pattern.is_some()
}

/// Says why a schema doesn't compile.
fn reason(error: &ValidationError<'_>) -> String {
    if let ValidationErrorKind::Referencing(ReferencingError::Unretrievable { uri, .. }) =
        error.kind()
    {
        return format!(
            "its schema refers to `{}`, and schemas are never fetched: the server has to send it \
             along under `$defs`",
            cut(uri, 120)
        );
    }
    let place = match error.instance_path().as_str() {
        "" => String::new(),
        path => format!(" at `{}`", cut(path, 120)),
    };
    let fault = error.to_string();
    format!("its schema is not valid{place}: {}", cut(&fault, 160))
}
