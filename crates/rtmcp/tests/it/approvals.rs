//! A call that somebody must decide about: granted, denied, left to expire.

use std::time::Duration;

use rtmcp::{
    Config, Event,
    core::{CallId, Private},
    router::{
        ApprovalRequest, Approve, ApproveRule, Ask, AuditLine, Channel, DecideError, Decision,
        Digest, Outcome, Remember,
    },
    tools::CALLS_WAITING,
};
use serde_json::json;

use crate::stage::{ASIDE, Seen, config, endpoint, shop};

mod audit;
mod spoken;
mod webhook;

const REFUND: &str = r#"issue_refund {"order":1042,"amount":20}"#;

fn asking(mut config: Config, expires: Duration) -> Config {
    let rules = &mut config.router.servers[0];
    rules.approve = Some(Approve::Writes);
    rules.approval_expires = expires;
    config
}

/// Waits until somebody is asked, and the model has said so.
async fn asked(seen: &mut Seen) -> CallId {
    let asked = seen.until(|event| match event {
        Event::Approval { call, .. } => Some(call.call_id.clone()),
        _ => None,
    });
    let call_id = asked.await;
    assert_eq!(seen.reply().await, ASIDE);
    call_id
}

/// Waits until a request is over, and says how.
async fn over(seen: &mut Seen) -> AuditLine {
    let over = seen.until(|event| match event {
        Event::ApprovalOver(line) => Some(AuditLine::clone(line)),
        _ => None,
    });
    over.await
}

#[tokio::test]
async fn a_granted_call_runs() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let config = asking(
        config(&endpoint, &[("shop", &shop)]),
        Duration::from_secs(60),
    );
    let mut seen = Seen::open(config).await;
    seen.bridge.send_text(REFUND);
    let call_id = asked(&mut seen).await;
    assert_eq!(shop.stats().tool("issue_refund").started, 0);
    // The conversation goes on meanwhile.
    seen.bridge.send_text("hello");
    assert_eq!(seen.reply().await, "hello");
    seen.bridge.approve(&call_id);
    assert_eq!(seen.finished().await.kind, "answered");
    assert_eq!(shop.stats().tool("issue_refund").finished, 1);
    // A second decision changes nothing.
    seen.bridge.approve(&call_id);
    seen.bridge.deny(&call_id, None);
    seen.reply().await;
    assert_eq!(shop.stats().tool("issue_refund").started, 1);
}

#[tokio::test]
async fn nobody_is_asked_about_more_calls_than_may_wait() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let config = asking(
        config(&endpoint, &[("shop", &shop)]),
        Duration::from_secs(60),
    );
    let mut seen = Seen::open(config).await;
    let refund = |cents| format!(r#"issue_refund {{"order":1042,"amount":{cents}}}"#);
    let refunds: Vec<String> = (1..=CALLS_WAITING + 3).map(refund).collect();
    seen.bridge.send_text(refunds.join("\n"));
    for _ in 0..3 {
        assert_eq!(seen.finished().await.kind, "session_busy");
    }
    let asked = seen.events.iter();
    let asked = asked.filter(|it| matches!(it, Event::Approval { .. }));
    assert_eq!(asked.count(), CALLS_WAITING);
}

#[tokio::test]
async fn a_denied_call_does_not_run_and_the_model_knows_why() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let config = asking(
        config(&endpoint, &[("shop", &shop)]),
        Duration::from_secs(60),
    );
    let mut seen = Seen::open(config).await;
    seen.bridge.send_text(REFUND);
    let call_id = asked(&mut seen).await;
    seen.bridge.deny(&call_id, Some("too much".to_owned()));
    let reply = seen.reply().await;
    assert!(
        reply.contains("declined") && reply.contains("too much"),
        "{reply}"
    );
    assert_eq!(shop.stats().tool("issue_refund").started, 0);
}

#[tokio::test]
async fn a_call_that_nobody_decides_about_expires() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let config = asking(
        config(&endpoint, &[("shop", &shop)]),
        Duration::from_millis(300),
    );
    let mut seen = Seen::open(config).await;
    seen.bridge.send_text(REFUND);
    let call_id = asked(&mut seen).await;
    let reply = seen.reply().await;
    assert!(reply.contains("nobody decided in time"), "{reply}");
    seen.bridge.approve(&call_id);
    seen.bridge.send_text("hello");
    assert_eq!(seen.reply().await, "hello");
    assert_eq!(shop.stats().tool("issue_refund").started, 0);
}

#[tokio::test]
async fn a_tool_that_only_reads_is_not_asked_about() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let config = asking(
        config(&endpoint, &[("shop", &shop)]),
        Duration::from_secs(60),
    );
    let mut seen = Seen::open(config).await;
    seen.bridge.send_text(r#"get_weather {"city":"Paris"}"#);
    assert_eq!(seen.finished().await.kind, "answered");
    let asked = seen
        .events
        .iter()
        .any(|event| matches!(event, Event::Approval { .. }));
    assert!(!asked);
}

/// A session in which somebody is asked about a refund.
async fn refund(config: Config) -> (Seen, Box<ApprovalRequest>) {
    let mut seen = Seen::open(config).await;
    seen.bridge.send_text(REFUND);
    let request = requested(&mut seen).await;
    (seen, request)
}

