//! A Realtime endpoint whose model calls tools on command, and takes the time.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

use crate::script::{self, Call};

/// Where sessions are opened.
pub(crate) struct Endpoint(TcpListener);

impl Endpoint {
    pub(crate) async fn bind() -> anyhow::Result<Self> {
        Ok(Self(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?))
    }

    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.0.local_addr()?)
    }

    /// Waits for a client, until its session is set up with tools.
    pub(crate) async fn accept(&self) -> anyhow::Result<Conversation> {
        let (stream, _) = self.0.accept().await?;
        stream.set_nodelay(true)?;
        let mut conversation = Conversation {
            socket: accept_async(stream).await?,
            responses: 0,
            last_item: "item_0".to_owned(),
        };
        let session = json!({
            "type": "realtime",
            "object": "realtime.session",
            "id": "sess_1",
            "model": "scripted",
            "output_modalities": ["audio"],
        });
        let created = json!({"type": "session.created", "event_id": "event", "session": session});
        conversation.send(&created).await?;
        let event = conversation.receive().await?;
        ensure!(
            event["type"] == "session.update" && !event["session"]["tools"][0].is_null(),
            "the client sets up no session with tools"
        );
        conversation.updated(event).await?;
        Ok(conversation)
    }
}

/// One session.
pub(crate) struct Conversation {
    socket: WebSocketStream<TcpStream>,
    responses: u64,
    last_item: String,
}

/// How long the calls of one response took.
#[derive(Debug)]
pub(crate) struct Turn {
    /// Each, from when it was whole to when its output was there.
    pub(crate) each: Vec<Duration>,
    /// From when the first was whole to when the last output was there.
    pub(crate) all: Duration,
}

impl Conversation {
    /// Calls the tool so many times in one response, takes the outputs, and answers in speech.
    pub(crate) async fn turn(&mut self, calls: usize) -> anyhow::Result<Turn> {
        let response = self.response();
        let calls: Vec<Call> = (0..calls)
            .map(|nth| {
                let item = script::item_id(&response, nth);
                let previous = std::mem::replace(&mut self.last_item, item);
                Call::new(&response, nth, &previous)
            })
            .collect();
        let starts = self.call(&response, &calls).await?;
        let turn = self.outputs(&calls, &starts).await?;
        self.reply().await?;
        Ok(turn)
    }

    /// Sends a response that consists of calls. Returns when each was whole.
    async fn call(&mut self, response: &str, calls: &[Call]) -> anyhow::Result<Vec<Instant>> {
        let items: Vec<Value> = calls.iter().map(|call| call.item.clone()).collect();
        let none = Value::Null;
        let created =
            script::response_event("response.created", response, "in_progress", &[], &none);
        let done = script::response_event("response.done", response, "completed", &items, &none);
        // Written before the time runs.
        let scripts: Vec<_> = calls.iter().map(Texts::of).collect();
        self.feed(created.to_string()).await?;
        let mut starts = Vec::with_capacity(calls.len());
        for Texts {
            before,
            whole,
            after,
        } in scripts
        {
            for text in before {
                self.feed(text).await?;
            }
            if starts.is_empty() {
                self.wait_for_client().await?;
            }
            starts.push(Instant::now());
            self.socket.send(Message::text(whole)).await?;
            for text in after {
                self.feed(text).await?;
            }
        }
        self.feed(done.to_string()).await?;
        self.socket.flush().await?;
        Ok(starts)
    }

    /// Waits until the client has read everything, so that no work of before counts.
    async fn wait_for_client(&mut self) -> anyhow::Result<()> {
        self.socket.send(Message::Ping(Default::default())).await?;
        match self.socket.next().await.context("the client hung up")?? {
            Message::Pong(_) => Ok(()),
            other => bail!("the client speaks out of turn: {other}"),
        }
    }

    /// Takes and acknowledges the outputs.
    async fn outputs(&mut self, calls: &[Call], starts: &[Instant]) -> anyhow::Result<Turn> {
        let mut ends: Vec<Option<Instant>> = vec![None; calls.len()];
        while ends.contains(&None) {
            let event = self.receive().await?;
            let now = Instant::now();
            let item = &event["item"];
            let nth = calls
                .iter()
                .position(|call| item["call_id"] == call.call_id);
            let nth = nth.with_context(|| format!("no output of a call: {event}"))?;
            ensure!(item["output"] == calls[nth].text, "a wrong output: {item}");
            ends[nth] = Some(now);
            self.acknowledge(item).await?;
        }
        let times = starts.iter().zip(ends.iter().flatten());
        let last = ends.iter().flatten().max().context("no calls")?;
        Ok(Turn {
            each: times.map(|(start, end)| *end - *start).collect(),
            all: *last - starts[0],
        })
    }

    async fn acknowledge(&mut self, item: &Value) -> anyhow::Result<()> {
        let id = item["id"].as_str().unwrap_or("item_of_an_output");
        let previous = std::mem::replace(&mut self.last_item, id.to_owned());
        for kind in ["conversation.item.added", "conversation.item.done"] {
            let event = script::of_conversation(kind, &previous, item);
            self.feed(event.to_string()).await?;
        }
        Ok(self.socket.flush().await?)
    }

    /// Waits until an answer is asked for, and gives it.
    async fn reply(&mut self) -> anyhow::Result<()> {
        let event = self.receive().await?;
        ensure!(
            event["type"] == "response.create",
            "no wish for a reply: {event}"
        );
        let response = self.response();
        let previous = std::mem::replace(&mut self.last_item, script::item_id(&response, 0));
        for event in script::speech(&response, &previous, &event["response"]["metadata"]) {
            self.feed(event.to_string()).await?;
        }
        Ok(self.socket.flush().await?)
    }

    async fn updated(&mut self, event: Value) -> anyhow::Result<()> {
        let mut session = event["session"].clone();
        session["id"] = json!("sess_1");
        session["model"] = json!("scripted");
        self.send(&json!({"type": "session.updated", "event_id": "event", "session": session}))
            .await
    }

    async fn receive(&mut self) -> anyhow::Result<Value> {
        while let Some(message) = self.socket.next().await {
            if let Message::Text(text) = message? {
                return Ok(serde_json::from_str(&text)?);
            }
        }
        bail!("the client hung up")
    }

    async fn send(&mut self, event: &Value) -> anyhow::Result<()> {
        Ok(self.socket.send(Message::text(event.to_string())).await?)
    }

    async fn feed(&mut self, text: String) -> anyhow::Result<()> {
        Ok(self.socket.feed(Message::text(text)).await?)
    }

    fn response(&mut self) -> String {
        self.responses += 1;
        format!("resp_{}", self.responses)
    }
}

/// The events of a call, written.
struct Texts {
    before: Vec<String>,
    whole: String,
    after: Vec<String>,
}

impl Texts {
    fn of(call: &Call) -> Self {
        let written = |events: &[Value]| events.iter().map(Value::to_string).collect();
        Self {
            before: written(&call.before),
            whole: call.whole.to_string(),
            after: written(&call.after),
        }
    }
}
