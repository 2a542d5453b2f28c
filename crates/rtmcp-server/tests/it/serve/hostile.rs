//! Pages, endpoints and servers that mean no good.

use std::time::Duration;

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::post,
};
use rtmcp_api::{Call, ProblemCode, Tools};
use rtmcp_server::serve::BackendConfig;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{
    browser::closed,
    endpoint::{PATIENCE, REPEAT},
    stage::Stage,
};
use crate::stage::{KEY, LOOPBACK};

/// Lets pages name servers.
fn open(config: &mut BackendConfig) {
    config.own_servers = true;
}

/// An MCP server that repeats its visitors' token in its list of tools. Returns its address.
async fn parrot() -> String {
    let answer = async |headers: HeaderMap, Json(asked): Json<Value>| {
        let token = headers["x-token"].to_str().unwrap();
        let tool = json!({"name": "greet", "description": format!("Greet {token}."),
            "inputSchema": {"type": "object"}});
        let mut told = json!({"jsonrpc": "2.0", "id": asked["id"]});
        match asked["method"].as_str().unwrap() {
            "initialize" => {
                told["result"] = json!({"protocolVersion": asked["params"]["protocolVersion"],
                    "capabilities": {"tools": {}}, "serverInfo": {"name": token, "version": "1"}});
            }
            "tools/list" => told["result"] = json!({"tools": [tool]}),
            _ if asked["id"].is_null() => return StatusCode::ACCEPTED.into_response(),
            _ => told["error"] = json!({"code": -32601, "message": token}),
        }
        Json(told).into_response()
    };
    let app = Router::new().route("/mcp", post(answer));
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{addr}/mcp")
}

#[tokio::test]
async fn a_token_that_a_server_repeats_in_its_list_is_taken_out() {
    let stage = Stage::with(open).await;
    let browser = stage.browser().await;
    let server = json!({"name": "parrot", "url": parrot().await,
        "headers": {"x-token": "token-of-the-parrot"}});
    let answer = browser
        .post("/api/tools", &json!({ "server": server }))
        .await;
    let tools: Tools = answer.json();
    let said = tools.tools[0].description.as_deref();
    assert_eq!(said, Some("Greet (secret)."));
}

#[tokio::test]
async fn a_key_that_an_endpoint_gives_away_stays_here() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let setup = json!({ "instructions": REPEAT });
    let call: Call = browser.call_with(setup.clone()).await.json();
    assert!(call.sdp.unwrap().ends_with("(secret)"));
    let minted = browser.post("/api/token", &setup).await;
    let said = minted.problem(ProblemCode::Endpoint);
    assert!(said.contains("its own key") && !minted.body.contains(KEY));
}

#[tokio::test]
async fn no_server_of_a_page_passes_for_a_configured_one() {
    let stage = Stage::with(open).await;
    let browser = stage.browser().await;
    let url = parrot().await;
    let named = |name: &str| json!({"name": name, "url": url});
    for (name, code) in [
        ("shop", ProblemCode::Forbidden),
        (" shop", ProblemCode::Forbidden),
        ("shop\t", ProblemCode::Forbidden),
        ("shop\u{0}", ProblemCode::BadRequest),
        ("my\nshop", ProblemCode::BadRequest),
    ] {
        let setup = json!({"servers": [named(name)]});
        browser.call_with(setup).await.problem(code);
        let request = json!({"server": named(name)});
        browser.post("/api/tools", &request).await.problem(code);
    }
    let twice = json!({"servers": [named("mine"), named("mine ")]});
    let twice = browser.call_with(twice).await;
    assert!(
        twice
            .problem(ProblemCode::BadRequest)
            .contains("two servers")
    );
}

/// Sends a text over a connection of its own, and returns it.
async fn say(stage: &Stage, text: &str) -> TcpStream {
    let mut socket = TcpStream::connect(stage.addr).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    socket
}

/// Reads all that comes until the connection is closed.
async fn rest(mut socket: TcpStream) -> String {
    let mut told = Vec::new();
    // One that is closed before what was sent is read counts as reset.
    let read = timeout(PATIENCE, socket.read_to_end(&mut told)).await;
    let _ = read.unwrap();
    String::from_utf8(told).unwrap()
}

#[tokio::test]
async fn who_sends_no_request_is_not_waited_for() {
    let stage = Stage::with(|it| it.limits.idle = Duration::from_millis(300)).await;
    let began = "GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ";
    for text in ["", "G", began] {
        let told = rest(say(&stage, text).await).await;
        assert!(!told.contains("200 OK"), "{told}");
    }
    let whole = "GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    let told = rest(say(&stage, whole).await).await;
    assert!(told.starts_with("HTTP/1.1 200 OK"), "{told}");
}

#[tokio::test]
async fn a_head_without_an_end_is_not_kept() {
    let stage = Stage::new().await;
    let head = format!("GET /api/health HTTP/1.1\r\nX: {}", "x".repeat(64 * 1024));
    let told = rest(say(&stage, &head).await).await;
    assert!(told.starts_with("HTTP/1.1 431 "), "{told}");
}

#[tokio::test]
async fn who_reads_what_happens_is_waited_for() {
    let stage = Stage::with(|it| {
        it.limits.idle = Duration::from_millis(50);
        it.limits.unread = Duration::from_secs(60);
    });
    let stage = stage.await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    // Connections that send nothing end by now, one after the other.
    for _ in 0..4 {
        rest(say(&stage, "").await).await;
    }
    browser.end(&call).await;
    assert_eq!(closed(&events.rest().await), "asked");
}

#[tokio::test]
async fn nobody_keeps_others_out_with_idle_connections() {
    let stage = Stage::with(|it| it.limits.connections_per_peer = 3).await;
    let held = [
        say(&stage, "").await,
        say(&stage, "").await,
        say(&stage, "").await,
    ];
    let whole = "GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    assert_eq!(rest(say(&stage, whole).await).await, "", "a fourth one");
    drop(held);
    let answered = async { while !rest(say(&stage, whole).await).await.contains("200 OK") {} };
    timeout(PATIENCE, answered).await.unwrap();
}

#[tokio::test]
async fn a_new_cookie_gives_no_more_calls() {
    let stage = Stage::with(|it| it.limits.calls_per_peer = 2).await;
    for _ in 0..2 {
        stage.browser().await.call().await;
    }
    let third = stage.browser().await;
    let refused = third.call_with(json!({})).await;
    assert!(
        refused
            .problem(ProblemCode::TooMany)
            .contains("your address")
    );
}

#[tokio::test]
async fn of_calls_that_are_over_only_the_latest_are_kept() {
    let stage = Stage::with(|it| it.limits.calls = 2).await;
    let browser = stage.browser().await;
    let mut calls = Vec::new();
    for _ in 0..3 {
        let call = browser.call().await;
        let mut events = browser.events(&call).await;
        browser.end(&call).await;
        events.rest().await;
        stage.endpoint.hung_up(&call.call_id).await;
        calls.push(call);
    }
    let path = |call: &Call| format!("/api/sessions/{}/events", call.id);
    let gone = async { while browser.send(browser.get(&path(&calls[0]))).await.status != 404 {} };
    timeout(PATIENCE, gone).await.unwrap();
    for call in &calls[1..] {
        browser.events(call).await.rest().await;
    }
}