async fn requested(seen: &mut Seen) -> Box<ApprovalRequest> {
    let asked = seen.until(|event| match event {
        Event::Approval { request, .. } => Some(request.clone()),
        _ => None,
    });
    asked.await
}

#[tokio::test]
async fn a_decision_is_about_exactly_what_was_shown() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let minute = Duration::from_secs(60);
    let config = asking(config(&endpoint, &[("shop", &shop)]), minute);
    let (mut seen, request) = refund(config).await;
    let yes = Decision {
        hash: Some(Digest::of(&json!({"order": 1042, "amount": 20_000}))),
        ..Decision::yes(request.call_id.clone(), Channel::Api)
    };
    let other = seen.bridge.decide(yes.clone()).await.unwrap_err();
    assert_eq!(other, DecideError::OtherArguments);
    let right = Decision {
        hash: Some(request.hash),
        who: Some(Private::from("ann")),
        ..yes
    };
    seen.bridge.decide(right.clone()).await.unwrap();
    let outcome = Outcome::Approved;
    let again = seen.bridge.decide(right).await.unwrap_err();
    assert_eq!(again, DecideError::Settled { outcome });
    let line = over(&mut seen).await;
    assert_eq!((line.outcome, line.hash), (outcome, request.hash));
    assert_eq!(seen.finished().await.kind, "answered");
    assert_eq!(shop.stats().tool("issue_refund").finished, 1);
    seen.bridge.close();
    seen.closed().await;
    let late = Decision::yes(request.call_id, Channel::Api);
    let late = seen.bridge.decide(late).await.unwrap_err();
    assert_eq!(late, DecideError::Unknown);
}

#[tokio::test]
async fn a_yes_for_the_session_is_asked_for_once() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let minute = Duration::from_secs(60);
    let config = asking(config(&endpoint, &[("shop", &shop)]), minute);
    let (mut seen, request) = refund(config).await;
    assert_eq!(request.may_remember, Remember::Arguments);
    let yes = Decision {
        remember: Remember::Arguments,
        ..Decision::yes(request.call_id, Channel::Api)
    };
    seen.bridge.decide(yes).await.unwrap();
    assert_eq!(over(&mut seen).await.remembered, Remember::Arguments);
    seen.finished().await;
    seen.reply().await;
    // The same again, spelled otherwise, runs at once; anything else is asked about.
    seen.bridge
        .send_text(r#"issue_refund { "amount": 20, "order": 1042 }"#);
    assert_eq!(over(&mut seen).await.outcome, Outcome::Remembered);
    seen.finished().await;
    seen.reply().await;
    seen.bridge
        .send_text(r#"issue_refund {"order":1042,"amount":21}"#);
    requested(&mut seen).await;
    assert_eq!(shop.stats().tool("issue_refund").finished, 2);
}

#[tokio::test]
async fn who_may_not_decide_is_told_so() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let mut config = config(&endpoint, &[("shop", &shop)]);
    let rule = ApproveRule {
        by: Some([Channel::Page].into()),
        ..ApproveRule::new(Ask::Always)
    };
    config.router.approvals.rules = vec![rule];
    let (mut seen, request) = refund(config).await;
    let call_id = &request.call_id;
    let refused = seen
        .bridge
        .decide(Decision::no(call_id.clone(), Channel::Api));
    assert!(matches!(refused.await, Err(DecideError::Channel { .. })));
    seen.bridge.approve(call_id);
    let page = Decision::no(call_id.clone(), Channel::Page);
    seen.bridge.decide(page).await.unwrap();
    assert_eq!(over(&mut seen).await.outcome, Outcome::Denied);
    assert_eq!(seen.finished().await.kind, "denied");
    assert_eq!(shop.stats().tool("issue_refund").started, 0);
}

#[tokio::test]
async fn rules_look_at_the_arguments() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let text = format!(
        r#"
        [realtime]
        url = "{}"
        [[mcp]]
        name = "shop"
        url = "{}"
        [[approve]]
        tool = "issue_*"
        when = {{ path = "amount", above = 100 }}
        ask = "always"
        by = ["api"]
        expires = "5s"
        [[approve]]
        tool = "issue_*"
        when = [{{ path = "amount", above = 0 }}, {{ path = "order", equals = 1042 }}]
        ask = "never"
        "#,
        endpoint.url(),
        shop.url_mcp()
    );
    let mut seen = Seen::open(Config::from_toml(&text).unwrap()).await;
    seen.bridge.send_text(REFUND);
    assert_eq!(seen.finished().await.kind, "answered");
    seen.reply().await;
    seen.bridge
        .send_text(r#"issue_refund {"order":1042,"amount":101}"#);
    let request = requested(&mut seen).await;
    assert_eq!(request.why, "asks (rule 1, amount above 100)");
    assert_eq!(request.expires(), Duration::from_secs(5));
}

#[tokio::test]
async fn a_call_that_ends_otherwise_is_withdrawn() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let minute = Duration::from_secs(60);
    let config = asking(config(&endpoint, &[("shop", &shop)]), minute);
    let (mut seen, _) = refund(config).await;
    seen.bridge.close();
    assert_eq!(over(&mut seen).await.outcome, Outcome::Withdrawn);
    seen.closed().await;
}
