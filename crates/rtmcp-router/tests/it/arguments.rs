//! Arguments that don't fit, and the words that a model can repair them from.

use rtmcp_router::Refusal;
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{refusal, shop, target, with_schema};

fn order() -> rtmcp_core::ToolSpec {
    with_schema(
        "order",
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "city": { "type": "string", "minLength": 2 },
                "unit": { "enum": ["celsius", "fahrenheit"] },
                "day": { "type": "string", "format": "date" },
                "mail": { "type": "string", "format": "email" },
                "zip": { "type": "string", "pattern": "^\\d{5}$" },
                "note": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
                "items": { "type": "array", "maxItems": 2, "items": { "$ref": "#/$defs/Item" } },
                "pay": { "oneOf": [
                    { "type": "object", "properties": { "card": { "type": "string" } }, "required": ["card"] },
                    { "type": "string" }
                ] }
            },
            "required": ["city"],
            "additionalProperties": false,
            "$defs": {
                "Item": {
                    "type": "object",
                    "properties": { "sku": { "type": "string" }, "quantity": { "type": "integer", "minimum": 1 } },
                    "required": ["sku"]
                }
            }
        }),
    )
}

#[test]
fn each_problem_is_named_with_its_place() {
    let router = shop(order());
    let table = [
        (
            json!({ "city": 7 }),
            "\"city\": 7 is a number, not a string",
        ),
        (
            json!({ "city": "P" }),
            "\"city\": \"P\" is shorter than 2 characters",
        ),
        (
            json!({ "city": "Paris", "unit": "kelvin" }),
            "\"unit\": \"kelvin\" is not one of \"celsius\", \"fahrenheit\"",
        ),
        (
            json!({ "city": "Paris", "day": "tomorrow" }),
            "\"day\": \"tomorrow\" is not a valid date, such as 2025-03-09",
        ),
        (
            json!({ "city": "Paris", "mail": "me" }),
            "\"mail\": \"me\" is not a valid email, such as name@example.com",
        ),
        (
            json!({ "city": "Paris", "zip": "7500" }),
            "\"zip\": \"7500\" does not match \"^\\d{5}$\"",
        ),
        (
            json!({ "city": "Paris", "note": 5 }),
            "\"note\": 5 is a number, not a string or null",
        ),
        (
            json!({ "city": "Paris", "items": [{ "sku": "a", "quantity": 0 }] }),
            "\"items[0].quantity\": 0 is less than the minimum of 1",
        ),
        (
            json!({ "city": "Paris", "items": [1, 2, 3] }),
            "\"items\": [1,2,3] has more than 2 items",
        ),
        (
            json!({ "city": "Paris", "pay": {} }),
            "\"pay\": \"card\" is missing",
        ),
        (
            json!({ "city": "Paris", "pay": 5 }),
            "\"pay\": 5 is a number, not an object or a string",
        ),
    ];
    for (arguments, expected) in table {
        let Refusal::Invalid { problems, .. } = refusal(&router, "order", &arguments.to_string())
        else {
            panic!("{arguments} should not fit");
        };
        assert!(
            problems.expose().iter().any(|p| p == expected),
            "{arguments}: {:?}",
            problems.expose()
        );
    }
}

#[test]
fn a_missing_or_unknown_name_comes_with_what_the_tool_takes() {
    let router = shop(order());
    let root = "It takes: \"city\" (string, required), \"unit\", \"day\" (string), \"mail\" (string), \
                \"zip\" (string), \"note\", \"items\" (array), \"pay\".";
    let table = [
        (json!({}), "\"city\" is missing", root),
        (
            json!({ "city": "Paris", "town": 1 }),
            "unknown property \"town\"",
            root,
        ),
        (
            json!({ "city": "Paris", "items": [{ "quantity": 1 }] }),
            "\"items[0]\": \"sku\" is missing",
            "It takes: \"sku\" (string, required), \"quantity\" (integer).",
        ),
    ];
    for (arguments, problem, expected) in table {
        let output = refusal(&router, "order", &arguments.to_string()).output();
        let whole = format!(
            "The arguments of `order` don't fit, so it was not called: {problem}. {expected} Correct \
             them and call it again, or ask the user for what is missing."
        );
        assert_eq!(output, whole);
    }
}

#[test]
fn at_most_three_problems_are_told() {
    let router = shop(order());
    let many = json!({ "city": 1, "unit": 2, "day": 3, "mail": 4, "zip": 5 }).to_string();
    let output = refusal(&router, "order", &many).output();
    assert!(output.contains("; and 2 more."), "{output}");
}

#[test]
fn long_values_and_long_lists_stay_short() {
    let options: Vec<String> = (0..500).map(|n| format!("option-{n}")).collect();
    let router = shop(with_schema(
        "t",
        json!({ "type": "object", "properties": { "x": { "enum": options } } }),
    ));
    let long = json!({ "x": "y".repeat(100_000) }).to_string();
    let output = refusal(&router, "t", &long).output();
    assert!(output.len() < 700, "{} bytes", output.len());
    assert!(output.contains("or 488 others"), "{output}");
}

#[test]
fn text_that_is_no_object_is_refused_and_no_text_is_none() {
    let router = shop(with_schema(
        "t",
        json!({ "type": "object", "properties": {} }),
    ));
    for nothing in ["", "  \n", "{}"] {
        assert!(target(&router, "t", nothing).arguments.expose().is_empty());
    }
    let table = [
        (
            "{\"a\":1",
            "bad_json",
            "not valid JSON (EOF while parsing an object at line 1 column 6)",
        ),
        (
            "{} {}",
            "bad_json",
            "not valid JSON (trailing characters at line 1 column 4)",
        ),
        (
            "[1]",
            "not_an_object",
            "are an array instead of a JSON object",
        ),
        (
            "\"a\"",
            "not_an_object",
            "are a string instead of a JSON object",
        ),
        ("null", "not_an_object", "are null instead of a JSON object"),
    ];
    for (arguments, kind, expected) in table {
        let refused = refusal(&router, "t", arguments);
        assert_eq!(refused.kind(), kind, "{arguments}");
        assert!(refused.output().contains(expected), "{}", refused.output());
    }
}

#[test]
fn arguments_reach_the_tool_as_the_model_wrote_them() {
    let router = shop(with_schema(
        "t",
        json!({ "type": "object", "properties": { "n": { "type": "number" }, "d": { "default": 3 } } }),
    ));
    let to = target(&router, "t", r#"{"z":1,"n":1.0,"a":"2"}"#);
    let sent = serde_json::to_string(to.arguments.expose()).unwrap();
    assert_eq!(sent, r#"{"z":1,"n":1.0,"a":"2"}"#);
    assert_eq!(
        refusal(&router, "t", r#"{"n":"1"}"#).kind(),
        "invalid_arguments"
    );
}
