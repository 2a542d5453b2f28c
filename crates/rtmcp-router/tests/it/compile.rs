//! What the model sees of schemas that not every endpoint takes, and that calls are checked with all
//! of them.

use rtmcp_router::{Router, Verdict};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{object, refusal, shop, target, with_schema};

/// Compiles a tool `t` and returns what the model sees of it, with how it was repaired.
fn compiled(schema: Value) -> (Router, Value, Vec<String>) {
    let router = shop(with_schema("t", schema));
    let report = &router.report()[0];
    let repairs = match &report.verdict {
        Verdict::Ok => Vec::new(),
        Verdict::Repaired(how) => how.clone(),
        Verdict::LeftOut(why) => panic!("left out: {why}"),
    };
    let function = router.functions().next().unwrap();
    let parameters = Value::Object(function.parameters.clone());
    (router, parameters, repairs)
}

fn with_property(schema: Value) -> Value {
    let properties: serde_json::Map<String, Value> =
        [("p".to_owned(), schema)].into_iter().collect();
    json!({ "type": "object", "properties": properties })
}

fn left_out(schema: Value) -> String {
    match &shop(with_schema("t", schema)).report()[0].verdict {
        Verdict::LeftOut(why) => why.clone(),
        verdict => panic!("{verdict:?}"),
    }
}

