//! The same server over every transport and revision: the same tools, the same answers.

use rtmcp_core::{ResourceBody, ToolContent};
use rtmcp_mcp::{Pool, ServerChange, ServerState, Status};
use rtmcp_mock::trouble::Trouble;
use serde_json::json;

use crate::{
    front::Front,
    support::{call, child, http, ready, serve, soon, text},
};

async fn tools(pool: &Pool) -> Vec<String> {
    let change = soon(pool.changes().next()).await;
    let Some(ServerChange {
        what: ServerState::Ready { tools },
        ..
    }) = change
    else {
        panic!("ready instead of {change:?}");
    };
    tools.into_iter().map(|tool| tool.name).collect()
}

fn revision(pool: &Pool) -> String {
    match pool.status(&"mock".into()) {
        Some(Status::Ready(info)) => info.revision,
        other => panic!("ready instead of {other:?}"),
    }
}

/// Lists everything, calls something, and gets every kind of result.
async fn works(pool: &Pool, expected_revision: &str) {
    assert_eq!(revision(pool), expected_revision);
    let names = tools(pool).await;
    for name in ["echo", "slow", "huge", "image", "bad_schema", "odd_schema"] {
        assert!(names.iter().any(|it| it == name), "{name} in {names:?}");
    }
    let echo = call(pool, "echo", json!({"text": "hello"})).await.unwrap();
    assert_eq!(text(&echo), "hello");
    assert!(!echo.is_error);
    kinds_of_results(pool).await;
    errors(pool).await;
}

async fn kinds_of_results(pool: &Pool) {
    let image = call(pool, "image", json!({})).await.unwrap();
    let [ToolContent::Image { mime, data }] = image.content.as_slice() else {
        panic!("an image instead of {image:?}");
    };
    assert_eq!(mime, "image/png");
    assert!(data.expose().starts_with("iVBOR"));

    let audio = call(pool, "audio", json!({})).await.unwrap();
    let [ToolContent::Audio { mime, data }] = audio.content.as_slice() else {
        panic!("audio instead of {audio:?}");
    };
    assert_eq!(mime, "audio/wav");
    assert!(data.expose().starts_with("UklGR"));

    let resource = call(pool, "resource", json!({})).await.unwrap();
    let [
        ToolContent::Resource { uri, body, .. },
        ToolContent::Link { name, .. },
    ] = resource.content.as_slice()
    else {
        panic!("a resource and a link instead of {resource:?}");
    };
    assert_eq!(uri, "sample://manual");
    assert!(matches!(body, ResourceBody::Text(text) if text.expose().contains("off and on")));
    assert_eq!(name, "catalog");

    let wrong = call(pool, "wrong_type", json!({})).await.unwrap();
    let structured = wrong.structured.unwrap();
    assert_eq!(*structured.expose(), json!({"temperature": "warm"}));

    let huge = call(pool, "huge", json!({"bytes": 3_000_000}))
        .await
        .unwrap();
    assert_eq!(text(&huge).len(), 3_000_000);
}

async fn errors(pool: &Pool) {
    let failed = call(pool, "fail", json!({})).await.unwrap();
    assert!(failed.is_error);
    assert!(text(&failed).contains("always fails"));

    let error = call(pool, "protocol_error", json!({})).await.unwrap_err();
    assert!(error.is_protocol());
    assert_eq!(error.code(), Some(-32603));
    assert!(error.message().unwrap().expose().contains("always answers"));
    assert!(!error.to_string().contains("always answers"));
    assert!(error.may_have_run());

    let error = call(pool, "no_such_tool", json!({})).await.unwrap_err();
    assert!(error.is_protocol(), "{error}");
    assert!(!error.may_have_run());
}

#[tokio::test]
async fn streamable_http_without_sessions() {
    let server = serve(Trouble::new()).await;
    let pool = ready(http(server.url_mcp())).await;
    works(&pool, "2026-07-28").await;
    assert_eq!(server.stats().now().initialized, 0);
    soon(pool.shutdown()).await;
}

#[tokio::test]
async fn streamable_http_with_a_session() {
    let server = serve(Trouble::new()).await;
    let front = Front::stateful(server.addr()).await;
    let pool = ready(http(front.url("/mcp"))).await;
    works(&pool, "2025-11-25").await;
    soon(pool.shutdown()).await;
    let deleted = front.seen().iter().any(|seen| seen.http == "DELETE");
    assert!(deleted, "shutdown deletes the session");
}

#[tokio::test]
async fn http_and_sse_found_out() {
    let server = serve(Trouble::new()).await;
    let pool = ready(http(server.url_sse())).await;
    works(&pool, "2025-11-25").await;
    soon(pool.shutdown()).await;
}

#[tokio::test]
async fn stdio() {
    let pool = ready(child()).await;
    works(&pool, "2026-07-28").await;
    soon(pool.shutdown()).await;
}

#[tokio::test]
async fn the_shop_is_listed_with_its_annotations_and_schemas() {
    let server = serve(rtmcp_mock::shop::Shop::new()).await;
    let pool = ready(http(server.url_mcp())).await;
    let change = soon(pool.changes().next()).await.unwrap();
    let ServerState::Ready { tools } = change.what else {
        panic!("ready");
    };
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            "create_ticket",
            "get_weather",
            "issue_refund",
            "lookup_customer",
            "quote"
        ]
    );
    let refund = tools
        .iter()
        .find(|tool| tool.name == "issue_refund")
        .unwrap();
    assert_eq!(refund.annotations.destructive, Some(true));
    assert!(refund.annotations.writes());
    assert!(refund.output_schema.is_some());
    let weather = call(&pool, "get_weather", json!({"city": "Paris"}))
        .await
        .unwrap();
    assert!(weather.structured.is_some());
}
