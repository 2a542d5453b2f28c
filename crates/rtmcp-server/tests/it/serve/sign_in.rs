//! Signing in to MCP servers from a page: by the visitor, for the visitor.

use reqwest::{Client, StatusCode, redirect};
use rtmcp::mcp::{OAuthConfig, ServerConfig, Signer};
use rtmcp_api::{Call, Happening, ProblemCode, SignIn};
use rtmcp_mock::{
    oauth::OAuth,
    serve::{Running, Server},
    shop::Shop,
};
use rtmcp_server::serve::BackendConfig;
use serde_json::json;
use url::Url;

use super::{
    browser::{Browser, Events},
    stage::Stage,
};
use crate::stage::LOOPBACK;

/// A server that wants a sign-in, and a backend that has it as `crm`.
async fn personal(signer: Signer) -> (OAuth, Running, Stage) {
    let oauth = OAuth::new().unasked();
    let crm = Server::new(Shop::new()).oauth(oauth.clone());
    let crm = crm.bind(LOOPBACK).await.unwrap();
    let mut server = ServerConfig::http("crm", crm.url_mcp().parse().unwrap());
    let mut config = OAuthConfig::default();
    config.signer = signer;
    server.auth = config.into();
    let stage = Stage::with(|config| {
        if signer == Signer::Owner {
            // Anybody on the web may be a visitor.
            config.public_url = Some("https://voice.example.com".parse().unwrap());
        }
        config.servers = vec![server];
        config.router.servers = vec![rtmcp::router::ServerRules::new("crm")];
    });
    (oauth, crm, stage.await)
}

async fn needed(events: &mut Events) -> String {
    let needed = events.until(|it| match it {
        Happening::SignInNeeded { server } => Some(server.clone()),
        _ => None,
    });
    needed.await
}

async fn ready(events: &mut Events, name: &str) {
    let ready = events.until(|it| match it {
        Happening::ServerReady { server, tools } if server == name => Some(*tools),
        _ => None,
    });
    assert!(ready.await > 0);
}

fn path(call: &Call, server: &str) -> String {
    format!("/api/sessions/{}/sign-in/{server}", call.id)
}

/// Goes to the authorization server. Returns where it sends the browser: a path of the backend.
async fn consent(browser: &Browser, call: &Call, server: &str) -> String {
    let answer = browser.post(&path(call, server), &json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let sign_in: SignIn = answer.json();
    assert!(sign_in.expires_ms > 60_000);
    let other = Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap();
    let sent = other.get(sign_in.url).send().await.unwrap();
    let back: Url = sent.headers()["location"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(back.path(), "/oauth/callback");
    format!("{}?{}", back.path(), back.query().unwrap())
}

/// Has a tool called, and returns what the model reads.
async fn weather(stage: &Stage, call_id: &str) -> String {
    stage
        .endpoint
        .call(call_id, "get_weather", &json!({"city": "Rome"}));
    stage.endpoint.output(call_id).await
}

#[tokio::test]
async fn a_visitor_signs_in_and_the_tools_come_into_the_call() {
    let (oauth, _crm, stage) = personal(Signer::Person).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    assert_eq!(needed(&mut events).await, "crm");

    let back = consent(&browser, &call, "crm").await;
    let answer = browser.send(browser.get(&back)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(answer.body.contains("signed in to crm"), "{}", answer.body);
    assert_eq!(answer.headers["referrer-policy"], "no-referrer");
    ready(&mut events, "crm").await;
    assert!(weather(&stage, "c1").await.contains("Rome"));

    let again = browser.send(browser.get(&back)).await;
    assert_eq!(
        again.status,
        StatusCode::BAD_REQUEST,
        "an answer counts once"
    );
    assert_eq!(oauth.counts().signed_in, 1);
    for secret in ["mock-access", "mock-refresh"] {
        assert!(!browser.told().contains(secret));
    }
}

#[tokio::test]
async fn another_visitor_neither_finishes_it_nor_has_what_it_grants() {
    let (oauth, _crm, stage) = personal(Signer::Person).await;
    let (ann, bob) = (stage.browser().await, stage.browser().await);
    let call = ann.call().await;
    let mut events = ann.events(&call).await;
    assert_eq!(needed(&mut events).await, "crm");
    let back = consent(&ann, &call, "crm").await;

    let stranger = bob.send(bob.get(&back)).await;
    assert_eq!(stranger.status, StatusCode::BAD_REQUEST);
    bob.post(&path(&call, "crm"), &json!({}))
        .await
        .problem(ProblemCode::NotFound);
    let own = ann.send(ann.get(&back)).await;
    assert_eq!(own.status, StatusCode::OK, "nobody else could end it");
    ready(&mut events, "crm").await;

    let other = bob.call().await;
    let mut others = bob.events(&other).await;
    assert_eq!(needed(&mut others).await, "crm");
    // The next call of the one who signed in has the tools at once.
    ann.end(&call).await;
    let next = ann.call().await;
    ready(&mut ann.events(&next).await, "crm").await;
    assert_eq!(oauth.counts().signed_in, 1);
}

#[tokio::test]
async fn what_the_owner_signs_in_to_no_visitor_signs_in_to() {
    let (_oauth, _crm, stage) = personal(Signer::Owner).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let answer = browser.post(&path(&call, "crm"), &json!({})).await;
    let words = answer.problem(ProblemCode::Forbidden);
    assert!(words.contains("rtmcp sign-in crm"), "{words}");
    let answer = browser.post(&path(&call, "nobody"), &json!({})).await;
    answer.problem(ProblemCode::NotFound);
}

#[tokio::test]
async fn a_server_of_the_pages_own_may_want_a_sign_in() {
    let oauth = OAuth::new().unasked();
    let mine = Server::new(Shop::new()).oauth(oauth.clone());
    let mine = mine.bind(LOOPBACK).await.unwrap();
    let open = |config: &mut BackendConfig| {
        config.own_servers = true;
        config.local = true;
    };
    let stage = Stage::with(open).await;
    let browser = stage.browser().await;
    let setup = json!({"servers": [{"name": "mine", "url": mine.url_mcp()}]});
    let call: Call = browser.call_with(setup).await.json();
    let mut events = browser.events(&call).await;
    assert_eq!(needed(&mut events).await, "mine");
    let back = consent(&browser, &call, "mine").await;
    assert_eq!(
        browser.send(browser.get(&back)).await.status,
        StatusCode::OK
    );
    ready(&mut events, "mine").await;
    assert!(weather(&stage, "c1").await.contains("Rome"));
}
