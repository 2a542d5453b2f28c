//! Two schemas as one: what fits both, or what fits any of several.

use serde_json::{Map, Value, json};

/// Returns a schema for what fits both; words and defaults of the second count.
pub(super) fn both(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Bool(true), other) | (other, Value::Bool(true)) => other,
        (Value::Object(first), Value::Object(second)) => Value::Object(both_objects(first, second)),
        // One of them is `false`, which nothing fits.
        _ => Value::Bool(false),
    }
}

/// As [`both`], for schemas that are objects.
pub(super) fn both_objects(
    mut first: Map<String, Value>,
    second: Map<String, Value>,
) -> Map<String, Value> {
    let mut apart = Map::new();
    for (keyword, value) in second {
        let Some(present) = first.get_mut(&keyword) else {
            first.insert(keyword, value);
            continue;
        };
        if *present == value {
            continue;
        }
        match joined(&keyword, present, &value) {
            Some(joined) => *present = joined,
            None => {
                apart.insert(keyword, value);
            }
        }
    }
    if !apart.is_empty() {
        let all = first.entry("allOf").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.push(Value::Object(apart));
        }
    }
    first
}

/// Joins the values of one keyword, where that can be done.
fn joined(keyword: &str, first: &Value, second: &Value) -> Option<Value> {
    match keyword {
        "title" | "description" | "default" | "examples" | "example" | "deprecated"
        | "readOnly" | "writeOnly" => Some(second.clone()),
        "properties" => {
            let (mut all, second) = (first.as_object()?.clone(), second.as_object()?);
            for (name, schema) in second {
                let schema = match all.get(name) {
                    Some(present) => both(present.clone(), schema.clone()),
                    None => schema.clone(),
                };
                all.insert(name.clone(), schema);
            }
            Some(Value::Object(all))
        }
        "required" => {
            let (mut all, second) = (first.as_array()?.clone(), second.as_array()?);
            all.extend(second.iter().filter(|it| !first_has(first, it)).cloned());
            Some(Value::Array(all))
        }
        "allOf" => {
            let (mut all, second) = (first.as_array()?.clone(), second.as_array()?);
            all.extend(second.iter().cloned());
            Some(Value::Array(all))
        }
        "type" => types(first, second),
        "enum" => {
            let common = second.as_array()?.iter().filter(|it| first_has(first, it));
            let common: Vec<Value> = common.cloned().collect();
            (!common.is_empty()).then_some(Value::Array(common))
        }
        "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties" => {
            number(first, second, f64::gt)
        }
        "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" => {
            number(first, second, f64::lt)
        }
        // What one knows and the other doesn't mention is known to both together.
        "additionalProperties" | "unevaluatedProperties" => Some(match (first, second) {
            (Value::Object(_), _) => first.clone(),
            (_, Value::Object(_)) => second.clone(),
            _ => Value::Bool(true),
        }),
        _ => None,
    }
}

fn first_has(first: &Value, value: &Value) -> bool {
    first.as_array().is_some_and(|all| all.contains(value))
}

fn types(first: &Value, second: &Value) -> Option<Value> {
    let (first, second) = (list(first), list(second));
    let fits = |one: &Value, of: &[Value]| {
        of.contains(one) || (*one == "integer" && of.contains(&json!("number")))
    };
    let mut common: Vec<Value> = first
        .iter()
        .filter(|one| fits(one, &second))
        .cloned()
        .collect();
    for one in &second {
        if fits(one, &first) && !common.contains(one) {
            common.push(one.clone());
        }
    }
    match common.len() {
        0 => None,
        1 => common.pop(),
        _ => Some(Value::Array(common)),
    }
}

fn list(types: &Value) -> Vec<Value> {
    match types {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    }
}

fn number(first: &Value, second: &Value, wins: fn(&f64, &f64) -> bool) -> Option<Value> {
    let first_wins = wins(&first.as_f64()?, &second.as_f64()?);
    Some(if first_wins { first } else { second }.clone())
}

/// Returns a schema for what fits any of several.
pub(super) fn any(forms: Vec<Value>) -> Value {
    let mut distinct: Vec<Value> = Vec::new();
    for form in forms {
        if !distinct.contains(&form) {
            distinct.push(form);
        }
    }
    if let Some(values) = all_values(&distinct) {
        return values;
    }
    match distinct.len() {
        1 => distinct.remove(0),
        _ => json!({ "anyOf": distinct }),
    }
}

/// Joins forms that are nothing but lists of values.
fn all_values(forms: &[Value]) -> Option<Value> {
    let (first, rest) = forms.split_first()?;
    if rest.is_empty() {
        return None;
    }
    let mut joined = first.as_object()?.clone();
    let mut values = joined.get("enum")?.as_array()?.clone();
    for form in rest {
        let form = form.as_object()?;
        if form.get("type") != joined.get("type") {
            return None;
        }
        let more = form.get("enum")?.as_array()?;
        let new: Vec<Value> = more
            .iter()
            .filter(|it| !values.contains(it))
            .cloned()
            .collect();
        values.extend(new);
    }
    let said = |name: &str| ["type", "enum", "title", "description", "default"].contains(&name);
    let plain = forms
        .iter()
        .filter_map(Value::as_object)
        .all(|form| form.keys().all(|name| said(name)));
    if !plain {
        return None;
    }
    // The words and the default of one form aren't those of all.
    for own in ["title", "description", "default"] {
        if forms.iter().any(|form| form.get(own) != first.get(own)) {
            joined.shift_remove(own);
        }
    }
    joined.insert("enum".to_owned(), Value::Array(values));
    Some(Value::Object(joined))
}
