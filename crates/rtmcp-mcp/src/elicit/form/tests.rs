//! Forms: defaults, checks, and the words for what is wrong.

use serde_json::json;

use super::*;

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn fill(schema: &Value, answer: &Value) -> Result<Value, String> {
    let filled = Form::new(map(schema)).fill(map(answer));
    filled.map(Value::Object).map_err(|error| error.to_string())
}

#[test]
fn defaults_are_filled_in_and_what_is_said_wins() {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "default": "John Doe"},
            "age": {"type": "integer", "default": 30},
            "score": {"type": "number", "default": 95.5},
            "status": {"type": "string", "enum": ["active", "inactive"], "default": "active"},
            "verified": {"type": "boolean", "default": true},
            "note": {"type": "string"},
        },
        "required": ["name"],
    });
    let filled = fill(&schema, &json!({"age": 31, "note": null})).unwrap();
    let expected = json!({
        "age": 31, "name": "John Doe", "score": 95.5, "status": "active", "verified": true,
    });
    assert_eq!(filled, expected);
}

type Case = (Value, Value, Value, &'static str);

/// A field, a good answer, a bad one, and what is said of that.
fn texts() -> Vec<Case> {
    vec![
        (
            json!({"type": "string", "minLength": 2}),
            json!("ab"),
            json!("a"),
            "at least 2",
        ),
        (
            json!({"type": "string", "maxLength": 2}),
            json!("äö"),
            json!("abc"),
            "at most 2",
        ),
        (json!({"type": "string"}), json!(""), json!(1), "a text"),
        (
            json!({"type": "string", "format": "email"}),
            json!("a@b.c"),
            json!("a@"),
            "e-mail",
        ),
        (
            json!({"type": "string", "format": "uri"}),
            json!("a:b"),
            json!("a b"),
            "URI",
        ),
        (
            json!({"type": "string", "format": "date"}),
            json!("2024-02-29"),
            json!("2026-02-29"),
            "a date",
        ),
        (
            json!({"type": "string", "format": "date-time"}),
            json!("2026-07-28T09:30:00.5+02:00"),
            json!("2026-07-28T24:30:00Z"),
            "a time",
        ),
    ]
}

fn others() -> Vec<Case> {
    vec![
        (
            json!({"type": "integer", "minimum": 1}),
            json!(1.0),
            json!(0),
            "at least 1",
        ),
        (
            json!({"type": "integer"}),
            json!(-3),
            json!(1.5),
            "whole number",
        ),
        (
            json!({"type": "number", "maximum": 2.5}),
            json!(2.5),
            json!(2.6),
            "at most 2.5",
        ),
        (
            json!({"type": "boolean"}),
            json!(false),
            json!("false"),
            "true or false",
        ),
        (
            json!({"enum": ["a", "b"]}),
            json!("b"),
            json!("c"),
            "one of: a, b",
        ),
        (
            json!({"oneOf": [{"const": "a", "title": "A"}]}),
            json!("a"),
            json!("A"),
            "one of: a",
        ),
        (
            json!({"type": "array", "maxItems": 1, "items": {"anyOf": [{"const": "a"}]}}),
            json!(["a"]),
            json!(["b"]),
            "one of: a",
        ),
        (
            json!({"type": "array", "minItems": 1}),
            json!([1]),
            json!([]),
            "at least 1",
        ),
    ]
}

#[test]
fn each_field_says_what_it_must_be() {
    for (field, good, bad, expected) in texts().into_iter().chain(others()) {
        let schema = json!({"properties": {"f": field}});
        assert!(fill(&schema, &json!({"f": good})).is_ok(), "{field}");
        let error = fill(&schema, &json!({"f": bad})).unwrap_err();
        assert!(error.starts_with("`f` must"), "{error}");
        assert!(error.contains(expected), "{error}: {expected}");
    }
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    let schema = json!({"properties": {"f": {"type": "string"}}, "required": ["f"]});
    let error = fill(&schema, &json!({})).unwrap_err();
    assert_eq!(error, "`f` is missing: fill it in");
    let error = fill(&schema, &json!({"g": 1})).unwrap_err();
    assert_eq!(error, "there is no field `g`: leave it out");
}

#[test]
fn a_default_that_is_hidden_is_filled_in_all_the_same() {
    let schema = json!({"type": "object", "properties": {
        "card": {"type": "string", "title": "Instead of 4242?", "default": "4242"},
        "count": {"type": "integer", "default": 1},
    }});
    let form = Form::new(schema.as_object().unwrap().clone());
    let shown = form.shown(|schema| {
        let text = schema.to_string().replace("4242", "(hidden)");
        *schema = serde_json::from_str(&text).unwrap();
    });
    let expected = json!({"type": "object", "properties": {
        "card": {"type": "string", "title": "Instead of (hidden)?"},
        "count": {"type": "integer", "default": 1},
    }});
    assert_eq!(Value::Object(shown.schema().clone()), expected);
    let filled = form.fill(Map::new()).unwrap();
    assert_eq!(Value::Object(filled), json!({"card": "4242", "count": 1}));
}
