//! Sessions into which our tools were bound before they began: by keys for browsers, and by calls.

use rtmcp_media::webrtc::{Connection, PeerConfig, PeerEvent};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    client::{Client, PROXY_KEY, bare, with},
    stage::before,
};
use crate::{
    serve::{endpoint::PATIENCE, stage::Stage},
    stage::{LOOPBACK, endpoint},
};

/// Makes a key for a browser, as its backend does: with a tool of its own.
async fn mint(stage: &Stage) -> String {
    let theirs = json!({"type": "function", "name": "theirs", "parameters": {"type": "object"}});
    let session = json!({"type": "realtime", "model": "gpt-realtime-2.1", "tools": [theirs]});
    let minted = post(stage, "/client_secrets", PROXY_KEY)
        .json(&json!({ "session": session }))
        .send();
    let minted: Value = minted.await.unwrap().json().await.unwrap();
    minted["value"].as_str().unwrap().to_owned()
}

fn post(stage: &Stage, path: &str, key: &str) -> reqwest::RequestBuilder {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/v1/realtime{path}", stage.addr);
    http.post(url).bearer_auth(key)
}

fn names(session: &Value) -> Vec<&str> {
    let tools = session["tools"].as_array().unwrap().iter();
    tools.map(|it| it["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_socket_with_a_key_for_browsers_shows_the_clients_tools_alone() {
    let sim = endpoint().await;
    let stage = before(sim.addr(), |_| {}).await;
    let key = format!("realtime, openai-insecure-api-key.{}", mint(&stage).await);
    let asked = bare(stage.addr, "?model=gpt-realtime-2.1");
    let asked = with(asked, "sec-websocket-protocol", &key);
    let mut client = Client::open(asked).await.unwrap();
    let created = client.event().await;
    assert_eq!(created["type"], "session.created");
    assert_eq!(names(&created["session"]), ["theirs"]);
    client.type_text("What is the weather in Paris?").await;
    let mut said = Value::Null;
    while said["type"] != "response.output_audio_transcript.done" {
        said = client.event().await;
        assert!(!said.to_string().contains("get_weather"), "{said}");
    }
    assert_eq!(said["transcript"], "Done.");
    assert_eq!(stage.shop.stats().tool("get_weather").started, 1);
}

/// A browser's side of a call.
struct Page(Connection);

impl Page {
    /// Makes a call through the proxy.
    async fn new(stage: &Stage, key: &str) -> Self {
        let offered = Connection::offer(LOOPBACK, PeerConfig::default()).await;
        let (connection, offer) = offered.unwrap();
        let request = post(stage, "/calls", key).header("content-type", "application/sdp");
        let answer = request.body(offer).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        let answer = answer.text().await.unwrap();
        connection.handle().accept_answer(&answer).unwrap();
        Self(connection)
    }

    /// Waits for the next event on the data channel.
    async fn next(&mut self) -> Value {
        loop {
            match timeout(PATIENCE, self.0.next_event()).await.unwrap() {
                Some(PeerEvent::Message(text)) => {
                    return serde_json::from_str(text.expose()).unwrap();
                }
                Some(PeerEvent::Closed(reason)) => panic!("{reason:?}"),
                _ => {}
            }
        }
    }

    /// Waits for the end of the model's next answer in words.
    async fn answer(&mut self) -> String {
        loop {
            let event = self.next().await;
            if event["type"] == "response.output_audio_transcript.done" {
                return event["transcript"].as_str().unwrap().to_owned();
            }
        }
    }
}

#[tokio::test]
async fn a_call_of_a_browser_has_its_tools_answered() {
    let sim = endpoint().await;
    let stage = before(sim.addr(), |_| {}).await;
    let mut page = Page::new(&stage, &mint(&stage).await).await;
    while page.next().await["type"] != "session.created" {}
    let item = json!({"type": "message", "role": "user",
        "content": [{"type": "input_text", "text": "What is the weather in Paris?"}]});
    for event in [
        json!({"type": "conversation.item.create", "item": item}),
        json!({"type": "response.create"}),
    ] {
        page.0.handle().send(event.to_string()).await.unwrap();
    }
    assert_eq!(page.answer().await, "Done.");
    assert_eq!(stage.shop.stats().tool("get_weather").started, 1);
}
