//! A client that knows nothing of rtmcp: a plain WebSocket, and JSON.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        handshake::client::{Request, Response},
        http::{HeaderName, HeaderValue},
        protocol::WebSocketConfig,
    },
};

use crate::serve::endpoint::PATIENCE;

/// The key of the proxy.
pub(super) const PROXY_KEY: &str = "pk-of-the-proxy-itself";

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A client that is connected.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) socket: Socket,
    pub(super) answer: Response,
}

/// A request for a socket, with the key.
pub(super) fn request(addr: SocketAddr, query: &str) -> Request {
    let key = format!("Bearer {PROXY_KEY}");
    with(bare(addr, query), "authorization", &key)
}

/// A request for a socket, without a key.
pub(super) fn bare(addr: SocketAddr, query: &str) -> Request {
    let url = format!("ws://{addr}/v1/realtime{query}");
    url.into_client_request().unwrap()
}

pub(super) fn with(mut request: Request, name: &'static str, value: &str) -> Request {
    let value = HeaderValue::from_str(value).unwrap();
    request
        .headers_mut()
        .append(HeaderName::from_static(name), value);
    request
}

/// Takes messages of any size.
pub(super) fn roomy() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_frame_size(None)
        .max_message_size(None)
}

impl Client {
    pub(super) async fn new(addr: SocketAddr) -> Self {
        Self::open(request(addr, "?model=gpt-realtime-2.1"))
            .await
            .unwrap()
    }

    /// Connects, or returns the status and the body of the refusal.
    pub(super) async fn open(request: Request) -> Result<Self, (u16, Value)> {
        let opened = connect_async_with_config(request, Some(roomy()), true);
        match timeout(PATIENCE, opened).await.unwrap() {
            Ok((socket, answer)) => Ok(Self { socket, answer }),
            Err(Error::Http(response)) => {
                let status = response.status().as_u16();
                let body = response.body().clone().unwrap_or_default();
                let body = serde_json::from_slice(&body).unwrap_or_default();
                Err((status, body))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Connects, and expects a refusal in the API's own shape. Returns its code and its words.
    pub(super) async fn refused(request: Request, status: u16) -> (Value, String) {
        let (found, body) = Self::open(request).await.unwrap_err();
        assert_eq!(found, status, "{body}");
        let error = &body["error"];
        assert!(error["type"].is_string(), "{body}");
        let message = error["message"].as_str().unwrap();
        (error["code"].clone(), message.to_owned())
    }

    pub(super) async fn send(&mut self, event: Value) {
        let text = Message::text(event.to_string());
        self.socket.send(text).await.unwrap();
    }

    pub(super) async fn message(&mut self) -> Option<Result<Message, Error>> {
        timeout(PATIENCE, self.socket.next()).await.unwrap()
    }

    /// Waits for the next text.
    pub(super) async fn text(&mut self) -> String {
        loop {
            match self.message().await {
                Some(Ok(Message::Text(text))) => return text.as_str().to_owned(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(super) async fn event(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// Waits for an event of a type, and returns all up to it.
    pub(super) async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.event().await;
            assert_ne!(event["type"], "error", "{event} after {events:#?}");
            let found = event["type"] == kind;
            events.push(event);
            if found {
                return events;
            }
        }
    }

    /// Types something. What answers it is another event.
    pub(super) async fn type_text(&mut self, text: &str) {
        let item = json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": text}]});
        self.send(json!({"type": "conversation.item.create", "item": item}))
            .await;
        self.send(json!({"type": "response.create"})).await;
    }

    /// Waits until the other side closes. Returns the code and the reason, and nothing where the
    /// connection broke off.
    pub(super) async fn closed(&mut self) -> Option<(u16, String)> {
        loop {
            match self.message().await {
                Some(Ok(Message::Close(None))) => return Some((1005, String::new())),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Some((frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}
