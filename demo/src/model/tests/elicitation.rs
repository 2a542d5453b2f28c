//! What servers ask the person, and signing in to them.

use std::collections::BTreeMap;

use rtmcp_api::{ElicitationAction, ProblemCode, SignIn};
use serde_json::{Value, json};

use super::{Act, Effect, News, Page, problem};
use crate::model::{
    elicitation::{Asked, Filled, Kind, YES},
    sign_in::SignInStage,
};

fn asked(page: &Page) -> Vec<Asked> {
    page.model.conversation.asked().to_vec()
}

/// A server asks for a table.
fn question() -> Page {
    let mut page = Page::in_call();
    page.backend(
        json!({ "kind": "elicitation", "id": "q1", "call_id": "c1", "server": "inn",
        "tool": "book", "message": "When, and for how many?", "expires_ms": 60_000, "schema": {
            "type": "object",
            "properties": {
                "guests": { "type": "integer", "title": "Guests", "default": 2 },
                "price": { "type": "number" },
                "mail": { "type": "string", "format": "email", "description": "For the receipt" },
                "outside": { "type": "boolean", "default": true },
                "time": { "type": "string", "enum": ["18", "20"], "enumNames": ["six", "eight"] },
                "menu": { "type": "string", "oneOf": [{ "const": "m", "title": "Menu" }] },
                "extras": { "type": "array", "items": { "anyOf": [
                    { "const": "wine", "title": "Wine" }, { "const": "cake", "title": "Cake" }] },
                    "default": ["cake"] },
            },
            "required": ["guests", "time"],
        } }),
    );
    page
}

fn answer(page: &mut Page, action: ElicitationAction, filled: Filled) -> Vec<Effect> {
    page.act(Act::Answer {
        id: "q1".to_owned(),
        action,
        filled,
    })
}

fn content(effects: &[Effect]) -> (ElicitationAction, Value) {
    let [
        Effect::Answer {
            session,
            id,
            answer,
            ..
        },
    ] = effects
    else {
        panic!("{effects:?}")
    };
    assert_eq!((session.as_str(), id.as_str()), ("s1", "q1"));
    let content = answer.content.expose().clone();
    (answer.action, Value::Object(content))
}

#[test]
fn a_schema_is_a_form_with_its_defaults() {
    let page = question();
    let [asked] = &asked(&page)[..] else {
        panic!("one question")
    };
    let kinds: Vec<&str> = asked
        .fields
        .iter()
        .map(|field| match &field.kind {
            Kind::Text(of) => of,
            Kind::Number { whole: true } => "whole",
            Kind::Number { whole: false } => "number",
            Kind::Flag => "flag",
            Kind::Choice(_) => "choice",
            Kind::Several(_) => "several",
        })
        .collect();
    let wanted = [
        "whole", "number", "email", "flag", "choice", "choice", "several",
    ];
    assert_eq!(kinds, wanted);
    assert_eq!(asked.fields[0].title, "Guests");
    assert!(asked.fields[0].required && !asked.fields[1].required);
    let Kind::Choice(times) = &asked.fields[4].kind else {
        panic!("a choice")
    };
    assert_eq!(
        (times[1].value.as_str(), times[1].title.as_str()),
        ("20", "eight")
    );
    let defaults = asked.defaults();
    let seen = ["guests", "outside", "extras", "time"].map(|name| defaults[name].as_str());
    assert_eq!(seen, ["2", YES, "cake", ""]);
}

#[test]
fn what_is_filled_in_is_answered_with_its_types_and_once() {
    let mut page = question();
    let mut filled = asked(&page)[0].defaults();
    for (name, text) in [
        ("guests", "4"),
        ("price", "12.5"),
        ("time", "20"),
        ("outside", ""),
    ] {
        filled.insert(name.to_owned(), text.to_owned());
    }
    let effects = answer(&mut page, ElicitationAction::Accept, filled.clone());
    let wanted = json!({ "guests": 4, "price": 12.5, "outside": false, "time": "20",
        "extras": ["cake"] });
    assert_eq!(content(&effects), (ElicitationAction::Accept, wanted));
    let again = answer(&mut page, ElicitationAction::Accept, filled);
    assert!(again.is_empty(), "it is on its way");
    page.news(News::Answered {
        id: "q1".to_owned(),
        answer: Ok(()),
    });
    assert_eq!(asked(&page), []);
}

