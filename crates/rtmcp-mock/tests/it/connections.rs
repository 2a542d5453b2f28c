//! Sessions that are forgotten, connections that break, and servers that end.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use rmcp::ServiceError;
use rtmcp_mock::serve::Running;
use rtmcp_mock::shop::Shop;
use rtmcp_mock::trouble::Trouble;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::client::{begin, bind, call, piped, sse, stateless, streamable};
use crate::sse_client::SseClient;

#[tokio::test]
async fn a_dropped_session_is_not_found() {
    let running = bind(Trouble::new()).await;
    let session = Session::open(&running).await;
    let other = Session::open(&running).await;

    let answered = session.call("drop_session").await;
    assert_eq!(answered.status(), StatusCode::OK);
    assert!(
        answered
            .text()
            .await
            .unwrap()
            .contains("unknown from now on")
    );

    assert_eq!(session.call("fail").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(other.call("fail").await.status(), StatusCode::OK);
    running.shutdown().await;
}

#[tokio::test]
async fn a_dropped_session_ends_its_event_stream() {
    let running = bind(Trouble::new()).await;
    let mut stream = SseClient::connect(&running.url_sse()).await;
    let http = reqwest::Client::new();
    for (id, message) in [(1, initialize()), (2, call_of("drop_session"))] {
        let posted = http.post(stream.messages()).json(&message).send().await;
        assert_eq!(posted.unwrap().status(), StatusCode::ACCEPTED);
        let answer = stream.next().await.unwrap().data.unwrap();
        assert!(answer.contains(&format!(r#""id":{id}"#)), "{answer}");
    }
    let posted = http.post(stream.messages()).json(&call_of("fail")).send();
    assert_eq!(posted.await.unwrap().status(), StatusCode::NOT_FOUND);
    assert!(stream.next().await.is_none());
    running.shutdown().await;
}

#[tokio::test]
async fn only_sessions_can_be_dropped() {
    let running = bind(Trouble::new()).await;
    for client in [stateless(&running).await, piped(Trouble::new()).await] {
        let refused = call(&client, "drop_session", json!({})).await.unwrap();
        assert_eq!(refused.is_error, Some(true));
    }
    running.shutdown().await;
}

#[tokio::test]
async fn a_closed_call_never_gets_its_answer() {
    let running = bind(Trouble::new()).await;
    let session = Session::open(&running).await;
    let response = session.call("close").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        response.bytes().await.is_err(),
        "the stream must break, not end"
    );
    assert_eq!(session.call("fail").await.status(), StatusCode::NOT_FOUND);

    for client in [
        stateless(&running).await,
        sse(&running).await,
        piped(Trouble::new()).await,
    ] {
        let lost = call(&client, "close", json!({})).await;
        assert!(
            !matches!(lost, Ok(_) | Err(ServiceError::McpError(_))),
            "{lost:?}"
        );
    }
    running.shutdown().await;
}

#[tokio::test]
async fn shutting_down_ends_streams_and_calls() {
    let running = bind(Trouble::new()).await;
    let (addr, stats) = (running.addr(), running.stats().clone());
    let mut stream = SseClient::connect(&running.url_sse()).await;
    let in_session = streamable(&running).await;
    let without = stateless(&running).await;
    let by_events = sse(&running).await;
    let mut calls = Vec::new();
    for client in [&in_session, &without, &by_events] {
        calls.push(begin(client, "hang").await);
    }
    stats
        .wait_until(|seen| seen.tool("hang").started == 3)
        .await;

    let began = Instant::now();
    running.shutdown().await;
    assert!(
        began.elapsed() < Duration::from_millis(900),
        "{:?}",
        began.elapsed()
    );
    assert!(stream.next().await.is_none());
    assert!(TcpStream::connect(addr).await.is_err());
    stats
        .wait_until(|seen| seen.tool("hang").cancelled == 3)
        .await;
}

#[tokio::test]
async fn aborting_breaks_what_is_open() {
    let running = bind(Trouble::new()).await;
    let addr = running.addr();
    let session = Session::open(&running).await;
    let hanging = session.call("hang").await;
    let opened = reqwest::get(running.url_sse()).await.unwrap();
    running.abort().await;

    assert!(TcpStream::connect(addr).await.is_err());
    assert!(
        hanging.bytes().await.is_err(),
        "the stream must break, not end"
    );
    assert!(
        opened.bytes().await.is_err(),
        "the stream must break, not end"
    );
}

#[tokio::test]
async fn dropping_a_running_server_ends_it() {
    let running = bind(Shop::new()).await;
    let opened = reqwest::get(running.url_sse()).await.unwrap();
    drop(running);
    assert!(opened.bytes().await.is_err());
}

#[tokio::test]
async fn connections_are_counted() {
    let running = bind(Shop::new()).await;
    let http = reqwest::Client::new();
    for _ in 0..3 {
        let response = http.get(running.url_mcp()).send().await.unwrap();
        response.bytes().await.unwrap();
    }
    assert_eq!(running.stats().now().connections, 1);
    running.shutdown().await;
}

/// A session of Streamable HTTP without a client that would repair it.
struct Session {
    http: reqwest::Client,
    url: String,
    id: String,
}

impl Session {
    async fn open(running: &Running) -> Self {
        let http = reqwest::Client::new();
        let url = running.url_mcp();
        let response = post(&http, &url, &initialize()).send().await.unwrap();
        let id = response.headers()["mcp-session-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let session = Self { http, url, id };
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(
            session.send(&initialized).await.status(),
            StatusCode::ACCEPTED
        );
        session
    }

    async fn call(&self, tool: &str) -> reqwest::Response {
        self.send(&call_of(tool)).await
    }

    async fn send(&self, message: &Value) -> reqwest::Response {
        let request = post(&self.http, &self.url, message);
        request
            .header("mcp-session-id", &self.id)
            .send()
            .await
            .unwrap()
    }
}

fn post(http: &reqwest::Client, url: &str, message: &Value) -> reqwest::RequestBuilder {
    http.post(url)
        .header("accept", "application/json, text/event-stream")
        .json(message)
}

fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        },
    })
}

fn call_of(tool: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": tool } })
}
