//! Servers that ask for too much, send too much, or fall silent.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rtmcp_mcp::{CallOptions, ServerState, Status};
use rtmcp_mock::trouble::Trouble;
use serde_json::json;

use crate::{
    front::{Front, silence},
    support::{call, call_with, down, http, ready, serve, settled, soon, text},
};

#[tokio::test]
async fn a_list_that_goes_in_circles_is_given_up() {
    let server = serve(Trouble::new()).await;
    let front = Front::new(server.addr(), |seen| {
        let page = json!({"tools": [], "nextCursor": "again"});
        (seen.method == "tools/list").then(|| seen.result(&page))
    })
    .await;
    let pool = settled(http(front.url("/mcp"))).await;
    let message = down(&pool);
    assert!(
        message.contains("lists tools without end (a cursor came twice)"),
        "{message}"
    );
}

#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let server = serve(Trouble::new()).await;
    let pages = AtomicUsize::new(0);
    let front = Front::new(server.addr(), move |seen| {
        (seen.method == "tools/list").then(|| {
            let next = pages.fetch_add(1, Ordering::Relaxed).to_string();
            seen.result(&json!({"tools": [], "nextCursor": next}))
        })
    })
    .await;
    let pool = settled(http(front.url("/mcp"))).await;
    assert!(
        down(&pool).contains("more than 100 pages"),
        "{}",
        down(&pool)
    );
    let lists = front
        .seen()
        .iter()
        .filter(|seen| seen.method == "tools/list")
        .count();
    assert_eq!(lists, 100);
}

#[tokio::test]
async fn a_tool_that_can_not_be_read_costs_only_itself() {
    let server = serve(Trouble::new()).await;
    let front = Front::new(server.addr(), |seen| {
        let tools = json!({"tools": [{"title": "nameless"}, {"name": "good", "inputSchema": {}}]});
        (seen.method == "tools/list").then(|| seen.result(&tools))
    })
    .await;
    let pool = ready(http(front.url("/mcp"))).await;
    let change = soon(pool.changes().next()).await.unwrap();
    let ServerState::Ready { tools } = change.what else {
        panic!("ready");
    };
    assert_eq!(tools.len(), 1);
    assert_eq!(tools[0].name, "good");
}

#[tokio::test]
async fn a_result_that_is_too_large_ends_the_call_and_the_next_one_works() {
    let server = serve(Trouble::new()).await;
    let front = Front::stateful(server.addr()).await;
    for url in [server.url_mcp(), server.url_sse(), front.url("/mcp")] {
        let pool = ready(http(url)).await;
        let args = json!({"bytes": 17 << 20});
        let error = soon(call(&pool, "huge", args)).await.unwrap_err();
        assert!(
            error.to_string().contains("more than 16777216 bytes"),
            "{error}"
        );
        assert!(error.may_have_run());
        let echo = call(&pool, "echo", json!({"text": "on"})).await.unwrap();
        assert_eq!(text(&echo), "on");
    }
}

/// A connection on which nothing comes back anymore is not kept.
#[tokio::test]
async fn a_server_that_falls_silent_is_down_until_it_speaks() {
    let server = serve(Trouble::new()).await;
    let silent = Arc::new(AtomicBool::new(false));
    let is_silent = Arc::clone(&silent);
    let front = Front::new(server.addr(), move |_| {
        is_silent.load(Ordering::Relaxed).then(silence)
    })
    .await;
    let mut config = http(front.url("/mcp"));
    config.list_timeout = Duration::from_secs(1);
    config.connect_timeout = Duration::from_secs(1);
    let pool = ready(config).await;
    let mut changes = pool.changes();
    soon(changes.next()).await;

    silent.store(true, Ordering::Relaxed);
    let options = CallOptions {
        timeout: Duration::from_millis(100),
        ..CallOptions::default()
    };
    let error = call_with(&pool, "echo", json!({"text": "?"}), options)
        .await
        .unwrap_err();
    assert!(error.is_timeout());
    let change = soon(changes.next()).await.unwrap();
    let ServerState::Down { error } = change.what else {
        panic!("down");
    };
    assert!(error.is_timeout(), "{error}");

    silent.store(false, Ordering::Relaxed);
    let echo = call(&pool, "echo", json!({"text": "speaks"}))
        .await
        .unwrap();
    assert_eq!(text(&echo), "speaks");
}

/// A slow tool alone is no reason to give up the connection.
#[tokio::test]
async fn a_tool_out_of_time_leaves_the_server_ready() {
    let server = serve(Trouble::new()).await;
    let pool = ready(http(server.url_mcp())).await;
    let options = CallOptions {
        timeout: Duration::from_millis(100),
        ..CallOptions::default()
    };
    let error = call_with(&pool, "hang", json!({}), options)
        .await
        .unwrap_err();
    assert!(error.is_timeout());
    // The supervisor asks for a sign of life, and gets one.
    soon(server.stats().wait_until(|seen| seen.listed == 2)).await;
    let echo = call(&pool, "echo", json!({"text": "on"})).await.unwrap();
    assert_eq!(text(&echo), "on");
    assert_eq!(server.stats().now().discovered, 1);
    assert!(matches!(
        pool.status(&"mock".into()),
        Some(Status::Ready(_))
    ));
}

/// What a server of the stateless revision asks in between is declined, and it goes on without.
#[tokio::test]
async fn required_input_is_declined() {
    let server = serve(Trouble::new()).await;
    let front = Front::new(server.addr(), |seen| {
        if seen.method != "tools/call" {
            return None;
        }
        let params = &seen.message["params"];
        if params["inputResponses"].is_null() {
            let form = json!({"type": "object", "properties": {"name": {"type": "string"}}});
            let ask = json!({"mode": "form", "message": "Your name?", "requestedSchema": form});
            return Some(seen.result(&json!({
                "resultType": "input_required",
                "inputRequests": {"q1": {"method": "elicitation/create", "params": ask}},
                "requestState": "opaque",
            })));
        }
        assert_eq!(params["requestState"], "opaque");
        let answer = params["inputResponses"]["q1"]["action"].clone();
        let content = json!([{"type": "text", "text": answer}]);
        Some(seen.result(&json!({"resultType": "complete", "content": content})))
    })
    .await;
    let pool = ready(http(front.url("/mcp"))).await;
    let outcome = call(&pool, "echo", json!({"text": "x"})).await.unwrap();
    assert_eq!(text(&outcome), "decline");
}
