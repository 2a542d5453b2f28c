//! MCP's own reference server, over each of its transports, asked for aloud.

use rtmcp::{
    core::ToolContent,
    mcp::{HttpTransport, ServerConfig},
};
use rtmcp_media::Sound;
use serde_json::{Value, json};

use crate::{
    call::Call,
    server::{Everything, NAME},
    stage::Stage,
    turn::assert_words,
};

/// Says a clip, and checks the call, the server's result, and the sound of the reply.
async fn check(
    stage: &Stage,
    server: ServerConfig,
    clip: &Sound,
    called: (&str, Value),
    result: &str,
    reply: &[&str],
) {
    let mut call = Call::open(stage.config().server(server)).await;
    let turn = call.ask(clip).await;
    assert_eq!(turn.called(), [called], "heard: {}", turn.heard);
    assert_eq!(turn.ends(), ["answered"]);
    let outcome = turn.finished[0].outcome.clone().unwrap();
    assert_eq!(outcome.content, [ToolContent::Text(result.into())]);
    let understood = stage.understand(turn.sound()).await;
    assert_words(&understood, reply);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_streamable_http() {
    let stage = Stage::set_up().await;
    let server = Everything::start(&stage.tools, "streamableHttp").await;
    let reach = server.reach("mcp", HttpTransport::StreamableHttp);
    let clip = stage.espeak("What is 50 plus 30?").await;
    let called = ("get-sum", json!({"a": 50, "b": 30}));
    let result = "The sum of 50 and 30 is 80.";
    check(&stage, reach, &clip, called, result, &["sum", "80|eighty"]).await;
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_sse() {
    let stage = Stage::set_up().await;
    let server = Everything::start(&stage.tools, "sse").await;
    let reach = server.reach("sse", HttpTransport::Sse);
    let clip = stage.espeak("Repeat after me: the train is late.").await;
    let called = ("echo", json!({"message": "the train is late"}));
    let result = "Echo: the train is late";
    let reply = &["the train is late"];
    check(&stage, reach, &clip, called, result, reply).await;
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_stdio() {
    let stage = Stage::set_up().await;
    let reach = ServerConfig::stdio(NAME, &stage.tools.everything, ["stdio"]);
    let clip = stage.espeak("Repeat after me: open the window.").await;
    let called = ("echo", json!({"message": "open the window"}));
    let result = "Echo: open the window";
    let reply = &["open the window"];
    check(&stage, reach, &clip, called, result, reply).await;
}
