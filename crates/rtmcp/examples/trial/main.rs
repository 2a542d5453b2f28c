//! Calls tools of MCP servers as a model would: by function name, with JSON text for arguments.
//!
//! Run by `cargo xtask servers`. It is given a configuration and a file of calls, one after the
//! other; each goes through the router, on the server, and is shaped as the model would read it.
//! Where the rules would ask a person, one says yes. It prints one JSON object: how long each server
//! took until its tools were there, the tools as they came, and what became of each call. Whether
//! that is right is for the reader to say.

#![expect(
    clippy::print_stdout,
    reason = "a measurement speaks to its reader on stdout"
)]

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use anyhow::Context as _;
use rtmcp::{
    Agent, Config,
    core::{Private, ToolCall, ToolContent, ToolOutcome, ToolSpec},
    mcp::{CallOptions, ServerState},
    router::{Route, Router, Target},
    tools,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A call to make.
#[derive(Debug, Deserialize)]
struct Wanted {
    /// The function, or `server.tool`.
    function: String,
    arguments: Map<String, Value>,
}

/// What was seen.
#[derive(Debug, Serialize)]
struct Seen {
    /// Milliseconds until the tools of each server were there, the start of its process included
    /// where the server is one.
    ready: BTreeMap<String, f64>,
    /// The tools of each server, as it describes them.
    tools: BTreeMap<String, Vec<Value>>,
    calls: Vec<Made>,
}

/// What became of a call.
#[derive(Debug, Default, Serialize)]
struct Made {
    /// A person would have been asked.
    asked: bool,
    /// A stable word for how it ended.
    kind: &'static str,
    /// What the model reads.
    output: String,
    /// The kinds of the parts that the server answered with.
    parts: Vec<&'static str>,
    /// From the call to the words for the model.
    milliseconds: f64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut files = std::env::args().skip(1);
    let mut file = || {
        files
            .next()
            .context("give a configuration and a file of calls")
    };
    let config = Config::from_file(Path::new(&file()?))?;
    let calls: Vec<Wanted> = serde_json::from_str(&fs::read_to_string(file()?)?)?;

    let agent = Agent::new(config)?;
    let (ready, tools) = ready(&agent).await;
    agent.settled().await;
    let mut router = agent.router();
    // What a model may call, it was given.
    router.hand_out().for_each(drop);
    let mut made = Vec::new();
    for (nth, wanted) in calls.iter().enumerate() {
        made.push(make(&agent, &mut router, nth, wanted).await?);
    }
    agent.shutdown().await;
    println!(
        "{}",
        serde_json::to_string(&Seen {
            ready,
            tools,
            calls: made
        })?
    );
    Ok(())
}

/// Waits until each server is there or down, and says when those that are there were.
async fn ready(agent: &Agent) -> (BTreeMap<String, f64>, BTreeMap<String, Vec<Value>>) {
    let begun = Instant::now();
    let mut waiting = agent.pool().servers().count();
    let mut changes = agent.pool().changes();
    let (mut ready, mut tools) = (BTreeMap::new(), BTreeMap::new());
    while waiting > 0 {
        let Some(change) = changes.next().await else {
            break;
        };
        waiting -= 1;
        if let ServerState::Ready { tools: offered } = change.what {
            ready.insert(change.server.to_string(), milliseconds(begun));
            tools.insert(
                change.server.to_string(),
                offered.iter().map(described).collect(),
            );
        }
    }
    (ready, tools)
}

/// A tool in the words of MCP.
fn described(tool: &ToolSpec) -> Value {
    json!({
        "name": tool.name,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "outputSchema": tool.output_schema,
        "annotations": tool.annotations,
    })
}

async fn make(
    agent: &Agent,
    router: &mut Router,
    nth: usize,
    wanted: &Wanted,
) -> anyhow::Result<Made> {
    let call = ToolCall {
        call_id: format!("call_{nth}").as_str().into(),
        response_id: "resp_1".into(),
        item_id: format!("item_{nth}").as_str().into(),
        name: wanted.function.clone(),
        arguments: Private::new(serde_json::to_string(&wanted.arguments)?),
    };
    let begun = Instant::now();
    let made = match router.route(&call) {
        Route::To(target) => run(agent, router, &target, false).await,
        Route::Ask(target) => run(agent, router, &target, true).await,
        Route::Answer(shaped) => Made {
            kind: "answered",
            output: shaped.text.expose().clone(),
            ..Made::default()
        },
        Route::Refuse(refusal) => Made {
            kind: refusal.kind(),
            output: refusal.output(),
            ..Made::default()
        },
    };
    let milliseconds = milliseconds(begun);
    Ok(Made {
        milliseconds,
        ..made
    })
}

async fn run(agent: &Agent, router: &Router, target: &Target, asked: bool) -> Made {
    let options = CallOptions {
        timeout: target.timeout,
        ..CallOptions::default()
    };
    let ran = tools::run(agent.pool(), router, target, options).await;
    let parts = ran.shaped.result.as_ref().map(parts).unwrap_or_default();
    Made {
        asked,
        kind: ran.kind,
        output: ran.shaped.text.expose().clone(),
        parts,
        milliseconds: 0.0,
    }
}

fn parts(outcome: &ToolOutcome) -> Vec<&'static str> {
    let kind = |it: &ToolContent| match it {
        ToolContent::Text(_) => "text",
        ToolContent::Image { .. } => "image",
        ToolContent::Audio { .. } => "audio",
        _ => "resource",
    };
    let structured = outcome.structured.iter().map(|_| "structured");
    outcome.content.iter().map(kind).chain(structured).collect()
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
