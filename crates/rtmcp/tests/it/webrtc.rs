//! Sessions over WebRTC: an endpoint that is played by hand at the other end of a real call.

use std::time::Duration;

use rtmcp::{Agent, CallSetup, Closed, ConnectError, Event, Transport, core::ItemId, session};
use rtmcp_media::webrtc::{Connection, PeerEvent};
use serde_json::{Value, json};

use crate::{
    stage::Seen,
    stub::{Reply, Stub, soon},
};

/// A session, and the endpoint's end of it.
struct Stage {
    agent: Agent,
    far: Connection,
    seen: Seen,
}

impl Stage {
    /// A session that the endpoint has opened.
    async fn open() -> Self {
        let mut stub = Stub::new([Reply::Call]).await;
        let mut config = stub.config();
        config.realtime.transport = Transport::WebRtc;
        let agent = Agent::new(config).unwrap();
        let seen = Seen::of(agent.connect().await.unwrap());
        let far = stub.call().await;
        let mut stage = Self { agent, far, seen };
        stage
            .say(&json!({"type": "session.created", "session": {}}))
            .await;
        stage.hear("session.update").await;
        stage
            .say(&json!({"type": "session.updated", "session": {}}))
            .await;
        stage
    }

    async fn say(&self, event: &Value) {
        self.far.handle().send(event.to_string()).await.unwrap();
    }

    /// Waits for an event of a kind.
    async fn hear(&mut self, kind: &str) -> Value {
        loop {
            if let PeerEvent::Message(text) = soon(self.far.next_event()).await {
                let event: Value = serde_json::from_str(text.expose()).unwrap();
                if event["type"] == kind {
                    return event;
                }
            }
        }
    }

    /// Begins to speak a response of one message.
    async fn speak(&self, samples: usize) {
        let item = json!({"type": "message", "id": "m", "role": "assistant", "content": []});
        for event in [
            json!({"type": "response.created", "response": {"id": "r"}}),
            json!({"type": "response.output_item.added", "response_id": "r", "item": item}),
            json!({"type": "output_audio_buffer.started", "response_id": "r"}),
        ] {
            self.say(&event).await;
        }
        self.far.handle().play(&tone(samples));
        self.far.handle().finish_playback();
    }

    async fn end(&self) {
        let done = json!({"type": "response.done", "response": {"id": "r",
            "status": "completed", "output": []}});
        self.say(&done).await;
    }
}

/// A tone of 440 Hz.
fn tone(samples: usize) -> Vec<i16> {
    let turn = std::f64::consts::TAU * 440.0 / 24_000.0;
    let samples = (0..samples).map(|at| (8_000.0 * (turn * at as f64).sin()) as i16);
    samples.collect()
}

/// How much of a tone is in what was handed out, in samples.
fn heard(events: &[Event]) -> usize {
    let sounds = events.iter().filter_map(|event| match event {
        Event::Audio { item_id, bytes } => {
            assert_eq!(*item_id, ItemId::from("m"));
            Some(rtmcp_media::pcm::from_bytes(bytes.expose()))
        }
        _ => None,
    });
    let loud = |frame: &Vec<i16>| rtmcp_media::rms(frame) > 0.05;
    sounds.filter(loud).map(|frame| frame.len()).sum()
}

fn is_idle(event: &Event) -> bool {
    matches!(event, Event::Session(session::Event::Idle))
}

fn is_end(event: &Event) -> bool {
    matches!(event, Event::AudioEnd { .. })
}

#[tokio::test]
async fn speech_of_the_track_is_heard_whole_and_the_turn_is_over_after_it() {
    let mut stage = Stage::open().await;
    stage.speak(24_000).await;
    stage.end().await;
    loop {
        if let PeerEvent::PlaybackStopped { .. } = soon(stage.far.next_event()).await {
            break;
        }
    }
    let stopped = json!({"type": "output_audio_buffer.stopped", "response_id": "r"});
    stage.say(&stopped).await;
    stage.seen.until(|event| is_idle(event).then_some(())).await;
    let events = &stage.seen.events;
    let heard = heard(events);
    assert!((22_500..=25_500).contains(&heard), "{heard} of 24000");
    let end = events.iter().position(is_end).unwrap();
    assert!(end < events.len() - 1, "the end, and then idle");
}

