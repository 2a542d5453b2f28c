//! Schemas as servers write them, and what becomes of each.

use rtmcp_router::Verdict;
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{
    configured, functions, object, offer, refusal, shop, target, tool, with_schema,
};

fn verdict(schema: Value) -> Verdict {
    shop(with_schema("t", schema)).report()[0].verdict.clone()
}

fn shown(schema: Value) -> String {
    let router = shop(with_schema("t", schema));
    let function = router
        .functions()
        .next()
        .expect("the tool should be offered");
    serde_json::to_string(function.parameters).unwrap()
}

#[test]
fn only_what_endpoints_refuse_is_changed() {
    let table = [
        (json!({}), r#"{"type":"object","properties":{}}"#),
        (
            json!({ "type": "object" }),
            r#"{"type":"object","properties":{}}"#,
        ),
        (
            json!({ "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {} }),
            r#"{"type":"object","properties":{}}"#,
        ),
        (
            json!({ "properties": { "b": {}, "a": true } }),
            r#"{"type":"object","properties":{"b":{},"a":{}}}"#,
        ),
        (
            json!({ "type": ["object", "null"], "properties": {} }),
            r#"{"type":"object","properties":{}}"#,
        ),
        (
            json!({ "title": "T", "type": "object", "properties": { "x": { "anyOf": [{ "$ref": "#/$defs/X" }, { "type": "null" }], "default": null } }, "$defs": { "X": { "const": 1 } } }),
            r#"{"title":"T","type":"object","properties":{"x":{"anyOf":[{"enum":[1]},{"type":"null"}],"default":null}}}"#,
        ),
    ];
    for (schema, expected) in table {
        assert_eq!(shown(schema), expected);
    }
}

fn repaired(how: &[&str]) -> Verdict {
    Verdict::Repaired(how.iter().map(|h| (*h).to_owned()).collect())
}

fn out(why: &str) -> Verdict {
    Verdict::LeftOut(why.to_owned())
}

fn assert_verdicts(table: impl IntoIterator<Item = (Value, Verdict)>) {
    for (schema, expected) in table {
        assert_eq!(verdict(schema.clone()), expected, "{schema}");
    }
}

#[test]
fn each_schema_gets_an_honest_verdict() {
    let table = [
        (json!({ "type": "object", "properties": {} }), Verdict::Ok),
        (
            json!({ "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": { "a": { "$ref": "#/definitions/A" } }, "definitions": { "A": { "type": "string" } } }),
            repaired(&[
                "1 reference (`$ref`) is written out in place, as not every endpoint follows them",
            ]),
        ),
        (
            json!({}),
            repaired(&[
                "the missing root `type` is set to `object`",
                "the missing `properties` are set to `{}`",
            ]),
        ),
        (
            json!({ "$schema": "https://example.com/mine", "type": "object", "properties": {} }),
            repaired(&[
                "`$schema` names `https://example.com/mine`, which is unknown here: read as draft 2020-12",
            ]),
        ),
    ];
    assert_verdicts(table);
}

#[test]
fn each_schema_that_can_t_be_used_as_it_is_gets_an_honest_verdict() {
    let table = [
        (
            json!({ "type": "string" }),
            out("its arguments are of type `string` instead of an object"),
        ),
        (
            json!({ "type": "object", "properties": [] }),
            out("its schema is not valid at `/properties`: [] is not of type \"object\""),
        ),
        (
            json!({ "anyOf": [{ "type": "object" }] }),
            repaired(&[
                "the root `anyOf` is merged into `properties`, as endpoints refuse it; calls are still checked with it",
                "the missing `properties` are set to `{}`",
            ]),
        ),
        (
            json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] }),
            out("its arguments are described only by a root `anyOf` of forms that aren't objects"),
        ),
        (
            json!({ "type": "object", "properties": { "a": { "$ref": "https://example.com/a.json" } } }),
            out(
                "its schema refers to `https://example.com/a.json`, and schemas are never fetched: the server has to send it along under `$defs`",
            ),
        ),
        (
            json!({ "type": "object", "properties": { "a": { "$ref": "file:///etc/passwd" } } }),
            out(
                "its schema refers to `file:///etc/passwd`, and schemas are never fetched: the server has to send it along under `$defs`",
            ),
        ),
        (
            json!({ "type": "object", "properties": { "a": { "type": "strnig" } } }),
            out(
                "its schema is not valid at `/properties/a/type`: \"strnig\" is not valid under any of the schemas listed in the 'anyOf' keyword",
            ),
        ),
        (
            json!({ "type": "object", "properties": { "a": { "pattern": "(" } } }),
            repaired(&[
                "1 `pattern` that not every endpoint can read is shown in words; calls are checked with them where they can be read here",
            ]),
        ),
    ];
    assert_verdicts(table);
}

