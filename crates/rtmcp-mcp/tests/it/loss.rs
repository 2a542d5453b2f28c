//! Connections and sessions that are lost, and what is made of it.

use std::{net::SocketAddr, time::Duration};

use axum::{http::StatusCode, response::IntoResponse};
use rtmcp_mcp::{CallOptions, Pool, ServerState, Status};
use rtmcp_mock::trouble::Trouble;
use serde_json::json;

use crate::{
    front::{Front, stateful},
    support::{PATIENCE, call, call_with, child, down, http, ready, serve, serve_at, soon, text},
};

async fn echo(pool: &Pool, word: &str) {
    let outcome = call(pool, "echo", json!({"text": word})).await.unwrap();
    assert_eq!(text(&outcome), word);
}

#[tokio::test]
async fn a_forgotten_session_is_opened_anew_and_the_call_repeated() {
    let server = serve(Trouble::new()).await;
    let front = Front::stateful(server.addr()).await;
    for url in [front.url("/mcp"), server.url_sse()] {
        let before = server.stats().now();
        let pool = ready(http(url)).await;
        call(&pool, "drop_session", json!({})).await.unwrap();
        echo(&pool, "again").await;
        let after = server.stats().now();
        assert_eq!(after.tool("echo").started, before.tool("echo").started + 1);
        assert_eq!(after.initialized, before.initialized + 2);
        soon(pool.shutdown()).await;
    }
}

/// Servers of older revisions have their own words for an unknown session.
#[tokio::test]
async fn a_401_or_400_that_names_the_session_is_a_lost_session() {
    let server = serve(Trouble::new()).await;
    for (status, body) in [
        (StatusCode::UNAUTHORIZED, "Session not found"),
        (
            StatusCode::BAD_REQUEST,
            "Bad Request: No valid session ID provided",
        ),
    ] {
        let refused = std::sync::atomic::AtomicBool::new(false);
        let front = Front::new(server.addr(), move |seen| {
            let is_first_call = seen.method == "tools/call"
                && !refused.swap(true, std::sync::atomic::Ordering::Relaxed);
            is_first_call
                .then(|| (status, body).into_response())
                .or_else(|| stateful(seen))
        })
        .await;
        let pool = ready(http(front.url("/mcp"))).await;
        echo(&pool, "recovered").await;
    }
}

/// Ends the server while a call hangs in it, and serves again at the same address.
async fn killed_and_back(url: impl Fn(SocketAddr) -> String) {
    let server = serve(Trouble::new()).await;
    let address = server.addr();
    let pool = ready(http(url(address))).await;
    let mut changes = pool.changes();
    soon(changes.next()).await;

    let options = CallOptions {
        timeout: Duration::from_secs(600),
        ..CallOptions::default()
    };
    let hanging = call_with(&pool, "hang", json!({}), options);
    let kill = async {
        soon(
            server
                .stats()
                .wait_until(|seen| seen.tool("hang").started == 1),
        )
        .await;
        server.abort().await;
    };
    let (result, ()) = tokio::join!(soon(hanging), kill);
    let error = result.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    assert!(error.may_have_run());

    let change = soon(changes.next()).await.unwrap();
    assert!(
        matches!(change.what, ServerState::Down { .. }),
        "{change:?}"
    );
    let error = call(&pool, "echo", json!({"text": "x"})).await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    assert!(!error.may_have_run());
    assert!(
        error
            .to_string()
            .starts_with("no answer from http://127.0.0.1:"),
        "{error}"
    );

    let server = serve_at(Trouble::new(), address).await;
    echo(&pool, "back").await;
    assert_eq!(server.stats().tool("echo").started, 1);
    let back = async {
        while let Some(change) = changes.next().await {
            if let ServerState::Ready { tools } = change.what {
                return tools;
            }
        }
        Vec::new()
    };
    assert!(!soon(back).await.is_empty());
    soon(pool.shutdown()).await;
}

#[tokio::test]
async fn killed_in_a_call_and_back_over_streamable_http() {
    killed_and_back(|address| format!("http://{address}/mcp")).await;
}

#[tokio::test]
async fn killed_in_a_call_and_back_over_sse() {
    killed_and_back(|address| format!("http://{address}/sse")).await;
}

#[tokio::test]
async fn a_broken_connection_ends_the_call_and_the_next_one_works() {
    let server = serve(Trouble::new()).await;
    for url in [server.url_mcp(), server.url_sse()] {
        let pool = ready(http(url)).await;
        let error = soon(call(&pool, "close", json!({}))).await.unwrap_err();
        assert!(error.is_unreachable(), "{error}");
        assert!(error.may_have_run());
        echo(&pool, "still there").await;
    }
}

#[tokio::test]
async fn a_child_that_ends_in_a_call_is_started_again() {
    let pool = ready(child()).await;
    let error = soon(call(&pool, "close", json!({}))).await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    assert!(error.to_string().contains("run it by hand"), "{error}");
    echo(&pool, "again").await;
    soon(pool.shutdown()).await;
}

#[tokio::test]
async fn a_session_server_that_is_restarted_while_idle_is_found_again_without_a_call() {
    let server = serve(Trouble::new()).await;
    let address = server.addr();
    let pool = ready(http(server.url_sse())).await;
    let mut changes = pool.changes();
    soon(changes.next()).await;
    server.abort().await;
    let change = soon(changes.next()).await.unwrap();
    assert!(
        matches!(change.what, ServerState::Down { .. }),
        "{change:?}"
    );
    let server = serve_at(Trouble::new(), address).await;
    let again = async {
        loop {
            let change = changes.next().await.unwrap();
            if matches!(change.what, ServerState::Ready { .. }) {
                return;
            }
        }
    };
    soon(again).await;
    assert_eq!(server.stats().now().initialized, 1);
}

#[tokio::test]
async fn a_server_that_is_down_at_first_is_ready_once_it_is_there() {
    let server = serve(Trouble::new()).await;
    let (address, url) = (server.addr(), server.url_mcp());
    server.abort().await;
    let pool = Pool::new(vec![http(url)]);
    assert!(pool.settled(PATIENCE).await);
    assert!(down(&pool).starts_with("no answer from http://127.0.0.1:"));

    let _server = serve_at(Trouble::new(), address).await;
    let mut changes = pool.changes();
    let ready = async {
        loop {
            let change = changes.next().await.unwrap();
            if matches!(change.what, ServerState::Ready { .. }) {
                return;
            }
        }
    };
    soon(ready).await;
    assert!(matches!(
        pool.status(&"mock".into()),
        Some(Status::Ready(_))
    ));
}

#[tokio::test]
async fn many_calls_on_a_server_that_is_down_share_one_attempt() {
    let server = serve(Trouble::new()).await;
    let address = server.addr();
    let pool = ready(http(server.url_sse())).await;
    server.abort().await;
    let mut changes = pool.changes();
    loop {
        let change = soon(changes.next()).await.unwrap();
        if matches!(change.what, ServerState::Down { .. }) {
            break;
        }
    }
    let server = serve_at(Trouble::new(), address).await;
    let calls = (0..20).map(|_| echo(&pool, "one of many"));
    soon(futures_util::future::join_all(calls)).await;
    assert_eq!(server.stats().now().initialized, 1);
}