#[tokio::test]
async fn the_person_is_heard_at_the_pace_of_speech_and_the_turn_ends_after_it() {
    let mut stage = Stage::open().await;
    let sound = rtmcp_media::pcm::to_bytes(&tone(12_000));
    // In odd pieces, all at once.
    for piece in sound.chunks(1_001) {
        stage.seen.bridge.send_audio(piece);
    }
    let begun = std::time::Instant::now();
    stage.seen.bridge.commit_audio();
    let mut samples = Vec::new();
    loop {
        match soon(stage.far.next_event()).await {
            PeerEvent::Audio(frame) => samples.extend(frame.samples),
            PeerEvent::Message(text) => {
                assert!(text.expose().contains("input_audio_buffer.commit"));
                break;
            }
            _ => {}
        }
    }
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(500), "{took:?}");
    let loud = samples.chunks(480).filter(|it| rtmcp_media::rms(it) > 0.05);
    let loud = loud.count() * 480;
    // What is still in the jitter buffer isn't there.
    assert!((8_000..=13_500).contains(&loud), "{loud} of 12000");
}

#[tokio::test]
async fn whoever_interrupts_hears_nothing_more() {
    let mut stage = Stage::open().await;
    stage.speak(72_000).await;
    let is_audio = |event: &Event| matches!(event, Event::Audio { .. });
    stage
        .seen
        .until(|event| is_audio(event).then_some(()))
        .await;
    stage.seen.bridge.interrupt();
    stage.hear("response.cancel").await;
    stage.hear("output_audio_buffer.clear").await;
    stage.far.handle().clear_playback();
    for event in [
        json!({"type": "conversation.item.truncated", "item_id": "m", "content_index": 0,
            "audio_end_ms": 300}),
        json!({"type": "output_audio_buffer.cleared", "response_id": "r"}),
        json!({"type": "response.done", "response": {"id": "r", "status": "cancelled",
            "output": []}}),
    ] {
        stage.say(&event).await;
    }
    let cut = stage
        .seen
        .until(|event| match event {
            Event::Session(session::Event::Interrupted { heard, .. }) => Some(*heard),
            _ => None,
        })
        .await;
    assert_eq!(cut, Duration::from_millis(300));
    stage.seen.until(|event| is_idle(event).then_some(())).await;
    let events = &stage.seen.events;
    let stops = events.iter().filter(|event| **event == Event::AudioStop);
    assert_eq!(stops.count(), 1);
    let stop = events
        .iter()
        .position(|it| *it == Event::AudioStop)
        .unwrap();
    assert!(!events[stop..].iter().any(is_audio), "silence after it");
}

#[tokio::test]
async fn a_call_of_ones_own_is_led_by_no_other_session() {
    let stage = Stage::open().await;
    let call_id = stage.seen.bridge.call_id().unwrap().clone();
    assert_eq!(call_id.as_str(), "rtc_real");
    let other = stage.agent.attach(&call_id, CallSetup::default()).await;
    assert_eq!(other.unwrap_err(), ConnectError::Attached { call_id });
}

#[tokio::test]
async fn leaving_ends_the_call_and_so_does_the_endpoint() {
    let mut stage = Stage::open().await;
    stage.seen.bridge.close();
    assert_eq!(stage.seen.closed().await, Closed::Asked);
    loop {
        if let PeerEvent::Closed(_) = soon(stage.far.next_event()).await {
            break;
        }
    }

    let mut stage = Stage::open().await;
    drop(stage.far);
    let closed = stage.seen.closed().await;
    assert!(matches!(closed, Closed::Ended { .. }), "{closed}");
    assert!(!closed.is_failure());
}

#[tokio::test]
async fn a_call_whose_sound_does_not_get_through_is_ended() {
    let mut stub = Stub::new([Reply::call("rtc_deaf")]).await;
    let mut config = stub.config();
    config.realtime.transport = Transport::WebRtc;
    let agent = Agent::new(config).unwrap();
    let error = agent.connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::NoMedia { .. }), "{error}");
    assert!(error.to_string().contains("websocket"), "{error}");
    stub.asked().await;
    let ended = stub.asked().await;
    assert_eq!(ended.path, "/v1/realtime/calls/rtc_deaf/hangup");
}
