//! [`Stub`]: an endpoint whose every answer is given by hand, over HTTP and what hangs on it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{
        Request, State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use rtmcp::{Config, core::Private};
use rtmcp_media::webrtc::{Connection, PeerConfig};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::timeout,
};

use crate::stage::LOOPBACK;

/// The answer of a stub to an offer that it doesn't look at.
pub(crate) const ANSWER: &str = "v=0\r\nthe answer\r\n";

/// An endpoint.
#[derive(Debug)]
pub(crate) struct Stub {
    url: String,
    asked: mpsc::UnboundedReceiver<Asked>,
    sockets: mpsc::UnboundedReceiver<Socket>,
    calls: mpsc::UnboundedReceiver<Connection>,
    server: JoinHandle<()>,
}

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) kind: String,
    pub(crate) body: String,
}

/// A socket, and what it was opened for.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) query: String,
    pub(crate) socket: WebSocket,
}

/// What is answered to a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// This, with these headers.
    Say(u16, Vec<(&'static str, String)>, String),
    /// Whatever makes a call of the offer in it.
    Call,
    /// Nothing, ever.
    Nothing,
}

impl Reply {
    /// A call of this name.
    pub(crate) fn call(call_id: &str) -> Self {
        let location = format!("/v1/realtime/calls/{call_id}");
        Self::Say(201, vec![("location", location)], ANSWER.to_owned())
    }

    /// A refusal in the published shape.
    pub(crate) fn refusal(status: u16, message: &str) -> Self {
        let body = json!({"error": {"message": message}});
        Self::Say(status, Vec::new(), body.to_string())
    }
}

struct Shared {
    /// The last socket that was asked for. Those of calls named `single` are opened once.
    seen: Mutex<Option<String>>,
    replies: Mutex<VecDeque<Reply>>,
    asked: mpsc::UnboundedSender<Asked>,
    sockets: mpsc::UnboundedSender<Socket>,
    calls: mpsc::UnboundedSender<Connection>,
}

impl Stub {
    /// An endpoint that gives these answers one after the other, and then says 404. Sockets are
    /// let in without one.
    pub(crate) async fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let (asked, requests) = mpsc::unbounded_channel();
        let (opened, sockets) = mpsc::unbounded_channel();
        let (made, calls) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            seen: Mutex::new(None),
            replies: Mutex::new(replies.into_iter().collect()),
            asked,
            sockets: opened,
            calls: made,
        });
        let router = Router::new()
            .route("/v1/realtime", get(socket))
            .route("/v1/realtime/{*path}", post(rest))
            .with_state(shared);
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            asked: requests,
            sockets,
            calls,
            server,
        }
    }

    /// A configuration for it.
    pub(crate) fn config(&self) -> Config {
        Config::new(self.url.parse().unwrap())
    }

    /// Waits for a request.
    pub(crate) async fn asked(&mut self) -> Asked {
        soon(self.asked.recv()).await
    }

    /// Waits for a socket.
    pub(crate) async fn socket(&mut self) -> Socket {
        soon(self.sockets.recv()).await
    }

    /// Waits for a call over WebRTC.
    pub(crate) async fn call(&mut self) -> Connection {
        soon(self.calls.recv()).await
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Socket {
    pub(crate) async fn say(&mut self, event: &Value) {
        let text = Message::text(event.to_string());
        self.socket.send(text).await.unwrap();
    }

    /// Waits for an event of a kind, and passes over others.
    pub(crate) async fn hear(&mut self, kind: &str) -> Value {
        loop {
            let message = soon(self.socket.recv()).await.unwrap();
            let event: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
            if event["type"] == kind {
                return event;
            }
        }
    }

    /// Opens the session.
    pub(crate) async fn open(&mut self) -> Value {
        self.say(&json!({"type": "session.created", "session": {}}))
            .await;
        let update = self.hear("session.update").await;
        self.say(&json!({"type": "session.updated", "session": {}}))
            .await;
        update
    }
}

/// Waits for something that must come.
pub(crate) async fn soon<T>(coming: impl Future<Output = Option<T>>) -> T {
    let come = timeout(Duration::from_secs(20), coming).await;
    come.expect("it comes").expect("somebody is left")
}

async fn rest(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let text = |name| {
        let value = head.headers.get(name);
        value.map(|it: &http::HeaderValue| it.to_str().unwrap().to_owned())
    };
    let asked = Asked {
        path: head.uri.to_string(),
        authorization: text(header::AUTHORIZATION),
        kind: text(header::CONTENT_TYPE).unwrap_or_default(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let offer = asked.part("sdp");
    // A test that has seen enough is gone.
    let _ = shared.asked.send(asked);
    let reply = shared.replies.lock().await.pop_front();
    match reply {
        Some(Reply::Say(status, headers, body)) => {
            let status = StatusCode::from_u16(status).unwrap();
            let mut response = (status, Bytes::from(body)).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Some(Reply::Call) => {
            let config = PeerConfig::default();
            let (call, answer) = Connection::answer(&offer, LOOPBACK, config).await.unwrap();
            let _ = shared.calls.send(call);
            let location = [(header::LOCATION, "/v1/realtime/calls/rtc_real")];
            (StatusCode::CREATED, location, answer).into_response()
        }
        Some(Reply::Nothing) => std::future::pending().await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn socket(
    State(shared): State<Arc<Shared>>,
    upgrade: WebSocketUpgrade,
    request: Request,
) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let again = shared.seen.lock().await.replace(query.clone());
    if query.contains("refused") || query.contains("single") && again.is_some() {
        return StatusCode::NOT_FOUND.into_response();
    }
    upgrade.on_upgrade(async move |socket| {
        let _ = shared.sockets.send(Socket { query, socket });
    })
}

impl Asked {
    /// Returns a part of a multipart body: everything after its headers.
    pub(crate) fn part(&self, name: &str) -> String {
        let Some((_, boundary)) = self.kind.split_once("boundary=") else {
            return String::new();
        };
        let ends = format!("\r\n--{boundary}");
        let head = format!("name=\"{name}\"");
        let mut parts = self.body.split(ends.as_str());
        let part = parts.find(|it| it.contains(&head)).unwrap_or_default();
        let body = part.split_once("\r\n\r\n").unwrap_or_default().1;
        body.to_owned()
    }

    /// Returns the headers of a part of a multipart body.
    pub(crate) fn head(&self, name: &str) -> String {
        let head = format!("name=\"{name}\"");
        let at = self.body.find(&head).unwrap();
        let heads = &self.body[at..];
        heads.split("\r\n\r\n").next().unwrap().to_lowercase()
    }
}

/// A key that nobody may see.
pub(crate) fn key() -> Private<String> {
    Private::from("sk-secret-4242")
}
