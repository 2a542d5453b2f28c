//! Servers of strangers: where they may be, and how much they may send.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use rtmcp_core::limits;
use rtmcp_mcp::{AllowList, Guard, ServerConfig, Status};
use rtmcp_mock::trouble::Trouble;
use serde_json::{Value, json};

use crate::{
    front::{Front, Seen},
    support::{call, down, http, ready, serve, settled, text},
};

/// A server that a stranger names.
fn named(url: impl AsRef<str>, allow: &[&str]) -> ServerConfig {
    let mut config = http(url);
    config.guard = Guard::strangers(AllowList::new(allow).unwrap());
    config
}

#[tokio::test]
async fn a_strangers_server_on_this_machine_is_reached_only_where_the_owner_says() {
    let server = serve(Trouble::new()).await;
    for url in [server.url_mcp(), server.url_sse()] {
        let message = down(&settled(named(&url, &[])).await);
        assert!(message.contains("must begin with https://"), "{message}");
        let https = url.replacen("http:", "https:", 1);
        let message = down(&settled(named(https, &[])).await);
        assert!(message.contains("is this machine itself"), "{message}");
        assert!(message.contains("`allow` of `[safety]`"), "{message}");
        assert_eq!(server.stats().now().connections, 0, "nobody knocked");
    }
    for allow in ["localhost", "127.0.0.0/8"] {
        let pool = ready(named(server.url_mcp(), &[allow])).await;
        let echo = call(&pool, "echo", json!({"text": "in"})).await.unwrap();
        assert_eq!(text(&echo), "in");
    }
}

#[tokio::test]
async fn a_name_of_this_machine_is_no_way_around() {
    let server = serve(Trouble::new()).await;
    let port = server.addr().port();
    // A name on the list of hosts, that leads to this machine by the system's own resolver.
    let config = named(format!("http://localhost.:{port}/mcp"), &["10.0.0.0/8"]);
    assert!(down(&settled(config).await).contains("must begin with https://"));
    let config = named(format!("https://localhost:{port}/mcp"), &[]);
    let message = down(&settled(config).await);
    assert!(
        message.contains("`localhost` leads to this machine"),
        "{message}"
    );
    assert_eq!(server.stats().now().connections, 0, "nobody knocked");
}

#[tokio::test]
async fn a_redirect_leads_nowhere_else() {
    let hidden = serve(Trouble::new()).await;
    let target = hidden.url_mcp();
    let front = Front::new(hidden.addr(), move |_| {
        let location = [(header::LOCATION, target.clone())];
        Some((StatusCode::TEMPORARY_REDIRECT, location).into_response())
    })
    .await;
    let port = front.address.port();
    let message = down(&settled(named(front.url("/mcp"), &[&format!("127.0.0.1:{port}")])).await);
    assert!(message.contains("redirects to"), "{message}");
    assert_eq!(hidden.stats().now().connections, 0, "nobody knocked");
}

