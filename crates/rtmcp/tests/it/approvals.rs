//! A call that somebody must decide about: granted, denied, left to expire.

use std::time::Duration;

use rtmcp::{Config, Event, core::CallId, router::Approve};

use crate::stage::{Seen, config, endpoint, shop};

const REFUND: &str = r#"issue_refund {"order":1042,"amount":20}"#;

fn asking(mut config: Config, expires: Duration) -> Config {
    let rules = &mut config.router.servers[0];
    rules.approve = Some(Approve::Writes);
    rules.approval_expires = expires;
    config
}

async fn asked(seen: &mut Seen) -> CallId {
    seen.until(|event| match event {
        Event::Approval { call, .. } => Some(call.call_id.clone()),
        _ => None,
    })
    .await
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
