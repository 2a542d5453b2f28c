//! Calls of tools: from the model's wish to the result, with somebody asked in between.

use rtmcp_api::{ProblemCode, Remember};
use rtmcp_core::Private;
use serde_json::{Value, json};

use super::{Act, Effect, News, Page, State, problem};
use crate::model::card::{Card, CardState};

fn card(page: &Page) -> Card {
    let cards: Vec<_> = page.model.conversation.cards().collect();
    let [card] = cards[..] else {
        panic!("one card: {cards:?}")
    };
    card.clone()
}

/// The model asks for the weather.
fn asked() -> Page {
    let mut page = Page::in_call();
    page.endpoint(&json!({ "type": "response.created", "response": { "id": "r1" } }));
    page.endpoint(
        &json!({ "type": "response.output_item.added", "response_id": "r1", "item":
        { "id": "f1", "type": "function_call", "call_id": "c1", "name": "get_weather",
          "arguments": "" } }),
    );
    assert_eq!(card(&page).state, CardState::Seen);
    page.endpoint(
        &json!({ "type": "response.output_item.done", "response_id": "r1", "item":
        { "id": "f1", "type": "function_call", "status": "completed", "call_id": "c1",
          "name": "get_weather", "arguments": "{\"city\":\"Paris\"}" } }),
    );
    page.endpoint(&json!({ "type": "response.done",
        "response": { "id": "r1", "status": "completed" } }));
    page
}

fn finished(end: &str, reason: &str, result: &Value) -> Value {
    json!({ "kind": "tool_finished", "call_id": "c1", "function": "get_weather", "end": end,
        "reason": reason, "output": "18 degrees", "result": result, "advice": null,
        "took_ms": 12 })
}

const STARTED: &str = r#"{ "kind": "tool_started", "call_id": "c1", "server": "shop",
    "tool": "weather", "arguments": { "city": "Paris" } }"#;

#[test]
fn a_call_is_one_card_from_the_wish_to_the_result() {
    let mut page = asked();
    assert_eq!(card(&page).title(), "get_weather");
    assert_eq!(
        card(&page).arguments.expose(),
        "{\n  \"city\": \"Paris\"\n}"
    );
    page.backend(serde_json::from_str(STARTED).unwrap());
    assert_eq!(page.state(), State::Working);
    assert_eq!(card(&page).state, CardState::Running);
    assert_eq!(card(&page).title(), "weather");
    page.backend(
        json!({ "kind": "tool_progress", "call_id": "c1", "progress": 1.0,
        "total": 2.0, "message": "half" }),
    );
    assert_eq!(card(&page).progress.unwrap().total, Some(2.0));
    page.backend(finished("answered", "answered", &json!({ "content": [] })));
    let done = card(&page);
    assert_eq!(done.state, CardState::Answered);
    assert_eq!(done.took_ms, Some(12));
    assert_eq!(done.output.unwrap().expose(), "18 degrees");
    assert!(done.result.unwrap().expose().contains("content"));
    assert_eq!(done.progress, None);
    assert_eq!(
        page.state(),
        State::Working,
        "the model doesn't know it yet"
    );
    page.endpoint(
        &json!({ "type": "conversation.item.added", "item": { "id": "o1",
        "type": "function_call_output", "call_id": "c1", "output": "18 degrees" } }),
    );
    assert_ne!(page.state(), State::Working);
}

#[test]
fn each_end_is_told_apart() {
    for (end, reason, state, words) in [
        (
            "answered",
            "tool_error",
            CardState::ToolError,
            "answered with an error",
        ),
        ("refused", "denied", CardState::Refused, "denied"),
        ("refused", "arguments", CardState::Refused, "refused"),
        ("failed", "unreachable", CardState::Failed, "failed"),
        ("ended", "expired", CardState::Ended, "time was over"),
    ] {
        let mut page = asked();
        page.backend(finished(end, reason, &Value::Null));
        assert_eq!((card(&page).state, card(&page).ending()), (state, words));
    }
}

