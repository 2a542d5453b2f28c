//! [`Page`]: a page at the other end of a call, as a browser is: a track, a data channel, and the
//! session that accompanies the one that leads.

use std::time::{Duration, Instant};

use rtmcp::{
    core::{Role, ServerEvent, Timestamp},
    session::{self, Command, Input, Options, Output, Part, Player, Session},
};
use rtmcp_media::webrtc::{Connection, Listener, PeerConfig, PeerEvent};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{stage::LOOPBACK, stub::soon};

/// A page.
pub(crate) struct Page {
    pub(crate) connection: Connection,
    session: Box<Session>,
    begun: Instant,
    /// What it was told, in order.
    pub(crate) events: Vec<Value>,
    /// What its session says.
    pub(crate) news: Vec<session::Event>,
    /// What it heard, from the first sound on.
    pub(crate) heard: Vec<i16>,
    pub(crate) is_closed: bool,
}

impl Page {
    /// A page, and its offer.
    pub(crate) async fn new() -> (Self, String) {
        let config = PeerConfig {
            // Nothing is made up that comes in time.
            listener: Listener::Program,
            ..PeerConfig::default()
        };
        let offered = Connection::offer(LOOPBACK, config).await;
        let (connection, offer) = offered.unwrap();
        let page = Self {
            connection,
            session: Box::new(Session::new(Options {
                part: Part::Companion,
                player: Player::Endpoint,
                ..Options::default()
            })),
            begun: Instant::now(),
            events: Vec::new(),
            news: Vec::new(),
            heard: Vec::new(),
            is_closed: false,
        };
        (page, offer)
    }

    pub(crate) fn accept(&self, answer: &str) {
        self.connection.handle().accept_answer(answer).unwrap();
    }

    /// Says an event.
    pub(crate) async fn say(&self, event: &Value) {
        self.say_text(event.to_string()).await;
    }

    pub(crate) async fn say_text(&self, text: impl Into<String>) {
        self.connection.handle().send(text.into()).await.unwrap();
    }

    /// Types, and asks for an answer.
    pub(crate) async fn ask(&self, text: &str) {
        let content = json!([{"type": "input_text", "text": text}]);
        let item = json!({"type": "message", "role": "user", "content": content});
        self.say(&json!({"type": "conversation.item.create", "item": item}))
            .await;
        self.say(&json!({"type": "response.create"})).await;
    }

    /// Does as the page's own session wants.
    pub(crate) async fn want(&mut self, command: Command) {
        self.tell(command.into()).await;
    }

    /// Waits for what is wanted.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !wanted(self) {
                self.step().await;
            }
        };
        // Sound comes all the time: a test that hangs says what it waited for.
        let waited = timeout(Duration::from_secs(30), waiting).await;
        assert!(
            waited.is_ok(),
            "it never came; {:?} after {:#?}",
            self.session.turn(),
            self.events
        );
    }

    /// Waits until an event of a kind has come so often.
    pub(crate) async fn until_told(&mut self, kind: &str, times: usize) {
        self.until(|it| it.count(kind) >= times).await;
    }

    /// Waits until so many milliseconds have sounded.
    pub(crate) async fn until_heard(&mut self, ms: usize) {
        self.until(|it| it.heard_ms() >= ms).await;
    }

    /// Tells whether the turn is over, as its own session sees it.
    pub(crate) fn is_idle(&self) -> bool {
        self.session.is_idle()
    }

    /// Waits until nothing has sounded for 200 ms.
    pub(crate) async fn until_quiet(&mut self) {
        self.until(|it| it.heard.len() / 24 >= it.heard_ms() + 200)
            .await;
    }

    /// Waits until the call has ended.
    pub(crate) async fn until_closed(&mut self) {
        self.until(|it| it.is_closed).await;
    }

    pub(crate) fn count(&self, kind: &str) -> usize {
        let events = self.events.iter();
        events.filter(|it| it["type"] == kind).count()
    }

    /// Returns the last event of a kind.
    pub(crate) fn last(&self, kind: &str) -> &Value {
        let mut events = self.events.iter().rev();
        events.find(|it| it["type"] == kind).expect(kind)
    }

    /// Returns where the first event of a kind came.
    pub(crate) fn place(&self, kind: &str) -> usize {
        let mut events = self.events.iter();
        events.position(|it| it["type"] == kind).expect(kind)
    }

    /// Returns the model's words, as the page shows them.
    pub(crate) fn said(&self) -> Vec<String> {
        let lines = self.session.transcript().lines().iter();
        let model = lines.filter(|line| line.role == Role::Assistant);
        model.map(|line| line.text.expose().clone()).collect()
    }

    /// Returns for how long anything sounded: from the first loud frame to the last.
    pub(crate) fn heard_ms(&self) -> usize {
        let frames: Vec<_> = self.heard.chunks(480).collect();
        let is_loud = |frame: &&[i16]| rtmcp_media::rms(frame) > 0.01;
        frames
            .iter()
            .rposition(is_loud)
            .map_or(0, |at| 20 * (at + 1))
    }

    /// Returns by how much that may be wrong: a frame, and what came too late on a busy machine and
    /// was made up.
    pub(crate) fn unsure_ms(&self) -> u64 {
        let received = self.connection.handle().stats().received;
        20 * (1 + received.late + received.concealed)
    }

    /// Takes what comes next.
    /// Takes what comes next.
    pub(crate) async fn step(&mut self) {
        match soon(self.connection.next_event()).await {
            PeerEvent::Message(text) => {
                let text = text.into_exposed();
                self.events.push(serde_json::from_str(&text).unwrap());
                let event = ServerEvent::decode(&text);
                assert!(!matches!(event, ServerEvent::Unknown(_)), "{text}");
                self.tell(event.into()).await;
            }
            PeerEvent::Audio(frame)
                if !self.heard.is_empty() || rtmcp_media::rms(&frame.samples) > 0.01 =>
            {
                self.heard.extend(frame.samples);
            }
            PeerEvent::Closed(_) => self.is_closed = true,
            _ => {}
        }
    }

    async fn tell(&mut self, input: Input) {
        let now = Timestamp::ZERO + self.begun.elapsed();
        let outputs: Vec<Output> = self.session.handle(now, input).collect();
        for output in outputs {
            match output {
                Output::Send(event) => self.say_text(event.encode()).await,
                Output::Notify(event) => self.news.push(event),
                _ => {}
            }
        }
    }
}
