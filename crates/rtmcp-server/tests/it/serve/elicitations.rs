//! Questions of servers, shown and answered on a page.

use reqwest::StatusCode;
use rtmcp::{
    mcp::ServerConfig,
    router::{Approve, ServerRules},
};
use rtmcp_api::{Call, Elicitation, Happening, ProblemCode};
use rtmcp_mock::{
    serve::{Running, Server},
    talker::Talker,
};
use serde_json::{Value, json};

use super::{
    browser::{Answer, Browser, Events},
    stage::Stage,
};
use crate::stage::LOOPBACK;

/// A backend whose visitors have a server that asks.
async fn staged() -> (Stage, Running) {
    let talker = Server::new(Talker::new()).bind(LOOPBACK).await.unwrap();
    let mut server = ServerConfig::http("talker", talker.url_mcp().parse().unwrap());
    server.elicitation = true;
    let rules = ServerRules {
        approve: Some(Approve::Never),
        ..ServerRules::new("talker")
    };
    let stage = Stage::with(|config| {
        config.router.servers.push(rules);
        config.servers.push(server);
    })
    .await;
    (stage, talker)
}

async fn asked(stage: &Stage, events: &mut Events, tool: &str, args: &Value) -> Elicitation {
    events.ready().await;
    stage.endpoint.call("c1", tool, args);
    let asked = events.until(|it| match it {
        Happening::Elicitation(asked) => Some(asked.clone()),
        _ => None,
    });
    asked.await
}

async fn answer(browser: &Browser, call: &Call, question: &str, body: &Value) -> Answer {
    let path = format!("/api/sessions/{}/elicitations/{question}", call.id);
    browser.post(&path, body).await
}

#[tokio::test]
async fn a_form_is_shown_checked_and_answered_once() {
    let (stage, _talker) = staged().await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    let asked = asked(&stage, &mut events, "ask", &json!({"what": "Who is it?"})).await;
    assert_eq!(
        (asked.call_id.as_str(), asked.server.as_str()),
        ("c1", "talker")
    );
    assert_eq!(asked.message.expose(), "Who is it?");
    let schema = asked.schema.unwrap();
    assert_eq!(schema.expose()["properties"]["count"]["default"], 1);
    assert!(asked.url.is_none() && asked.expires_ms > 0);

    let wrong = json!({"action": "accept", "content": {"name": "Ada", "count": "many"}});
    let wrong = answer(&browser, &call, &asked.id, &wrong).await;
    let words = wrong.problem(ProblemCode::BadRequest);
    assert!(words.contains("`count` must be a whole number"), "{words}");
    let right = json!({"action": "accept", "content": {"name": "Ada"}});
    let given = answer(&browser, &call, &asked.id, &right).await;
    assert_eq!(given.status, StatusCode::NO_CONTENT);
    answer(&browser, &call, &asked.id, &right)
        .await
        .problem(ProblemCode::Decided);
    let output = stage.endpoint.output("c1").await;
    assert!(output.contains(r#""name":"Ada""#), "{output}");
    let over = events.until(|it| match it {
        Happening::ElicitationOver { id } => Some(id.clone()),
        _ => None,
    });
    assert_eq!(over.await, asked.id);
}

#[tokio::test]
async fn a_page_to_visit_is_shown_whole_and_may_be_declined() {
    let (stage, _talker) = staged().await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    let page = json!({"url": "https://sign.example/1?order=7"});
    let asked = asked(&stage, &mut events, "visit", &page).await;
    assert!(asked.schema.is_none());
    assert_eq!(
        asked.url.unwrap().expose(),
        "https://sign.example/1?order=7"
    );
    let no = json!({"action": "decline"});
    let given = answer(&browser, &call, &asked.id, &no).await;
    assert_eq!(given.status, StatusCode::NO_CONTENT);
    assert!(stage.endpoint.output("c1").await.contains("decline"));
}

#[tokio::test]
async fn nobody_else_answers() {
    let (stage, _talker) = staged().await;
    let (browser, stranger) = (stage.browser().await, stage.browser().await);
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    let asked = asked(&stage, &mut events, "ask", &json!({"what": "Who?"})).await;
    let no = json!({"action": "decline"});
    answer(&stranger, &call, &asked.id, &no)
        .await
        .problem(ProblemCode::NotFound);
    let given = answer(&browser, &call, &asked.id, &no).await;
    assert_eq!(given.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_page_sees_what_servers_say_and_how_they_change() {
    let (stage, talker) = staged().await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage
        .endpoint
        .call("c1", "log", &json!({"text": "no paper", "times": 1}));
    let log = events.until(|it| match it {
        Happening::ServerLog { level, message, .. } => Some((level.clone(), message.clone())),
        _ => None,
    });
    assert_eq!(
        log.await,
        ("error".to_owned(), "no paper".to_owned().into())
    );
    talker.stats().wait_until(|seen| seen.listening > 0).await;
    stage
        .endpoint
        .call("c2", "learn", &json!({"name": "juggle"}));
    let added = events.until(|it| match it {
        Happening::ToolsChanged { added, .. } => Some(added.clone()),
        _ => None,
    });
    assert_eq!(added.await, ["juggle"]);
}
