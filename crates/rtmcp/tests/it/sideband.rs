//! Calls that somebody else speaks in: who leads them, what is done there, how they end.

use rtmcp::{Agent, CallSetup, Closed, Config, ConnectError, Event, core::RealtimeCallId, session};
use serde_json::json;

use crate::{
    stage::{Seen, trouble},
    stub::{Reply, Socket, Stub},
};

async fn attach(agent: &Agent, call_id: &str) -> Result<Seen, ConnectError> {
    let bridge = agent.attach(&call_id.into(), CallSetup::default()).await;
    bridge.map(Seen::of)
}

fn calls_tool(name: &str) -> serde_json::Value {
    let call = json!({"type": "function_call", "status": "completed", "id": "item_call",
        "call_id": "call_1", "name": name, "arguments": "{\"text\":\"a\"}"});
    json!({"type": "response.done", "response": {"id": "resp_1", "status": "completed",
        "output": [call]}})
}

#[tokio::test]
async fn a_call_is_led_over_its_sideband() {
    let (mut stub, trouble) = (Stub::new([]).await, trouble().await);
    let mut config = stub.config().instructions("You help.");
    config = config.server(rtmcp::mcp::ServerConfig::http(
        "trouble",
        trouble.url_mcp().parse().unwrap(),
    ));
    config.router.servers[0].approve = Some(rtmcp::router::Approve::Never);
    config.router.servers[0].trusted = true;
    let audio = config.realtime.session.audio.as_mut().unwrap();
    audio.output = Some(rtmcp::core::session::AudioOutput {
        voice: Some(rtmcp::core::session::Voice::Name("marin".to_owned())),
        ..Default::default()
    });
    let agent = Agent::new(config).unwrap();
    let mut seen = attach(&agent, "rtc_led").await.unwrap();
    let mut socket = stub.socket().await;
    assert_eq!(socket.query, "call_id=rtc_led");

    let update = socket.open().await;
    assert_eq!(update["session"]["instructions"], "You help.");
    assert!(!update["session"]["tools"].as_array().unwrap().is_empty());
    let output = &update["session"]["audio"]["output"];
    assert!(output.is_null(), "a voice that may have spoken: {output}");

    let created = json!({"type": "response.created", "response": {"id": "resp_1"}});
    socket.say(&created).await;
    socket.say(&calls_tool("echo")).await;
    let item = socket.hear("conversation.item.create").await;
    assert_eq!(item["item"]["call_id"], "call_1");
    assert_eq!(item["item"]["output"], "a");
    let first = item["item"]["id"].as_str().unwrap().to_owned();
    socket.hear("response.create").await;
    assert_eq!(trouble.stats().tool("echo").finished, 1);

    // Another session that leads the call later makes items of other names.
    seen.bridge.close();
    drop(socket);
    seen.closed().await;
    let seen = attach(&agent, "rtc_led").await.unwrap();
    let mut socket = stub.socket().await;
    socket.open().await;
    seen.bridge.send_text("hello");
    let item = socket.hear("conversation.item.create").await;
    let second = item["item"]["id"].as_str().unwrap();
    assert_ne!(first[..first.len() - 1], second[..second.len() - 1]);
    seen.bridge.close();
}

#[tokio::test]
async fn one_session_leads_a_call_whatever_its_agent() {
    let mut stub = Stub::new([]).await;
    let one = Agent::new(stub.config()).unwrap();
    // The same endpoint by another spelling, and with a key.
    let url = stub.config().realtime.url.to_string();
    let url = format!("{}/realtime", url.replace("http://", "ws://"));
    let other = Agent::new(Config::new(url.parse().unwrap()).api_key("k")).unwrap();

    let mut first = attach(&one, "rtc_once").await.unwrap();
    let mut socket = stub.socket().await;
    socket.open().await;
    for agent in [&one, &other] {
        let error = attach(agent, "rtc_once").await.err().unwrap();
        let expected = ConnectError::Attached {
            call_id: RealtimeCallId::from("rtc_once"),
        };
        assert_eq!(error, expected);
    }
    let elsewhere = attach(&other, "rtc_twice").await.unwrap();
    drop(elsewhere);

    first.bridge.close();
    drop(socket);
    assert_eq!(first.closed().await, Closed::Asked);
    attach(&other, "rtc_once").await.unwrap();
}

