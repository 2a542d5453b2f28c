//! Whatever text comes, decoding gives an event, and encoding gives the text's meaning back.

use rtmcp_core::{ClientEvent, ServerEvent};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_new_event_is_kept_whole() {
    let text = r#"{"type":"response.smell.delta","intensity":1.5,"nested":{"a":null}}"#;
    let ServerEvent::Unknown(unknown) = ServerEvent::decode(text) else {
        panic!("nobody knows it");
    };
    assert_eq!(unknown.kind, "response.smell.delta");
    assert_eq!(unknown.trouble, None);
    assert_eq!(ServerEvent::Unknown(unknown).encode(), text);
}

#[test]
fn a_known_event_of_a_strange_shape_is_kept_with_the_reason() {
    let text = r#"{"type":"response.done","response":"secret words"}"#;
    let ServerEvent::Unknown(unknown) = ServerEvent::decode(text) else {
        panic!("a response is an object");
    };
    assert_eq!(unknown.kind, "response.done");
    let trouble = unknown.trouble.clone().unwrap();
    assert!(
        trouble.contains("another type") && !trouble.contains("secret"),
        "{trouble}"
    );
    assert_eq!(ServerEvent::Unknown(unknown).encode(), text);
}

#[test]
fn what_is_not_json_is_kept_too() {
    for text in [
        "",
        "hello",
        "[1,2]",
        "{\"type\":",
        "{\"type\":7}",
        "null",
        "\u{0}",
    ] {
        let ServerEvent::Unknown(unknown) = ServerEvent::decode(text) else {
            panic!("{text} is no event");
        };
        assert_eq!(unknown.kind, "");
        match unknown.value.expose() {
            Value::String(kept) => assert_eq!(kept, text),
            value => assert_eq!(value, &serde_json::from_str::<Value>(text).unwrap()),
        }
    }
}

#[test]
fn escapes_in_the_kind_are_read() {
    let text = r#"{"type":"response\u002ecreate"}"#;
    assert!(matches!(
        ClientEvent::decode(text),
        ClientEvent::ResponseCreate(_)
    ));
    assert_eq!(
        json!(ClientEvent::decode(text).kind()),
        json!("response.create")
    );
}

#[cfg(not(target_arch = "wasm32"))]
mod random {
    use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
    use rtmcp_core::{ClientEvent, ServerEvent};
    use serde_json::{Value, json};

    /// Any JSON, with the field names and kinds of the protocol among its words.
    fn json_value() -> impl Strategy<Value = Value> {
        let word = prop_oneof![
            proptest::sample::select(ServerEvent::KINDS).prop_map(str::to_owned),
            proptest::sample::select(ClientEvent::KINDS).prop_map(str::to_owned),
            proptest::sample::select(vec!["message", "function", "realtime", "auto", "id"])
                .prop_map(str::to_owned),
            ".{0,8}",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            word.prop_map(Value::from),
        ];
        let name = proptest::sample::select(vec![
            "type",
            "event_id",
            "session",
            "response",
            "item",
            "delta",
            "output",
            "audio",
            "tools",
            "content",
            "error",
            "previous_item_id",
            "new_field",
        ]);
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((name.clone(), inner), 0..6).prop_map(|fields| fields
                    .into_iter()
                    .map(|(k, v)| (k.to_owned(), v))
                    .collect()),
            ]
        })
    }

    /// An event that was understood; what was wrong with another says where, and that may move.
    fn known(event: &ServerEvent) -> Option<&ServerEvent> {
        let trouble = format!("{event:?}").contains("trouble: Some");
        (!trouble).then_some(event)
    }

    proptest! {
        #[test]
        fn what_a_server_says_is_the_same_after_encoding(
            kind in proptest::sample::select(ServerEvent::KINDS), mut value in json_value()
        ) {
            if let Value::Object(map) = &mut value {
                map.insert("type".to_owned(), json!(kind));
            }
            let once = ServerEvent::decode(&value.to_string());
            let twice = ServerEvent::decode(&once.encode());
            assert_eq!(once.encode(), twice.encode());
            assert_eq!(once.misread(), twice.misread());
            assert_eq!(known(&once), known(&twice));
        }

        #[test]
        fn what_a_client_says_is_the_same_after_encoding(
            kind in proptest::sample::select(ClientEvent::KINDS), mut value in json_value()
        ) {
            if let Value::Object(map) = &mut value {
                map.insert("type".to_owned(), json!(kind));
            }
            let once = ClientEvent::decode(&value.to_string());
            let twice = ClientEvent::decode(&once.encode());
            assert_eq!(once.encode(), twice.encode());
            assert_eq!(once.misread(), twice.misread());
        }

        #[test]
        fn any_text_is_an_event(text in ".{0,200}") {
            let _: String = ServerEvent::decode(&text).encode();
            let _: String = ClientEvent::decode(&text).encode();
        }
    }
}