/// A front that answers everything so.
async fn answering(answer: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> Front {
    let nowhere = ([127, 0, 0, 1], 9).into();
    Front::new(nowhere, move |seen| Some(answer(seen))).await
}

#[tokio::test]
async fn a_compressed_answer_is_not_unpacked() {
    let front = answering(|seen| {
        let mut answer = seen.result(&json!({}));
        let gzip = HeaderValue::from_static("gzip");
        answer.headers_mut().insert(header::CONTENT_ENCODING, gzip);
        answer
    })
    .await;
    let message = down(&settled(http(front.url("/mcp"))).await);
    assert!(message.contains("compressed"), "{message}");
    let asked = front.seen()[0]
        .headers
        .get(header::ACCEPT_ENCODING)
        .cloned();
    assert_eq!(asked, None);
}

#[tokio::test]
async fn an_answer_of_too_many_headers_is_refused() {
    for (count, is_taken) in [
        (limits::HTTP_HEADERS - 10, true),
        (limits::HTTP_HEADERS, false),
    ] {
        let headers: HeaderMap = (0..count)
            .map(|at| {
                let name = HeaderName::try_from(format!("x-{at}")).unwrap();
                (name, HeaderValue::from_static("y"))
            })
            .collect();
        let server = serve(Trouble::new()).await;
        let front = Front::new(server.addr(), move |seen| {
            (seen.method == "tools/list").then(|| {
                let mut answer = seen.result(&json!({"tools": []}));
                answer.headers_mut().extend(headers.clone());
                answer
            })
        })
        .await;
        let pool = settled(http(front.url("/mcp"))).await;
        let status = pool.status(&"mock".into());
        assert_eq!(
            matches!(status, Some(Status::Ready(_))),
            is_taken,
            "{status:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_nested_too_deeply_is_no_answer() {
    let server = serve(Trouble::new()).await;
    let front = Front::new(server.addr(), |seen| {
        (seen.method == "tools/list").then(|| {
            let id = &seen.message["id"];
            let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
            let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{open}{close}}}"#);
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        })
    })
    .await;
    let message = down(&settled(http(front.url("/mcp"))).await);
    assert!(message.contains("not a JSON-RPC message"), "{message}");
}

/// An event stream that goes on with this forever.
fn endless(part: Bytes) -> Response {
    let parts = stream::repeat_with(move || Ok::<_, std::io::Error>(part.clone()));
    let events = [(header::CONTENT_TYPE, "text/event-stream")];
    (events, Body::from_stream(parts)).into_response()
}

#[tokio::test]
async fn an_answer_without_end_ends_the_call() {
    let server = serve(Trouble::new()).await;
    let comment = Bytes::from([b": ".as_slice(), &[b'x'; 1 << 20], b"\n"].concat());
    let words = "x".repeat(1 << 20);
    let params = json!({"level": "debug", "data": words});
    let log = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": params});
    let event = Bytes::from(format!("data: {log}\n\n"));
    for part in [comment, event] {
        let front = Front::new(server.addr(), move |seen| {
            (seen.method == "tools/call").then(|| endless(part.clone()))
        })
        .await;
        let pool = ready(http(front.url("/mcp"))).await;
        let error = call(&pool, "echo", json!({"text": "?"})).await.unwrap_err();
        let limit = limits::MCP_ANSWER_BYTES.to_string();
        assert!(error.to_string().contains(&limit), "{error}");
    }
}

#[tokio::test]
async fn a_list_of_tools_has_an_end_in_bytes() {
    let server = serve(Trouble::new()).await;
    let pages = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&pages);
    let words = "x".repeat(10 << 20);
    let front = Front::new(server.addr(), move |seen| {
        (seen.method == "tools/list").then(|| {
            let page = counter.fetch_add(1, Ordering::Relaxed);
            let tool = json!({"name": format!("t{page}"), "description": words, "inputSchema": {}});
            seen.result(&json!({"tools": [tool], "nextCursor": page.to_string()}))
        })
    })
    .await;
    let message = down(&settled(http(front.url("/mcp"))).await);
    assert!(message.contains("more than 32 MiB"), "{message}");
    assert_eq!(pages.load(Ordering::Relaxed), 4);
    assert_eq!(limits::MCP_LIST_BYTES, 32 << 20);
}

/// The stateless revision names tools in headers, and a tool's name may be anything.
#[tokio::test]
async fn a_tools_name_writes_no_headers() {
    const NAME: &str = "echo\r\nX-Evil: 1\r\n\r\n\u{1b}[2J";
    let server = serve(Trouble::new()).await;
    let front = Front::new(server.addr(), |seen| match seen.method.as_str() {
        "tools/list" => {
            let schema = json!({"type": "object", "properties": {
                "city": {"type": "string", "x-mcp-header": "City"},
            }});
            let tools = json!({"tools": [{"name": NAME, "inputSchema": schema}]});
            Some(seen.result(&tools))
        }
        "tools/call" => Some(seen.result(&json!({"content": [], "resultType": "complete"}))),
        _ => None,
    })
    .await;
    let pool = ready(http(front.url("/mcp"))).await;
    let city = "Paris\r\nX-Evil: 2";
    call(&pool, NAME, json!({"city": city})).await.unwrap();
    let seen = front.seen();
    let called = seen.iter().find(|it| it.method == "tools/call").unwrap();
    assert_eq!(called.message["params"]["name"], Value::from(NAME));
    assert_eq!(called.headers.get("x-evil"), None);
    for value in called.headers.values() {
        assert!(
            !value.as_bytes().iter().any(u8::is_ascii_control),
            "{value:?}"
        );
    }
    let named = called.headers.get("mcp-name").unwrap().to_str().unwrap();
    assert!(named.starts_with("=?base64?"), "{named}");
    let param = called.headers.get("mcp-param-city").unwrap();
    assert!(
        param.to_str().unwrap().starts_with("=?base64?"),
        "{param:?}"
    );
}
