//! A client that calls over WebRTC, and checks every event that it gets.

use std::time::Duration;

use reqwest::{
    RequestBuilder, Response,
    header::LOCATION,
    multipart::{Form, Part},
};
use rtmcp_media::webrtc::{CloseReason, Connection, ConnectionHandle, PeerConfig, PeerEvent};
use rtmcp_sim::Running;
use serde_json::{Value, json};
use tokio::{
    task::JoinHandle,
    time::{interval, timeout},
};

use crate::published;

/// Longer than anything takes that comes at all.
const AT_MOST: Duration = Duration::from_secs(30);
const FRAME: usize = 480;

pub(crate) struct Caller {
    connection: Connection,
    /// The call's.
    pub(crate) id: String,
    /// What was heard since it was taken last.
    pub(crate) heard: Vec<i16>,
}

/// An offer of a client, and its connection.
pub(crate) async fn offer() -> (Connection, String) {
    let here = ([127, 0, 0, 1], 0).into();
    let offered = Connection::offer(here, PeerConfig::default()).await;
    offered.unwrap()
}

/// A form with an offer and a session.
pub(crate) fn form(offer: String, session: &Value) -> Form {
    let sdp = Part::text(offer).mime_str("application/sdp").unwrap();
    let session = Part::text(session.to_string());
    let session = session.mime_str("application/json").unwrap();
    Form::new().part("sdp", sdp).part("session", session)
}

/// A request to a simulator's REST side.
pub(crate) fn post(sim: &Running, path: &str) -> RequestBuilder {
    let url = format!("{}{path}", sim.http_url());
    reqwest::Client::new().post(url)
}

impl Caller {
    /// Calls with a session, and takes `session.created`.
    pub(crate) async fn call(sim: &Running, mut session: Value) -> Self {
        session["type"] = json!("realtime");
        session["model"] = json!("gpt-realtime-2.1");
        let (connection, offer) = offer().await;
        let request = post(sim, "/calls").multipart(form(offer, &session));
        let response = request.send().await.unwrap();
        Self::answered(connection, response).await
    }

    /// Takes the answer to an offer, and `session.created`.
    pub(crate) async fn answered(connection: Connection, response: Response) -> Self {
        let status = response.status();
        let location = response.headers().get(LOCATION).cloned();
        let answer = response.text().await.unwrap();
        assert_eq!(status, 201, "{answer}");
        let location = location.unwrap().to_str().unwrap().to_owned();
        let id = location.strip_prefix("/v1/realtime/calls/").unwrap();
        assert!(id.starts_with("rtc_"), "{id}");
        connection.handle().accept_answer(&answer).unwrap();
        let mut caller = Self {
            id: id.to_owned(),
            connection,
            heard: Vec::new(),
        };
        assert_eq!(caller.next().await["type"], "session.created");
        caller
    }

    pub(crate) fn handle(&self) -> ConnectionHandle {
        self.connection.handle()
    }

    pub(crate) async fn send(&self, event: Value) {
        self.handle().send(event.to_string()).await.unwrap();
    }

    /// Sends an event and returns the next one.
    pub(crate) async fn ask(&mut self, event: Value) -> Value {
        self.send(event).await;
        self.next().await
    }

    /// Writes a message of the person and asks for a response.
    pub(crate) async fn say(&self, text: &str) {
        let item = json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": text}]});
        self.send(json!({"type": "conversation.item.create", "item": item}))
            .await;
        self.send(json!({"type": "response.create"})).await;
    }

    /// Says something aloud, at the pace of speech, in the background.
    pub(crate) fn speak(&self, samples: Vec<i16>) -> JoinHandle<()> {
        let handle = self.handle();
        tokio::spawn(async move {
            let mut pace = interval(Duration::from_millis(20));
            for frame in samples.chunks(FRAME) {
                pace.tick().await;
                handle.play(frame);
            }
        })
    }

    /// Returns the next event.
    pub(crate) async fn next(&mut self) -> Value {
        let message = async {
            loop {
                match self.connection.next_event().await.unwrap() {
                    PeerEvent::Message(text) => return text.into_exposed(),
                    PeerEvent::Audio(frame) => self.heard.extend(frame.samples),
                    PeerEvent::Closed(reason) => panic!("no event but {reason:?}"),
                    _ => {}
                }
            }
        };
        let text = timeout(AT_MOST, message).await.unwrap();
        let event = serde_json::from_str(&text).unwrap();
        published::check(&event);
        event
    }

    /// Returns the events up to the first of a type, with it.
    pub(crate) async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            let found = event["type"] == kind;
            assert!(
                event["type"] != "error" || found,
                "an error before {kind}: {event}"
            );
            events.push(event);
            if found {
                return events;
            }
        }
    }

    /// Listens until so much sound has come.
    pub(crate) async fn listen(&mut self, samples: usize) {
        let enough = async {
            while self.heard.len() < samples {
                if let Some(PeerEvent::Audio(frame)) = self.connection.next_event().await {
                    self.heard.extend(frame.samples);
                }
            }
        };
        timeout(AT_MOST, enough).await.unwrap();
    }

    /// Reads until the connection has ended and returns why, with the events before.
    pub(crate) async fn closed(mut self) -> (CloseReason, Vec<Value>) {
        let mut events = Vec::new();
        let closed = async {
            loop {
                match self.connection.next_event().await.unwrap() {
                    PeerEvent::Message(text) => {
                        let event = serde_json::from_str(text.expose()).unwrap();
                        published::check(&event);
                        events.push(event);
                    }
                    PeerEvent::Closed(reason) => return reason,
                    _ => {}
                }
            }
        };
        let reason = timeout(AT_MOST, closed).await.unwrap();
        (reason, events)
    }
}
