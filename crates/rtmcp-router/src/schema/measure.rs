//! How large a schema is, before anything else is done with it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    refs::{self, Refs},
    walk,
};

/// Values in a schema, from a server that may be hostile: the largest of honest tools have some
/// thousands.
pub(crate) const SCHEMA_VALUES: usize = 20_000;

/// Levels of a schema: honest ones have a dozen.
pub(crate) const SCHEMA_DEPTH: usize = 64;

/// Schemas that one value can be checked with, when all references are followed. Without a limit a
/// schema of a few lines doubles its work with each of them.
pub(crate) const SCHEMA_FORMS: u64 = 10_000;

/// References and keywords that lead from one value to the next schema for it: a validator goes
/// down as deep, and has a stack.
pub(crate) const SCHEMA_CHAIN: usize = 256;

/// Bytes of one reference or name in a schema.
pub(crate) const SCHEMA_TEXT: usize = 64 * 1024;

/// Checks the limits, and says which one is met.
pub(super) fn measure(schema: &Map<String, Value>) -> Result<(), String> {
    let mut left = SCHEMA_VALUES;
    for (name, value) in schema {
        count(name, value, 1, &mut left)?;
    }
    Ok(())
}

/// Checks that following references doesn't unfold a schema without end. Recursion is fine: it goes
/// as deep as the value that is checked. Returns the most schemas that one value meets.
pub(super) fn unfold(root: &Value, refs: &Refs<'_>) -> Result<u64, String> {
    let mut known = BTreeMap::new();
    walk_forms(root, refs, &mut known)?;
    Ok(known.into_values().flatten().max().unwrap_or_default())
}

/// Returns how deep a value goes.
pub(super) fn depth(value: &Value) -> u32 {
    let deepest = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(fields) => fields.values().map(depth).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or_default()
}

fn count(name: &str, value: &Value, depth: usize, left: &mut usize) -> Result<(), String> {
    if depth > SCHEMA_DEPTH {
        return Err(format!(
            "its schema is nested more than {SCHEMA_DEPTH} levels deep"
        ));
    }
    *left = left
        .checked_sub(1)
        .ok_or_else(|| format!("its schema has more than {SCHEMA_VALUES} values"))?;
    let text = value.as_str().unwrap_or_default();
    if name.len().max(text.len()) > SCHEMA_TEXT {
        return Err(format!(
            "its schema has a text of more than {SCHEMA_TEXT} bytes"
        ));
    }
    match value {
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| count("", item, depth + 1, left)),
        Value::Object(object) => object
            .iter()
            .try_for_each(|(name, value)| count(name, value, depth + 1, left)),
        _ => Ok(()),
    }
}

/// How many schemas a value meets at each place; by address, as the same place is met often.
type Known = BTreeMap<*const Value, Option<u64>>;

fn walk_forms<'s>(value: &'s Value, refs: &Refs<'s>, known: &mut Known) -> Result<(), String> {
    let forms = forms(value, refs, known, 0)?;
    if forms > SCHEMA_FORMS {
        return Err(format!(
            "its references unfold to more than {SCHEMA_FORMS} schemas for one value"
        ));
    }
    let mut result = Ok(());
    if let Some(schema) = value.as_object() {
        walk::children(schema, &mut |child| {
            if result.is_ok() {
                result = walk_forms(child, refs, known);
            }
        });
    }
    result
}

fn forms<'s>(
    value: &'s Value,
    refs: &Refs<'s>,
    known: &mut Known,
    chain: usize,
) -> Result<u64, String> {
    let at = std::ptr::from_ref(value);
    match known.get(&at) {
        Some(Some(forms)) => return Ok(*forms),
        // It leads back to itself: a validator stops there too.
        Some(None) => return Ok(0),
        None => {}
    }
    if chain > SCHEMA_CHAIN {
        return Err(format!(
            "its references follow each other more than {SCHEMA_CHAIN} times"
        ));
    }
    known.insert(at, None);
    let mut sum = 1_u64;
    for inner in value
        .as_object()
        .map(|it| in_place(it, refs))
        .unwrap_or_default()
    {
        sum = sum.saturating_add(forms(inner, refs, known, chain + 1)?);
    }
    known.insert(at, Some(sum));
    Ok(sum)
}

/// Returns the schemas that apply to the same value as this one.
fn in_place<'s>(schema: &'s Map<String, Value>, refs: &Refs<'s>) -> Vec<&'s Value> {
    let target = refs::reference(schema).and_then(|(_, reference)| refs.resolve(reference));
    let mut found: Vec<&Value> = target.into_iter().collect();
    for keyword in walk::IN_PLACE {
        match schema.get(keyword) {
            Some(Value::Array(list)) => found.extend(list),
            Some(Value::Object(named)) if keyword == "dependentSchemas" => {
                found.extend(named.values());
            }
            Some(one) => found.push(one),
            None => {}
        }
    }
    found
}
