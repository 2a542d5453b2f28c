//! The client that MCP's conformance suite tries: `conformance URL`, with the scenario in the environment.
//!
//! `cargo xtask conformance` runs it. It is made of the public API alone.

use std::{env, process::ExitCode, time::Duration};

use rtmcp_mcp::{CallOptions, Changes, Pool, ServerConfig, ServerState};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let url = env::args().next_back().ok_or("the URL is missing")?;
    let pool = Pool::new(vec![ServerConfig::http("suite", url.parse()?)]);
    let mut changes = pool.changes();
    let tools = next(&mut changes).await?;
    for tool in tools {
        let args = serde_json::Map::new();
        let _ = pool
            .call(&"suite".into(), &tool.name, args, CallOptions::default())
            .await;
    }
    pool.shutdown().await;
    Ok(())
}

async fn next(
    changes: &mut Changes,
) -> Result<Vec<rtmcp_core::ToolSpec>, Box<dyn std::error::Error>> {
    let change = tokio::time::timeout(Duration::from_secs(20), changes.next()).await?;
    match change.ok_or("the pool is gone")?.what {
        ServerState::Ready { tools } => Ok(tools),
        ServerState::Down { error } => Err(error.into()),
    }
}
