//! Who is let in, and what a client may say first.

use reqwest::{Client, RequestBuilder, StatusCode};
use rtmcp_mock::serve::{Running, Server};
use rtmcp_mock::shop::Shop;
use serde_json::{Value, json};

use crate::client::bind;

const LOOPBACK: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

#[tokio::test]
async fn a_bearer_token_can_be_required() {
    let server = Server::new(Shop::new()).bearer("open sesame");
    assert!(!format!("{server:?}").contains("sesame"));
    let running = server.bind(LOOPBACK.into()).await.unwrap();
    for ask in [initialize, open_stream] {
        let refused = ask(&running).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(refused.headers()["www-authenticate"], "Bearer");
        let wrong = ask(&running).bearer_auth("open says me");
        assert_eq!(status(wrong).await, StatusCode::UNAUTHORIZED);
        let right = ask(&running).bearer_auth("open sesame");
        assert_eq!(status(right).await, StatusCode::OK);
    }
    assert_eq!(running.stats().now().unauthorized, 4);
    running.shutdown().await;
}

#[tokio::test]
async fn a_header_can_be_required() {
    let server = Server::new(Shop::new()).header("X-Api-Key", "k1");
    let running = server.bind(LOOPBACK.into()).await.unwrap();
    for (key, expected) in [("k2", StatusCode::UNAUTHORIZED), ("k1", StatusCode::OK)] {
        let asked = initialize(&running).header("x-api-key", key);
        assert_eq!(status(asked).await, expected);
    }
    assert_eq!(running.stats().now().initialized, 1);
    running.shutdown().await;
}

#[tokio::test]
async fn pages_from_elsewhere_are_turned_away() {
    let running = bind(Shop::new()).await;
    for ask in [initialize, open_stream] {
        for (header, value, expected) in [
            ("host", "127.0.0.1:1", StatusCode::OK),
            ("host", "localhost", StatusCode::OK),
            ("host", "rebound.example", StatusCode::FORBIDDEN),
            ("origin", "http://localhost:3000", StatusCode::OK),
            ("origin", "https://elsewhere.example", StatusCode::FORBIDDEN),
            ("origin", "null", StatusCode::FORBIDDEN),
        ] {
            let asked = ask(&running).header(header, value);
            assert_eq!(status(asked).await, expected, "{header}: {value}");
        }
    }
    running.shutdown().await;
}

#[tokio::test]
async fn another_host_can_be_let_in() {
    let server = Server::new(Shop::new()).host("mock.internal");
    let running = server.bind(LOOPBACK.into()).await.unwrap();
    let asked = initialize(&running).header("host", "mock.internal:8080");
    assert_eq!(status(asked).await, StatusCode::OK);
    running.shutdown().await;
}

#[tokio::test]
async fn the_message_address_wants_a_session_and_a_message() {
    let running = bind(Shop::new()).await;
    let post = |query: &str, body: &'static str| {
        let url = format!("http://{}/message{query}", running.addr());
        status(Client::new().post(url).body(body))
    };
    assert_eq!(post("", "{}").await, StatusCode::BAD_REQUEST);
    assert_eq!(post("?sessionId=none", "{}").await, StatusCode::NOT_FOUND);
    let stream = crate::sse_client::SseClient::connect(&running.url_sse()).await;
    let garbage = Client::new().post(stream.messages()).body("{");
    assert_eq!(status(garbage).await, StatusCode::BAD_REQUEST);
    running.shutdown().await;
}

/// Both kinds of client are answered by one server, each in its own way.
#[tokio::test]
async fn every_revision_is_spoken() {
    let running = bind(Shop::new()).await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let response = initialize_as(&running, version).send().await.unwrap();
        assert!(
            response.headers().contains_key("mcp-session-id"),
            "{version}"
        );
        let text = response.text().await.unwrap();
        assert!(
            text.contains(&format!(r#""protocolVersion":"{version}""#)),
            "{text}"
        );
    }
    // What has no handshake can't be agreed on in one: the newest that has one is offered.
    let response = initialize_as(&running, "2026-07-28").send().await.unwrap();
    let text = response.text().await.unwrap();
    assert!(text.contains(r#""protocolVersion":"2025-11-25""#), "{text}");

    let response = discover(&running).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(!response.headers().contains_key("mcp-session-id"));
    let text = response.text().await.unwrap();
    assert!(text.contains(r#""2026-07-28""#), "{text}");
    running.shutdown().await;
}

fn initialize(running: &Running) -> RequestBuilder {
    initialize_as(running, "2025-11-25")
}

fn initialize_as(running: &Running, version: &str) -> RequestBuilder {
    post(
        running,
        &json!({
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": {
                "protocolVersion": version,
                "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" },
            },
        }),
    )
}

fn discover(running: &Running) -> RequestBuilder {
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "server/discover",
        "params": { "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        } },
    });
    post(running, &request)
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "server/discover")
}

fn post(running: &Running, body: &Value) -> RequestBuilder {
    Client::new()
        .post(running.url_mcp())
        .header("accept", "application/json, text/event-stream")
        .json(body)
}

fn open_stream(running: &Running) -> RequestBuilder {
    Client::new().get(running.url_sse())
}

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}
