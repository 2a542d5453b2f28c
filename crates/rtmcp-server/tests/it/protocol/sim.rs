//! What the simulator says to clients, and to which of their events: found by being one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::{SinkExt, StreamExt};
use rtmcp::{
    Agent, Bridge, CallSetup, Config, Observer, Transport,
    core::{Timestamp, kind_of},
};
use rtmcp_media::Sound;
use rtmcp_sim::{Running, Sim, SimConfig, engine::ear};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::stage::{LOOPBACK, QUESTION, sim_config};

/// What a simulator was seen to say.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Events that it sent.
    pub(crate) said: BTreeSet<String>,
    /// Events of clients that it took, with what it answered; nothing where that is the answer.
    pub(crate) took: BTreeMap<String, Option<String>>,
}

pub(crate) async fn seen() -> Seen {
    let mut seen = Seen::default();
    a_typed_conversation(&mut seen).await;
    sound(&mut seen).await;
    nobody_speaks(&mut seen).await;
    a_call(&mut seen).await;
    seen
}

fn simulator() -> SimConfig {
    SimConfig {
        keys: None,
        ..sim_config()
    }
}

async fn start(config: SimConfig) -> Running {
    Sim::bind(LOOPBACK, config).await.unwrap()
}

/// A tool is called and answered; items are looked at, cut and removed; words instead of speech.
async fn a_typed_conversation(seen: &mut Seen) {
    let sim = start(simulator()).await;
    let mut client = Client::connect(&sim, seen).await;
    let tool = json!({"type": "function", "name": "get_weather", "parameters": {}});
    let session = json!({"type": "realtime", "tools": [tool]});
    client
        .ask(
            json!({"type": "session.update", "session": session}),
            "session.updated",
        )
        .await;
    let called = client.answer("weather").await;
    let call_id = &called["response"]["output"][0]["call_id"];
    let output = json!({"type": "function_call_output", "call_id": call_id, "output": "sunny"});
    client.create(output).await;
    let spoken = client.respond(json!({})).await;
    let item_id = spoken["response"]["output"][0]["id"].clone();
    let about = |kind: &str| json!({"type": kind, "item_id": item_id});
    client
        .ask(
            about("conversation.item.retrieve"),
            "conversation.item.retrieved",
        )
        .await;
    let mut cut = about("conversation.item.truncate");
    cut["content_index"] = json!(0);
    cut["audio_end_ms"] = json!(10);
    client.ask(cut, "conversation.item.truncated").await;
    client
        .ask(
            about("conversation.item.delete"),
            "conversation.item.deleted",
        )
        .await;
    client.respond(json!({"output_modalities": ["text"]})).await;
    client
        .send(json!({"type": "conversation.item.delete", "item_id": "gone"}))
        .await;
    client.until("error").await;
    sim.shutdown().await;
}

/// Somebody is heard, by silence and by hand, and isn't understood; an answer is called off.
async fn sound(seen: &mut Seen) {
    let sim = start(simulator()).await;
    let mut client = Client::connect(&sim, seen).await;
    let question = Sound::from_wav(QUESTION)
        .unwrap()
        .resampled(24_000)
        .unwrap();
    let speech = [question.samples, vec![0; 24_000]].concat();
    let input = json!({"transcription": {"model": "whisper-1"}});
    let update = |input: &Value| {
        json!({"type": "session.update",
            "session": {"type": "realtime", "audio": {"input": input}}})
    };
    client.ask(update(&input), "session.updated").await;
    client.append(&speech).await;
    client
        .until("conversation.item.input_audio_transcription.completed")
        .await;
    client.until("response.done").await;
    client
        .ask(
            json!({"type": "input_audio_buffer.clear"}),
            "input_audio_buffer.cleared",
        )
        .await;
    let by_hand = json!({"transcription": {"model": "whisper-1"}, "turn_detection": null});
    client.ask(update(&by_hand), "session.updated").await;
    client.append(&speech).await;
    client
        .ask(
            json!({"type": "input_audio_buffer.commit"}),
            "input_audio_buffer.committed",
        )
        .await;
    sim.shutdown().await;

    let mut config = simulator();
    config.engines.ear = Arc::new(ear::Missing);
    config.pacing = rtmcp_sim::Pacing::default();
    let sim = start(config).await;
    let mut client = Client::connect(&sim, seen).await;
    client.ask(update(&by_hand), "session.updated").await;
    client.append(&speech).await;
    client
        .send(json!({"type": "input_audio_buffer.commit"}))
        .await;
    client
        .until("conversation.item.input_audio_transcription.failed")
        .await;
    drop(client);
    let mut client = Client::connect(&sim, seen).await;
    client.type_in("hello").await;
    client.send(json!({"type": "response.create"})).await;
    client.until("response.output_item.added").await;
    let done = client
        .ask(json!({"type": "response.cancel"}), "response.done")
        .await;
    assert_eq!(done["response"]["status"], "cancelled");
    sim.shutdown().await;
}

