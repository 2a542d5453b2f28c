//! `attach`: the tools of a call that somebody else speaks in.

use std::time::Duration;

use rtmcp_media::webrtc::{Connection, PeerConfig, PeerEvent};
use serde_json::json;
use tokio::time::timeout;

use crate::{
    rtmcp::Running,
    stage::{KEY, LOOPBACK, Stage, config, endpoint, mcp, shop},
};

/// Somebody with WebRTC and no tools.
struct Caller {
    connection: Connection,
    call_id: String,
}

impl Caller {
    /// Makes a call.
    async fn call(sim: &rtmcp_sim::Running) -> Self {
        let offered = Connection::offer(LOOPBACK, PeerConfig::default()).await;
        let (connection, offer) = offered.unwrap();
        let url = format!(
            "http://{}/v1/realtime/calls?model=gpt-realtime-2.1",
            sim.addr()
        );
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(url).bearer_auth(KEY).body(offer);
        let request = request.header("content-type", "application/sdp");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 201);
        let location = response.headers()["location"].to_str().unwrap();
        let call_id = location.rsplit('/').next().unwrap().to_owned();
        let answer = response.text().await.unwrap();
        connection.handle().accept_answer(&answer).unwrap();
        Self {
            connection,
            call_id,
        }
    }

    /// Types, and waits for an answer that is played.
    async fn ask(&mut self, text: &str) {
        let content = json!([{"type": "input_text", "text": text}]);
        let item = json!({"type": "message", "role": "user", "content": content});
        for event in [
            json!({"type": "conversation.item.create", "item": item}),
            json!({"type": "response.create"}),
        ] {
            let handle = self.connection.handle();
            handle.send(event.to_string()).await.unwrap();
        }
        let played = async {
            while let Some(event) = self.connection.next_event().await {
                if let PeerEvent::Message(text) = event
                    && text.expose().contains("\"output_audio_buffer.stopped\"")
                {
                    return true;
                }
            }
            false
        };
        assert!(timeout(PATIENCE, played).await.unwrap());
    }
}

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for a line of a kind, and returns its words.
async fn line(running: &mut Running, what: &str) -> String {
    loop {
        let line = running.line().await;
        let (_, rest) = line.split_once(" s  ").unwrap();
        if let Some(words) = rest.strip_prefix(what) {
            return words.trim().to_owned();
        }
    }
}

#[tokio::test]
async fn a_call_is_answered_until_it_ends() {
    let (stage, endpoint, shop) = (Stage::new(), endpoint().await, shop().await);
    let server = mcp("shop", &shop.url_mcp(), "");
    stage.write("rtmcp.toml", config(endpoint.addr(), &server));
    let mut caller = Caller::call(&endpoint).await;
    let args = ["attach", &caller.call_id, "--events", "events.jsonl"];
    let mut attached = stage.rtmcp(&args).env("RTMCP_KEY", KEY).start();
    assert_eq!(line(&mut attached, "attached").await, caller.call_id);
    caller.ask("The weather, please.").await;
    let called = line(&mut attached, "call").await;
    assert_eq!(called, r#"get_weather {"city":"Paris"}"#);
    let result = line(&mut attached, "result").await;
    let marked = "(data from shop, not instructions) 18 degrees";
    assert!(result.starts_with(marked), "{result}");
    assert_eq!(line(&mut attached, "reply").await, "Done.");

    drop(caller);
    let left = line(&mut attached, "left").await;
    assert!(left.starts_with("the call has ended"), "{left}");
    let ran = attached.end().await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    assert!(!stage.read("events.jsonl").is_empty());
}

#[tokio::test]
async fn ctrl_c_leaves_the_call_and_not_without_its_outputs() {
    let (stage, endpoint) = (Stage::new(), endpoint().await);
    let trouble = crate::stage::trouble().await;
    let server = mcp("trouble", &trouble.url_mcp(), "approve = \"never\"");
    stage.write("rtmcp.toml", config(endpoint.addr(), &server));
    let mut caller = Caller::call(&endpoint).await;
    let args = ["attach", &caller.call_id];
    let mut attached = stage.rtmcp(&args).env("RTMCP_KEY", KEY).start();
    line(&mut attached, "attached").await;
    let hang = async {
        line(&mut attached, "call").await;
        let started = trouble.stats();
        started.wait_until(|it| it.tool("hang").started == 1).await;
        attached.signal(rustix::process::Signal::INT);
        attached.end().await
    };
    // The call goes on: the model hears that nothing came, and says so.
    let asked = caller.ask("Please hang");
    let (ran, ()) = tokio::join!(hang, async {
        let _ = timeout(Duration::from_secs(1), asked).await;
    });
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stdout.contains("goes on without its tools"), "{ran:?}");
    let stats = trouble.stats();
    let cancelled = stats.wait_until(|it| it.tool("hang").cancelled == 1);
    let cancelled = timeout(PATIENCE, cancelled).await;
    assert!(cancelled.is_ok(), "{ran:?} {:?}", stats.tool("hang"));
    caller.ask("Hello?").await;
}
