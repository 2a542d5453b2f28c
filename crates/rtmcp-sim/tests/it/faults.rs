//! What goes wrong on request: each kind of fault, as clients see it.

mod calls;
mod connections;
mod networks;
mod requests;
mod responses;
mod scenarios;

use std::sync::Arc;

use rtmcp_sim::SimConfig;
use serde_json::{Value, json};

use crate::{
    client::Client,
    stub::{StubBrain, config},
};

/// A simulator's configuration with these faults, and the same seed each time.
pub(crate) fn faulty(brain: Arc<StubBrain>, faults: &[&str]) -> SimConfig {
    SimConfig {
        seed: Some(7),
        faults: faults.iter().map(|it| it.parse().unwrap()).collect(),
        ..config(brain)
    }
}

/// Lets a client have its answers in text, and the functions `look` and `find`.
async fn prepare(client: &mut Client) {
    let tool = |name| json!({"type": "function", "name": name});
    client
        .update(json!({"output_modalities": ["text"], "tools": [tool("look"), tool("find")]}))
        .await;
}

/// Has one typed turn, and returns the events of its response.
async fn turn(client: &mut Client) -> Vec<Value> {
    client.say("Hello.").await;
    client.until("rate_limits.updated").await
}

/// The response that events end with.
fn done(events: &[Value]) -> &Value {
    let done = events.iter().find(|it| it["type"] == "response.done");
    &done.unwrap()["response"]
}

/// All the text of the deltas among events.
fn text(events: &[Value]) -> String {
    let deltas = events
        .iter()
        .filter(|it| it["type"] == "response.output_text.delta");
    deltas.map(|it| it["delta"].as_str().unwrap()).collect()
}
