//! Endpoints that say odd things: what reaches the application, and what reaches them.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{SinkExt, StreamExt};
use rtmcp::{Agent, Closed, Config, Event, session};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::stage::{LOOPBACK, Seen};

/// An endpoint played by hand, and a session at it.
struct Stage {
    endpoint: WebSocketStream<TcpStream>,
    seen: Seen,
}

impl Stage {
    /// A session that the endpoint has opened, as it then reports it.
    async fn open(session: Value) -> Self {
        let mut stage = Self::silent().await;
        stage
            .say(&json!({"type": "session.created", "session": {}}))
            .await;
        stage.hear("session.update").await;
        stage
            .say(&json!({"type": "session.updated", "session": session}))
            .await;
        let is_ready =
            |event: &Event| matches!(event, Event::Session(session::Event::Ready { .. }));
        stage
            .seen
            .until(|event| is_ready(event).then_some(()))
            .await;
        stage
    }

    /// A connection on which the endpoint has said nothing.
    async fn silent() -> Self {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let accepted = async {
            let (stream, _) = listener.accept().await.unwrap();
            tokio_tungstenite::accept_async(stream).await.unwrap()
        };
        let agent = Agent::new(Config::new(url.parse().unwrap())).unwrap();
        let (endpoint, bridge) = tokio::join!(accepted, agent.connect());
        let seen = Seen::of(bridge.unwrap());
        Self { endpoint, seen }
    }

    async fn say(&mut self, event: &Value) {
        let text = Message::text(event.to_string());
        self.endpoint.send(text).await.unwrap();
    }

    /// Waits for an event of a kind.
    async fn hear(&mut self, kind: &str) -> Value {
        loop {
            let message = self.endpoint.next().await.unwrap().unwrap();
            let event: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
            if event["type"] == kind {
                return event;
            }
        }
    }

    /// Says a whole response.
    async fn respond(&mut self, events: &[Value], output: Value) {
        self.say(&json!({"type": "response.created", "response": {"id": "r"}}))
            .await;
        for event in events {
            self.say(event).await;
        }
        self.say(&json!({"type": "response.done",
            "response": {"id": "r", "status": "completed", "output": output}}))
            .await;
    }

    async fn idle(&mut self) {
        let idle = |event: &Event| (*event == Event::Session(session::Event::Idle)).then_some(());
        self.seen.until(idle).await;
    }
}

fn speech(audio: &str) -> Value {
    json!({"type": "response.output_audio.delta", "response_id": "r", "item_id": "m",
        "delta": audio})
}

#[tokio::test]
async fn speech_that_is_not_base64_does_not_keep_the_turn_open() {
    let mut stage = Stage::open(json!({})).await;
    stage.respond(&[speech("?!not base64!?")], json!([])).await;
    stage.idle().await;
}

#[tokio::test]
async fn speech_is_paced_by_the_format_that_the_endpoint_reports() {
    let audio = json!({"output": {"format": {"type": "audio/pcmu"}}});
    let mut stage = Stage::open(json!({"audio": audio})).await;
    let sound = STANDARD.encode([0xFF; 800]);
    stage.respond(&[speech(&sound)], json!([])).await;
    stage.idle().await;
    let frames = stage.seen.events.iter().filter_map(|event| match event {
        Event::Audio { bytes, .. } => Some(bytes.expose().len()),
        _ => None,
    });
    assert_eq!(frames.collect::<Vec<_>>(), [160; 5], "20 ms each");
}

#[tokio::test]
async fn what_a_call_leads_to_at_once_comes_after_what_led_to_it() {
    let mut stage = Stage::open(json!({})).await;
    let call = json!({"type": "function_call", "status": "completed", "call_id": "c",
        "name": "no_such_function", "arguments": "{}"});
    stage.respond(&[], json!([call])).await;
    stage.hear("response.create").await;
    let refused = |event: &Event| {
        matches!(event, Event::Session(session::Event::Call { state, .. }) if state.is_end())
            .then_some(())
    };
    stage.seen.until(refused).await;
    let ended = stage
        .seen
        .events
        .iter()
        .any(|event| matches!(event, Event::Session(session::Event::ResponseEnded { .. })));
    assert!(ended, "the response ended, and then its call");
}

#[tokio::test]
async fn sound_of_any_length_goes_in_pieces_that_an_endpoint_takes() {
    let mut stage = Stage::open(json!({})).await;
    let sound: Vec<u8> = (0..1_000_001_u32).map(|at| (at % 251) as u8).collect();
    stage.seen.bridge.send_audio(&sound);
    let mut heard = Vec::new();
    while heard.len() < sound.len() {
        let event = stage.hear("input_audio_buffer.append").await;
        let piece = STANDARD.decode(event["audio"].as_str().unwrap()).unwrap();
        assert!(piece.len() <= 256 * 1024);
        heard.extend(piece);
    }
    assert!(heard == sound, "the same sound");
}

#[tokio::test]
async fn an_endpoint_that_never_opens_the_session_is_given_up() {
    let mut stage = Stage::silent().await;
    // Nothing but the clock moves from here on.
    tokio::time::pause();
    assert_eq!(stage.seen.closed().await, Closed::Silent);
}

#[tokio::test]
async fn of_what_is_said_to_an_endpoint_that_takes_nothing_the_oldest_is_dropped_and_told() {
    let mut stage = Stage::open(json!({})).await;
    // Nothing but the clock moves from here on: what fits between two sockets is taken.
    tokio::time::pause();
    let second = vec![0; 48_000];
    let mut said = Duration::ZERO;
    let dropped = loop {
        for _ in 0..20 {
            stage.seen.bridge.send_audio(&second);
            said += Duration::from_secs(1);
        }
        let dropped = |event: &Event| match event {
            Event::SoundDropped { span } => Some(*span),
            _ => None,
        };
        let told = tokio::time::timeout(Duration::from_secs(1), stage.seen.until(dropped));
        if let Ok(span) = told.await {
            break span;
        }
    };
    assert!(dropped > Duration::ZERO && dropped < said, "{dropped:?}");
}

#[tokio::test]
async fn a_session_survives_a_flood() {
    let mut stage = Stage::open(json!({})).await;
    for at in 0..5_000 {
        let said = json!({"type": "conversation.item.added", "item": {"type": "message",
            "id": format!("i{at}"), "role": "user", "content": []}});
        stage.say(&said).await;
    }
    stage.seen.bridge.send_text("hello");
    let asked = tokio::time::timeout(Duration::from_secs(20), stage.hear("response.create"));
    asked.await.unwrap();
}

#[tokio::test]
async fn dropping_the_bridge_before_the_session_is_open_says_goodbye() {
    let Stage { mut endpoint, seen } = Stage::silent().await;
    drop(seen);
    let last = tokio::time::timeout(Duration::from_secs(20), endpoint.next()).await;
    assert!(matches!(last.unwrap(), Some(Ok(Message::Close(_)))));
}
