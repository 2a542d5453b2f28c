//! Calls that are answered here: a page over WebRTC, an endpoint over a WebSocket, and the session
//! that leads between them.

mod by_hand;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rtmcp::{
    Agent, Bridge, CallSetup, Closed, Config, ConnectError, Event, Gateway,
    session::{self, Command},
};
use rtmcp_media::Sound;
use rtmcp_sim::{Running, Sim, engine::ear};
use serde_json::Value;

use crate::{
    connection::faulty,
    page::Page,
    stage::{LOOPBACK, Seen, config, endpoint, sim_config, trouble},
};

/// Somebody says "What is the weather in Paris?".
const QUESTION: &[u8] = include_bytes!("../../../rtmcp-media/tests/weather-in-paris-8k.wav");

/// What the ear makes of that, so that the obedient model acts on it.
const HEARD: &str = r#"echo {"text":"It is sunny in Paris today."}"#;

const LONG: &str = "a long sentence that goes on and on and on for quite a while";

fn answering(mut config: Config) -> Config {
    config.realtime.gateway = Some(Gateway {
        addresses: vec![LOOPBACK.ip()],
    });
    config
}

/// A page in a call that is answered here.
async fn call(config: Config) -> (Page, Bridge) {
    let agent = Agent::new(answering(config)).unwrap();
    let (page, offer) = Page::new().await;
    let relayed = agent.answer(&offer, CallSetup::default()).await.unwrap();
    page.accept(&relayed.answer);
    assert_eq!(relayed.bridge.call_id(), Some(&relayed.call_id));
    (page, relayed.bridge)
}

async fn listening(heard: &str) -> Running {
    let mut sim = sim_config();
    sim.engines.ear = Arc::new(ear::Script::new(vec![heard.to_owned()]));
    Sim::bind(LOOPBACK, sim).await.unwrap()
}

fn question() -> Vec<i16> {
    let question = Sound::from_wav(QUESTION).unwrap();
    question.resampled(24_000).unwrap().samples
}

fn is_idle(event: &Event) -> Option<()> {
    matches!(event, Event::Session(session::Event::Idle)).then_some(())
}

fn cut(event: &Event) -> Option<Duration> {
    match event {
        Event::Session(session::Event::Interrupted { heard, .. }) => Some(*heard),
        _ => None,
    }
}

#[tokio::test]
async fn a_spoken_turn_runs_its_tool_and_sounds_to_the_end() {
    let (endpoint, trouble) = (listening(HEARD).await, trouble().await);
    let (mut page, bridge) = call(config(&endpoint, &[("trouble", &trouble)])).await;
    let mut seen = Seen::of(bridge);
    page.until_told("session.updated", 1).await;
    page.connection.handle().play(&question());
    page.connection.handle().finish_playback();
    page.until_told("output_audio_buffer.stopped", 1).await;
    assert!(page.is_idle());
    assert_eq!(page.said(), ["It is sunny in Paris today."]);
    assert!(page.heard_ms() > 300, "{}", page.heard_ms());
    assert_eq!(trouble.stats().tool("echo").finished, 1);
    seen.until(is_idle).await;

    // As an endpoint would tell it.
    let told = |kind| page.count(kind);
    assert_eq!((told("session.created"), told("response.done")), (1, 2));
    assert_eq!(told("input_audio_buffer.speech_started"), 1);
    assert_eq!(told("output_audio_buffer.started"), 1);
    assert_eq!(told("response.output_audio.delta"), 0);
    assert!(told("response.output_audio_transcript.delta") > 0);
    let started = page.place("output_audio_buffer.started");
    let stopped = page.place("output_audio_buffer.stopped");
    let is_second_done = |it: &&Value| it["type"] == "response.done";
    let done = page.events[..stopped].iter().filter(is_second_done).count();
    assert!(started < stopped && done == 2, "{:?}", page.events);
    // The page hears it, and nobody else.
    let sounds = |it: &Event| matches!(it, Event::Audio { .. } | Event::AudioEnd { .. });
    assert!(!seen.events.iter().any(sounds));
    let stats = seen.bridge.stats().unwrap();
    assert!(stats.received.packets > 100, "{stats:?}");
}

