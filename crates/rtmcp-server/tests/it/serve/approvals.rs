//! Decisions about calls: by the visitor, once, in time.

use std::time::Duration;

use reqwest::StatusCode;
use rtmcp_api::{Call, CallEnd, Happening, ProblemCode};
use serde_json::{Value, json};

use super::{
    browser::{Browser, Events, closed, ends},
    stage::Stage,
};

/// A call in which the model wants to change something.
async fn asking(stage: &Stage, browser: &Browser) -> (Call, Events) {
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    let refund = json!({"order": 1042, "amount": 20});
    stage.endpoint.call("c1", "issue_refund", &refund);
    let (call_id, tool, expires) = events
        .until(|it| match it {
            Happening::Approval {
                call_id,
                tool,
                expires_ms,
                ..
            } => Some((call_id.clone(), tool.clone(), *expires_ms)),
            _ => None,
        })
        .await;
    assert_eq!((call_id.as_str(), tool.as_str()), ("c1", "issue_refund"));
    assert!(expires > 0);
    (call, events)
}

/// Waits for the end of the call.
async fn end(events: &mut Events) -> (CallEnd, String, String) {
    let end = events.until(|it| match it {
        Happening::ToolFinished {
            end,
            reason,
            output,
            ..
        } => Some((*end, reason.clone(), output.expose().clone())),
        _ => None,
    });
    end.await
}

async fn decide(browser: &Browser, call: &Call, decision: &Value) -> StatusCode {
    browser.decide(call, "c1", decision).await.status
}

#[tokio::test]
async fn an_approved_call_runs_and_is_decided_once() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let (call, mut events) = asking(&stage, &browser).await;
    let yes = json!({"approve": true});
    assert_eq!(decide(&browser, &call, &yes).await, StatusCode::NO_CONTENT);
    let late = browser
        .decide(&call, "c1", &json!({"approve": false}))
        .await;
    late.problem(ProblemCode::Decided);
    let (how, reason, output) = end(&mut events).await;
    assert_eq!((how, reason.as_str()), (CallEnd::Answered, "answered"));
    assert_eq!(stage.endpoint.output("c1").await, output);
    assert_eq!(stage.shop.stats().tool("issue_refund").finished, 1);
}

#[tokio::test]
async fn a_denied_call_is_not_made_and_the_model_is_told_why() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let (call, mut events) = asking(&stage, &browser).await;
    let no = json!({"approve": false, "reason": "That is too much."});
    assert_eq!(decide(&browser, &call, &no).await, StatusCode::NO_CONTENT);
    let (how, reason, output) = end(&mut events).await;
    assert_eq!((how, reason.as_str()), (CallEnd::Refused, "denied"));
    assert!(output.contains("That is too much."));
    assert_eq!(stage.endpoint.output("c1").await, output);
    assert_eq!(stage.shop.stats().tool("issue_refund").started, 0);
}

#[tokio::test]
async fn a_call_that_nobody_decides_about_expires() {
    let stage = Stage::with(|it| {
        it.router.servers[0].approval_expires = Duration::from_millis(200);
    });
    let stage = stage.await;
    let browser = stage.browser().await;
    let (call, mut events) = asking(&stage, &browser).await;
    let (how, reason, output) = end(&mut events).await;
    assert_eq!((how, reason.as_str()), (CallEnd::Ended, "expired"));
    assert_eq!(stage.endpoint.output("c1").await, output);
    let late = browser.decide(&call, "c1", &json!({"approve": true})).await;
    late.problem(ProblemCode::Decided);
    browser.end(&call).await;
    assert!(ends(&events.rest().await).is_empty());
    assert_eq!(stage.shop.stats().tool("issue_refund").started, 0);
}

#[tokio::test]
async fn a_call_that_waits_is_answered_when_the_session_ends() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let (call, mut events) = asking(&stage, &browser).await;
    browser.end(&call).await;
    let rest = events.rest().await;
    assert_eq!(ends(&rest), [("c1".to_owned(), "cancelled".to_owned())]);
    assert_eq!(closed(&rest), "asked");
    assert!(stage.endpoint.output("c1").await.contains("ending"));
    let late = browser.decide(&call, "c1", &json!({"approve": true})).await;
    late.problem(ProblemCode::Decided);
}

#[tokio::test]
async fn nobody_is_asked_about_what_does_not_wait() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    for call_id in ["c1", "%2e%2e", "%ff"] {
        let decided = browser
            .decide(&call, call_id, &json!({"approve": true}))
            .await;
        assert!(matches!(decided.status.as_u16(), 404 | 409), "{decided:?}");
    }
}