#[test]
fn what_is_missing_or_no_number_is_said_before_anything_is_sent() {
    for (name, text, words) in [
        ("guests", "", "Guests is missing"),
        ("guests", "2.5", "Guests must be a whole number"),
        ("price", "much", "price must be a number"),
        ("time", "", "time is missing"),
    ] {
        let mut page = question();
        let mut filled = asked(&page)[0].defaults();
        filled.insert("time".to_owned(), "18".to_owned());
        filled.insert(name.to_owned(), text.to_owned());
        assert!(answer(&mut page, ElicitationAction::Accept, filled).is_empty());
        let trouble = asked(&page)[0].trouble.clone().unwrap();
        assert!(trouble.what.contains(words), "{trouble:?}");
    }
}

#[test]
fn a_no_needs_no_fields_and_a_late_answer_says_so() {
    let mut page = question();
    let effects = answer(&mut page, ElicitationAction::Decline, BTreeMap::new());
    assert_eq!(content(&effects), (ElicitationAction::Decline, json!({})));
    page.news(News::Answered {
        id: "q1".to_owned(),
        answer: Err(problem(ProblemCode::Decided, "it was answered aloud")),
    });
    let trouble = asked(&page)[0].trouble.clone().unwrap();
    assert!(trouble.what.contains("aloud"), "{trouble:?}");
    page.backend(json!({ "kind": "elicitation_over", "id": "q1" }));
    assert_eq!(asked(&page), []);
}

#[test]
fn a_server_is_signed_in_to_at_an_address_that_is_seen_first() {
    let mut page = Page::in_call();
    page.backend(json!({ "kind": "sign_in_needed", "server": "crm" }));
    page.backend(json!({ "kind": "sign_in_needed", "server": "crm" }));
    let effects = page.act(Act::SignIn("crm".to_owned()));
    assert!(
        matches!(&effects[..], [Effect::SignIn { server, .. }] if server == "crm"),
        "{effects:?}"
    );
    assert!(
        page.act(Act::SignIn("crm".to_owned())).is_empty(),
        "asked once"
    );
    for (url, opens) in [
        ("javascript:alert(1)", false),
        ("https://auth.example/go", true),
    ] {
        page.news(News::SignIn {
            server: "crm".to_owned(),
            answer: Ok(SignIn {
                url: url.to_owned(),
                expires_ms: 60_000,
            }),
        });
        let [wanted] = page.model.conversation.sign_ins() else {
            panic!("one server")
        };
        assert_eq!(
            matches!(wanted.stage, SignInStage::Open { .. }),
            opens,
            "{url}"
        );
    }
    page.backend(json!({ "kind": "server_ready", "server": "crm", "tools": 3 }));
    assert!(page.model.conversation.sign_ins().is_empty());
}

#[test]
fn what_becomes_of_servers_is_noted() {
    let mut page = Page::in_call();
    for told in [
        json!({ "kind": "tools_changed", "server": "crm", "added": ["find"], "removed": [],
            "changed": ["list"] }),
        json!({ "kind": "server_resting", "server": "crm", "failures": 5, "retry_ms": 30_000 }),
        json!({ "kind": "server_log", "server": "crm", "level": "error", "logger": null,
            "message": "disk full", "left_out": 0 }),
        json!({ "kind": "server_log", "server": "crm", "level": "info", "logger": null,
            "message": "all is well", "left_out": 0 }),
    ] {
        page.backend(told);
    }
    let entries = format!("{:?}", page.model.conversation.entries());
    for words in [
        "New: find; changed: list.",
        "left alone for 30 s",
        "crm logs: Disk full",
    ] {
        assert!(entries.contains(words), "{words}: {entries}");
    }
    assert!(!entries.contains("all is well"), "the console has it");
}
