//! A whole call: a page that speaks over WebRTC, the backend that leads, the simulator and the
//! sample shop.

use rtmcp::Gateway;
use rtmcp_api::{Call, Diagnostic, Happening, ProblemCode};
use rtmcp_media::{
    rms,
    webrtc::{CloseReason, Connection, PeerConfig, PeerEvent},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    browser::{Browser, closed},
    endpoint::PATIENCE,
    stage::Stage,
};
use crate::stage::endpoint;

/// The page's side of a call.
struct Page {
    connection: Connection,
    heard: Vec<i16>,
}

impl Page {
    /// Waits for the next event on the data channel.
    async fn next(&mut self) -> Value {
        loop {
            match self.connection.next_event().await.unwrap() {
                PeerEvent::Message(text) => return serde_json::from_str(text.expose()).unwrap(),
                PeerEvent::Audio(frame) => self.heard.extend(frame.samples),
                PeerEvent::Closed(reason) => panic!("{reason:?}"),
                _ => {}
            }
        }
    }

    /// Waits for an event of a type.
    async fn until(&mut self, kind: &str) {
        let mut event = Value::Null;
        while event["type"] != kind {
            event = timeout(PATIENCE, self.next()).await.unwrap();
            assert_ne!(event["type"], "error", "{event}");
        }
    }

    async fn say(&self, text: &str) {
        let item = json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": text}]});
        for event in [
            json!({"type": "conversation.item.create", "item": item}),
            json!({"type": "response.create"}),
        ] {
            let sent = self.connection.handle().send(event.to_string()).await;
            sent.unwrap();
        }
    }

    /// Waits until the call is hung up.
    async fn hung_up(mut self) -> CloseReason {
        let closed = async {
            loop {
                if let PeerEvent::Closed(reason) = self.connection.next_event().await.unwrap() {
                    return reason;
                }
            }
        };
        timeout(PATIENCE, closed).await.unwrap()
    }
}

/// Has a call at a simulator, with a typed turn that needs a tool, and ends it.
async fn have_a_call(gateway: Option<Gateway>) -> Vec<Diagnostic> {
    let sim = endpoint().await;
    let url = format!("http://{}/v1", sim.addr()).parse().unwrap();
    let stage = Stage::with(|it| {
        it.endpoints[0].realtime.url = url;
        it.endpoints[0].realtime.gateway = gateway;
    })
    .await;
    let browser = stage.browser().await;
    let (mut page, call) = open(&browser).await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    page.until("session.created").await;

    page.say("The weather, please.").await;
    let output = events
        .until(|it| match it {
            Happening::ToolFinished { output, .. } => Some(output.expose().clone()),
            _ => None,
        })
        .await;
    assert!(output.contains("degrees and sunny in Paris"), "{output}");
    page.until("output_audio_buffer.started").await;
    page.until("output_audio_buffer.stopped").await;
    let loud = page.heard.chunks(480).filter(|it| rms(it) > 0.01).count();
    assert!(loud > 5, "{loud} frames of speech");
    assert_eq!(stage.shop.stats().tool("get_weather").finished, 1);

    browser.end(&call).await;
    let rest = events.rest().await;
    assert_eq!(closed(&rest), "asked");
    page.hung_up().await;
    sim.shutdown().await;
    browser.events(&call).await.rest().await
}

/// Opens a page's call.
async fn open(browser: &Browser) -> (Page, Call) {
    let here = ([127, 0, 0, 1], 0).into();
    let offered = Connection::offer(here, PeerConfig::default()).await;
    let (connection, offer) = offered.unwrap();
    let answer = browser.post("/api/calls", &json!({"sdp": offer})).await;
    let call: Call = answer.json();
    let accepted = connection
        .handle()
        .accept_answer(&call.sdp.clone().unwrap());
    accepted.unwrap();
    let heard = Vec::new();
    (Page { connection, heard }, call)
}

#[tokio::test]
async fn a_page_speaks_and_the_backend_answers_the_tools() {
    have_a_call(None).await;
}

#[tokio::test]
async fn a_call_that_the_backend_answers_is_like_one_of_the_endpoint() {
    let told = have_a_call(Some(Gateway::default())).await;
    let is_sound = |it: &&Diagnostic| match &it.what {
        Happening::Sent { event } => event.expose()["type"] == "input_audio_buffer.append",
        _ => false,
    };
    assert_eq!(told.iter().filter(is_sound).count(), 0);
    let is_the_pages = |it: &Diagnostic| match &it.what {
        Happening::Sent { event } => event.expose()["item"]["role"] == "user",
        _ => false,
    };
    assert!(told.iter().any(is_the_pages), "what the page said is seen");
}

#[tokio::test]
async fn a_page_that_leaves_ends_a_call_that_the_backend_answers() {
    let sim = endpoint().await;
    let url = format!("http://{}/v1", sim.addr()).parse().unwrap();
    let stage = Stage::with(|it| {
        it.endpoints[0].realtime.url = url;
        it.endpoints[0].realtime.gateway = Some(Gateway::default());
    })
    .await;
    let browser = stage.browser().await;
    let (mut page, call) = open(&browser).await;
    let mut events = browser.events(&call).await;
    page.until("session.created").await;
    assert_eq!(sim.sessions(), 1);
    drop(page);
    assert_eq!(closed(&events.rest().await), "ended");
    sim.shutdown().await;
}

#[tokio::test]
async fn an_endpoint_without_calls_gives_no_keys_and_has_none_to_join() {
    let stage = Stage::with(|it| {
        it.endpoints[0].realtime.gateway = Some(Gateway::default());
    })
    .await;
    let browser = stage.browser().await;
    let key = browser.post("/api/token", &json!({})).await;
    let why = key.problem(ProblemCode::BadRequest);
    assert!(why.contains("POST /api/calls"), "{why}");
    let joined = browser
        .post("/api/calls", &json!({"call_id": "rtc_1"}))
        .await;
    let why = joined.problem(ProblemCode::BadRequest);
    assert!(why.contains("`sdp`"), "{why}");
    let bad = browser.call_with(json!({})).await;
    let why = bad.problem(ProblemCode::BadRequest);
    assert!(why.contains("createOffer"), "{why}");
    assert!(stage.endpoint.asked().is_empty());
}
