//! Results of every kind as the model reads them, and cuts that say what they cut.

use std::collections::BTreeMap;

use rtmcp_core::{Private, ResourceBody, ToolContent, ToolOutcome};
use rtmcp_router::{Cut, Router, ServerRules, Shaped, Target, ToolRules};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{configured, offer, target, tool};

fn budgeted(budget: usize) -> (Router, Target) {
    let own = ToolRules {
        output_budget: Some(budget),
        ..ToolRules::default()
    };
    let mut router = configured(vec![ServerRules {
        tools: BTreeMap::from([("t".to_owned(), own)]),
        ..ServerRules::new("shop")
    }]);
    offer(&mut router, "shop", vec![tool("t")]);
    let to = target(&router, "t", "{}");
    (router, to)
}

fn shape(outcome: &ToolOutcome, budget: usize) -> Shaped {
    let (router, to) = budgeted(budget);
    router.shape(&to, outcome)
}

fn text(words: &str) -> ToolContent {
    ToolContent::Text(Private::from(words))
}

fn outcome(content: Vec<ToolContent>, structured: Option<Value>) -> ToolOutcome {
    ToolOutcome {
        is_error: false,
        content,
        structured: structured.map(Private::new),
    }
}

fn check(table: &[(ToolOutcome, &str)]) {
    for (outcome, expected) in table {
        let shaped = shape(outcome, 16 * 1024);
        assert_eq!(shaped.text.expose(), expected);
        assert_eq!(shaped.cut, None);
    }
}

