//! Whole turns: a client, the proxy, the simulator and the sample shop.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use rtmcp_media::Sound;
use rtmcp_sim::{
    Pacing, Sim, SimConfig,
    engine::{Engines, Scenario, brain, ear, voice},
};
use serde_json::{Value, json};

use rtmcp::{NativeTools, ProxyConfig};

use super::{
    client::Client,
    stage::{before, own},
};
use crate::{
    serve::stage::Stage,
    stage::{KEY, LOOPBACK, QUESTION, endpoint, nowhere, shop},
};

/// The model calls the client's function and ours at once, and says what it got.
const BOTH: &str = r#"
    [[turn]]
    when = "both"
    steps = [
        { call = { name = "get_weather", arguments = { city = "Paris" } } },
        { call = { name = "theirs", arguments = { a = 1 } } },
    ]
    [[turn]]
    after = "tool"
    steps = [{ say = "Done." }]
"#;

async fn sim(script: &str) -> rtmcp_sim::Running {
    let scenario = Scenario::parse(script).unwrap();
    let engines = Engines {
        ear: Arc::new(ear::Script::new(scenario.heard.clone())),
        brain: Arc::new(brain::Script::new(scenario)),
        voice: Arc::new(voice::Tone),
    };
    let config = SimConfig {
        pacing: Pacing::Immediate,
        keys: Some(vec![KEY.into()]),
        ..SimConfig::new(engines)
    };
    Sim::bind(LOOPBACK, config).await.unwrap()
}

/// What no client may see.
fn assert_hidden(events: &[Value]) {
    for event in events {
        assert!(!event.to_string().contains("get_weather"), "{event}");
    }
}

/// What the model said, as it was written down.
fn said(events: &[Value]) -> String {
    let done = events
        .iter()
        .filter(|it| it["type"] == "response.output_audio_transcript.done");
    done.map(|it| it["transcript"].as_str().unwrap()).collect()
}

/// Sets the session up as a client does that has no tools.
async fn set_up(client: &mut Client) {
    let session = json!({"type": "realtime", "instructions": "Be short."});
    client
        .send(json!({"type": "session.update", "session": session}))
        .await;
    assert_hidden(&client.until("session.updated").await);
}

/// Waits for the end of what the model says next, and returns everything up to it.
async fn answer(client: &mut Client) -> Vec<Value> {
    let mut events = Vec::new();
    while said(&events).is_empty() {
        events.extend(client.until("response.done").await);
    }
    events
}

#[tokio::test]
async fn a_typed_question_is_answered_with_a_tool_that_the_client_never_heard_of() {
    let sim = endpoint().await;
    let stage = before(sim.addr(), |_| {}).await;
    let mut client = Client::new(stage.addr).await;
    set_up(&mut client).await;
    client.type_text("What is the weather in Paris?").await;
    let events = answer(&mut client).await;
    assert_eq!(said(&events), "Done.");
    assert_hidden(&events);
    assert_eq!(calls(&stage), 1);
}

#[tokio::test]
async fn a_spoken_question_is_answered_so_too() {
    let sim = endpoint().await;
    let stage = before(sim.addr(), |_| {}).await;
    let mut client = Client::new(stage.addr).await;
    set_up(&mut client).await;
    let sound = Sound::from_wav(QUESTION)
        .unwrap()
        .resampled(24_000)
        .unwrap();
    let silence = std::iter::repeat_n(0, 24_000);
    let samples = sound.samples.iter().copied().chain(silence);
    let bytes: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    for piece in bytes.chunks(4800) {
        let audio = BASE64_STANDARD.encode(piece);
        client
            .send(json!({"type": "input_audio_buffer.append", "audio": audio}))
            .await;
    }
    let events = answer(&mut client).await;
    assert_eq!(said(&events), "Done.");
    assert_hidden(&events);
    let heard = |kind: &str| events.iter().any(|it| it["type"] == kind);
    assert!(heard("input_audio_buffer.speech_stopped") && heard("response.output_audio.delta"));
    assert_eq!(calls(&stage), 1);
}

