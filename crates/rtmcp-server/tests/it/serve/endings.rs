//! How sessions end: by the page, without it, with the endpoint, with the backend.

use std::time::Duration;

use reqwest::StatusCode;
use rtmcp_api::{Happening, Health, ProblemCode};
use rtmcp_server::serve::BackendConfig;
use serde_json::json;

use super::{
    browser::{Events, closed, ends},
    endpoint::PATIENCE,
    stage::Stage,
};
use crate::stage::trouble;

/// Ends calls soon that nobody watches.
fn impatient(config: &mut BackendConfig) {
    config.limits.unread = Duration::from_millis(500);
}

/// Waits until a tool runs.
async fn started(events: &mut Events) {
    let started = |it: &Happening| matches!(it, Happening::ToolStarted { .. }).then_some(());
    events.until(started).await;
}

/// A stage with a tool that answers by its deadline only.
async fn hanging(timeout: Duration) -> (Stage, rtmcp_mock::serve::Running) {
    let trouble = trouble().await;
    let url = trouble.url_mcp().parse().unwrap();
    let stage = Stage::with(|config| {
        impatient(config);
        let server = rtmcp::mcp::ServerConfig::http("trouble", url);
        let rules = rtmcp::router::ServerRules {
            approve: Some(rtmcp::router::Approve::Never),
            timeout,
            ..rtmcp::router::ServerRules::new("trouble")
        };
        config.servers.push(server);
        config.router.servers.push(rules);
    });
    (stage.await, trouble)
}

#[tokio::test]
async fn a_call_that_nobody_ever_watched_is_hung_up() {
    let stage = Stage::with(impatient).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    stage.endpoint.hung_up(&call.call_id).await;
    let told = browser.events(&call).await.rest().await;
    assert_eq!(closed(&told), "left");
}

#[tokio::test]
async fn a_call_whose_page_is_gone_is_answered_and_hung_up() {
    let (stage, _trouble) = hanging(Duration::from_secs(30)).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage.endpoint.call("c1", "hang", &json!({}));
    started(&mut events).await;
    drop(events);
    stage.endpoint.output("c1").await;
    stage.endpoint.hung_up(&call.call_id).await;
    let told = browser.events(&call).await.rest().await;
    assert_eq!(ends(&told), [("c1".to_owned(), "cancelled".to_owned())]);
    assert_eq!(closed(&told), "left");
}

#[tokio::test]
async fn a_tool_that_takes_too_long_has_one_end() {
    let (stage, _trouble) = hanging(Duration::from_millis(200)).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage.endpoint.call("c1", "hang", &json!({}));
    stage.endpoint.output("c1").await;
    browser.end(&call).await;
    let told = events.rest().await;
    assert_eq!(ends(&told), [("c1".to_owned(), "timed_out".to_owned())]);
}

#[tokio::test]
async fn a_call_that_is_made_again_while_it_runs_has_an_end_too() {
    let (stage, _trouble) = hanging(Duration::from_millis(500)).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage.endpoint.call("c1", "hang", &json!({}));
    started(&mut events).await;
    stage.endpoint.call("c2", "hang", &json!({}));
    stage.endpoint.output("c2").await;
    stage.endpoint.output("c1").await;
    browser.end(&call).await;
    let told = events.rest().await;
    let ended = |call: &str, how: &str| (call.to_owned(), how.to_owned());
    assert_eq!(
        ends(&told),
        [ended("c2", "repeated"), ended("c1", "timed_out")]
    );
}

#[tokio::test]
async fn a_lost_sideband_leaves_no_call_without_an_end() {
    let (stage, _trouble) = hanging(Duration::from_secs(30)).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage.endpoint.call("c1", "hang", &json!({}));
    started(&mut events).await;
    stage.endpoint.shut(true);
    stage.endpoint.cut();
    let told = events.rest().await;
    assert_eq!(ends(&told), [("c1".to_owned(), "orphaned".to_owned())]);
    assert_eq!(closed(&told), "lost");
    let place = stage.endpoint.addr.to_string();
    assert!(!format!("{told:?}").contains(&place), "its owner's");
    stage.endpoint.hung_up(&call.call_id).await;
    stage.endpoint.shut(false);
    // The backend goes on as if nothing had been.
    let next = browser.call().await;
    browser.events(&next).await.ready().await;
}

#[tokio::test]
async fn a_sideband_that_breaks_joins_its_call_again_and_the_page_is_told() {
    let (stage, _trouble) = hanging(Duration::from_secs(3)).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage.endpoint.call("c1", "hang", &json!({}));
    started(&mut events).await;
    stage.endpoint.cut();
    let over = |it: &Happening| match it {
        Happening::HandedOver {
            reason, message, ..
        } => Some((reason.clone(), message.clone())),
        _ => None,
    };
    let (reason, message) = events.until(over).await;
    assert_eq!(reason, "dropped");
    assert!(message.contains("goes on over a new one"), "{message}");
    // The call that ran meanwhile has its one output.
    stage.endpoint.output("c1").await;
    browser.end(&call).await;
    let told = events.rest().await;
    assert_eq!(ends(&told), [("c1".to_owned(), "timed_out".to_owned())]);
}

#[tokio::test]
async fn a_dead_server_is_told_and_the_next_call_is_well() {
    let (stage, trouble) = hanging(Duration::from_secs(30)).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage.endpoint.call("c1", "hang", &json!({}));
    started(&mut events).await;
    trouble.abort().await;
    let told = async {
        let (mut is_down, mut reason) = (false, None);
        while !is_down || reason.is_none() {
            match events.next().await.unwrap().what {
                Happening::ServerDown { server, .. } => is_down |= server == "trouble",
                Happening::ToolFinished { reason: word, .. } => reason = Some(word),
                _ => {}
            }
        }
        reason.unwrap()
    };
    assert_eq!(told.await, "connection_lost");
    stage.endpoint.output("c1").await;
    browser.end(&call).await;
    events.rest().await;
    let next = browser.call().await;
    browser.events(&next).await.ready().await;
}

#[tokio::test]
async fn a_session_that_is_over_is_readable_for_a_while() {
    let stage = Stage::with(|it| it.limits.readable = Duration::from_millis(300)).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    browser.end(&call).await;
    events.rest().await;
    let path = format!("/api/sessions/{}", call.id);
    let gone = async { while browser.delete(&path).await.status == StatusCode::NO_CONTENT {} };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    let answer = browser.send(browser.get(&format!("{path}/events"))).await;
    answer.problem(ProblemCode::NotFound);
}

#[tokio::test]
async fn the_end_of_the_backend_is_that_of_its_calls() {
    let (stage, _trouble) = hanging(Duration::from_secs(30)).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage.endpoint.call("c1", "hang", &json!({}));
    started(&mut events).await;
    let stopping = stage.backend.shutdown();
    let (told, ()) = tokio::join!(events.rest(), stopping);
    assert_eq!(ends(&told), [("c1".to_owned(), "cancelled".to_owned())]);
    assert_eq!(closed(&told), "shutdown");
    stage.endpoint.output("c1").await;
    stage.endpoint.hung_up(&call.call_id).await;
    let late = browser.call_with(json!({})).await;
    late.problem(ProblemCode::ShuttingDown);
    let health: Health = browser.send(browser.get("/api/health")).await.json();
    assert_eq!(health.calls, 0);
}
