//! Each schema in a form that all endpoints read, with the same meaning.

mod pattern;

use serde_json::{Map, Value, json};

use super::{
    notes::{Change, Notes},
    problem::cut,
    walk,
};
use crate::{visible::visible, words};

/// Values of an `enum` that are shown: more cost tokens and help no model to choose.
pub(crate) const SHOWN_VALUES: usize = 200;

/// Bytes of an `enum` that are shown.
pub(crate) const SHOWN_VALUES_BYTES: usize = 4096;

/// Says nothing to a model, or names what isn't there any more.
const SILENT: [&str; 11] = [
    "$schema",
    "$id",
    "id",
    "$anchor",
    "$dynamicAnchor",
    "$recursiveAnchor",
    "$comment",
    "$vocabulary",
    "$defs",
    "definitions",
    "discriminator",
];

/// Tidies a schema and all within it; `budget` are the characters of a description.
pub(super) fn tidy(value: &mut Value, budget: usize, notes: &mut Notes) {
    let Value::Object(schema) = value else {
        return;
    };
    walk::children_mut(schema, &mut |child| tidy(child, budget, notes));
    for keyword in SILENT {
        // A server may use the name for data of another kind.
        let known = matches!(keyword, "$defs" | "definitions" | "discriminator");
        if known || schema.get(keyword).is_some_and(|it| !it.is_object()) {
            schema.shift_remove(keyword);
        }
    }
    own_words(schema, budget, notes);
    constant(schema, notes);
    nullable(schema, notes);
    old_keywords(schema, notes);
    booleans(schema, notes);
    tuple(schema, notes);
    items(schema, notes);
    values(schema, notes);
    pattern::show(schema, notes);
}

/// Tells that null is taken, which OpenAPI writes as `nullable`.
pub(super) fn nullable(schema: &mut Map<String, Value>, notes: &mut Notes) {
    match schema.get("nullable") {
        Some(Value::Bool(true)) => {}
        Some(Value::Bool(false)) => {
            schema.shift_remove("nullable");
            return;
        }
        _ => return,
    }
    schema.shift_remove("nullable");
    let null = json!("null");
    match schema.get_mut("type") {
        Some(Value::Array(types)) if !types.contains(&null) => types.push(null),
        Some(Value::Array(_)) => {}
        Some(kind @ Value::String(_)) if *kind != null => {
            *kind = Value::Array(vec![kind.take(), null])
        }
        _ => return,
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    notes.count(Change::Nullable);
}

fn own_words(schema: &mut Map<String, Value>, budget: usize, notes: &mut Notes) {
    for keyword in ["title", "description"] {
        let Some(Value::String(text)) = schema.get_mut(keyword) else {
            continue;
        };
        let seen = visible(text);
        (0..seen.removed).for_each(|_| notes.count(Change::Invisible));
        let (shown, cut) = words::within(&seen.text, budget);
        if cut {
            notes.count(Change::Words);
        }
        *text = shown;
    }
}

fn constant(schema: &mut Map<String, Value>, notes: &mut Notes) {
    if schema.contains_key("enum") {
        // It is one of the values, or nothing fits.
        if let Some(value) = schema.shift_remove("const") {
            schema.insert("enum".to_owned(), json!([value]));
            notes.count(Change::Constant);
        }
        return;
    }
    let replaced = std::mem::take(schema).into_iter().map(|(keyword, value)| {
        if keyword == "const" {
            notes.count(Change::Constant);
            return ("enum".to_owned(), json!([value]));
        }
        (keyword, value)
    });
    *schema = replaced.collect();
}

/// Writes what older drafts wrote otherwise as it is written today.
fn old_keywords(schema: &mut Map<String, Value>, notes: &mut Notes) {
    for (limit, exclusive) in [
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ] {
        if let Some(Value::Bool(is)) = schema.get(exclusive) {
            let is = *is;
            schema.shift_remove(exclusive);
            if is && let Some(value) = schema.shift_remove(limit) {
                schema.insert(exclusive.to_owned(), value);
            }
            notes.count(Change::OldKeyword);
        }
    }
    let Some(Value::Object(dependencies)) = schema.get("dependencies") else {
        return;
    };
    let (names, schemas): (Map<String, Value>, Map<String, Value>) = dependencies
        .clone()
        .into_iter()
        .partition(|(_, value)| value.is_array());
    schema.shift_remove("dependencies");
    for (keyword, part) in [("dependentRequired", names), ("dependentSchemas", schemas)] {
        if !part.is_empty() && !schema.contains_key(keyword) {
            schema.insert(keyword.to_owned(), Value::Object(part));
        }
    }
    notes.count(Change::OldKeyword);
}

/// Writes `true` and `false` as schemas that say the same, where not all endpoints read them.
fn booleans(schema: &mut Map<String, Value>, notes: &mut Notes) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let before = properties.len();
        properties.retain(|_, value| *value != json!(false));
        (properties.len()..before).for_each(|_| notes.count(Change::Impossible));
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(Value::Array(forms)) = schema.get_mut(keyword) {
            let before = forms.len();
            if forms.iter().any(|form| *form != json!(false)) {
                forms.retain(|form| *form != json!(false));
            }
            (forms.len()..before).for_each(|_| notes.count(Change::Impossible));
        }
    }
    if schema.get("items") == Some(&json!(false)) && !schema.contains_key("prefixItems") {
        schema.insert("items".to_owned(), json!({}));
        schema.insert("maxItems".to_owned(), json!(0));
    }
    // These two are booleans more often than not, and read as such everywhere.
    let plain = ["additionalProperties", "unevaluatedProperties"];
    let kept = plain.map(|keyword| (keyword, schema.shift_remove(keyword)));
    walk::children_mut(schema, &mut |child| match child {
        Value::Bool(true) => *child = json!({}),
        Value::Bool(false) => *child = json!({ "not": {} }),
        _ => {}
    });
    for (keyword, value) in kept {
        if let Some(value) = value {
            schema.insert(keyword.to_owned(), value);
        }
    }
}

