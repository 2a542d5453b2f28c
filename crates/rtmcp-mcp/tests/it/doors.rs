//! Getting in, or not: wrong addresses, credentials, fallback, and what the messages say.

use axum::{
    http::{StatusCode, header},
    response::IntoResponse,
};
use rtmcp_core::Private;
use rtmcp_mcp::{Endpoint, HttpTransport, ServerConfig, Status};
use rtmcp_mock::{serve::Server, shop::Shop, trouble::Trouble};
use serde_json::json;

use crate::{
    front::{Front, stateful},
    support::{call, down, http, ready, serve, settled, soon, text},
};

const LOOPBACK: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

fn with(url: &str, transport: HttpTransport) -> ServerConfig {
    let url = url.parse().unwrap();
    ServerConfig::new("mock", Endpoint::Http { url, transport })
}

#[tokio::test]
async fn a_wrong_path_says_which_to_try() {
    let server = serve(Shop::new()).await;
    let url = format!("http://user:pass@{}/wrong?key=secret#x", server.addr());
    let pool = settled(http(&url)).await;
    let place = format!("http://{}/wrong", server.addr());
    assert_eq!(
        down(&pool),
        format!(
            "{place} is not an MCP endpoint (as Streamable HTTP: HTTP 404; as HTTP+SSE: HTTP 404): \
             check the path of the URL, try /mcp or /sse"
        )
    );
    let pool = settled(with(&url, HttpTransport::StreamableHttp)).await;
    assert_eq!(
        down(&pool),
        format!(
            "{place} is not an MCP endpoint (404): check the path of the URL, try /mcp or /sse"
        )
    );
}

#[tokio::test]
async fn the_wrong_transport_says_so() {
    let server = serve(Shop::new()).await;
    let pool = settled(with(&server.url_sse(), HttpTransport::StreamableHttp)).await;
    assert!(
        down(&pool).contains("is not an MCP endpoint (405)"),
        "{}",
        down(&pool)
    );
    let pool = settled(with(&server.url_mcp(), HttpTransport::Sse)).await;
    assert!(matches!(pool.status(&"mock".into()), Some(Status::Down(_))));
}

#[tokio::test]
async fn https_where_there_is_none_says_so() {
    let server = serve(Shop::new()).await;
    let pool = settled(http(server.url_mcp().replace("http:", "https:"))).await;
    assert!(
        down(&pool).starts_with("no secure connection to https://127.0.0.1:"),
        "{}",
        down(&pool)
    );
}

#[tokio::test]
async fn each_transport_can_be_named() {
    let server = serve(Shop::new()).await;
    ready(with(&server.url_sse(), HttpTransport::Sse)).await;
    ready(with(&server.url_mcp(), HttpTransport::StreamableHttp)).await;
}

#[tokio::test]
async fn credentials_get_in_and_wrong_ones_are_named() {
    let server = Server::new(Shop::new()).bearer("open sesame".to_owned());
    let server = server
        .header("X-Tenant", "acme")
        .bind(LOOPBACK.into())
        .await
        .unwrap();
    for url in [server.url_mcp(), server.url_sse()] {
        let mut config = http(&url);
        config.bearer = Some(Private::from("open sesame"));
        config.headers = vec![("X-Tenant".to_owned(), Private::from("acme"))];
        let pool = ready(config.clone()).await;
        let quote = json!({"city": "Paris"});
        assert!(!call(&pool, "get_weather", quote).await.unwrap().is_error);

        config.bearer = Some(Private::from("wrong"));
        let pool = settled(config).await;
        assert_eq!(
            down(&pool),
            "the server refused the credentials (401): check `bearer` or `headers` of server `mock`"
        );
        let error = call(&pool, "get_weather", json!({})).await.unwrap_err();
        assert!(error.is_unauthorized());
        assert!(!error.may_have_run());
    }
}

#[tokio::test]
async fn every_request_carries_the_credentials() {
    let server = serve(Shop::new()).await;
    let front = Front::stateful(server.addr()).await;
    for path in ["/mcp", "/sse"] {
        let mut config = http(front.url(path));
        config.bearer = Some(Private::from("token"));
        config.headers = vec![("X-Tenant".to_owned(), Private::from("acme"))];
        let pool = ready(config).await;
        call(&pool, "get_weather", json!({"city": "Paris"}))
            .await
            .unwrap();
        soon(pool.shutdown()).await;
    }
    let seen = front.seen();
    assert!(seen.iter().any(|request| request.http == "GET"));
    for request in seen {
        assert_eq!(request.headers[header::AUTHORIZATION], "Bearer token");
        assert_eq!(request.headers["x-tenant"], "acme");
    }
}

