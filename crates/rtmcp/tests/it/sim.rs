//! Calls at the simulator: spoken and typed, led from the call itself and from its sideband.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rtmcp::{
    Agent, CallSetup, Closed, Config, ConnectError, Event, KeyError, Observer, Transport,
    core::{RealtimeCallId, Role},
    session,
};
use rtmcp_media::{
    Sound,
    webrtc::{Connection, PeerConfig, PeerEvent},
};
use rtmcp_sim::{Sim, engine::ear, faults::Faults};
use serde_json::{Value, json};

use crate::{
    connection::with_faults,
    stage::{LOOPBACK, Seen, config, endpoint, sim_config, trouble},
    stub::soon,
};

/// Somebody says "What is the weather in Paris?".
const QUESTION: &[u8] = include_bytes!("../../../rtmcp-media/tests/weather-in-paris-8k.wav");

/// What the ear makes of that, so that the obedient model acts on it.
const HEARD: &str = r#"echo {"text":"It is sunny in Paris today."}"#;

fn over_webrtc(mut config: Config) -> Config {
    config.realtime.transport = Transport::WebRtc;
    config
}

/// Milliseconds of what was handed out that aren't silent.
fn loud_ms(events: &[Event]) -> usize {
    let sounds = events.iter().filter_map(|event| match event {
        Event::Audio { bytes, .. } => Some(rtmcp_media::pcm::from_bytes(bytes.expose())),
        _ => None,
    });
    20 * sounds.filter(|it| rtmcp_media::rms(it) > 0.01).count()
}

fn is_idle(event: &Event) -> Option<()> {
    matches!(event, Event::Session(session::Event::Idle)).then_some(())
}

#[tokio::test]
async fn a_typed_turn_runs_its_tool_and_sounds_to_the_end() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let config = over_webrtc(config(&endpoint, &[("trouble", &trouble)]));
    let mut seen = Seen::open(config).await;
    assert!(seen.bridge.call_id().unwrap().as_str().starts_with("rtc_"));
    seen.bridge.send_text(HEARD);
    assert_eq!(seen.finished().await.kind, "answered");
    assert!(seen.reply().await.contains("Paris"));
    seen.until(is_idle).await;
    assert!(loud_ms(&seen.events) > 300, "{}", loud_ms(&seen.events));
    assert_eq!(trouble.stats().tool("echo").finished, 1);
    seen.bridge.close();
    assert_eq!(seen.closed().await, Closed::Asked);
}

#[tokio::test]
async fn a_spoken_turn_is_heard_and_answered_aloud() {
    let mut sim = sim_config();
    sim.engines.ear = Arc::new(ear::Script::new(vec![HEARD.to_owned()]));
    let (endpoint, trouble) = (Sim::bind(LOOPBACK, sim).await.unwrap(), trouble().await);
    let config = over_webrtc(config(&endpoint, &[("trouble", &trouble)]));
    let mut seen = Seen::open(config).await;
    let question = Sound::from_wav(QUESTION)
        .unwrap()
        .resampled(24_000)
        .unwrap();
    let silence = vec![0; 24_000];
    let said = [question.samples, silence].concat();
    seen.bridge.send_audio(&rtmcp_media::pcm::to_bytes(&said));
    let heard = seen
        .until(|event| match event {
            Event::Session(session::Event::Transcript {
                role: Role::User,
                text,
                done: true,
                ..
            }) => Some(text.expose().clone()),
            _ => None,
        })
        .await;
    assert_eq!(heard, HEARD);
    assert!(seen.reply().await.contains("Paris"));
    seen.until(is_idle).await;
    assert!(loud_ms(&seen.events) > 300, "{}", loud_ms(&seen.events));
    assert_eq!(trouble.stats().tool("echo").finished, 1);
}

#[tokio::test]
async fn an_interruption_cuts_at_what_the_endpoint_has_played() {
    let endpoint = endpoint().await;
    let mut seen = Seen::open(over_webrtc(config(&endpoint, &[]))).await;
    seen.bridge
        .send_text("a long sentence that goes on and on and on for quite a while");
    while loud_ms(&seen.events) < 200 {
        seen.until(|event| matches!(event, Event::Audio { .. }).then_some(()))
            .await;
    }
    seen.bridge.interrupt();
    let heard = seen
        .until(|event| match event {
            Event::Session(session::Event::Interrupted { heard, .. }) => Some(*heard),
            _ => None,
        })
        .await;
    let span = Duration::from_millis(100)..Duration::from_secs(3);
    assert!(span.contains(&heard), "{heard:?}");
    seen.bridge.send_text("more");
    assert_eq!(seen.reply().await, "more");
}

/// Somebody else's end of a call: no tools, no key, only WebRTC.
struct Caller {
    connection: Connection,
    events: Vec<Value>,
    loud: usize,
}

