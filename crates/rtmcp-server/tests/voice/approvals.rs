//! A refund that somebody must approve, asked for aloud: granted, denied, left to expire.

use std::time::Duration;

use rtmcp::{
    Config, Event, ToolStart,
    router::{Approve, ServerRules},
};
use serde_json::json;

use crate::{
    call::Call,
    stage::{Stage, reach, shop},
    turn::{Turn, assert_words},
};

const SENTENCE: &str = "I want a refund of twenty dollars for order number 1042.";

/// A session in which somebody is asked about what the shop writes.
async fn open(stage: &Stage, shop: &rtmcp_mock::serve::Running, expires: Duration) -> Call {
    let rules = ServerRules {
        approve: Some(Approve::Writes),
        approval_expires: expires,
        ..ServerRules::new("shop")
    };
    let config: Config = stage.config().server_with(reach(shop), rules);
    Call::open(config).await
}

/// Asks for the refund, and returns what somebody must decide about.
async fn asked(stage: &Stage, call: &mut Call) -> ToolStart {
    let clip = stage.espeak(SENTENCE).await;
    call.say(&clip);
    let asked = call
        .until(|event| match event {
            Event::Approval { call, .. } => Some(call.clone()),
            _ => None,
        })
        .await;
    assert_eq!(asked.tool, "issue_refund");
    let wanted = json!({"order": 1042, "amount": 20});
    assert_eq!(json!(asked.arguments.expose()), wanted);
    asked
}

/// Checks what is the same however it was decided, and returns what was understood of the reply.
async fn check(stage: &Stage, turn: &Turn, call: &Call, end: &[&str]) -> String {
    assert_words(&turn.heard, &["refund", "20|twenty", "1042|1,042"]);
    assert_eq!(turn.ends(), end);
    assert_eq!((turn.asked, call.wire.outputs().len()), (1, 1));
    // The model has also said that the refund waits, unless it was decided before it could.
    let last = turn.speech.last().unwrap();
    stage.understand(last.sound()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_granted_refund_is_made() {
    let (stage, shop) = (Stage::set_up().await, shop().await);
    let mut call = open(&stage, &shop, Duration::from_secs(60)).await;
    let asked = asked(&stage, &mut call).await;
    assert_eq!(shop.stats().tool("issue_refund").started, 0);
    call.bridge.approve(&asked.call_id);
    let turn = call.answered().await;
    let understood = check(&stage, &turn, &call, &["answered"]).await;
    assert_eq!(shop.stats().tool("issue_refund").finished, 1);
    assert_words(&understood, &["refunded", "20|twenty", "1042|1,042"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denied_refund_is_not_made_and_the_person_is_told() {
    let (stage, shop) = (Stage::set_up().await, shop().await);
    let mut call = open(&stage, &shop, Duration::from_secs(60)).await;
    let asked = asked(&stage, &mut call).await;
    call.bridge.deny(&asked.call_id, None);
    let turn = call.answered().await;
    let understood = check(&stage, &turn, &call, &["denied"]).await;
    assert_words(&turn.said, &["wasn't approved", "didn't do it"]);
    assert_words(&understood, &["wasn't", "didn't do it"]);
    assert_eq!(shop.stats().tool("issue_refund").started, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_nobody_decides_about_is_not_made_and_the_person_is_told() {
    let (stage, shop) = (Stage::set_up().await, shop().await);
    let mut call = open(&stage, &shop, Duration::from_millis(500)).await;
    let asked = asked(&stage, &mut call).await;
    let turn = call.answered().await;
    let understood = check(&stage, &turn, &call, &[]).await;
    assert_words(&turn.said, &["nobody decided in time"]);
    assert_words(&understood, &["nobody decided in time"]);
    // Too late; what is asked next is answered after it.
    call.bridge.approve(&asked.call_id);
    call.bridge.send_text("What is the weather in Paris?");
    let next = call.answered().await;
    assert_eq!(next.called(), [("get_weather", json!({"city": "Paris"}))]);
    assert_eq!(shop.stats().tool("issue_refund").started, 0);
}