/// Shows items by position, which drafts write differently, as items of any of their forms.
fn tuple(schema: &mut Map<String, Value>, notes: &mut Notes) {
    let (places, rest) = if let Some(Value::Array(places)) = schema.get("prefixItems") {
        (places.clone(), schema.get("items").cloned())
    } else if let Some(Value::Array(places)) = schema.get("items") {
        (places.clone(), schema.get("additionalItems").cloned())
    } else {
        return;
    };
    // In a schema of mixed drafts `items` may be a list beside the other one.
    let rest = rest.filter(|it| !it.is_array());
    for keyword in ["prefixItems", "items", "additionalItems"] {
        schema.shift_remove(keyword);
    }
    let order: Vec<String> = places.iter().take(PLACES).map(place).collect();
    let ends = matches!(&rest, Some(Value::Bool(false)))
        || rest.as_ref().is_some_and(|it| *it == json!({ "not": {} }));
    if ends && !schema.contains_key("maxItems") {
        schema.insert("maxItems".to_owned(), json!(places.len()));
    }
    let mut forms = places;
    if !ends {
        forms.push(rest.unwrap_or_else(|| json!({})));
    }
    // Where anything may follow, the forms of the first places are no rule for all.
    let forms = if forms.contains(&json!({})) {
        json!({})
    } else {
        super::merge::any(forms)
    };
    schema.insert("items".to_owned(), forms);
    add_words(schema, &format!("Items in order: {}.", order.join(", ")));
    notes.count(Change::Tuple);
}

fn place(schema: &Value) -> String {
    let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
    let kind = text("type").unwrap_or("any value");
    match text("title").or_else(|| text("description")) {
        Some(words) => format!("{} ({kind})", cut(words, 60)),
        None => kind.to_owned(),
    }
}

fn items(schema: &mut Map<String, Value>, notes: &mut Notes) {
    let is_array = match schema.get("type") {
        Some(Value::Array(types)) => types.contains(&json!("array")),
        Some(kind) => kind == "array",
        None => false,
    };
    if is_array && !schema.contains_key("items") {
        schema.insert("items".to_owned(), json!({}));
        notes.count(Change::Items);
    }
}

/// Shows the first values of an `enum` that is longer than anybody reads.
fn values(schema: &mut Map<String, Value>, notes: &mut Notes) {
    let Some(Value::Array(values)) = schema.get("enum") else {
        return;
    };
    let size: usize = values.iter().map(|it| it.to_string().len()).sum();
    if values.len() <= SHOWN_VALUES && size <= SHOWN_VALUES_BYTES {
        return;
    }
    let examples = values.iter().take(EXAMPLES);
    let examples: Vec<String> = examples.map(|it| cut(&it.to_string(), 40)).collect();
    let (count, examples) = (values.len(), examples.join(", "));
    if !schema.contains_key("type") && values.iter().all(Value::is_string) {
        schema.insert("type".to_owned(), json!("string"));
    }
    schema.shift_remove("enum");
    add_words(
        schema,
        &format!("One of {count} values, such as {examples}."),
    );
    notes.count(Change::Enum);
}

/// Adds a sentence to the description of a schema.
fn add_words(schema: &mut Map<String, Value>, sentence: &str) {
    let description = match schema.get("description").and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => format!("{} {sentence}", text.trim_end()),
        _ => sentence.to_owned(),
    };
    schema.insert("description".to_owned(), Value::String(description));
}

/// Places of a tuple in words.
const PLACES: usize = 12;

/// Values of a long `enum` in words.
const EXAMPLES: usize = 8;