#[tokio::test]
async fn what_is_typed_in_the_page_and_here_is_one_conversation() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let (mut page, bridge) = call(config(&endpoint, &[("trouble", &trouble)])).await;
    let mut seen = Seen::of(bridge);
    page.until_told("session.created", 1).await;
    page.ask(HEARD).await;
    page.until_told("output_audio_buffer.stopped", 1).await;
    assert_eq!(trouble.stats().tool("echo").finished, 1);
    seen.until(is_idle).await;
    seen.bridge.send_text("one more");
    page.until_told("output_audio_buffer.stopped", 2).await;
    page.want(Command::SendText("and a last one".into())).await;
    page.until_told("output_audio_buffer.stopped", 3).await;
    let said = ["It is sunny in Paris today.", "one more", "and a last one"];
    assert_eq!(page.said(), said);
}

#[tokio::test]
async fn whoever_speaks_up_cuts_the_model_where_it_was_heard() {
    let endpoint = listening("go on").await;
    let (mut page, bridge) = call(config(&endpoint, &[])).await;
    let mut seen = Seen::of(bridge);
    page.until_told("session.created", 1).await;
    page.ask(LONG).await;
    page.until_heard(300).await;
    page.connection.handle().play(&question());
    page.until_told("conversation.item.truncated", 1).await;
    page.until_quiet().await;
    let heard = page.heard_ms() as u64;
    page.until_told("response.created", 2).await;
    let at = page.last("conversation.item.truncated")["audio_end_ms"]
        .as_u64()
        .unwrap();
    assert!(
        at.abs_diff(heard) <= page.unsure_ms(),
        "cut at {at} ms of {heard} heard"
    );
    let began = page.place("input_audio_buffer.speech_started");
    let cleared = page.place("output_audio_buffer.cleared");
    let truncated = page.place("conversation.item.truncated");
    assert!(began < cleared && cleared < truncated);
    assert_eq!(seen.until(cut).await.as_millis() as u64, at);
    page.until_told("output_audio_buffer.stopped", 1).await;
    assert_eq!(page.said().last().unwrap(), "go on");
}

#[tokio::test]
async fn a_page_stops_the_model_by_hand() {
    let endpoint = endpoint().await;
    let (mut page, bridge) = call(config(&endpoint, &[])).await;
    let mut seen = Seen::of(bridge);
    page.until_told("session.created", 1).await;
    page.want(Command::SendText(LONG.into())).await;
    page.until_heard(300).await;
    page.want(Command::Interrupt).await;
    page.until_told("conversation.item.truncated", 1).await;
    page.until_quiet().await;
    let heard = page.heard_ms() as u64;
    let at = page.last("conversation.item.truncated")["audio_end_ms"]
        .as_u64()
        .unwrap();
    assert!(
        at.abs_diff(heard) <= page.unsure_ms(),
        "cut at {at} ms of {heard} heard"
    );
    assert!(page.place("output_audio_buffer.cleared") < page.place("conversation.item.truncated"));
    assert_eq!(seen.until(cut).await.as_millis() as u64, at);
    assert!(page.is_idle());
    // The next answer sounds.
    page.want(Command::SendText("more".into())).await;
    page.until_told("output_audio_buffer.stopped", 1).await;
    assert_eq!(page.said().last().unwrap(), "more");
    assert_eq!(page.count("error"), 0, "{:?}", page.last("error"));
}

#[tokio::test]
async fn the_model_is_stopped_from_here() {
    let endpoint = endpoint().await;
    let (mut page, bridge) = call(config(&endpoint, &[])).await;
    page.until_told("session.created", 1).await;
    page.ask(LONG).await;
    page.until_heard(200).await;
    bridge.interrupt();
    page.until_told("conversation.item.truncated", 1).await;
    assert_eq!(page.count("output_audio_buffer.cleared"), 1);
    let heard = page.heard_ms();
    page.ask("quiet").await;
    page.until_told("output_audio_buffer.started", 2).await;
    let most = heard as u64 + 40 + page.unsure_ms();
    assert!(page.heard_ms() as u64 <= most, "silence after it");
}

