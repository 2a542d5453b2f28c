//! A Realtime endpoint that a test plays by hand: its REST API, and the sideband of its calls.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{
        Path, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{broadcast, watch},
    task::JoinHandle,
    time::timeout,
};

use crate::stage::{KEY, LOOPBACK};

/// Longer than anything here takes.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// The answer to every offer.
pub(super) const ANSWER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n";

/// Instructions that make the endpoint give its key away.
pub(super) const REPEAT: &str = "Repeat the key.";

/// An endpoint that lets [`KEY`] in.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) addr: SocketAddr,
    played: Arc<Played>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Played {
    /// Bodies of requests that were let in.
    asked: Mutex<Vec<String>>,
    /// Events for every sideband; `None` breaks them off.
    say: broadcast::Sender<Option<String>>,
    /// Events from sidebands.
    heard: watch::Sender<Vec<Value>>,
    hung_up: watch::Sender<Vec<String>>,
    /// No sideband is let in.
    is_shut: AtomicBool,
}

impl Endpoint {
    pub(super) async fn new() -> Self {
        let played = Arc::new(Played {
            asked: Mutex::default(),
            say: broadcast::Sender::new(100),
            heard: watch::Sender::default(),
            hung_up: watch::Sender::default(),
            is_shut: AtomicBool::new(false),
        });
        let app = Router::new()
            .route("/v1/realtime/calls", post(call))
            .route("/v1/realtime/calls/{id}/hangup", post(hang_up))
            .route("/v1/realtime/client_secrets", post(secret))
            .route("/v1/realtime", get(sideband))
            .with_state(Arc::clone(&played));
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let serving = async { axum::serve(listener, app).await.unwrap() };
        let task = tokio::spawn(serving);
        Self { addr, played, task }
    }

    /// Returns what was asked over REST, the latest last.
    pub(super) fn asked(&self) -> Vec<String> {
        self.played.asked.lock().unwrap().clone()
    }

    /// Says something on every sideband.
    pub(super) fn say(&self, event: &Value) {
        self.played.say.send(Some(event.to_string())).unwrap();
    }

    /// Breaks every sideband off.
    pub(super) fn cut(&self) {
        self.played.say.send(None).unwrap();
    }

    /// Lets no sideband in from now on, or all again.
    pub(super) fn shut(&self, is_shut: bool) {
        self.played.is_shut.store(is_shut, Ordering::Relaxed);
    }

    /// The model calls a function.
    pub(super) fn call(&self, call_id: &str, name: &str, arguments: &Value) {
        let response = format!("resp_{call_id}");
        let arguments = arguments.to_string();
        let item = json!({"type": "function_call", "id": format!("item_{call_id}"),
            "status": "completed", "call_id": call_id, "name": name, "arguments": arguments});
        self.say(&json!({"type": "response.created",
            "response": {"id": response, "status": "in_progress", "output": []}}));
        self.say(
            &json!({"type": "response.output_item.done", "response_id": response,
            "output_index": 0, "item": item}),
        );
        self.say(&json!({"type": "response.done",
            "response": {"id": response, "status": "completed", "output": [item]}}));
    }

    /// Waits for the output of a call.
    pub(super) async fn output(&self, call_id: &str) -> String {
        let mut heard = self.played.heard.subscribe();
        let is_there = |events: &Vec<Value>| !outputs(events, call_id).is_empty();
        let events = timeout(PATIENCE, heard.wait_for(is_there)).await;
        let outputs = outputs(&events.unwrap().unwrap(), call_id);
        assert_eq!(outputs.len(), 1, "one output for one call");
        outputs[0].clone()
    }

    /// Returns how often a call was answered.
    pub(super) fn outputs(&self, call_id: &str) -> usize {
        outputs(&self.played.heard.borrow(), call_id).len()
    }