#[test]
fn a_bad_tool_leaves_the_others_alone() {
    let mut router = configured(vec![rtmcp_router::ServerRules::new("shop")]);
    let bad = with_schema("bad", json!({ "type": "array" }));
    offer(
        &mut router,
        "shop",
        vec![tool("a"), bad, tool("b"), tool("")],
    );
    assert_eq!(functions(&router), ["a", "b"]);
    assert_eq!(refusal(&router, "bad", "{}").kind(), "unknown_function");
    assert_eq!(
        router.report()[3].verdict,
        Verdict::LeftOut("it has no name".into())
    );
}

#[test]
fn a_root_keyword_is_hidden_from_the_model_and_still_checked() {
    let schema = json!({
        "type": "object",
        "properties": { "a": { "type": "string" }, "b": { "type": "string" } },
        "anyOf": [{ "required": ["a"] }, { "required": ["b"] }],
    });
    let router = shop(with_schema("t", schema));
    assert!(matches!(&router.report()[0].verdict, Verdict::Repaired(how) if how.len() == 1));
    assert!(
        !router
            .functions()
            .next()
            .unwrap()
            .parameters
            .contains_key("anyOf")
    );
    assert_eq!(target(&router, "t", r#"{"b":"x"}"#).tool, "t");
    assert!(
        refusal(&router, "t", "{}")
            .output()
            .contains("\"a\" is missing")
    );
}

#[test]
fn the_draft_that_a_schema_names_is_the_one_it_is_read_by() {
    // `items` as a list means a tuple in draft-07, and is an error in 2020-12.
    let tuple = |draft: &str| {
        json!({
            "$schema": draft,
            "type": "object",
            "properties": { "p": { "items": [{ "type": "number" }, { "type": "number" }] } },
        })
    };
    let router = shop(with_schema(
        "t",
        tuple("http://json-schema.org/draft-07/schema#"),
    ));
    assert_eq!(
        refusal(&router, "t", r#"{"p":[1,"x"]}"#).kind(),
        "invalid_arguments"
    );
    assert!(!verdict(tuple("https://json-schema.org/draft/2020-12/schema")).is_offered());
}

#[test]
fn a_recursive_schema_is_checked_to_its_depth() {
    let schema = json!({
        "type": "object",
        "properties": { "tree": { "$ref": "#/$defs/Node" } },
        "$defs": { "Node": {
            "type": "object",
            "properties": { "name": { "type": "string" }, "next": { "$ref": "#/$defs/Node" } },
            "required": ["name"],
        } },
    });
    let router = shop(with_schema("t", schema));
    let good = r#"{"tree":{"name":"a","next":{"name":"b"}}}"#;
    assert_eq!(target(&router, "t", good).tool, "t");
    let bad = r#"{"tree":{"name":"a","next":{"name":1}}}"#;
    let output = refusal(&router, "t", bad).output();
    assert!(
        output.contains("\"tree.next.name\": 1 is a number, not a string"),
        "{output}"
    );
}

#[test]
fn patterns_with_look_around_are_checked_within_a_bound() {
    // The pattern that a widely used schema library writes for e-mail addresses.
    let honest = r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$";
    // Backtracks exponentially; the server decides when the bound is met.
    let hostile = r"^((?=x)x+)+y$";
    let router = shop(with_schema(
        "t",
        json!({
            "type": "object",
            "properties": { "mail": { "type": "string", "pattern": honest }, "x": { "type": "string", "pattern": hostile } },
        }),
    ));
    assert_eq!(
        target(&router, "t", r#"{"mail":"ada@example.com"}"#).tool,
        "t"
    );
    assert_eq!(
        refusal(&router, "t", r#"{"mail":"ada..l@example.com"}"#).kind(),
        "invalid_arguments"
    );
    let long = json!({ "x": "x".repeat(2000) }).to_string();
    assert_eq!(target(&router, "t", &long).tool, "t");
}

#[test]
fn a_description_falls_back_on_the_title() {
    let spec = |description: Option<&str>| rtmcp_core::ToolSpec {
        description: description.map(str::to_owned),
        title: Some("A title".into()),
        name: "t".into(),
        input_schema: object(json!({})),
        ..Default::default()
    };
    for (written, expected) in [(Some("Words."), "Words."), (None, "A title")] {
        let router = shop(spec(written));
        assert_eq!(
            router.functions().next().unwrap().description,
            Some(expected)
        );
    }
}
