//! What a caller decides: time, cancellation, progress.

use std::time::Duration;

use rtmcp_mcp::{CallOptions, Pool};
use rtmcp_mock::{serve::Running, stats::Stats, trouble::Trouble};
use serde_json::json;
use tokio::sync::mpsc;

use crate::{
    front::Front,
    support::{PATIENCE, call_with, child, http, ready, serve, soon, text},
};

/// The misbehaving server over each way of HTTP; each pool with what keeps its server alive.
async fn over_http() -> Vec<(Pool, Running, Option<Front>)> {
    let mut all = Vec::new();
    let server = serve(Trouble::new()).await;
    all.push((ready(http(server.url_mcp())).await, server, None));
    let server = serve(Trouble::new()).await;
    all.push((ready(http(server.url_sse())).await, server, None));
    let server = serve(Trouble::new()).await;
    let front = Front::stateful(server.addr()).await;
    all.push((ready(http(front.url("/mcp"))).await, server, Some(front)));
    all
}

async fn cancelled(stats: &Stats, tool: &str) {
    soon(stats.wait_until(|seen| seen.tool(tool).cancelled == 1)).await;
}

#[tokio::test]
async fn a_call_out_of_time_is_cancelled_on_the_server() {
    for (pool, server, _front) in over_http().await {
        let options = CallOptions {
            timeout: Duration::from_millis(300),
            ..CallOptions::default()
        };
        let error = call_with(&pool, "hang", json!({}), options)
            .await
            .unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!(error.may_have_run());
        assert!(error.to_string().contains("within 300ms"), "{error}");
        cancelled(server.stats(), "hang").await;
    }
}

#[tokio::test]
async fn a_cancelled_call_returns_at_once_and_is_cancelled_on_the_server() {
    for (pool, server, _front) in over_http().await {
        let options = CallOptions {
            timeout: PATIENCE,
            ..CallOptions::default()
        };
        let token = options.cancel.clone();
        let started = server
            .stats()
            .wait_until(|seen| seen.tool("hang").started == 1);
        let cancel = async {
            soon(started).await;
            token.cancel();
        };
        let call = call_with(&pool, "hang", json!({}), options);
        let (result, ()) = tokio::join!(soon(call), cancel);
        assert!(result.unwrap_err().is_cancelled());
        cancelled(server.stats(), "hang").await;
    }
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_on_the_server() {
    for (pool, server, _front) in over_http().await {
        let started = server
            .stats()
            .wait_until(|seen| seen.tool("hang").started == 1);
        tokio::select! {
            result = call_with(&pool, "hang", json!({}), CallOptions::default()) => {
                panic!("hang answered: {result:?}");
            }
            _ = soon(started) => {}
        }
        cancelled(server.stats(), "hang").await;
    }
}

#[tokio::test]
async fn a_call_cancelled_before_it_begins_never_reaches_the_server() {
    let server = serve(Trouble::new()).await;
    let pool = ready(http(server.url_mcp())).await;
    let options = CallOptions::default();
    options.cancel.cancel();
    let error = call_with(&pool, "echo", json!({"text": "x"}), options)
        .await
        .unwrap_err();
    assert!(error.is_cancelled());
    assert!(!error.may_have_run());
    assert_eq!(server.stats().tool("echo").started, 0);
}

#[tokio::test]
async fn progress_arrives_in_order_and_before_the_result() {
    let mut pools = over_http().await;
    let stdio = ready(child()).await;
    let unused = serve(Trouble::new()).await;
    pools.push((stdio, unused, None));
    for (pool, _server, _front) in pools {
        let (sender, mut progress) = mpsc::unbounded_channel();
        let options = CallOptions {
            timeout: PATIENCE,
            progress: Some(sender),
            ..CallOptions::default()
        };
        let outcome = call_with(&pool, "slow", json!({"ms": 50}), options)
            .await
            .unwrap();
        assert!(text(&outcome).contains("Done"));
        let mut steps = Vec::new();
        while let Ok(step) = progress.try_recv() {
            assert_eq!(step.total, Some(10.0));
            steps.push(step.progress);
        }
        assert_eq!(steps, (1..=10).map(f64::from).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn calls_run_beside_each_other() {
    for (pool, server, _front) in over_http().await {
        let hanging = call_with(&pool, "hang", json!({}), CallOptions::default());
        let others = async {
            soon(
                server
                    .stats()
                    .wait_until(|seen| seen.tool("hang").started == 1),
            )
            .await;
            let mut calls = Vec::new();
            for number in 0..40 {
                let args = json!({"text": number.to_string()});
                calls.push(call_with(&pool, "echo", args, CallOptions::default()));
            }
            futures_util::future::join_all(calls).await
        };
        let answers = tokio::select! {
            result = hanging => panic!("hang answered: {result:?}"),
            answers = soon(others) => answers,
        };
        for (number, answer) in answers.into_iter().enumerate() {
            assert_eq!(text(&answer.unwrap()), number.to_string());
        }
    }
}
