//! Decisions about calls: by the visitor, once, in time.

use std::time::Duration;

use reqwest::StatusCode;
use rtmcp::{
    Webhook,
    router::{ApproveRule, Ask, Channel},
};
use rtmcp_api::{Approval, Call, CallEnd, Happening, ProblemCode, Remember};
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
    let asked = asked(&mut events).await;
    assert_eq!(
        (asked.call_id.as_str(), asked.tool.as_str()),
        ("c1", "issue_refund")
    );
    assert!(asked.expires_ms > 0);
    (call, events)
}

/// Waits until somebody is asked.
async fn asked(events: &mut Events) -> Approval {
    let asked = events.until(|it| match it {
        Happening::Approval(asked) => Some(asked.clone()),
        _ => None,
    });
    asked.await
}

/// Waits until a request is over: how, and by which channel.
async fn over(events: &mut Events) -> (String, Option<String>) {
    let over = events.until(|it| match it {
        Happening::ApprovalOver {
            outcome, channel, ..
        } => Some((outcome.clone(), channel.clone())),
        _ => None,
    });
    over.await
}

/// Lists what waits.
async fn waiting(browser: &Browser, call: &Call) -> Vec<Approval> {
    let path = format!("/api/sessions/{}/approvals", call.id);
    let answer = browser.send(browser.get(&path)).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()
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

#[tokio::test]
async fn what_waits_is_listed_until_it_is_decided() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let (call, mut events) = asking(&stage, &browser).await;
    let listed = waiting(&browser, &call).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].arguments.expose()["order"], 1042);
    assert_eq!(listed[0].may_remember, Remember::Arguments);
    // Nobody else's, and not by guessing.
    let other = stage.browser().await;
    let path = format!("/api/sessions/{}/approvals", call.id);
    let refused = other.send(other.get(&path)).await;
    refused.problem(ProblemCode::NotFound);
    decide(&browser, &call, &json!({"approve": false})).await;
    let how = ("denied".to_owned(), Some("page".to_owned()));
    assert_eq!(over(&mut events).await, how);
    assert!(waiting(&browser, &call).await.is_empty());
}

#[tokio::test]
async fn a_decision_that_says_what_it_is_about_is_about_nothing_else() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let (call, mut events) = asking(&stage, &browser).await;
    let hash = waiting(&browser, &call).await[0].hash.clone();
    for (hash, code) in [
        ("0".repeat(64), ProblemCode::OtherArguments),
        ("abc".to_owned(), ProblemCode::BadRequest),
    ] {
        let decision = json!({"approve": true, "hash": hash});
        browser.decide(&call, "c1", &decision).await.problem(code);
    }
    let too_much = json!({"approve": true, "hash": hash, "remember": "tool"});
    let refused = browser.decide(&call, "c1", &too_much).await;
    let words = refused.problem(ProblemCode::BadRequest);
    assert!(words.contains("\"arguments\""), "{words}");
    let yes = json!({"approve": true, "hash": hash, "remember": "arguments"});
    assert_eq!(decide(&browser, &call, &yes).await, StatusCode::NO_CONTENT);
    assert_eq!(end(&mut events).await.1, "answered");
    // The same again needs no other yes.
    let refund = json!({"amount": 20, "order": 1042});
    stage.endpoint.call("c2", "issue_refund", &refund);
    assert_eq!(over(&mut events).await.0, "remembered");
    assert_eq!(end(&mut events).await.1, "answered");
}

#[tokio::test]
async fn a_page_that_may_not_decide_is_told_so() {
    let stage = Stage::with(|it| {
        it.router.approvals.rules = vec![ApproveRule {
            by: Some([Channel::Voice].into()),
            ..ApproveRule::new(Ask::Always)
        }];
    });
    let stage = stage.await;
    let browser = stage.browser().await;
    let (call, _events) = asking(&stage, &browser).await;
    assert_eq!(waiting(&browser, &call).await[0].channels, ["voice"]);
    let refused = browser.decide(&call, "c1", &json!({"approve": true})).await;
    refused.problem(ProblemCode::Forbidden);
    assert_eq!(stage.shop.stats().tool("issue_refund").started, 0);
}

#[tokio::test]
async fn a_webhook_decides_later_by_its_token_without_a_cookie() {
    let (asked_of, mut requests) = tokio::sync::mpsc::unbounded_channel();
    let hook = axum::Router::new().route(
        "/",
        axum::routing::post(async move |axum::Json(body): axum::Json<Value>| {
            asked_of.send(body).unwrap();
            StatusCode::ACCEPTED
        }),
    );
    let listener = tokio::net::TcpListener::bind(crate::stage::LOOPBACK)
        .await
        .unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, hook).await.unwrap() });
    let stage = Stage::with(|it| {
        it.approvals.webhook = Some(Webhook::new(url.parse().unwrap()));
    });
    let stage = stage.await;
    let browser = stage.browser().await;
    let (_call, mut events) = asking(&stage, &browser).await;
    let body = requests.recv().await.unwrap();
    let decide_url = body["decide_url"].as_str().unwrap();
    let base = format!("http://{}/api/approvals/", stage.addr);
    assert!(decide_url.starts_with(&base), "{decide_url}");

    let post = async |url: &str, verdict: Value| {
        let sent = reqwest::Client::new().post(url).json(&verdict).send();
        sent.await.unwrap().status()
    };
    let no = json!({"approve": false, "reason": "over budget", "who": "finance-bot"});
    let guess = format!("{base}{}", "0".repeat(48));
    assert_eq!(post(&guess, no.clone()).await, StatusCode::CONFLICT);
    let other = json!({"approve": true, "hash": "0".repeat(64)});
    assert_eq!(post(decide_url, other).await, StatusCode::CONFLICT);
    let unknown = json!({"approve": true, "all": true});
    assert_eq!(post(decide_url, unknown).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(decide_url, no.clone()).await, StatusCode::NO_CONTENT);
    let how = ("denied".to_owned(), Some("webhook".to_owned()));
    assert_eq!(over(&mut events).await, how);
    let (_, reason, output) = end(&mut events).await;
    assert_eq!(reason, "denied");
    assert!(output.contains("over budget"));
    assert_eq!(post(decide_url, no).await, StatusCode::CONFLICT);
    serving.abort();
}