fn assert_shown(table: impl IntoIterator<Item = (&'static str, Value, Value)>) {
    for (name, written, expected) in table {
        let (_, parameters, _) = compiled(with_property(written));
        assert_eq!(parameters["properties"]["p"], expected, "{name}");
    }
}

#[test]
fn each_form_becomes_one_that_all_endpoints_read() {
    let table = [
        (
            "a constant",
            json!({ "const": "x" }),
            json!({ "enum": ["x"] }),
        ),
        (
            "a null",
            json!({ "const": null }),
            json!({ "enum": [null] }),
        ),
        (
            "nullable",
            json!({ "type": "string", "nullable": true, "enum": ["a"] }),
            json!({ "type": ["string", "null"], "enum": ["a", null] }),
        ),
        (
            "an array of anything",
            json!({ "type": "array" }),
            json!({ "type": "array", "items": {} }),
        ),
        ("anything", json!(true), json!({})),
    ];
    assert_shown(table);
}

#[test]
fn tuples_and_patterns_and_words_become_what_all_endpoints_read() {
    let table = [
        (
            "a form that nothing fits",
            json!({ "anyOf": [{ "type": "string" }, false] }),
            json!({ "anyOf": [{ "type": "string" }] }),
        ),
        (
            "a tuple",
            json!({ "type": "array", "prefixItems": [{ "type": "number" }, { "type": "string" }], "items": false }),
            json!({
                "type": "array", "maxItems": 2, "items": { "anyOf": [{ "type": "number" }, { "type": "string" }] },
                "description": "Items in order: number, string.",
            }),
        ),
        (
            "an open tuple",
            json!({ "prefixItems": [{ "type": "number" }] }),
            json!({ "items": {}, "description": "Items in order: number." }),
        ),
        (
            "a pattern of one language",
            json!({ "type": "string", "pattern": r"^\p{Lu}", "description": "A name." }),
            json!({ "type": "string", "description": r"A name. Pattern: ^\p{Lu}" }),
        ),
        (
            "a common pattern",
            json!({ "type": "string", "pattern": r"^[a-z]{2}\d+$" }),
            json!({ "type": "string", "pattern": r"^[a-z]{2}\d+$" }),
        ),
        (
            "notes of its author",
            json!({ "type": "string", "$comment": "for us", "$id": "https://example.com/p", "format": "date" }),
            json!({ "type": "string", "format": "date" }),
        ),
        (
            "invisible characters",
            json!({ "type": "string", "description": "a\u{200b}b\u{e0041}" }),
            json!({ "type": "string", "description": "ab" }),
        ),
    ];
    assert_shown(table);
}

#[test]
fn older_drafts_are_shown_in_today_s_form_and_checked_as_they_are() {
    let (router, parameters, repairs) = compiled(json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {
            "n": { "type": "number", "minimum": 0, "exclusiveMinimum": true },
            "pair": { "items": [{ "type": "number" }, { "type": "string" }], "additionalItems": false },
        },
        "dependencies": { "pair": ["n"] },
    }));
    assert_eq!(parameters["properties"]["n"]["exclusiveMinimum"], 0);
    assert_eq!(parameters["properties"]["pair"]["maxItems"], 2);
    assert_eq!(parameters["dependentRequired"], json!({ "pair": ["n"] }));
    assert_eq!(repairs.len(), 2, "{repairs:?}");
    assert_eq!(target(&router, "t", r#"{"n":1,"pair":[1,"a"]}"#).tool, "t");
    for wrong in [r#"{"n":0}"#, r#"{"n":1,"pair":["a",1]}"#, r#"{"pair":[1]}"#] {
        assert_eq!(refusal(&router, "t", wrong).kind(), "invalid_arguments");
    }
}

#[test]
fn a_draft_that_isn_t_named_is_found_out() {
    let (router, _, repairs) = compiled(with_property(json!({ "items": [{ "type": "number" }] })));
    assert!(repairs[0].contains("draft-07"), "{repairs:?}");
    assert_eq!(
        refusal(&router, "t", r#"{"p":["x"]}"#).kind(),
        "invalid_arguments"
    );
}

#[test]
fn references_are_written_out_where_they_stand() {
    let (router, parameters, repairs) = compiled(json!({
        "$ref": "#/$defs/Args",
        "$defs": {
            "Args": {
                "type": "object",
                "properties": {
                    "from": { "$ref": "#/$defs/a~1b%20c", "description": "Where it begins." },
                    "to": { "$ref": "#place" },
                },
                "required": ["from"],
            },
            "a/b c": { "$anchor": "place", "type": "string", "description": "A place.", "minLength": 2 },
        },
    }));
    assert_eq!(
        parameters,
        json!({
            "type": "object",
            "properties": {
                "from": { "type": "string", "description": "Where it begins.", "minLength": 2 },
                "to": { "type": "string", "description": "A place.", "minLength": 2 },
            },
            "required": ["from"],
        })
    );
    assert_eq!(
        repairs,
        ["3 references (`$ref`) are written out in place, as not every endpoint follows them"]
    );
    assert!(
        refusal(&router, "t", r#"{"from":"x"}"#)
            .output()
            .contains("\"from\": \"x\" is shorter than 2 characters")
    );
}

#[test]
fn a_reference_that_leads_nowhere_costs_only_its_own_check() {
    let (router, parameters, repairs) = compiled(json!({
        "type": "object",
        "properties": { "a": { "$ref": "#/$defs/gone" }, "b": { "type": "integer" } },
    }));
    assert_eq!(parameters["properties"]["a"], json!({}));
    assert!(repairs[0].contains("leads nowhere"), "{repairs:?}");
    assert_eq!(target(&router, "t", r#"{"a":[1],"b":1}"#).tool, "t");
    assert_eq!(
        refusal(&router, "t", r#"{"b":"x"}"#).kind(),
        "invalid_arguments"
    );
}

#[test]
fn recursion_is_shown_a_few_levels_deep() {
    let (_, parameters, repairs) = compiled(json!({
        "type": "object",
        "properties": { "tree": { "$ref": "#/$defs/Node" } },
        "$defs": { "Node": {
            "type": "object",
            "description": "A node.",
            "properties": { "name": { "type": "string" }, "children": { "type": "array", "items": { "$ref": "#/$defs/Node" } } },
        } },
    }));
    let text = parameters.to_string();
    assert!(!text.contains("$ref") && !text.contains("$defs"), "{text}");
    assert_eq!(text.matches("A node.").count(), 4, "{text}");
    assert!(
        repairs.iter().any(|it| it.contains("recursion")),
        "{repairs:?}"
    );
    // The whole may contain itself too.
    let (_, parameters, _) = compiled(
        json!({ "type": "object", "properties": { "and": { "type": "array", "items": { "$ref": "#" } } } }),
    );
    assert!(parameters["properties"]["and"]["items"]["properties"].is_object());
}

#[test]
fn alternatives_at_the_root_are_merged_and_said_in_words() {
    let schema = json!({
        "type": "object",
        "required": ["kind"],
        "oneOf": [
            { "properties": { "kind": { "const": "email" }, "address": { "type": "string", "format": "email" } }, "required": ["kind", "address"] },
            { "properties": { "kind": { "const": "sms" }, "number": { "type": "string" }, "flash": { "type": "boolean" } }, "required": ["kind", "number"] },
        ],
    });
    let router = shop(with_schema("notify", schema));
    let function = router.functions().next().unwrap();
    assert_eq!(
        Value::Object(function.parameters.clone()),
        json!({
            "properties": {
                "kind": { "enum": ["email", "sms"] },
                "address": { "type": "string", "format": "email" },
                "number": { "type": "string" },
                "flash": { "type": "boolean" },
            },
            "required": ["kind"],
            "type": "object",
        })
    );
    assert_eq!(
        function.description,
        Some(
            "Arguments have one of these forms (? is optional): {kind: \"email\", address} or \
             {kind: \"sms\", number, flash?}."
        )
    );
    assert_eq!(
        target(&router, "notify", r#"{"kind":"sms","number":"1"}"#).tool,
        "notify"
    );
    let mixed = refusal(&router, "notify", r#"{"kind":"sms","address":"a@b.cd"}"#);
    assert_eq!(mixed.kind(), "invalid_arguments");
}

#[test]
fn parts_at_the_root_are_one() {
    let (router, parameters, _) = compiled(json!({
        "allOf": [
            { "$ref": "#/definitions/Page" },
            { "type": "object", "properties": { "query": { "type": "string" }, "size": { "maximum": 50 } }, "required": ["query"] },
        ],
        "definitions": { "Page": {
            "type": "object",
            "properties": { "size": { "type": "integer", "maximum": 100 } },
            "required": ["size"],
        } },
    }));
    assert_eq!(
        parameters,
        json!({
            "type": "object",
            "properties": { "size": { "type": "integer", "maximum": 50 }, "query": { "type": "string" } },
            "required": ["size", "query"],
        })
    );
    assert_eq!(
        refusal(&router, "t", r#"{"size":60,"query":"x"}"#).kind(),
        "invalid_arguments"
    );
}

#[test]
fn values_at_the_root_are_properties() {
    let (router, parameters, _) =
        compiled(json!({ "enum": [{ "on": true }, { "on": false, "after": 5 }] }));
    assert_eq!(
        parameters,
        json!({
            "properties": { "on": { "enum": [true, false] }, "after": { "enum": [5] } },
            "required": ["on"],
            "type": "object",
        })
    );
    assert_eq!(
        refusal(&router, "t", r#"{"on":false}"#).kind(),
        "invalid_arguments"
    );
}

#[test]
fn names_that_endpoints_refuse_are_shown_under_others_and_sent_as_they_are() {
    let long = "x".repeat(80);
    let (router, parameters, repairs) = compiled(json!({
        "type": "object",
        "properties": {
            "$filter": { "type": "string" },
            "größe": { "type": "integer" },
            "user name": { "type": "object", "properties": { "user name": { "type": "string" } }, "required": ["user name"] },
            "user_name": { "type": "string" },
            long.clone(): { "type": "string" },
        },
        "required": ["$filter", "user name"],
    }));
    let shown: Vec<&String> = parameters["properties"]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    let short = "x".repeat(64);
    assert_eq!(
        shown,
        ["filter", "gr_e", "user_name_2", "user_name", short.as_str()]
    );
    assert_eq!(parameters["required"], json!(["filter", "user_name_2"]));
    assert!(repairs[0].starts_with("4 argument names"), "{repairs:?}");
    let sent = target(
        &router,
        "t",
        r#"{"filter":"a","gr_e":1,"user_name_2":{"user_name_2":"b"},"user_name":"c"}"#,
    );
    assert_eq!(
        sent.arguments.expose(),
        &object(
            json!({ "$filter": "a", "größe": 1, "user name": { "user name": "b" }, "user_name": "c" })
        )
    );
    // A model that saw the server's own name somewhere may use it too.
    let own = target(
        &router,
        "t",
        r#"{"$filter":"a","user name":{"user name":"b"}}"#,
    );
    assert_eq!(own.arguments.expose()["$filter"], "a");
}

#[test]
fn an_enormous_enum_is_shown_in_words_and_checked_whole() {
    let zones: Vec<String> = (0..600).map(|n| format!("Region/City_{n}")).collect();
    let (router, parameters, repairs) = compiled(with_property(json!({ "enum": zones })));
    assert_eq!(
        parameters["properties"]["p"]["description"],
        "One of 600 values, such as \"Region/City_0\", \"Region/City_1\", \"Region/City_2\", \
         \"Region/City_3\", \"Region/City_4\", \"Region/City_5\", \"Region/City_6\", \"Region/City_7\"."
    );
    assert_eq!(parameters["properties"]["p"]["type"], "string");
    assert_eq!(repairs.len(), 1);
    assert_eq!(target(&router, "t", r#"{"p":"Region/City_599"}"#).tool, "t");
    let near = refusal(&router, "t", r#"{"p":"region/city_42"}"#).output();
    assert!(near.contains("\"Region/City_42\""), "{near}");
}

#[test]
fn what_is_too_large_is_refused_by_the_name_of_its_limit() {
    let mut deep = json!({});
    for _ in 0..80 {
        deep = json!({ "not": deep });
    }
    let wide: serde_json::Map<String, Value> =
        (0..30_000).map(|n| (format!("p{n}"), json!({}))).collect();
    let many: serde_json::Map<String, Value> = (0..1_500)
        .map(|n| {
            (
                format!("p{n}"),
                json!({ "type": "object", "properties": { "x": {} } }),
            )
        })
        .collect();
    let text = "x".repeat(100_000);
    for (schema, words) in [
        (with_property(deep), "more than 64 levels deep"),
        (
            json!({ "type": "object", "properties": wide }),
            "more than 20000 values",
        ),
        (
            json!({ "type": "object", "properties": many }),
            "can't be shown in 1000 schemas",
        ),
        (
            with_property(json!({ "description": text })),
            "more than 65536 bytes",
        ),
    ] {
        let why = left_out(schema);
        assert!(why.contains(words), "{why}");
    }
}

/// Definitions of which each holds the next one twice.
fn doubling(levels: usize, hold: fn(Value) -> Value) -> Value {
    let next = |n: usize| json!({ "$ref": format!("#/$defs/d{n}") });
    let mut definitions: serde_json::Map<String, Value> = (0..levels)
        .map(|n| (format!("d{n}"), hold(next(n + 1))))
        .collect();
    definitions.insert(format!("d{levels}"), json!({ "type": "string" }));
    json!({ "type": "object", "properties": { "p": next(0) }, "$defs": definitions })
}

#[test]
fn references_that_double_at_each_step_are_no_trouble() {
    let twice = |next: Value| json!({ "allOf": [next, next] });
    let why = left_out(doubling(40, twice));
    assert!(why.contains("unfold to more than 10000 schemas"), "{why}");
    // In the properties of a value they go only as deep as the value: shown in outline.
    let within = |next: Value| json!({ "type": "object", "properties": { "a": next, "b": next } });
    let (router, parameters, repairs) = compiled(doubling(40, within));
    assert!(parameters.to_string().len() < 100_000);
    assert!(
        repairs.iter().any(|it| it.contains("outline")),
        "{repairs:?}"
    );
    assert_eq!(target(&router, "t", r#"{"p":{"a":{"b":{}}}}"#).tool, "t");
    let chain = |next: Value| json!({ "allOf": [next] });
    let why = left_out(doubling(3_000, chain));
    assert!(
        why.contains("follow each other more than 256 times"),
        "{why}"
    );
}

#[test]
fn a_long_description_ends_with_a_sentence() {
    let words = "It looks an order up by its number. ".repeat(60);
    let described = |description: &str| {
        let router = shop(rtmcp_core::ToolSpec {
            description: Some(description.to_owned()),
            ..with_schema("t", json!({ "type": "object", "properties": {} }))
        });
        let shown = router
            .functions()
            .next()
            .unwrap()
            .description
            .map(str::to_owned);
        (shown.unwrap(), router.report()[0].verdict.clone())
    };
    let (shown, verdict) = described(&words);
    assert!(shown.len() <= 1024 && shown.ends_with("number."), "{shown}");
    assert!(
        matches!(&verdict, Verdict::Repaired(how) if how[0].starts_with("the description is cut from 2160 characters to ")),
        "{verdict:?}"
    );
    let (shown, _) = described(&"word".repeat(500));
    assert!(shown.ends_with('…') && shown.chars().count() <= 1024);
    let (shown, verdict) = described("Re\u{202e}ads\u{200b} it.\u{e0049}\u{e0067}\u{1b}[2J");
    assert_eq!(shown, "Reads it.");
    assert!(
        matches!(&verdict, Verdict::Repaired(how) if how == &["5 invisible characters are taken out of the description"])
    );
    let (shown, verdict) = described("Familie 👨‍👩‍👧 und می‌خواهم ❤️.");
    assert_eq!(
        (shown.as_str(), verdict),
        ("Familie 👨‍👩‍👧 und می‌خواهم ❤️.", Verdict::Ok)
    );
}

#[test]
fn a_tool_for_the_view_of_an_app_is_hidden_and_reported() {
    let router = shop(rtmcp_core::ToolSpec {
        app_only: true,
        ..with_schema("t", json!({ "type": "object", "properties": {} }))
    });
    assert_eq!(
        router.report()[0].verdict,
        Verdict::LeftOut("its server means it for the view of an app, not for the model".into())
    );
}

#[test]
fn a_call_that_fits_none_of_many_nested_forms_is_refused_at_once() {
    let next = json!({ "$ref": "#/$defs/n" });
    let form =
        |needs: &str| json!({ "type": "object", "properties": { "x": next }, "required": [needs] });
    let (router, _, _) = compiled(json!({
        "type": "object",
        "properties": { "x": next },
        "$defs": { "n": { "anyOf": [form("y"), form("z"), { "type": "string" }] } },
    }));
    let nested = |depth: usize| {
        let inner = (0..depth).fold(json!(5), |inner, _| json!({ "x": inner, "y": 1, "z": 1 }));
        inner.to_string()
    };
    let deep = refusal(&router, "t", &nested(100)).output();
    assert!(deep.contains("nested too deeply to say where"), "{deep}");
    let shallow = refusal(&router, "t", &nested(2)).output();
    assert!(
        shallow.contains("\"x.x\": 5 fits none of the 3 allowed forms"),
        "{shallow}"
    );
}
