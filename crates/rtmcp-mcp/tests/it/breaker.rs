//! Servers that keep failing, calls that may be repeated, places that are limited, time that grows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{http::StatusCode, response::IntoResponse};
use rtmcp_mcp::{CallOptions, Notice, Pool, ServerConfig};
use rtmcp_mock::{shop::Shop, trouble::Trouble};
use serde_json::json;

use crate::{
    front::{Front, silence, stateful},
    support::{PATIENCE, call, call_with, http, ready, serve, serve_at, settled, soon, text},
};

/// Calls until the server is left alone; returns how many calls that took.
async fn until_left_alone(pool: &Pool) -> u32 {
    for calls in 1..20 {
        let error = call(pool, "echo", json!({"text": "x"})).await.unwrap_err();
        if error.retry_in().is_some() {
            return calls;
        }
    }
    panic!("it is asked again and again");
}

async fn opened(notices: &mut rtmcp_mcp::Notices) -> (u32, Duration) {
    loop {
        if let Some(Notice::BreakerOpen {
            failures, retry_in, ..
        }) = soon(notices.next()).await
        {
            return (failures, retry_in);
        }
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_left_alone_said_so_and_found_again() {
    let server = serve(Trouble::new()).await;
    let address = server.addr();
    let url = server.url_mcp();
    server.abort().await;
    let pool = settled(http(&url)).await;
    let mut notices = pool.notices();
    until_left_alone(&pool).await;
    let (failures, rest) = opened(&mut notices).await;
    assert_eq!((failures, rest), (5, Duration::from_secs(5)));

    let server = serve_at(Trouble::new(), address).await;
    let begun = Instant::now();
    let error = call(&pool, "echo", json!({"text": "x"})).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(1), "refused at once");
    assert!(error.is_unreachable() && !error.may_have_run());
    let words = error.to_string();
    assert!(words.contains("is tried again in"), "{words}");
    assert!(
        words.contains("no answer from http://127.0.0.1:"),
        "{words}"
    );
    assert_eq!(server.stats().now().connections, 0);

    // Nobody calls, and it is found again.
    loop {
        if let Some(Notice::BreakerClosed { .. }) = soon(notices.next()).await {
            break;
        }
        // Closed when something worked.
        if call(&pool, "echo", json!({"text": "x"})).await.is_ok() {
            break;
        }
    }
    call(&pool, "echo", json!({"text": "back"})).await.unwrap();
}

#[tokio::test]
async fn a_server_that_answers_each_call_with_an_error_of_its_own_is_left_alone_too() {
    let server = serve(Trouble::new()).await;
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    let front = Front::new(server.addr(), move |seen| {
        let fails = seen.method == "tools/call" && is_broken.load(Ordering::Relaxed);
        fails
            .then(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
            .or_else(|| stateful(seen))
    })
    .await;
    let pool = ready(http(front.url("/mcp"))).await;
    let mut notices = pool.notices();
    assert_eq!(until_left_alone(&pool).await, 6);
    opened(&mut notices).await;
    broken.store(false, Ordering::Relaxed);
    let closed =
        async { while !matches!(notices.next().await, Some(Notice::BreakerClosed { .. })) {} };
    soon(closed).await;
    call(&pool, "echo", json!({"text": "back"})).await.unwrap();
}

/// One 503 must not cost the other tools, nor the other servers.
#[tokio::test]
async fn one_503_costs_one_call() {
    let server = serve(Trouble::new()).await;
    let refused = AtomicBool::new(false);
    let front = Front::new(server.addr(), move |seen| {
        let is_first = seen.method == "tools/call" && !refused.swap(true, Ordering::Relaxed);
        is_first
            .then(|| StatusCode::SERVICE_UNAVAILABLE.into_response())
            .or_else(|| stateful(seen))
    })
    .await;
    let shop = serve(Shop::new()).await;
    let other = ServerConfig::http("shop", shop.url_mcp().parse().unwrap());
    let pool = Pool::new(vec![http(front.url("/mcp")), other]);
    assert!(pool.settled(PATIENCE).await);
    let error = call(&pool, "echo", json!({"text": "x"})).await.unwrap_err();
    assert!(error.may_have_run(), "{error:?}");
    call(&pool, "echo", json!({"text": "y"})).await.unwrap();
    let args = json!({"city": "Paris"}).as_object().unwrap().clone();
    let options = CallOptions::default();
    let weather = pool
        .call(&"shop".into(), "get_weather", args, options)
        .await;
    assert!(!weather.unwrap().is_error);
}

#[tokio::test]
async fn only_what_may_be_done_twice_is_done_twice_and_only_once() {
    let server = serve(Trouble::new()).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let fails = Arc::new(AtomicUsize::new(0));
    let (seen_calls, left) = (Arc::clone(&calls), Arc::clone(&fails));
    let front = Front::new(server.addr(), move |seen| {
        if seen.method != "tools/call" {
            return stateful(seen);
        }
        seen_calls.fetch_add(1, Ordering::Relaxed);
        let fails = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| it.checked_sub(1));
        fails
            .is_ok()
            .then(|| StatusCode::BAD_GATEWAY.into_response())
    })
    .await;
    let pool = ready(http(front.url("/mcp"))).await;
    for (repeatable, failures, expected_calls, works) in [
        (false, 1, 1, false),
        (true, 1, 2, true),
        (true, 2, 2, false),
    ] {
        calls.store(0, Ordering::Relaxed);
        fails.store(failures, Ordering::Relaxed);
        let options = CallOptions {
            timeout: PATIENCE,
            repeatable,
            ..CallOptions::default()
        };
        let outcome = call_with(&pool, "echo", json!({"text": "x"}), options).await;
        assert_eq!(outcome.is_ok(), works, "{outcome:?}");
        assert_eq!(calls.load(Ordering::Relaxed), expected_calls);
        fails.store(0, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_repeatable_call_survives_a_restart_of_its_server() {
    let server = serve(Trouble::new()).await;
    let address = server.addr();
    let pool = ready(http(server.url_mcp())).await;
    let options = CallOptions {
        timeout: PATIENCE,
        repeatable: true,
        ..CallOptions::default()
    };
    let called = call_with(&pool, "slow", json!({"ms": 300}), options);
    let restart = async {
        let started = server.stats().clone();
        soon(started.wait_until(|seen| seen.tool("slow").started == 1)).await;
        server.abort().await;
        serve_at(Trouble::new(), address).await
    };
    let (outcome, server) = tokio::join!(soon(called), restart);
    assert!(!outcome.unwrap().is_error);
    assert_eq!(server.stats().tool("slow").finished, 1);
}

#[tokio::test]
async fn calls_beyond_the_limit_wait_for_their_turn_within_their_time() {
    let server = serve(Trouble::new()).await;
    let mut config = http(server.url_mcp());
    config.max_calls = 2;
    let pool = ready(config).await;
    let calls = (0..6).map(|_| call(&pool, "slow", json!({"ms": 100})));
    let most = async {
        let mut most = 0;
        server
            .stats()
            .wait_until(|seen| {
                most = most.max(seen.tool("slow").running());
                seen.tool("slow").finished == 6
            })
            .await;
        most
    };
    let (outcomes, most) = tokio::join!(futures_util::future::join_all(calls), soon(most));
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(most, 2);

    let hanging = (0..2).map(|_| call(&pool, "hang", json!({})));
    let waiting = async {
        let hangs = server.stats();
        soon(hangs.wait_until(|seen| seen.tool("hang").started == 2)).await;
        let options = CallOptions {
            timeout: Duration::from_millis(100),
            ..CallOptions::default()
        };
        call_with(&pool, "echo", json!({"text": "x"}), options).await
    };
    let error = tokio::select! {
        _ = futures_util::future::join_all(hanging) => panic!("they hang"),
        result = waiting => result.unwrap_err(),
    };
    assert!(error.is_busy() && !error.may_have_run(), "{error:?}");
    assert!(error.to_string().contains("`max_calls`"), "{error}");
}

#[tokio::test]
async fn progress_extends_a_call_where_its_owner_says_so() {
    let server = serve(Trouble::new()).await;
    for url in [server.url_mcp(), server.url_sse()] {
        let pool = ready(http(url)).await;
        for (max_total, works) in [(None, false), (Some(PATIENCE), true)] {
            let options = CallOptions {
                timeout: Duration::from_millis(400),
                max_total,
                ..CallOptions::default()
            };
            let outcome = call_with(&pool, "slow", json!({"ms": 1000}), options).await;
            assert_eq!(outcome.is_ok(), works, "{outcome:?}");
        }
        let options = CallOptions {
            timeout: Duration::from_millis(400),
            max_total: Some(Duration::from_millis(600)),
            ..CallOptions::default()
        };
        let error = call_with(&pool, "slow", json!({"ms": 3000}), options).await;
        let error = error.unwrap_err();
        assert!(error.to_string().contains("within 600ms"), "{error}");
    }
}

/// A connection on which nothing comes any more is given up, also while calls wait on it.
#[tokio::test]
async fn a_stuck_connection_is_replaced() {
    let server = serve(Trouble::new()).await;
    let stuck = Arc::new(AtomicBool::new(false));
    let is_stuck = Arc::clone(&stuck);
    let front = Front::new(server.addr(), move |seen| {
        let has_session = seen.headers.contains_key("mcp-session-id");
        let fails = has_session && is_stuck.load(Ordering::Relaxed) && seen.http == "POST";
        fails.then(silence).or_else(|| stateful(seen))
    })
    .await;
    let mut config = http(front.url("/mcp"));
    config.list_timeout = Duration::from_millis(200);
    let pool = ready(config).await;
    stuck.store(true, Ordering::Relaxed);
    let patient = call(&pool, "hang", json!({}));
    let recovered = async {
        let options = CallOptions {
            timeout: Duration::from_millis(100),
            ..CallOptions::default()
        };
        let error = call_with(&pool, "echo", json!({"text": "x"}), options).await;
        assert!(error.unwrap_err().is_timeout());
        let mut changes = pool.changes();
        loop {
            let change = soon(changes.next()).await.unwrap();
            if let rtmcp_mcp::ServerState::Down { error } = change.what {
                assert!(error.to_string().contains("sent nothing"), "{error}");
                break;
            }
        }
        stuck.store(false, Ordering::Relaxed);
        let outcome = call(&pool, "echo", json!({"text": "fresh"})).await.unwrap();
        assert_eq!(text(&outcome), "fresh");
    };
    let (lost, ()) = tokio::join!(soon(patient), recovered);
    assert!(lost.unwrap_err().may_have_run());
}