impl Caller {
    async fn new() -> (Self, String) {
        let offered = Connection::offer(LOOPBACK, PeerConfig::default()).await;
        let (connection, offer) = offered.unwrap();
        let caller = Self {
            connection,
            events: Vec::new(),
            loud: 0,
        };
        (caller, offer)
    }

    fn accept(&self, answer: &str) {
        self.connection.handle().accept_answer(answer).unwrap();
    }

    /// Types, and asks for an answer.
    async fn ask(&self, text: &str) {
        let content = json!([{"type": "input_text", "text": text}]);
        let item = json!({"type": "message", "role": "user", "content": content});
        for event in [
            json!({"type": "conversation.item.create", "item": item}),
            json!({"type": "response.create"}),
        ] {
            let handle = self.connection.handle();
            handle.send(event.to_string()).await.unwrap();
        }
    }

    /// Waits for what is wanted.
    async fn until(&mut self, wanted: impl Fn(&Self) -> bool) {
        while !wanted(self) {
            match soon(self.connection.next_event()).await {
                PeerEvent::Message(text) => {
                    self.events
                        .push(serde_json::from_str(text.expose()).unwrap());
                }
                PeerEvent::Audio(frame) if rtmcp_media::rms(&frame.samples) > 0.01 => {
                    self.loud += 20;
                }
                PeerEvent::Closed(reason) => panic!("{reason}"),
                _ => {}
            }
        }
    }

    /// Waits until the call has ended.
    async fn closed(&mut self) {
        loop {
            if let PeerEvent::Closed(_) = soon(self.connection.next_event()).await {
                return;
            }
        }
    }

    fn outputs(&self) -> usize {
        let is_output = |it: &&Value| {
            it["type"] == "conversation.item.added" && it["item"]["type"] == "function_call_output"
        };
        self.events.iter().filter(is_output).count()
    }

    fn count(&self, kind: &str) -> usize {
        let events = self.events.iter();
        events.filter(|it| it["type"] == kind).count()
    }
}

#[tokio::test]
async fn the_tools_of_a_call_are_answered_on_its_sideband_and_exactly_once() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let agent = Agent::new(config(&endpoint, &[("trouble", &trouble)])).unwrap();
    let (mut caller, offer) = Caller::new().await;
    let relayed = agent.relay(&offer, CallSetup::default()).await.unwrap();
    caller.accept(&relayed.answer);
    let mut seen = Seen::of(relayed.bridge);
    let is_ready = |event: &Event| matches!(event, Event::Session(session::Event::Ready { .. }));
    seen.until(|event| is_ready(event).then_some(())).await;
    let again = agent.attach(&relayed.call_id, CallSetup::default()).await;
    assert!(matches!(again.unwrap_err(), ConnectError::Attached { .. }));

    caller.ask(HEARD).await;
    assert_eq!(seen.finished().await.kind, "answered");
    caller
        .until(|it| it.count("output_audio_buffer.stopped") == 1)
        .await;
    assert_eq!((caller.outputs(), caller.count("response.done")), (1, 2));
    seen.until(is_idle).await;
    assert_eq!(trouble.stats().tool("echo").finished, 1);
    caller.until(|it| it.loud > 300).await;

    // Both sides hear that it is over.
    agent.hang_up(&relayed.call_id).await.unwrap();
    caller.closed().await;
    let closed = seen.closed().await;
    assert!(matches!(closed, Closed::Ended { .. }), "{closed}");
    let over = agent.hang_up(&relayed.call_id).await.unwrap_err();
    assert!(matches!(over, ConnectError::NoCall { .. }), "{over}");
    let over = agent.attach(&relayed.call_id, CallSetup::default()).await;
    let over = over.unwrap_err();
    assert!(matches!(over, ConnectError::NoCall { .. }), "{over}");
}