/// The model speaks up as nobody else does.
async fn nobody_speaks(seen: &mut Seen) {
    let sim = start(simulator()).await;
    let mut client = Client::connect(&sim, seen).await;
    let detection = json!({"type": "server_vad", "idle_timeout_ms": 5_000});
    let session = json!({"type": "realtime", "audio": {"input": {"turn_detection": detection}}});
    client
        .ask(
            json!({"type": "session.update", "session": session}),
            "session.updated",
        )
        .await;
    client.answer("hello").await;
    tokio::time::pause();
    client.until("input_audio_buffer.timeout_triggered").await;
    tokio::time::resume();
    sim.shutdown().await;
}

/// Over WebRTC the endpoint plays, and is stopped; and a key is pressed.
async fn a_call(seen: &mut Seen) {
    let sim = start(simulator()).await;
    let mut config = Config::new(sim.url().parse().unwrap());
    config.realtime.transport = Transport::WebRtc;
    let (ears, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let ears: Arc<dyn Observer> = Arc::new(Ears(ears));
    let setup = CallSetup {
        observers: vec![ears],
        ..CallSetup::default()
    };
    let agent = Agent::new(config).unwrap();
    let bridge: Bridge = agent.connect_with(setup).await.unwrap();
    bridge.send_text("hello");
    let mut until = async |kind: &str| {
        loop {
            let text: String = heard.recv().await.unwrap();
            let said = kind_of(&text).unwrap().into_owned();
            seen.said.insert(said.clone());
            if said == kind {
                return;
            }
        }
    };
    until("output_audio_buffer.stopped").await;
    bridge.send_text("hello");
    until("output_audio_buffer.started").await;
    bridge.interrupt();
    until("output_audio_buffer.cleared").await;
    bridge.press("1").unwrap();
    until("input_audio_buffer.dtmf_event_received").await;
    let answer = "output_audio_buffer.cleared".to_owned();
    seen.took
        .insert("output_audio_buffer.clear".to_owned(), Some(answer));
    drop(bridge);
    agent.shutdown().await;
    sim.shutdown().await;
}

/// Hears what the endpoint says.
#[derive(Debug)]
struct Ears(tokio::sync::mpsc::UnboundedSender<String>);

impl Observer for Ears {
    fn received(&self, _at: Timestamp, text: &str) {
        // The test may have heard enough.
        let _ = self.0.send(text.to_owned());
    }
}

/// A client that knows WebSocket and JSON, and notes what it gets.
struct Client<'a> {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    seen: &'a mut Seen,
}

impl<'a> Client<'a> {
    async fn connect(sim: &Running, seen: &'a mut Seen) -> Self {
        let url = format!("{}?model=gpt-realtime-2.1", sim.url());
        let (socket, _) = connect_async(url).await.unwrap();
        let mut client = Self { socket, seen };
        client.until("session.created").await;
        client
    }

    async fn send(&mut self, event: Value) {
        self.socket
            .send(Message::text(event.to_string()))
            .await
            .unwrap();
    }

    /// Waits for an event.
    async fn until(&mut self, kind: &str) -> Value {
        loop {
            let message = self.socket.next().await.unwrap().unwrap();
            let Message::Text(text) = message else {
                continue;
            };
            let event: Value = serde_json::from_str(&text).unwrap();
            let said = event["type"].as_str().unwrap();
            self.seen.said.insert(said.to_owned());
            if said == kind {
                return event;
            }
            assert!(said != "error", "{event}");
        }
    }

    /// Sends an event that is answered by one of a kind.
    async fn ask(&mut self, event: Value, kind: &str) -> Value {
        let asked = event["type"].as_str().unwrap().to_owned();
        self.send(event).await;
        let answer = self.until(kind).await;
        self.seen.took.insert(asked, Some(kind.to_owned()));
        answer
    }

    async fn create(&mut self, item: Value) {
        let create = json!({"type": "conversation.item.create", "item": item});
        self.ask(create, "conversation.item.done").await;
    }

    async fn respond(&mut self, params: Value) -> Value {
        let create = json!({"type": "response.create", "response": params});
        self.ask(create, "response.done").await
    }

    async fn type_in(&mut self, text: &str) {
        let content = json!([{"type": "input_text", "text": text}]);
        self.create(json!({"type": "message", "role": "user", "content": content}))
            .await;
    }

    /// Types something, and returns the answer.
    async fn answer(&mut self, text: &str) -> Value {
        self.type_in(text).await;
        self.respond(json!({})).await
    }

    /// Sends sound, which is never answered: what comes after it shows that it was taken.
    async fn append(&mut self, samples: &[i16]) {
        let audio = BASE64_STANDARD.encode(rtmcp_media::pcm::to_bytes(samples));
        self.send(json!({"type": "input_audio_buffer.append", "audio": audio}))
            .await;
        self.seen
            .took
            .insert("input_audio_buffer.append".to_owned(), None);
    }
}
