//! What a page is told and may say, at an endpoint that is played by hand.

use base64::{Engine, prelude::BASE64_STANDARD as STANDARD};
use rtmcp::{Bridge, Event, core::Dialect, session};
use serde_json::{Value, json};

use super::{call, items};
use crate::{
    page::Page,
    stage::Seen,
    stub::{Socket, Stub},
};

/// A page, and an endpoint that is played by hand.
async fn by_hand() -> (Page, Bridge, Stub, Socket) {
    let mut stub = Stub::new([]).await;
    let (mut page, bridge) = call(stub.config()).await;
    let mut socket = stub.socket().await;
    assert!(socket.query.starts_with("model="), "{}", socket.query);
    socket.open().await;
    page.until_told("session.updated", 1).await;
    (page, bridge, stub, socket)
}

#[tokio::test]
async fn garbage_is_answered_as_endpoints_do() {
    let (mut page, _bridge, _stub, mut socket) = by_hand().await;
    for (text, code) in [
        ("hello", "invalid_json"),
        ("[1]", "invalid_json"),
        (r#"{"event_id":"e1"}"#, "invalid_event"),
        (r#"{"event_id":"e2","type":7}"#, "invalid_event"),
    ] {
        page.say_text(text).await;
        page.until_told("error", page.count("error") + 1).await;
        let error = &page.last("error")["error"];
        assert_eq!(error["code"], code);
        assert_eq!(error["type"], "invalid_request_error");
    }
    assert_eq!(page.last("error")["error"]["event_id"], "e2");
    // What has a shape is the endpoint's to judge, also where we don't know it.
    page.say(&json!({"type": "weather.ask", "event_id": "e3", "city": "Paris"}))
        .await;
    let asked = socket.hear("weather.ask").await;
    assert_eq!(
        (&asked["event_id"], &asked["city"]),
        (&json!("e3"), &json!("Paris"))
    );
}

#[tokio::test]
async fn errors_go_to_whom_they_are_meant_for() {
    let (mut page, bridge, _stub, mut socket) = by_hand().await;
    let mut seen = Seen::of(bridge);
    page.say(&json!({"type": "response.create"})).await;
    let asked = socket.hear("response.create").await;
    let refused = |id: &Value| {
        json!({"type": "error", "event_id": "x", "error": {"type": "invalid_request_error",
            "code": "some_code", "message": "No.", "event_id": id}})
    };
    socket.say(&refused(&asked["event_id"])).await;
    page.until_told("error", 1).await;
    assert_eq!(page.last("error")["error"]["event_id"], Value::Null);

    page.say(&json!({"type": "response.create", "event_id": "mine"}))
        .await;
    let asked = socket.hear("response.create").await;
    assert_eq!(asked["event_id"], "mine");
    socket.say(&refused(&asked["event_id"])).await;
    page.until_told("error", 2).await;
    assert_eq!(page.last("error")["error"]["event_id"], "mine");

    // What the session that leads did wrong is its own affair.
    seen.bridge.send_text("hello");
    let item = socket.hear("conversation.item.create").await;
    socket.say(&refused(&item["event_id"])).await;
    socket
        .say(&json!({"type": "rate_limits.updated", "rate_limits": []}))
        .await;
    page.until_told("rate_limits.updated", 1).await;
    assert_eq!(page.count("error"), 2);
    let trouble = |event: &Event| matches!(event, Event::Session(session::Event::Trouble(_)));
    let troubles = seen.until(|event| trouble(event).then_some(())).await;
    assert_eq!(troubles, ());
}

#[tokio::test]
async fn long_events_come_whole_or_shorter() {
    let (mut page, _bridge, _stub, mut socket) = by_hand().await;
    let words = "x".repeat(200_000);
    let delta = |delta: &str| {
        json!({"type": "response.output_text.delta", "event_id": "e", "response_id": "r",
            "item_id": "m", "output_index": 0, "content_index": 0, "delta": delta})
    };
    socket.say(&delta(&words)).await;
    page.until_told("response.output_text.delta", 1).await;
    assert_eq!(page.last("response.output_text.delta")["delta"], words);

    // Longer than the page takes: the tools are named, without their schemas.
    let schema = json!({"type": "object", "description": "y".repeat(20_000)});
    let tool = json!({"type": "function", "name": "f", "parameters": schema});
    let updated = json!({"type": "session.updated", "event_id": "e",
        "session": {"type": "realtime", "tools": vec![tool; 100]}});
    assert!(updated.to_string().len() > 1 << 20);
    socket.say(&updated).await;
    page.until_told("session.updated", 2).await;
    let tools = &page.last("session.updated")["session"]["tools"];
    assert_eq!(
        (tools.as_array().unwrap().len(), &tools[0]["name"]),
        (100, &json!("f"))
    );
    // What can't be shorter is left out, and that is said.
    socket.say(&delta(&"x".repeat(2 << 20))).await;
    page.until_told("error", 1).await;
    assert_eq!(page.last("error")["error"]["code"], "event_too_long");
}

#[tokio::test]
async fn a_page_may_say_so_much_and_no_more() {
    let (mut page, _bridge, _stub, mut socket) = by_hand().await;
    for nth in 0..1_000 {
        page.say(&json!({"type": "flood", "event_id": "e", "nth": nth}))
            .await;
    }
    page.until_told("error", 1).await;
    assert_eq!(page.last("error")["error"]["code"], "rate_limit_exceeded");
    socket
        .say(&json!({"type": "rate_limits.updated", "rate_limits": []}))
        .await;
    page.until_told("rate_limits.updated", 1).await;
    let warnings = page.count("error");
    assert!(warnings <= 5, "{warnings} warnings");
    let first = socket.hear("flood").await;
    assert_eq!(first["nth"], 0, "and those before it came");
}

#[tokio::test]
async fn what_a_page_wants_before_the_endpoint_is_ready_waits() {
    let mut stub = Stub::new([]).await;
    let (mut page, _bridge) = call(stub.config()).await;
    let mut socket = stub.socket().await;
    socket
        .say(&json!({"type": "session.created", "session": {}}))
        .await;
    page.until_told("session.created", 1).await;
    page.ask("hello").await;
    let formats = json!({"audio": {"input": {"format": {"type": "audio/pcmu"}},
        "output": {"format": {"type": "audio/pcmu"}, "voice": "marin"}}});
    page.say(&json!({"type": "session.update", "session": formats}))
        .await;
    let setup = socket.hear("session.update").await;
    assert!(setup["session"]["audio"]["input"]["transcription"].is_object());
    socket
        .say(&json!({"type": "session.updated", "session": {}}))
        .await;
    socket.hear("conversation.item.create").await;
    socket.hear("response.create").await;
    // The track decides how it sounds.
    let update = socket.hear("session.update").await;
    assert_eq!(
        update["session"]["audio"],
        json!({"input": {}, "output": {"voice": "marin"}})
    );
}

#[tokio::test]
async fn keys_that_a_page_presses_are_told_of() {
    let (mut page, bridge, _stub, _socket) = by_hand().await;
    let mut seen = Seen::of(bridge);
    page.connection.handle().press("7#").unwrap();
    let kind = "input_audio_buffer.dtmf_event_received";
    page.until_told(kind, 2).await;
    assert_eq!(page.last(kind)["event"], "#");
    for expected in ["7", "#"] {
        let key = seen.until(|event| match event {
            Event::Session(session::Event::Dtmf { key, .. }) => Some(key.expose().clone()),
            _ => None,
        });
        assert_eq!(key.await, expected);
    }
    // Nobody is there who would take keys of the model's side.
    assert_eq!(seen.bridge.press("1"), Err(rtmcp::KeyError::NotTaken));
}

#[tokio::test]
async fn what_a_page_asked_for_over_a_lost_connection_is_asked_for_over_the_next() {
    let (mut page, _bridge, mut stub, mut socket) = by_hand().await;
    page.ask("answered").await;
    let item = socket.hear("conversation.item.create").await["item"].clone();
    socket.hear("response.create").await;
    socket
        .say(&json!({"type": "conversation.item.added", "item": item}))
        .await;
    socket
        .say(&json!({"type": "conversation.item.done", "item": item}))
        .await;
    for kind in ["response.created", "response.done"] {
        let response = json!({"id": "r", "status": "completed", "output": []});
        socket
            .say(&json!({"type": kind, "response": response}))
            .await;
    }
    page.until_told("response.done", 1).await;
    page.ask("lost").await;
    let lost = socket.hear("conversation.item.create").await;
    socket.hear("response.create").await;
    drop(socket);

    let mut socket = stub.socket().await;
    socket
        .say(&json!({"type": "session.created", "session": {}}))
        .await;
    socket.hear("session.update").await;
    page.ask("later").await;
    socket
        .say(&json!({"type": "session.updated", "session": {}}))
        .await;
    let replayed = socket.hear("conversation.item.create").await["item"].clone();
    assert_eq!(replayed["id"], item["id"]);
    socket
        .say(&json!({"type": "conversation.item.added", "item": replayed}))
        .await;
    socket
        .say(&json!({"type": "conversation.item.done", "item": replayed}))
        .await;
    assert_eq!(socket.hear("conversation.item.create").await, lost);
    socket.hear("response.create").await;
    let later = socket.hear("conversation.item.create").await;
    assert_eq!(later["item"]["content"][0]["text"], "later");
    socket.hear("response.create").await;
    assert_eq!(items(&page), [1], "and the page heard of none twice");
}

/// Speech of a message: a tone of so many milliseconds.
fn sound(response: &str, item: &str, ms: usize) -> Value {
    let turn = std::f64::consts::TAU * 440.0 / 24_000.0;
    let tone = (0..24 * ms).map(|at| (8_000.0 * (turn * at as f64).sin()) as i16);
    let bytes = rtmcp_media::pcm::to_bytes(&tone.collect::<Vec<_>>());
    json!({"type": "response.output_audio.delta", "event_id": "e", "response_id": response,
        "item_id": item, "output_index": 0, "content_index": 0, "delta": STANDARD.encode(bytes)})
}

async fn speaks(socket: &mut Socket, response: &str, messages: &[(&str, usize)]) {
    let created = json!({"id": response, "status": "in_progress", "output": []});
    socket
        .say(&json!({"type": "response.created", "response": created}))
        .await;
    for (item, ms) in messages {
        socket.say(&sound(response, item, *ms)).await;
        let done = json!({"type": "response.output_audio.done", "event_id": "e",
            "response_id": response, "item_id": item, "output_index": 0, "content_index": 0});
        socket.say(&done).await;
    }
    let done = json!({"id": response, "status": "completed", "output": []});
    socket
        .say(&json!({"type": "response.done", "response": done}))
        .await;
}

#[tokio::test]
async fn each_message_is_cut_where_it_was_heard_and_those_behind_it_at_once() {
    let (mut page, _bridge, _stub, mut socket) = by_hand().await;
    speaks(&mut socket, "r1", &[("whole", 300), ("cut", 2_000)]).await;
    speaks(&mut socket, "r2", &[("waits", 1_000)]).await;
    page.until_heard(700).await;
    let started = json!({"type": "input_audio_buffer.speech_started", "event_id": "e",
        "audio_start_ms": 0, "item_id": "u"});
    socket.say(&started).await;
    let cut = socket.hear("conversation.item.truncate").await;
    let waits = socket.hear("conversation.item.truncate").await;
    page.until_told("output_audio_buffer.cleared", 2).await;
    page.until_quiet().await;
    let heard = page.heard_ms() as u64 - 300;
    let at = cut["audio_end_ms"].as_u64().unwrap();
    assert_eq!(cut["item_id"], "cut");
    assert!(
        at.abs_diff(heard) <= page.unsure_ms(),
        "cut at {at} ms of {heard} heard"
    );
    assert_eq!(
        (&waits["item_id"], &waits["audio_end_ms"]),
        (&json!("waits"), &json!(1))
    );
    let responses = |kind: &str| {
        let events = page.events.iter().filter(|it| it["type"] == kind);
        let responses = events.map(|it| it["response_id"].as_str().unwrap());
        responses.collect::<Vec<_>>()
    };
    assert_eq!(responses("output_audio_buffer.started"), ["r1"]);
    assert_eq!(responses("output_audio_buffer.cleared"), ["r1", "r2"]);
    assert_eq!(page.count("output_audio_buffer.stopped"), 0);
}

#[tokio::test]
async fn one_response_is_heard_after_the_other() {
    let (mut page, _bridge, _stub, mut socket) = by_hand().await;
    speaks(&mut socket, "r1", &[("a", 200)]).await;
    speaks(&mut socket, "r2", &[("b", 200)]).await;
    page.until_told("output_audio_buffer.stopped", 2).await;
    let told = page.events.iter().filter_map(|it| {
        let kind = it["type"].as_str()?.strip_prefix("output_audio_buffer.")?;
        Some(format!("{} {kind}", it["response_id"].as_str()?))
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        ["r1 started", "r1 stopped", "r2 started", "r2 stopped"]
    );
    page.until_quiet().await;
    // Some 20 ms of silence are between them.
    let heard = page.heard_ms() as u64;
    assert!(
        heard.abs_diff(420) <= 20 + page.unsure_ms(),
        "{heard} ms of 400"
    );
}

#[tokio::test]
async fn a_page_speaks_as_of_today_to_an_endpoint_that_speaks_as_before() {
    let mut stub = Stub::new([]).await;
    let mut config = stub.config();
    config.realtime.dialect = Dialect::Legacy;
    let (mut page, _bridge) = call(config).await;
    let mut socket = stub.socket().await;
    socket.open().await;
    page.until_told("session.updated", 1).await;
    let delta = json!({"type": "response.text.delta", "event_id": "e", "response_id": "r",
        "item_id": "m", "output_index": 0, "content_index": 0, "delta": "Hello"});
    socket.say(&delta).await;
    page.until_told("response.output_text.delta", 1).await;
    assert_eq!(page.last("response.output_text.delta")["delta"], "Hello");
    let voice = json!({"type": "realtime", "audio": {"output": {"voice": "alloy"}}});
    page.say(&json!({"type": "session.update", "session": voice}))
        .await;
    assert_eq!(
        socket.hear("session.update").await["session"]["voice"],
        "alloy"
    );
}
