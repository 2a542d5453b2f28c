//! Clients that mean no good, or can't speak.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    client::{Client, PROXY_KEY, request},
    far::Far,
    stage::{before, own, pair, proxied},
};
use crate::serve::{endpoint::PATIENCE, stage::Stage};

/// Sends a text over a connection of its own, and returns all that comes.
async fn exchange(stage: &Stage, text: &str) -> String {
    let mut socket = TcpStream::connect(stage.addr).await.unwrap();
    // One that is refused early may not take all of it.
    let _ = socket.write_all(text.as_bytes()).await;
    let mut told = Vec::new();
    let read = timeout(PATIENCE, socket.read_to_end(&mut told)).await;
    let _ = read.unwrap();
    String::from_utf8_lossy(&told).into_owned()
}

/// A head for a socket, with these lines in it.
fn head(lines: &str) -> String {
    format!(
        "GET /v1/realtime?model=m HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {PROXY_KEY}\r\n{lines}\r\n"
    )
}

/// Checks a refusal's status and shape, and returns its words.
fn refused(told: &str, status: u16) -> String {
    assert!(told.starts_with(&format!("HTTP/1.1 {status} ")), "{told}");
    let body = told.split("\r\n\r\n").nth(1).unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let message = body["error"]["message"].as_str().unwrap();
    assert!(body["error"]["type"] == "invalid_request_error", "{body}");
    message.to_owned()
}

#[tokio::test]
async fn what_asks_for_no_socket_gets_none() {
    let stage = proxied(own()).await;
    const UPGRADE: &str = "Connection: upgrade, close\r\nUpgrade: websocket\r\n";
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (lines, status) in [
        ("Connection: close\r\n".to_owned(), 426),
        (
            format!("Connection: close\r\nUpgrade: websocket\r\n{key}"),
            426,
        ),
        (format!("{UPGRADE}{key}"), 400),
        (format!("{UPGRADE}{key}Sec-WebSocket-Version: 8\r\n"), 400),
        (format!("{UPGRADE}Sec-WebSocket-Version: 13\r\n"), 400),
        (
            format!("{UPGRADE}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"),
            400,
        ),
    ] {
        let told = exchange(&stage, &head(&lines)).await;
        refused(&told, status);
    }
}

#[tokio::test]
async fn heads_are_bounded_in_size_and_time() {
    let stage = before(Far::new().await.addr(), |it| {
        it.limits.idle = Duration::from_millis(300);
    })
    .await;
    let endless = format!("GET /v1/realtime HTTP/1.1\r\nX: {}", "x".repeat(64 * 1024));
    let told = exchange(&stage, &endless).await;
    assert!(told.starts_with("HTTP/1.1 431 "), "{told}");
    // A head that never ends.
    let slow = exchange(&stage, "GET /v1/realtime HTTP/1.1\r\nX: ").await;
    assert!(!slow.contains("101"), "{slow}");
}

#[tokio::test]
async fn bodies_are_bounded() {
    let stage = proxied(own()).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/v1/realtime/calls", stage.addr);
    let post = |body: Vec<u8>, kind: &str| {
        let request = http.post(&url).bearer_auth(PROXY_KEY).body(body);
        request.header("content-type", kind.to_owned()).send()
    };
    let answer = post(vec![b'v'; 2 * 1024 * 1024], "application/sdp")
        .await
        .unwrap();
    assert_eq!(answer.status(), 413);
    let answer = post(b"--x".to_vec(), "multipart/form-data; boundary=x")
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(stage.endpoint.asked().len(), 0);
}

#[tokio::test]
async fn other_routes_and_methods_are_refused_in_the_same_shape() {
    let stage = proxied(own()).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (method, path, status) in [
        ("GET", "/v1/models", 404),
        ("GET", "/v1/realtime/calls", 405),
        ("POST", "/v1/realtime", 405),
        ("POST", "/v1/realtime/calls/a%2F..%2Fb/hangup", 400),
        ("POST", "/v1/realtime/calls/rtc_1/listen", 404),
    ] {
        let method = method.parse().unwrap();
        let url = format!("http://{}{path}", stage.addr);
        let request = http.request(method, url).bearer_auth(PROXY_KEY);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let body: Value = answer.json().await.unwrap();
        assert!(body["error"]["message"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn who_breaks_the_protocol_is_cut_off_and_the_endpoint_told() {
    for (bytes, code) in [
        // Not masked; of a reserved kind; of a length beyond everything; masked, and no text.
        (&b"\x81\x02hi"[..], 1002),
        (b"\x83\x80\0\0\0\0", 1002),
        (b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1009),
        (b"\x81\x82\0\0\0\0\xff\xfe", 1007),
    ] {
        let (_stage, mut client, mut far) = pair().await;
        let raw = client.socket.get_mut();
        raw.write_all(bytes).await.unwrap();
        raw.flush().await.unwrap();
        assert_eq!(far.closed().await.unwrap().0, 1001);
        assert_eq!(client.closed().await.unwrap().0, code);
    }
}

#[tokio::test]
async fn sessions_of_one_address_are_counted_until_they_are_over() {
    let far = Far::new().await;
    let stage = before(far.addr(), |it| it.limits.proxied_per_peer = 1).await;
    let asked = || request(stage.addr, "");
    let (first, end) = tokio::join!(Client::open(asked()), far.accept());
    let (code, _) = Client::refused(asked(), 429).await;
    assert_eq!(code, "rate_limit_exceeded");
    drop(first);
    drop(end);
    let again = async {
        loop {
            let accepted = async { timeout(Duration::from_millis(200), far.accept()).await };
            let (opened, _end) = tokio::join!(Client::open(asked()), accepted);
            if opened.is_ok() {
                return;
            }
        }
    };
    timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn a_socket_keeps_its_place_among_the_connections() {
    let far = Far::new().await;
    let stage = before(far.addr(), |it| it.limits.connections_per_peer = 1).await;
    let (client, end) = tokio::join!(Client::open(request(stage.addr, "")), far.accept());
    let whole = "GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    assert_eq!(exchange(&stage, whole).await, "", "a second connection");
    drop((client, end));
    let answered = async { while !exchange(&stage, whole).await.contains("200 OK") {} };
    timeout(PATIENCE, answered).await.unwrap();
}