#[tokio::test]
async fn calls_of_both_in_one_response_get_one_reply_after_both() {
    let sim = sim(BOTH).await;
    let stage = before(sim.addr(), |_| {}).await;
    let mut client = Client::new(stage.addr).await;
    let tool = json!({"type": "function", "name": "theirs", "parameters": {"type": "object"}});
    let session = json!({"type": "realtime", "tools": [tool]});
    client
        .send(json!({"type": "session.update", "session": session}))
        .await;
    let updated = client.until("session.updated").await;
    assert_hidden(&updated);
    assert_eq!(
        updated.last().unwrap()["session"]["tools"][0]["name"],
        "theirs"
    );
    client.type_text("both").await;
    let first = client.until("response.done").await;
    assert_hidden(&first);
    let output = &first.last().unwrap()["response"]["output"];
    assert_eq!(
        output.as_array().unwrap().len(),
        1,
        "its own call alone: {output}"
    );
    let call_id = output[0]["call_id"].clone();
    let item = json!({"type": "function_call_output", "call_id": call_id, "output": "1"});
    client
        .send(json!({"type": "conversation.item.create", "item": item}))
        .await;
    client.send(json!({"type": "response.create"})).await;
    let second = answer(&mut client).await;
    assert_hidden(&second);
    assert_eq!(said(&second), "Done.");
    let created = |it: &&Value| it["type"] == "response.created";
    assert_eq!(second.iter().filter(created).count(), 1, "one reply");
    // What comes next is the answer to this, and no second reply to that.
    client
        .send(json!({"type": "session.update", "session": {"type": "realtime"}}))
        .await;
    let rest = client.until("session.updated").await;
    assert!(
        !rest.iter().any(|it| it["type"] == "response.created"),
        "{rest:#?}"
    );
    assert_eq!(calls(&stage), 1);
}

/// The client names an MCP server itself, which the endpoint knows nothing of.
#[tokio::test]
async fn a_server_that_the_client_names_is_played_by_the_proxy() {
    let (sim, theirs) = (endpoint().await, shop().await);
    let stage = before(sim.addr(), |it| {
        it.servers.clear();
        it.router.servers.clear();
        it.proxy = Some(ProxyConfig {
            native: NativeTools::Emulate,
            ..own()
        });
        it.safety.allow.add_localhost();
    })
    .await;
    let mut client = Client::new(stage.addr).await;
    let server = json!({"type": "mcp", "server_label": "mine", "server_url": theirs.url_mcp(),
        "allowed_tools": ["get_weather"], "require_approval": "never"});
    let session = json!({"type": "realtime", "tools": [server]});
    client
        .send(json!({"type": "session.update", "session": session}))
        .await;
    client.until("mcp_list_tools.completed").await;
    client.type_text("What is the weather in Paris?").await;
    let events = answer(&mut client).await;
    assert_eq!(said(&events), "Done.");
    let kinds: Vec<_> = events
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"response.mcp_call.completed"), "{kinds:?}");
    let calls = events.iter().filter(|it| it["item"]["type"] == "mcp_call");
    let output = calls
        .filter_map(|it| it["item"]["output"].as_str())
        .next_back();
    assert!(output.unwrap().contains("Paris"), "{output:?}");
    assert_eq!(theirs.stats().tool("get_weather").started, 1);
    // One that can't be reached is told as such, and the session goes on.
    let server = json!({"type": "mcp", "server_label": "gone",
        "server_url": format!("http://{}/mcp", nowhere().await)});
    let session = json!({"type": "realtime", "tools": [server]});
    client
        .send(json!({"type": "session.update", "session": session}))
        .await;
    client.until("mcp_list_tools.failed").await;
    client.type_text("Hello").await;
    assert_eq!(said(&answer(&mut client).await), "Hello.");
}

/// The owner's network isn't the client's, unless the owner says so.
#[tokio::test]
async fn a_server_that_the_client_names_in_the_owners_network_is_not_reached() {
    let (sim, theirs) = (endpoint().await, shop().await);
    let stage = before(sim.addr(), |it| {
        it.proxy = Some(ProxyConfig {
            native: NativeTools::Emulate,
            ..own()
        });
    })
    .await;
    let mut client = Client::new(stage.addr).await;
    let port = theirs.addr().port();
    for url in [
        theirs.url_mcp(),
        format!("https://127.0.0.1:{port}/mcp"),
        format!("https://[::ffff:127.0.0.1]:{port}/mcp"),
        format!("https://localhost:{port}/mcp"),
    ] {
        let server = json!({"type": "mcp", "server_label": "mine", "server_url": url});
        let session = json!({"type": "realtime", "tools": [server]});
        let update = json!({"type": "session.update", "session": session});
        client.send(update).await;
        client.until("mcp_list_tools.failed").await;
    }
    assert_eq!(theirs.stats().now().connections, 0, "nobody knocked");
}

/// How often the shop told the weather.
fn calls(stage: &Stage) -> u64 {
    stage.shop.stats().tool("get_weather").started
}