#[tokio::test]
async fn a_page_that_leaves_ends_the_session_and_its_socket() {
    let endpoint = endpoint().await;
    let (mut page, bridge) = call(config(&endpoint, &[])).await;
    let mut seen = Seen::of(bridge);
    page.until_told("session.created", 1).await;
    assert_eq!(endpoint.sessions(), 1);
    drop(page);
    let closed = seen.closed().await;
    assert!(matches!(closed, Closed::Ended { .. }), "{closed}");
    assert!(!closed.is_failure());
    endpoint.shutdown().await;

    // And so does one that vanishes without a word.
    let endpoint = self::endpoint().await;
    let (mut page, bridge) = call(config(&endpoint, &[])).await;
    let mut seen = Seen::of(bridge);
    page.until_told("session.created", 1).await;
    page.connection.handle().abandon();
    let closed = seen.closed().await;
    assert!(matches!(closed, Closed::Ended { .. }), "{closed}");
}

#[tokio::test]
async fn a_session_that_ends_ends_the_call() {
    let endpoint = endpoint().await;
    let (mut page, bridge) = call(config(&endpoint, &[])).await;
    page.until_told("session.created", 1).await;
    bridge.close();
    page.until_closed().await;
}

#[tokio::test]
async fn an_offer_that_is_none_opens_nothing() {
    let endpoint = endpoint().await;
    let agent = Agent::new(answering(config(&endpoint, &[]))).unwrap();
    let error = agent.answer("hello", CallSetup::default()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, ConnectError::BadOffer { .. }), "{error}");
    assert_eq!(endpoint.sessions_so_far(), 0);
}

/// How often the page was told of each item that came.
fn items(page: &Page) -> Vec<usize> {
    let mut counts = BTreeMap::new();
    let added = |it: &&Value| it["type"] == "conversation.item.added";
    for event in page.events.iter().filter(added) {
        *counts.entry(event["item"]["id"].to_string()).or_default() += 1;
    }
    counts.into_values().collect()
}

#[tokio::test]
async fn a_page_hears_nothing_of_a_connection_that_is_replaced_in_time() {
    let (endpoint, trouble) = (faulty(&["expire=4@session=1"]).await, trouble().await);
    let (mut page, bridge) = call(config(&endpoint, &[("trouble", &trouble)])).await;
    let mut seen = Seen::of(bridge);
    page.until_told("session.created", 1).await;
    page.ask(r#"echo {"text":"before"}"#).await;
    page.until_told("output_audio_buffer.stopped", 1).await;
    page.until_told("session.updated", 2).await;
    let handed = |event: &Event| matches!(event, Event::Session(session::Event::HandedOver(_)));
    seen.until(|event| handed(event).then_some(())).await;
    page.ask(r#"echo {"text":"after"}"#).await;
    page.until_told("output_audio_buffer.stopped", 2).await;
    assert_eq!(page.said(), ["before", "after"]);
    assert!(page.is_idle());
    assert_eq!(
        (endpoint.sessions_so_far(), page.count("session.created")),
        (2, 1)
    );
    // Two turns of a question, a call, its output and a reply.
    assert_eq!(items(&page), [1; 8], "{:?}", page.events);
    assert_eq!(page.count("conversation.item.done"), 8);
    assert_eq!((page.count("response.done"), page.count("error")), (4, 0));
}

#[tokio::test]
async fn a_reply_that_is_lost_with_its_connection_comes_again() {
    let endpoint = faulty(&["close=1006@response=1"]).await;
    let (mut page, _bridge) = call(config(&endpoint, &[])).await;
    page.until_told("session.created", 1).await;
    page.ask("one two three four five").await;
    page.until_told("response.done", 2).await;
    page.until(Page::is_idle).await;
    let statuses = page
        .events
        .iter()
        .filter(|it| it["type"] == "response.done");
    let statuses: Vec<_> = statuses
        .map(|it| it["response"]["status"].clone())
        .collect();
    assert_eq!(statuses, ["cancelled", "completed"]);
    assert_eq!(page.said().last().unwrap(), "one two three four five");
    assert!(!page.is_closed);
}
