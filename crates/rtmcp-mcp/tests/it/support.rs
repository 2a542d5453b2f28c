//! Servers, pools and calls for the tests.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use rtmcp_core::{ToolContent, ToolOutcome};
use rtmcp_mcp::{CallError, CallOptions, Pool, ServerConfig, Status};
use rtmcp_mock::{
    Sample,
    serve::{Running, Server},
};
use serde_json::Value;

/// Longer than anything here takes, so that a hanging test fails by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Serves `sample` on a free port.
pub(crate) async fn serve<S: Sample>(sample: S) -> Running {
    serve_at(sample, ([127, 0, 0, 1], 0).into()).await
}

pub(crate) async fn serve_at<S: Sample>(sample: S, address: SocketAddr) -> Running {
    Server::new(sample).bind(address).await.unwrap()
}

/// A server called `mock`.
pub(crate) fn http(url: impl AsRef<str>) -> ServerConfig {
    ServerConfig::http("mock", url.as_ref().parse().unwrap())
}

/// The misbehaving server as a child process, called `mock`.
pub(crate) fn child() -> ServerConfig {
    let program = example("mock_stdio");
    ServerConfig::stdio("mock", program.to_str().unwrap(), [] as [&str; 0])
}

/// An example of this crate, which cargo builds along with the tests.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(|deps| deps.parent()).unwrap();
    target.join("examples").join(name)
}

/// A pool of one server, ready.
pub(crate) async fn ready(config: ServerConfig) -> Pool {
    let pool = settled(config).await;
    let status = pool.status(&"mock".into());
    assert!(matches!(status, Some(Status::Ready(_))), "{status:?}");
    pool
}

/// A pool of one server, ready or down.
pub(crate) async fn settled(config: ServerConfig) -> Pool {
    let pool = Pool::new(vec![config]);
    assert!(pool.settled(PATIENCE).await, "{pool:?}");
    pool
}

/// The message of the server that is down.
pub(crate) fn down(pool: &Pool) -> String {
    match pool.status(&"mock".into()) {
        Some(Status::Down(error)) => error.to_string(),
        other => panic!("down instead of {other:?}"),
    }
}

/// Calls a tool of `mock` with patience.
pub(crate) async fn call(pool: &Pool, tool: &str, args: Value) -> Result<ToolOutcome, CallError> {
    let options = CallOptions {
        timeout: PATIENCE,
        ..CallOptions::default()
    };
    call_with(pool, tool, args, options).await
}

pub(crate) async fn call_with(
    pool: &Pool,
    tool: &str,
    args: Value,
    options: CallOptions,
) -> Result<ToolOutcome, CallError> {
    let Value::Object(args) = args else {
        panic!("arguments are an object");
    };
    pool.call(&"mock".into(), tool, args, options).await
}

/// The first text of a result.
pub(crate) fn text(outcome: &ToolOutcome) -> &str {
    match outcome.content.first() {
        Some(ToolContent::Text(text)) => text.expose(),
        other => panic!("a text instead of {other:?}"),
    }
}

/// Waits for an event that must come.
pub(crate) async fn soon<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, event).await.unwrap()
}