/// Somebody must decide about it.
fn question() -> Page {
    let mut page = asked();
    page.backend(
        json!({ "kind": "approval", "call_id": "c1", "number": 3, "server": "shop",
        "tool": "weather", "arguments": {}, "why": "it changes something", "hash": "sha256:1a2b",
        "may_remember": "arguments", "channels": ["page", "voice"], "expires_ms": 60_000 }),
    );
    page
}

#[test]
fn a_decision_is_passed_on_once() {
    let mut page = question();
    assert_eq!(card(&page).state, CardState::Asked);
    assert_eq!(page.model.conversation.questions().count(), 1);
    let deny = Act::Decide {
        call_id: "c1".to_owned(),
        approve: false,
        reason: "Not now".into(),
        remember: Remember::Arguments,
    };
    let effects = page.act(deny.clone());
    let [
        Effect::Decide {
            session,
            call_id,
            decision,
            ..
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!((session.as_str(), call_id.as_str()), ("s1", "c1"));
    assert!(!decision.approve);
    assert_eq!(decision.reason.as_ref().unwrap().expose(), "Not now");
    assert_eq!(decision.hash.as_deref(), Some("sha256:1a2b"));
    assert_eq!(decision.remember, Remember::No, "a no is for this call");
    assert!(page.act(deny).is_empty(), "it is on its way");
    page.backend(finished("refused", "denied", &Value::Null));
    assert_eq!(page.model.conversation.questions().count(), 0);
}

#[test]
fn a_yes_can_last_for_the_session() {
    let mut page = question();
    let asked = card(&page).question.unwrap();
    assert_eq!(asked.may_remember, Remember::Arguments);
    let elsewhere = asked.elsewhere.unwrap();
    assert!(elsewhere.contains("by saying so"), "{elsewhere}");
    let effects = page.act(Act::Decide {
        call_id: "c1".to_owned(),
        approve: true,
        reason: Private::default(),
        remember: Remember::Arguments,
    });
    let [Effect::Decide { decision, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(decision.remember, Remember::Arguments);
    page.backend(
        json!({ "kind": "approval_over", "call_id": "c1", "outcome": "approved",
        "channel": "page", "remembered": "arguments" }),
    );
    assert_eq!(page.model.conversation.questions().count(), 0);
    let decided = card(&page).decided.unwrap();
    assert!(
        decided.starts_with("Allowed on the page, for these arguments"),
        "{decided}"
    );
}

#[test]
fn a_decision_that_is_made_elsewhere_ends_the_question() {
    for (outcome, channel, words) in [
        ("approved", Some("voice"), Some("Allowed aloud.")),
        (
            "denied",
            Some("dtmf"),
            Some("Denied with the keys of a telephone."),
        ),
        ("expired", None, None),
    ] {
        let mut page = question();
        page.backend(
            json!({ "kind": "approval_over", "call_id": "c1", "outcome": outcome,
            "channel": channel, "remembered": "no" }),
        );
        assert_eq!(page.model.conversation.questions().count(), 0);
        assert_eq!(card(&page).decided.as_deref(), words);
    }
}

#[test]
fn a_decision_that_comes_too_late_says_so() {
    let mut page = question();
    page.act(Act::Decide {
        call_id: "c1".to_owned(),
        approve: true,
        reason: "unused".into(),
        remember: Remember::No,
    });
    let answer = Err(problem(ProblemCode::Decided, "it has expired"));
    page.news(News::Decided {
        call_id: "c1".to_owned(),
        answer,
    });
    let question = card(&page).question.unwrap();
    assert!(!question.deciding);
    assert!(question.trouble.unwrap().what.contains("expired"));
}

#[test]
fn the_end_of_the_call_ends_its_cards() {
    let mut page = question();
    page.act(Act::End);
    assert_eq!(card(&page).state, CardState::Ended);
    assert_eq!(page.model.conversation.questions().count(), 0);
}

#[test]
fn a_server_that_goes_away_is_noted() {
    let mut page = Page::in_call();
    page.backend(json!({ "kind": "server_down", "server": "shop",
        "message": "it refuses connections: start it" }));
    let entries = format!("{:?}", page.model.conversation.entries());
    assert!(
        entries.contains("shop: It refuses connections: start it."),
        "{entries}"
    );
}