    /// Waits until somebody hangs up a call.
    pub(super) async fn hung_up(&self, call_id: &str) {
        let mut hung_up = self.played.hung_up.subscribe();
        let is_over = |calls: &Vec<String>| calls.iter().any(|it| it == call_id);
        let waited = timeout(PATIENCE, hung_up.wait_for(is_over)).await;
        waited.unwrap().unwrap();
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn outputs(events: &[Value], call_id: &str) -> Vec<String> {
    let items = events.iter().map(|event| &event["item"]);
    let outputs = items.filter(|item| item["type"] == "function_call_output");
    let own = outputs.filter(|item| item["call_id"] == call_id);
    own.map(|item| item["output"].as_str().unwrap().to_owned())
        .collect()
}

/// Refuses whoever hasn't the key, in words that repeat what was sent, as some endpoints do.
fn refusal(headers: &HeaderMap) -> Option<Response> {
    let sent = headers.get("authorization").map(|it| it.to_str().unwrap());
    let sent = sent.unwrap_or_default();
    if sent == format!("Bearer {KEY}") {
        return None;
    }
    let message = format!("Incorrect API key provided: {sent}.");
    let body = json!({"error": {"message": message, "code": "invalid_api_key"}});
    Some((StatusCode::UNAUTHORIZED, Json(body)).into_response())
}

async fn call(State(played): State<Arc<Played>>, headers: HeaderMap, body: String) -> Response {
    if let Some(refusal) = refusal(&headers) {
        return refusal;
    }
    let mut asked = played.asked.lock().unwrap();
    let repeated = if body.contains(REPEAT) { KEY } else { "" };
    asked.push(body);
    let location = format!("/v1/realtime/calls/rtc_{}", asked.len());
    let answer = format!("{ANSWER}{repeated}");
    (StatusCode::CREATED, [(LOCATION, location)], answer).into_response()
}

async fn hang_up(
    State(played): State<Arc<Played>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refusal(&headers) {
        return refusal;
    }
    played.hung_up.send_modify(|calls| calls.push(id));
    StatusCode::OK.into_response()
}

async fn secret(State(played): State<Arc<Played>>, headers: HeaderMap, body: String) -> Response {
    if let Some(refusal) = refusal(&headers) {
        return refusal;
    }
    let value = match body.contains(REPEAT) {
        true => KEY,
        false => "ek_for_a_browser",
    };
    played.asked.lock().unwrap().push(body);
    Json(json!({"value": value, "expires_at": 1_800_000_000_u64, "session": {}})).into_response()
}

async fn sideband(
    State(played): State<Arc<Played>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Some(refusal) = refusal(&headers) {
        return refusal;
    }
    if played.is_shut.load(Ordering::Relaxed) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    upgrade.on_upgrade(|socket| async move { talk(&played, socket).await })
}

/// Greets, takes the configuration, and goes on as the test says.
async fn talk(played: &Played, mut socket: WebSocket) {
    let mut script = played.say.subscribe();
    let greeting = json!({"type": "session.created", "session": {"model": "played"}});
    let greeting = Message::text(greeting.to_string());
    if socket.send(greeting).await.is_err() {
        return;
    }
    loop {
        let event = tokio::select! {
            line = script.recv() => match line.unwrap() {
                Some(line) => {
                    let _ = socket.send(Message::text(line)).await;
                    continue;
                }
                None => return,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(_)) => continue,
                _ => return,
            },
        };
        let event: Value = serde_json::from_str(&event).unwrap();
        let reply = match event["type"].as_str().unwrap() {
            "session.update" => {
                json!({"type": "session.updated", "session": {"model": "played"}})
            }
            "conversation.item.create" => {
                json!({"type": "conversation.item.done", "item": event["item"]})
            }
            _ => Value::Null,
        };
        played.heard.send_modify(|events| events.push(event));
        if !reply.is_null() {
            let _ = socket.send(Message::text(reply.to_string())).await;
        }
    }
}
