//! The root of a tool's schema: an object with `properties`, as endpoints want it.
//!
//! They refuse a session whole when one tool has another keyword there ("schema must have type
//! 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level"). What such a
//! keyword says of the properties is merged into `properties`; which of them go together is said in
//! words, and checked with each call.

mod forms;

use serde_json::{Map, Value, json};

use super::{merge, notes::Notes};

/// Keywords that endpoints refuse at the root.
pub(super) const REFUSED: [&str; 6] = ["anyOf", "oneOf", "allOf", "not", "enum", "const"];

/// A root as endpoints take it.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) schema: Map<String, Value>,
    /// The forms that the arguments have, in words, where there are several.
    pub(super) forms: Option<String>,
}

/// Makes the root an object schema with `properties`, or says why that can't be done.
pub(super) fn mend(schema: Value, notes: &mut Notes) -> Result<Root, String> {
    let Value::Object(schema) = schema else {
        return Err("no arguments fit its schema".to_owned());
    };
    let merged: Vec<&str> = REFUSED
        .into_iter()
        .filter(|keyword| schema.contains_key(*keyword))
        .collect();
    root_type(&schema, notes)?;
    let mut words = Vec::new();
    let mut schema = flatten(schema, &mut words, 0)?;
    for keyword in merged {
        notes.say(match keyword {
            "not" => "the root `not` is hidden from the model, as endpoints refuse it; calls are \
                      still checked with it"
                .to_owned(),
            keyword => format!(
                "the root `{keyword}` is merged into `properties`, as endpoints refuse it; calls \
                 are still checked with it"
            ),
        });
    }
    match schema.get_mut("type") {
        Some(kind) => *kind = json!("object"),
        // First, so that a reader knows what it is.
        None => {
            schema.shift_insert(0, "type".to_owned(), json!("object"));
        }
    }
    match schema.get("properties") {
        Some(Value::Object(_)) => {}
        Some(_) => return Err("its `properties` are not an object".to_owned()),
        None => {
            notes.say("the missing `properties` are set to `{}`");
            schema.insert("properties".to_owned(), json!({}));
        }
    }
    let forms = (!words.is_empty()).then(|| words.join(" "));
    Ok(Root { schema, forms })
}

fn root_type(schema: &Map<String, Value>, notes: &mut Notes) -> Result<(), String> {
    let said = REFUSED.iter().any(|keyword| schema.contains_key(*keyword));
    match schema.get("type") {
        Some(Value::String(kind)) if kind == "object" => Ok(()),
        None => {
            if !said {
                notes.say("the missing root `type` is set to `object`");
            }
            Ok(())
        }
        Some(Value::Array(types)) if types.contains(&json!("object")) => {
            notes.say("the root `type` is narrowed to `object`");
            Ok(())
        }
        Some(other) => Err(format!(
            "its arguments are of type `{}` instead of an object",
            super::problem::cut(&other.to_string().replace('"', ""), 40)
        )),
    }
}

/// Takes the refused keywords out of a schema for an object, and keeps what they say of properties.
fn flatten(
    mut schema: Map<String, Value>,
    words: &mut Vec<String>,
    depth: usize,
) -> Result<Map<String, Value>, String> {
    if depth > NESTED {
        return Err(format!(
            "its arguments are described by forms within forms, more than {NESTED} levels deep"
        ));
    }
    let parts = REFUSED.map(|keyword| (keyword, schema.shift_remove(keyword)));
    for (keyword, part) in parts {
        let Some(part) = part else { continue };
        let merged = match (keyword, part) {
            ("allOf", Value::Array(all)) => all_of(all, words, depth)?,
            ("anyOf" | "oneOf", Value::Array(forms)) => one_of(keyword, forms, words, depth)?,
            ("enum", Value::Array(values)) => one_of(keyword, constants(values), words, depth)?,
            ("const", value) => one_of(keyword, constants(vec![value]), words, depth)?,
            _ => continue,
        };
        schema = merge::both_objects(merged, schema);
    }
    // What couldn't be joined stands in `allOf` again.
    schema.shift_remove("allOf");
    Ok(schema)
}

fn all_of(
    all: Vec<Value>,
    words: &mut Vec<String>,
    depth: usize,
) -> Result<Map<String, Value>, String> {
    let mut merged = Map::new();
    for part in all {
        match part {
            Value::Object(part) => {
                let part = flatten(part, words, depth + 1)?;
                merged = merge::both_objects(merged, part);
                merged.shift_remove("allOf");
            }
            Value::Bool(true) => {}
            _ => return Err("no arguments fit its schema".to_owned()),
        }
    }
    Ok(merged)
}

/// Merges forms of which the arguments have one.
fn one_of(
    keyword: &str,
    forms: Vec<Value>,
    words: &mut Vec<String>,
    depth: usize,
) -> Result<Map<String, Value>, String> {
    let mut objects = Vec::new();
    for form in forms {
        match form {
            Value::Object(form) if may_be_object(&form) => {
                // The words of forms within forms would only confuse.
                objects.push(flatten(form, &mut Vec::new(), depth + 1)?);
            }
            // Anything goes: the other forms say nothing then.
            Value::Bool(true) => return Ok(Map::new()),
            _ => {}
        }
    }
    if objects.is_empty() {
        return Err(format!(
            "its arguments are described only by a root `{keyword}` of forms that aren't objects"
        ));
    }
    words.extend(forms::words(&objects));
    Ok(forms::union(&objects))
}

fn may_be_object(form: &Map<String, Value>) -> bool {
    match form.get("type") {
        None => true,
        Some(Value::Array(types)) => types.contains(&json!("object")),
        Some(kind) => kind == "object",
    }
}

/// Returns values as schemas that only they fit.
fn constants(values: Vec<Value>) -> Vec<Value> {
    let constant = |value: Value| {
        let Value::Object(value) = value else {
            return Value::Bool(false);
        };
        let names: Vec<String> = value.keys().cloned().collect();
        let properties = value
            .into_iter()
            .map(|(name, value)| (name, json!({ "enum": [value] })));
        let properties: Map<String, Value> = properties.collect();
        json!({ "type": "object", "properties": properties, "required": names })
    };
    values.into_iter().map(constant).collect()
}

/// Levels of forms within forms.
const NESTED: usize = 8;
