//! Whatever a server writes as a schema: offered with a function that endpoints take, or left out with
//! a reason, in bounded time.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "what is tried is also that it takes a bounded time"
)]

use std::time::{Duration, Instant};

use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, any},
    prop_oneof, proptest,
    sample::select,
    strategy::{BoxedStrategy, Strategy},
};
use rtmcp_core::ToolSpec;
use rtmcp_router::Verdict;
use serde_json::{Map, Value, json};

use crate::fixture::{call, object, shop};

/// Names of properties and definitions, among them those of keywords.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "a",
            "b",
            "c",
            "type",
            "$ref",
            "enum",
            "user name",
            "größe",
            "",
            "a/b~c"
        ])
        .prop_map(str::to_owned),
        "\\PC{0,70}",
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!({ "a": 1 })),
        Just(json!([1, "x"])),
    ]
}

fn kind() -> impl Strategy<Value = Value> {
    let kinds = [
        "object", "string", "integer", "number", "boolean", "array", "null", "any", "",
    ];
    prop_oneof![
        6 => select(kinds.to_vec()).prop_map(Value::from),
        1 => vec(select(kinds.to_vec()), 0..3).prop_map(Value::from),
    ]
}

fn reference() -> impl Strategy<Value = Value> {
    let places = [
        "#",
        "#/$defs/a",
        "#/$defs/b",
        "#/definitions/a",
        "#/properties/a",
        "#a",
        "#/nowhere",
        "#/$defs/a%20b",
        "other.json",
        "https://example.com/s#/x",
        "file:///etc/passwd",
        "",
        "http://json-schema.org/draft-07/schema#",
    ];
    select(places.to_vec()).prop_map(Value::from)
}

/// One keyword with a value that may fit it.
fn keyword(inner: BoxedStrategy<Value>) -> BoxedStrategy<(String, Value)> {
    let named = |inner: BoxedStrategy<Value>| {
        vec((name(), inner), 0..4).prop_map(|it| Value::Object(it.into_iter().collect()))
    };
    let of = |names: &'static [&'static str]| select(names.to_vec()).prop_map(str::to_owned);
    prop_oneof![
        4 => (Just("type".to_owned()), kind()),
        4 => (Just("properties".to_owned()), named(inner.clone())),
        3 => (of(&["$defs", "definitions", "patternProperties", "dependentSchemas", "dependencies"]), named(inner.clone())),
        3 => (of(&["anyOf", "oneOf", "allOf", "prefixItems", "items"]), vec(inner.clone(), 0..4).prop_map(Value::from)),
        3 => (of(&["items", "not", "if", "then", "else", "contains", "additionalProperties", "propertyNames", "unevaluatedProperties"]), inner),
        3 => (of(&["$ref", "$dynamicRef", "$recursiveRef"]), reference()),
        2 => (Just("required".to_owned()), vec(name(), 0..3).prop_map(Value::from)),
        2 => (of(&["enum", "examples"]), vec(scalar(), 0..4).prop_map(Value::from)),
        2 => (of(&["const", "default", "nullable", "minimum", "exclusiveMinimum", "maxItems", "minLength"]), scalar()),
        1 => (Just("pattern".to_owned()), prop_oneof![Just("^[a-z]+$".to_owned()), "\\PC{0,10}"].prop_map(Value::from)),
        1 => (of(&["$id", "$anchor", "id", "$schema", "$comment", "title", "description", "format"]), "\\PC{0,20}".prop_map(Value::from)),
    ]
    .boxed()
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        kind().prop_map(|kind| json!({ "type": kind })),
        reference().prop_map(|place| json!({ "$ref": place })),
    ];
    leaf.prop_recursive(5, 60, 4, |inner| {
        vec(keyword(inner.boxed()), 0..5).prop_map(|it| Value::Object(it.into_iter().collect()))
    })
}

/// What Realtime endpoints take: an object with properties, without the keywords that they refuse,
/// and without references.
fn assert_accepted(parameters: &Map<String, Value>) {
    assert_eq!(parameters.get("type"), Some(&json!("object")));
    assert!(parameters.get("properties").is_some_and(Value::is_object));
    for refused in ["anyOf", "oneOf", "allOf", "not", "enum", "const"] {
        assert!(
            !parameters.contains_key(refused),
            "{refused}: {parameters:?}"
        );
    }
    assert_plain(parameters, 0);
}

fn assert_plain(schema: &Map<String, Value>, depth: usize) {
    assert!(depth < 80);
    for (keyword, value) in schema {
        assert!(
            !["$ref", "$dynamicRef", "$recursiveRef"].contains(&keyword.as_str())
                || !value.is_string()
        );
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(named)) => {
                for (name, value) in named {
                    let legal = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
                    assert!(
                        keyword != "properties"
                            || ((1..=64).contains(&name.len()) && name.chars().all(legal)),
                        "{name}"
                    );
                    assert_schema(value, depth);
                }
            }
            ("anyOf" | "oneOf" | "allOf", Value::Array(forms)) => {
                forms.iter().for_each(|it| assert_schema(it, depth));
            }
            ("items" | "not" | "if" | "then" | "else" | "contains" | "propertyNames", value) => {
                assert_schema(value, depth);
            }
            _ => {}
        }
    }
}

fn assert_schema(value: &Value, depth: usize) {
    match value {
        Value::Object(schema) => assert_plain(schema, depth + 1),
        other => panic!("no endpoint reads {other} as a schema"),
    }
}

fn compile(schema: &Value) {
    let begun = Instant::now();
    let mut router = shop(ToolSpec {
        name: "t".into(),
        input_schema: object(schema.clone()),
        ..ToolSpec::default()
    });
    assert!(begun.elapsed() < Duration::from_secs(10), "{schema}");
    let report = &router.report()[0];
    match &report.verdict {
        Verdict::LeftOut(why) => {
            assert!(!why.is_empty() && why.len() < 600, "{why}");
            assert!(router.functions().next().is_none());
        }
        Verdict::Ok => {}
        Verdict::Repaired(how) => assert!(!how.is_empty() && how.iter().all(|it| !it.is_empty())),
    }
    if report.verdict.is_offered() {
        let name = rtmcp_core::FunctionName::new("t").unwrap();
        assert_accepted(router.function(&name).unwrap().parameters);
        for arguments in [
            "{}",
            r#"{"a":1,"b":{"a":[]},"c":null}"#,
            r#"{"a":{"a":{"a":"x"}}}"#,
        ] {
            let _ = router.route(&call("t", arguments));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_schema_is_offered_as_endpoints_take_it_or_left_out_with_a_reason(schema in schema(), defs in vec((name(), schema()), 0..3)) {
        let mut root = schema.as_object().cloned().unwrap_or_default();
        if !defs.is_empty() {
            root.insert("$defs".to_owned(), Value::Object(defs.into_iter().collect()));
        }
        compile(&Value::Object(root.clone()));
        // As most tools are: an object of such properties.
        compile(&json!({ "type": "object", "properties": { "a": Value::Object(root) } }));
    }

    #[test]
    fn any_json_is_no_trouble(text in "[\\[\\]{}\",:a-z$0-9]{0,60}") {
        if let Ok(Value::Object(schema)) = serde_json::from_str(&text) {
            compile(&Value::Object(schema));
        }
    }
}
