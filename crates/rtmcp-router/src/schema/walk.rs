//! Where in a schema other schemas are, and where there is only data.

use serde_json::{Map, Value};

/// Keywords that hold one schema.
const ONE: [&str; 12] = [
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "contentSchema",
];

/// Keywords that hold a list of schemas; `items` is one in older drafts.
const LIST: [&str; 5] = ["anyOf", "oneOf", "allOf", "prefixItems", "items"];

/// Keywords that hold schemas by name; in `dependencies` a list of names is no schema.
const NAMED: [&str; 6] = [
    "properties",
    "patternProperties",
    "dependentSchemas",
    "dependencies",
    "$defs",
    "definitions",
];

/// Calls `visit` with each schema that stands directly in this one. What isn't a schema there, as
/// a stranger may write anything, is passed over.
pub(super) fn children<'s>(schema: &'s Map<String, Value>, visit: &mut impl FnMut(&'s Value)) {
    for (keyword, value) in schema {
        match (keyword.as_str(), value) {
            (keyword, Value::Array(list)) if LIST.contains(&keyword) => {
                list.iter().filter(|it| is_schema(it)).for_each(&mut *visit);
            }
            (keyword, Value::Object(named)) if NAMED.contains(&keyword) => {
                let schemas = named.values().filter(|it| is_schema(it));
                schemas.for_each(&mut *visit);
            }
            (keyword, value) if ONE.contains(&keyword) && is_schema(value) => visit(value),
            _ => {}
        }
    }
}

/// As [`children`], to change them.
pub(super) fn children_mut(schema: &mut Map<String, Value>, visit: &mut impl FnMut(&mut Value)) {
    for (keyword, value) in schema {
        match (keyword.as_str(), value) {
            (keyword, Value::Array(list)) if LIST.contains(&keyword) => {
                let schemas = list.iter_mut().filter(|it| is_schema(it));
                schemas.for_each(&mut *visit);
            }
            (keyword, Value::Object(named)) if NAMED.contains(&keyword) => {
                let schemas = named.values_mut().filter(|it| is_schema(it));
                schemas.for_each(&mut *visit);
            }
            (keyword, value) if ONE.contains(&keyword) && is_schema(value) => visit(value),
            _ => {}
        }
    }
}

/// Keywords that apply to the very value that the schema is for, and not to a part of it.
pub(super) const IN_PLACE: [&str; 8] = [
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
];

fn is_schema(value: &Value) -> bool {
    value.is_object() || value.is_boolean()
}