#[tokio::test]
async fn a_call_that_is_gone_when_its_sideband_comes_back_has_ended() {
    let mut stub = Stub::new([]).await;
    let agent = Agent::new(stub.config()).unwrap();
    let mut seen = attach(&agent, "rtc_single").await.unwrap();
    let mut socket = stub.socket().await;
    socket.open().await;
    // Without a word, as when the network goes away.
    drop(socket);
    let closed = seen.closed().await;
    assert!(
        matches!(&closed, Closed::Ended { detail } if detail.ends_with("no such call any more")),
        "{closed:?}"
    );
}

#[tokio::test]
async fn an_attempt_that_fails_leaves_the_call_to_others() {
    let stub = Stub::new([]).await;
    let agent = Agent::new(stub.config()).unwrap();
    for _ in 0..2 {
        let error = attach(&agent, "rtc_refused").await.err().unwrap();
        assert!(matches!(error, ConnectError::NoCall { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_call_whose_sideband_fails_is_ended() {
    let done = Reply::Say(200, Vec::new(), String::new());
    let mut stub = Stub::new([Reply::call("rtc_refused"), done]).await;
    let agent = Agent::new(stub.config()).unwrap();
    let relayed = agent.relay("v=0\r\n", CallSetup::default()).await;
    let error = relayed.unwrap_err();
    assert!(matches!(error, ConnectError::NoCall { .. }), "{error}");
    stub.asked().await;
    let ended = stub.asked().await;
    assert_eq!(ended.path, "/v1/realtime/calls/rtc_refused/hangup");
}

/// Waits until the other side has gone.
async fn gone(mut socket: Socket) {
    while let Some(Ok(message)) = socket.socket.recv().await {
        if matches!(message, axum::extract::ws::Message::Close(_)) {
            return;
        }
    }
}

#[tokio::test]
async fn hanging_up_answers_what_is_open_and_then_ends_the_call() {
    let done = Reply::Say(200, Vec::new(), String::new());
    let (mut stub, trouble) = (Stub::new([done]).await, trouble().await);
    let server = rtmcp::mcp::ServerConfig::http("trouble", trouble.url_mcp().parse().unwrap());
    let mut config = stub.config().server(server);
    config.router.servers[0].approve = Some(rtmcp::router::Approve::Never);
    let agent = Agent::new(config).unwrap();
    let mut seen = attach(&agent, "rtc_ended").await.unwrap();
    let mut socket = stub.socket().await;
    socket.open().await;
    let created = json!({"type": "response.created", "response": {"id": "resp_1"}});
    socket.say(&created).await;
    socket.say(&calls_tool("hang")).await;
    seen.until(|event| matches!(event, Event::ToolStarted(_)).then_some(()))
        .await;

    seen.bridge.hang_up();
    let item = socket.hear("conversation.item.create").await;
    assert_eq!(item["item"]["type"], "function_call_output");
    gone(socket).await;
    assert_eq!(
        stub.asked().await.path,
        "/v1/realtime/calls/rtc_ended/hangup"
    );
    assert_eq!(seen.closed().await, Closed::Asked);
    attach(&agent, "rtc_ended").await.unwrap();
}

#[tokio::test]
async fn the_endpoint_plays_in_such_a_call() {
    let mut stub = Stub::new([]).await;
    let agent = Agent::new(stub.config()).unwrap();
    let mut seen = attach(&agent, "rtc_played").await.unwrap();
    let mut socket = stub.socket().await;
    socket.open().await;
    for event in [
        json!({"type": "response.created", "response": {"id": "r"}}),
        json!({"type": "output_audio_buffer.started", "response_id": "r"}),
        json!({"type": "response.output_audio.delta", "response_id": "r", "item_id": "m",
            "delta": "AAAA"}),
        json!({"type": "response.done", "response": {"id": "r", "status": "completed",
            "output": []}}),
        json!({"type": "output_audio_buffer.stopped", "response_id": "r"}),
    ] {
        socket.say(&event).await;
    }
    let is_idle = |event: &Event| matches!(event, Event::Session(session::Event::Idle));
    seen.until(|event| is_idle(event).then_some(())).await;
    let sounds = |event: &Event| {
        matches!(
            event,
            Event::Audio { .. } | Event::AudioEnd { .. } | Event::AudioStop
        )
    };
    assert!(!seen.events.iter().any(sounds), "{:?}", seen.events);
}