#[tokio::test]
async fn a_config_that_can_not_work_says_which_part() {
    let mut config = http("http://127.0.0.1:9/mcp");
    config.headers = vec![("bad name".to_owned(), Private::from("v"))];
    let pool = settled(config.clone()).await;
    let said = down(&pool);
    assert!(
        said.contains("`bad name`") && said.contains("is no header name"),
        "{said}"
    );
    config.headers = vec![("X-Key".to_owned(), Private::from("line\ns3cret"))];
    let pool = settled(config.clone()).await;
    assert!(down(&pool).contains("`X-Key`"));
    assert!(!down(&pool).contains("s3cret"));
    config.headers = vec![("Mcp-Session-Id".to_owned(), Private::from("v"))];
    let pool = settled(config).await;
    assert!(down(&pool).contains("belongs to the protocol"));
    let pool = settled(http("ftp://127.0.0.1/mcp")).await;
    assert!(down(&pool).contains("must begin with http:// or https://"));
    // Trying again can't help, so a call doesn't wait for it.
    let error = call(&pool, "echo", json!({})).await.unwrap_err();
    assert!(!error.is_unreachable());
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named_without_its_arguments() {
    let args = ["--token", "secret"];
    let config = ServerConfig::stdio("mock", "rtmcp-no-such-program", args);
    let pool = settled(config).await;
    assert_eq!(
        down(&pool),
        "the command `rtmcp-no-such-program` of server `mock` was not found: install it or give its full path"
    );
}

#[tokio::test]
async fn a_program_that_ends_at_once_says_what_to_do() {
    let pool = settled(ServerConfig::stdio("mock", "false", [] as [&str; 0])).await;
    assert!(down(&pool).contains("run it by hand"), "{}", down(&pool));
}

#[tokio::test]
async fn redirects_are_followed_at_home_and_refused_elsewhere() {
    let server = serve(Trouble::new()).await;
    let front = Front::new(server.addr(), |seen| {
        let moved = (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/mcp")]);
        (seen.path == "/old").then(|| moved.into_response())
    })
    .await;
    let pool = ready(http(front.url("/old"))).await;
    let echo = call(&pool, "echo", json!({"text": "moved"})).await.unwrap();
    assert_eq!(text(&echo), "moved");

    let elsewhere = server.url_mcp() + "?key=secret";
    let front = Front::new(server.addr(), move |_| {
        let moved = (
            StatusCode::PERMANENT_REDIRECT,
            [(header::LOCATION, elsewhere.clone())],
        );
        Some(moved.into_response())
    })
    .await;
    let pool = settled(http(front.url("/mcp"))).await;
    let expected = format!("redirects to {}: put that URL", server.url_mcp());
    assert!(down(&pool).contains(&expected), "{}", down(&pool));
    assert_eq!(server.stats().now().discovered, 1);
}

#[tokio::test]
async fn what_is_no_mcp_server_is_told_apart() {
    let server = serve(Trouble::new()).await;
    let page = |_: &_| Some(([(header::CONTENT_TYPE, "text/html")], "<html>").into_response());
    let front = Front::new(server.addr(), page).await;
    let pool = settled(http(front.url("/"))).await;
    assert!(
        down(&pool).contains("does not speak MCP"),
        "{}",
        down(&pool)
    );

    let broken = |_: &_| Some(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    let front = Front::new(server.addr(), broken).await;
    let pool = settled(http(front.url("/mcp"))).await;
    assert!(down(&pool).contains("HTTP 500"), "{}", down(&pool));
}

#[tokio::test]
async fn a_refused_call_leaves_the_server_ready() {
    let server = serve(Trouble::new()).await;
    let front = Front::new(server.addr(), |seen| {
        let refused = seen.method == "tools/call";
        refused
            .then(|| StatusCode::FORBIDDEN.into_response())
            .or_else(|| stateful(seen))
    })
    .await;
    let pool = ready(http(front.url("/mcp"))).await;
    let error = call(&pool, "echo", json!({"text": "x"})).await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    assert!(!error.may_have_run());
    assert!(matches!(
        pool.status(&"mock".into()),
        Some(Status::Ready(_))
    ));
}