#[test]
fn text_and_structured_results_are_said_once() {
    let weather = json!({ "city": "Paris", "celsius": 18, "dry": true });
    check(&[
        (outcome(vec![text("a"), text("b")], None), "a\nb"),
        (
            outcome(vec![], None),
            "The tool finished and returned nothing.",
        ),
        (
            outcome(vec![text(" \n")], None),
            "The tool finished and returned nothing.",
        ),
        // Only structured.
        (
            outcome(vec![], Some(weather.clone())),
            r#"{"city":"Paris","celsius":18,"dry":true}"#,
        ),
        (
            outcome(vec![text("")], Some(weather.clone())),
            r#"{"city":"Paris","celsius":18,"dry":true}"#,
        ),
        // The text is the same JSON, in another order and with other spaces.
        (
            outcome(
                vec![text(r#"{ "celsius": 18, "dry": true, "city": "Paris" }"#)],
                Some(weather.clone()),
            ),
            r#"{ "celsius": 18, "dry": true, "city": "Paris" }"#,
        ),
        // The text wraps or lists what the structured result holds.
        (
            outcome(vec![text("42")], Some(json!({ "result": 42 }))),
            "42",
        ),
        (
            outcome(
                vec![text("a\nb"), text("c")],
                Some(json!({ "result": ["a\nb", "c"] })),
            ),
            "a\nb\nc",
        ),
        // A sentence that says it all.
        (
            outcome(
                vec![text("18 degrees in Paris.")],
                Some(json!({ "city": "Paris", "celsius": 18 })),
            ),
            "18 degrees in Paris.",
        ),
        // A sentence that doesn't.
        (
            outcome(
                vec![text("1 order found.")],
                Some(json!({ "orders": [{ "id": "A-7" }] })),
            ),
            "1 order found.\n{\"orders\":[{\"id\":\"A-7\"}]}",
        ),
        (
            outcome(vec![text("Checked.")], Some(json!({ "in_stock": false }))),
            "Checked.\n{\"in_stock\":false}",
        ),
    ]);
}

#[test]
fn a_part_of_a_word_does_not_say_a_value() {
    check(&[
        (
            outcome(vec![text("18 degrees")], Some(json!({ "rain": 1 }))),
            "18 degrees\n{\"rain\":1}",
        ),
        (
            outcome(vec![text("It is 18.5.")], Some(json!({ "celsius": 18.5 }))),
            "It is 18.5.",
        ),
    ]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let data = || Private::new("AAAA".repeat(4096));
    let image = || ToolContent::Image {
        mime: "image/png".into(),
        data: data(),
    };
    let resource = |body| ToolContent::Resource {
        uri: "file:///notes.txt".into(),
        mime: Some("text/plain".into()),
        body,
    };
    check(&[
        (
            outcome(vec![image()], None),
            "[image, image/png, 12 KiB, not readable here]",
        ),
        (
            outcome(vec![text("Here."), image()], None),
            "Here.\n[image, image/png, 12 KiB, not readable here]",
        ),
        (
            outcome(vec![image()], Some(json!({ "ok": true }))),
            "[image, image/png, 12 KiB, not readable here]\n{\"ok\":true}",
        ),
        (
            outcome(
                vec![ToolContent::Audio {
                    mime: "audio/wav".into(),
                    data: Private::from("AAAA"),
                }],
                None,
            ),
            "[audio, audio/wav, 3 bytes, not readable here]",
        ),
        (
            outcome(
                vec![resource(ResourceBody::Text(Private::from("milk")))],
                None,
            ),
            "[resource file:///notes.txt, text/plain]\nmilk",
        ),
        (
            outcome(vec![resource(ResourceBody::Blob(data()))], None),
            "[resource file:///notes.txt, text/plain, 12 KiB, not readable here]",
        ),
        (
            outcome(
                vec![ToolContent::Link {
                    uri: "https://example.com/a".into(),
                    name: "A\nlink".into(),
                    mime: None,
                }],
                None,
            ),
            "[link to A link: https://example.com/a, not opened]",
        ),
    ]);
}

#[test]
fn an_error_of_the_tool_is_told_as_one() {
    let failed = |content, structured| ToolOutcome {
        is_error: true,
        ..outcome(content, structured)
    };
    check(&[
        (
            failed(vec![text("No such city.")], None),
            "The tool reported an error: No such city.",
        ),
        (
            failed(vec![], None),
            "The tool reported an error without saying what went wrong.",
        ),
        (
            failed(vec![], Some(json!({ "code": 7 }))),
            "The tool reported an error: {\"code\":7}",
        ),
    ]);
}

#[test]
fn a_cut_is_announced_within_the_budget() {
    let lines: String = (0..1000).map(|n| format!("line number {n}\n")).collect();
    let shaped = shape(&ToolOutcome::text(lines.clone()), 300);
    let text = shaped.text.expose();
    let cut = shaped.cut.unwrap();
    assert!(text.len() <= 300);
    assert_eq!(cut.total, lines.len());
    // At the end of a line, and honest about how much there is.
    assert_eq!(
        text,
        &format!(
            "{}\n[cut: {} of {} bytes shown]",
            &lines[..cut.kept],
            cut.kept,
            cut.total
        )
    );
    assert!(lines[cut.kept..].starts_with('\n'));
}

#[test]
fn a_cut_falls_between_words_or_at_least_between_characters() {
    let words = shape(&ToolOutcome::text("word ".repeat(1000)), 300);
    assert!(words.text.expose().starts_with("word word"));
    assert!(
        words.text.expose().contains("word\n[cut: "),
        "{:?}",
        words.text.expose()
    );

    // Two bytes each and no place to breathe.
    let solid = shape(&ToolOutcome::text("é".repeat(5000)), 301);
    assert!(solid.text.expose().len() <= 301);
    assert!(solid.text.expose().contains("é\n[cut: "));
}

#[test]
fn what_just_fits_is_not_cut() {
    assert_eq!(shape(&ToolOutcome::text("x".repeat(256)), 256).cut, None);
    let over = shape(&ToolOutcome::text("x".repeat(257)), 256);
    assert_eq!(over.text.expose().len(), 256);
    assert_eq!(
        over.cut,
        Some(Cut {
            kept: 226,
            total: 257
        })
    );
}

#[test]
fn a_structured_result_is_cut_and_announced_too() {
    let rows: Vec<Value> = (0..1000).map(|n| json!({ "id": n })).collect();
    let whole = Value::Array(rows);
    let shaped = shape(&outcome(vec![], Some(whole.clone())), 1000);
    assert!(shaped.text.expose().len() <= 1000);
    assert_eq!(shaped.cut.unwrap().total, whole.to_string().len());
}
