//! The least change that makes a schema acceptable to a Realtime endpoint.

use serde_json::{Map, Value, json};

/// A schema in two forms.
#[derive(Debug)]
pub(super) struct Repaired {
    /// What the model sees.
    pub(super) parameters: Map<String, Value>,
    /// What a call is checked with: all that the server wrote.
    pub(super) checked: Map<String, Value>,
    /// What was changed, each a sentence for people.
    pub(super) repairs: Vec<String>,
}

/// Makes the root an object schema with `properties`; the rest stays as it was written, in the
/// same order.
pub(super) fn repair(written: &Map<String, Value>) -> Result<Repaired, String> {
    let mut repairs = Vec::new();
    let mut checked = written.clone();
    if let Some(unknown) = unknown_draft(written) {
        checked.shift_remove("$schema");
        repairs.push(format!(
            "`$schema` names `{unknown}`, which is unknown here: read as draft 2020-12"
        ));
    }
    // The model has no use for it, and it costs tokens in every session.
    let mut parameters = checked.clone();
    parameters.shift_remove("$schema");

    root_type(&mut parameters, &mut repairs)?;
    root_properties(&mut parameters, &mut repairs)?;
    root_keywords(&mut parameters, &mut repairs)?;
    Ok(Repaired {
        parameters,
        checked,
        repairs,
    })
}

fn unknown_draft(schema: &Map<String, Value>) -> Option<&str> {
    let draft = schema.get("$schema")?.as_str()?;
    let known = jsonschema::Draft::from_schema_uri(draft) != jsonschema::Draft::Unknown;
    (!known).then_some(draft)
}

fn root_type(schema: &mut Map<String, Value>, repairs: &mut Vec<String>) -> Result<(), String> {
    match schema.get("type") {
        Some(Value::String(t)) if t == "object" => return Ok(()),
        None => {
            repairs.push("the missing root `type` is set to `object`".to_owned());
            schema.shift_insert(0, "type".to_owned(), json!("object"));
            return Ok(());
        }
        Some(Value::Array(types)) if types.contains(&json!("object")) => {
            repairs.push("the root `type` is narrowed to `object`".to_owned());
        }
        Some(other) => {
            return Err(format!(
                "its arguments are of type `{}` instead of an object",
                super::problem::cut(&other.to_string().replace('"', ""), 40)
            ));
        }
    }
    schema.insert("type".to_owned(), json!("object"));
    Ok(())
}

fn root_properties(
    schema: &mut Map<String, Value>,
    repairs: &mut Vec<String>,
) -> Result<(), String> {
    match schema.get("properties") {
        Some(Value::Object(_)) => Ok(()),
        Some(_) => Err("its `properties` are not an object".to_owned()),
        None => {
            repairs.push("the missing `properties` are set to `{}`".to_owned());
            schema.insert("properties".to_owned(), json!({}));
            Ok(())
        }
    }
}

/// Endpoints refuse a session whole when one tool has such a keyword at its root ("schema must
/// have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level"). Where
/// `properties` still tell the model what to send, the keyword is only checked.
fn root_keywords(schema: &mut Map<String, Value>, repairs: &mut Vec<String>) -> Result<(), String> {
    let described = schema
        .get("properties")
        .and_then(Value::as_object)
        .is_some_and(|properties| !properties.is_empty());
    for keyword in ["anyOf", "oneOf", "allOf", "not", "enum", "const"] {
        if !schema.contains_key(keyword) {
            continue;
        }
        if !described {
            return Err(format!(
                "its arguments are described only by a root `{keyword}`, which endpoints refuse"
            ));
        }
        schema.shift_remove(keyword);
        repairs.push(format!(
            "the root `{keyword}` is hidden from the model, as endpoints refuse it; calls are still \
             checked with it"
        ));
    }
    Ok(())
}
