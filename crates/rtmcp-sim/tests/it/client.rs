//! A client that knows nothing but WebSocket and JSON, and checks every event that it gets.

use futures_util::{SinkExt, StreamExt};
use rtmcp_sim::{Running, Sim, SimConfig};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::Request, protocol::CloseFrame},
};

use crate::published;

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// Starts a simulator on a free port.
pub(crate) async fn start(config: SimConfig) -> Running {
    Sim::bind(([127, 0, 0, 1], 0).into(), config).await.unwrap()
}

/// A request to connect to it.
pub(crate) fn request(sim: &Running) -> Request<()> {
    let url = format!("{}?model=gpt-realtime-2.1", sim.url());
    url.into_client_request().unwrap()
}

impl Client {
    /// Connects and takes `session.created`.
    pub(crate) async fn connect(sim: &Running) -> Self {
        let (mut client, first) = Self::open(request(sim)).await.unwrap();
        assert_eq!(first["type"], "session.created");
        client
            .send(json!({"type": "input_audio_buffer.append", "audio": ""}))
            .await;
        client
    }

    /// Connects and returns the first event.
    pub(crate) async fn open(request: Request<()>) -> Result<(Self, Value), Error> {
        let (socket, _) = connect_async(request).await?;
        let mut client = Self { socket };
        let first = client.next().await;
        Ok((client, first))
    }

    pub(crate) async fn send(&mut self, event: Value) {
        self.send_text(&event.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Sends events and returns the one that answers.
    pub(crate) async fn ask(&mut self, event: Value) -> Value {
        self.send(event).await;
        self.next().await
    }

    /// Writes a message of the person and asks for a response.
    pub(crate) async fn say(&mut self, text: &str) {
        self.create(json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": text}]}))
            .await;
        self.send(json!({"type": "response.create"})).await;
    }

    /// Creates an item, which must succeed, and returns it.
    pub(crate) async fn create(&mut self, item: Value) -> Value {
        self.send(json!({"type": "conversation.item.create", "item": item}))
            .await;
        let done = self.until("conversation.item.done").await.pop().unwrap();
        done["item"].clone()
    }

    /// Changes the session, which must succeed, and returns it.
    pub(crate) async fn update(&mut self, mut session: Value) -> Value {
        session["type"] = json!("realtime");
        let updated = self
            .ask(json!({"type": "session.update", "session": session}))
            .await;
        assert_eq!(updated["type"], "session.updated", "{updated}");
        updated["session"].clone()
    }

    /// Returns the next message, whatever it is, or how the connection failed.
    pub(crate) async fn message(&mut self) -> Option<Result<Message, Error>> {
        self.socket.next().await
    }

    /// Returns the next text, event or not.
    pub(crate) async fn text(&mut self) -> String {
        match self.message().await {
            Some(Ok(Message::Text(text))) => text.as_str().to_owned(),
            other => panic!("no text but {other:?}"),
        }
    }

    /// Asks the other end whether it is there.
    pub(crate) async fn ping(&mut self) {
        self.socket
            .send(Message::Ping(Default::default()))
            .await
            .unwrap();
    }

    /// Returns the next event.
    pub(crate) async fn next(&mut self) -> Value {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let event = serde_json::from_str(text.as_str()).unwrap();
                published::check(&event);
                event
            }
            other => panic!("no event but {other:?}"),
        }
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

    /// Reads until the connection is gone, and returns how many events there were.
    pub(crate) async fn count_until_gone(mut self) -> usize {
        let mut count = 0;
        while let Some(Ok(message)) = self.socket.next().await {
            count += usize::from(message.is_text());
        }
        count
    }

    /// Returns how the server closes, after whatever comes before it.
    pub(crate) async fn last_words(mut self) -> Option<CloseFrame> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Returns how the server closes, with nothing before it; `None` when it just went away.
    pub(crate) async fn closed(mut self) -> Option<CloseFrame> {
        match self.socket.next().await {
            Some(Ok(Message::Close(frame))) => frame,
            Some(Ok(message)) => panic!("{message:?} before the close"),
            Some(Err(_)) | None => None,
        }
    }
}

/// The types of events, each run of deltas as one.
pub(crate) fn kinds(events: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<&str> = events
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    kinds.dedup_by(|b, a| a == b && a.ends_with(".delta"));
    kinds
}