#[tokio::test]
async fn a_call_that_would_expire_goes_on_in_another_one() {
    let sim = with_faults(sim_config(), &["expire=6@session=1"]);
    let (endpoint, trouble) = (Sim::bind(LOOPBACK, sim).await.unwrap(), trouble().await);
    let config = over_webrtc(config(&endpoint, &[("trouble", &trouble)]));
    let mut seen = Seen::open(config).await;
    seen.bridge.send_text(r#"echo {"text":"before"}"#);
    assert_eq!(seen.reply().await, "before");
    let over = seen
        .until(|event| match event {
            Event::Session(session::Event::HandedOver(over)) => Some(over.clone()),
            _ => None,
        })
        .await;
    assert_eq!(over.why, session::HandOverReason::Expiring);
    assert!(over.restored() && over.replayed == 4, "{over:?}");
    seen.events.clear();
    seen.bridge
        .send_text(r#"echo {"text":"after the call is another one"}"#);
    assert_eq!(seen.reply().await, "after the call is another one");
    seen.until(is_idle).await;
    assert!(loud_ms(&seen.events) > 300, "{}", loud_ms(&seen.events));
    assert!(seen.bridge.stats().is_some());
    seen.bridge.close();
    assert_eq!(seen.closed().await, Closed::Asked);
    assert_eq!(endpoint.sessions_so_far(), 2);
}

#[tokio::test]
async fn a_call_that_breaks_goes_on_in_another_one() {
    let sim = with_faults(sim_config(), &["close=1006@response=2"]);
    let (endpoint, trouble) = (Sim::bind(LOOPBACK, sim).await.unwrap(), trouble().await);
    let config = over_webrtc(config(&endpoint, &[("trouble", &trouble)]));
    let mut seen = Seen::open(config).await;
    seen.bridge.send_text(r#"echo {"text":"one two three"}"#);
    let over = seen
        .until(|event| match event {
            Event::Session(session::Event::HandedOver(over)) => Some(over.clone()),
            _ => None,
        })
        .await;
    assert_eq!(over.why, session::HandOverReason::Dropped);
    assert_eq!(seen.reply().await, "one two three");
    assert_eq!(trouble.stats().tool("echo").started, 1, "not made again");
}

#[tokio::test]
async fn a_sideband_that_breaks_joins_the_call_again_and_answers_what_runs() {
    for code in [1006, 1012] {
        let fault = format!("detach={code}@response=2");
        let sim = with_faults(sim_config(), &[&fault]);
        let (endpoint, trouble) = (Sim::bind(LOOPBACK, sim).await.unwrap(), trouble().await);
        let agent = Agent::new(config(&endpoint, &[("trouble", &trouble)])).unwrap();
        let (mut caller, offer) = Caller::new().await;
        let relayed = agent.relay(&offer, CallSetup::default()).await.unwrap();
        caller.accept(&relayed.answer);
        let mut seen = Seen::of(relayed.bridge);
        caller.ask(r#"slow {"ms":2500}"#).await;
        trouble
            .stats()
            .wait_until(|it| it.tool("slow").started == 1)
            .await;
        // The second answer begins while the first one's call runs, and takes the sideband away.
        caller.ask("hello").await;
        let over = seen
            .until(|event| match event {
                Event::Session(session::Event::HandedOver(over)) => Some(over.clone()),
                _ => None,
            })
            .await;
        assert_eq!(over.why, session::HandOverReason::Dropped);
        assert_eq!(seen.finished().await.kind, "answered");
        caller.until(|it| it.outputs() == 1).await;
        // The call itself never broke, and can end for all.
        agent.hang_up(&relayed.call_id).await.unwrap();
        caller.closed().await;
        let closed = seen.closed().await;
        assert!(matches!(closed, Closed::Ended { .. }), "{closed}");
        assert_eq!(trouble.stats().tool("slow").started, 1);
    }
}

#[tokio::test]
async fn a_call_made_with_a_minted_key_is_attached_to_by_its_name() {
    let mut sim = sim_config();
    sim.keys = Some(vec!["sk-4242".into()]);
    let (endpoint, trouble) = (Sim::bind(LOOPBACK, sim).await.unwrap(), trouble().await);
    let config = config(&endpoint, &[("trouble", &trouble)]).api_key("sk-4242");
    let agent = Agent::new(config).unwrap();
    let secret = agent.mint(Duration::from_secs(60)).await.unwrap();
    let (mut caller, offer) = Caller::new().await;
    let response = reqwest::Client::new()
        .post(secret.calls_url)
        .bearer_auth(secret.value.expose())
        .header("content-type", "application/sdp")
        .body(offer)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    caller.accept(&response.text().await.unwrap());
    caller.until(|it| it.count("session.created") == 1).await;
    let tools = &caller.events[0]["session"]["tools"];
    let is_echo = |it: &Value| it["name"] == "echo";
    assert!(tools.as_array().unwrap().iter().any(is_echo), "bound in");

    let call_id = RealtimeCallId::from(location.rsplit('/').next().unwrap());
    let bridge = agent.attach(&call_id, CallSetup::default()).await.unwrap();
    let mut seen = Seen::of(bridge);
    caller.ask("hang {}").await;
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").started == 1)
        .await;
    // The call is answered before it ends.
    seen.bridge.hang_up();
    assert_eq!(seen.closed().await, Closed::Asked);
    caller.until(|it| it.outputs() == 1).await;
    caller.closed().await;
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").cancelled == 1)
        .await;
}

#[tokio::test]
async fn a_whole_tool_turn_crosses_a_bad_network() {
    let mut sim = sim_config();
    sim.engines.ear = Arc::new(ear::Script::new(vec![HEARD.to_owned()]));
    let faults = ["loss=5", "jitter=40"].map(|it| it.parse().unwrap());
    sim.faults = Faults::from_iter(faults);
    sim.seed = Some(7);
    let (endpoint, trouble) = (Sim::bind(LOOPBACK, sim).await.unwrap(), trouble().await);
    let mut config = over_webrtc(config(&endpoint, &[("trouble", &trouble)]));
    // A busy machine may speak in pieces: they are one turn.
    let detection = json!({"type": "server_vad", "silence_duration_ms": 4000});
    config.realtime.session.audio =
        serde_json::from_value(json!({"input": {"turn_detection": detection}})).unwrap();
    let mut seen = Seen::open(config).await;
    let question = Sound::from_wav(QUESTION).unwrap();
    let question = question.resampled(24_000).unwrap().samples;
    let said = [question, vec![0; 5 * 24_000]].concat();
    seen.bridge.send_audio(&rtmcp_media::pcm::to_bytes(&said));
    assert_eq!(seen.finished().await.kind, "answered");
    assert_eq!(seen.reply().await, "It is sunny in Paris today.");
    seen.until(is_idle).await;
    assert!(loud_ms(&seen.events) > 300, "{}", loud_ms(&seen.events));
    assert_eq!(trouble.stats().tool("echo").finished, 1);
    // Not a typed word is lost either, in 20 turns.
    for nth in 0..20 {
        let words = format!("line {nth}");
        seen.bridge.send_text(words.clone());
        assert_eq!(seen.reply().await, words);
    }
    let stats = seen.bridge.stats().unwrap();
    assert!(stats.received.lost > 0, "{stats:?}");
    let jitter = stats.received.jitter;
    assert!(jitter > Duration::from_millis(3), "{stats:?}");
    assert!(stats.sent.lost.is_some_and(|it| it > 0), "{stats:?}");
    assert!(
        stats
            .round_trip
            .is_some_and(|it| it > Duration::from_millis(5)),
        "{stats:?}"
    );
}

#[tokio::test]
async fn keys_that_are_pressed_are_heard_by_the_endpoint() {
    let endpoint = endpoint().await;
    let mut seen = Seen::open(over_webrtc(config(&endpoint, &[]))).await;
    seen.until(|event| matches!(event, Event::Session(session::Event::Ready { .. })).then_some(()))
        .await;
    seen.bridge.press("42*").unwrap();
    let mut keys = String::new();
    while keys.len() < 3 {
        keys += &seen
            .until(|event| match event {
                Event::Session(session::Event::Dtmf { key, .. }) => Some(key.expose().clone()),
                _ => None,
            })
            .await;
    }
    assert_eq!(keys, "42*");
    assert_eq!(seen.bridge.press("x"), Err(KeyError::Unknown));
    let mut over_a_socket = Seen::open(config(&endpoint, &[])).await;
    assert_eq!(over_a_socket.bridge.press("1"), Err(KeyError::NotTaken));
    over_a_socket.bridge.close();
    over_a_socket.closed().await;
}

#[tokio::test]
async fn a_key_for_clients_opens_a_call_with_what_is_bound_into_it() {
    let mut sim = sim_config();
    sim.keys = Some(vec!["sk-4242".into()]);
    let (endpoint, trouble) = (Sim::bind(LOOPBACK, sim).await.unwrap(), trouble().await);
    let mut owner = config(&endpoint, &[]).api_key("sk-4242");
    owner.realtime.session.instructions = Some("You are bound.".into());
    let secret = Agent::new(owner).unwrap();
    let secret = secret.mint(Duration::from_secs(60)).await.unwrap();

    let config = over_webrtc(config(&endpoint, &[("trouble", &trouble)]));
    let agent = Agent::new(config.api_key(secret.value.expose().clone())).unwrap();
    let greeting = Arc::new(Greeting::default());
    let setup = CallSetup {
        observers: vec![greeting.clone()],
        ..CallSetup::default()
    };
    let mut seen = Seen::of(agent.connect_with(setup).await.unwrap());
    seen.bridge.send_text(HEARD);
    assert_eq!(seen.finished().await.kind, "answered");
    let session = greeting.0.lock().unwrap().clone();
    assert_eq!(session["instructions"], "You are bound.");
}

/// The session as the endpoint greets with it.
#[derive(Default)]
struct Greeting(Mutex<Value>);

impl Observer for Greeting {
    fn received(&self, _: rtmcp::core::Timestamp, text: &str) {
        let event: Value = serde_json::from_str(text).unwrap();
        if event["type"] == "session.created" {
            *self.0.lock().unwrap() = event["session"].clone();
        }
    }
}
