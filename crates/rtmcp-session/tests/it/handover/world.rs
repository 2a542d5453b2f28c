//! A session that lives through many connections, each to an endpoint that knows nothing at first.
//!
//! The world knows what was said, what of it the session could know, and what the next endpoint was
//! given; it holds every report against that.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use rtmcp_core::{CallId, ClientEvent, ItemId, ServerEvent, Timestamp};
use rtmcp_session::{
    CloseReason, Command, Event, HandOver, Handover, Input, Loss, Options, Output, Phase, Playback,
    Session, ToolEnd, ToolNews, Turn,
};
use serde_json::Value;

use super::{
    endpoint::Endpoint,
    model::{answers_in, question_words, text_of},
    truth::id,
};

/// How long an event is on its way, in each direction.
const LINE: Duration = Duration::from_millis(30);

/// How long it takes to open a connection.
const DIAL: Duration = Duration::from_millis(200);

/// What the clock on the wall shows at the beginning.
const WALL: u64 = 1_800_000_000;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) session: Session,
    /// None while there is no connection.
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) now: Timestamp,
    /// How many seconds an endpoint lives.
    pub(crate) life: Option<u64>,
    /// The next endpoints don't write down what is said.
    pub(crate) deaf: bool,
    pub(crate) events: Vec<Event>,
    pub(crate) did: Vec<Output>,
    pub(crate) reports: Vec<HandOver>,
    pub(crate) closed: Option<CloseReason>,
    /// How long tools take, in turn.
    pub(crate) tools: VecDeque<Duration>,
    /// How many connections can't be had.
    pub(crate) refusals: u32,
    /// When the connection is lost.
    pub(crate) drops: Vec<Timestamp>,
    /// Everything that the session was told, for telling it again.
    pub(crate) told: Vec<(Timestamp, Input)>,
    /// The request for a reply that nothing came of yet.
    asked: Option<(String, Timestamp)>,
    /// The questions that each message of the model answered to their ends, as far as it was heard.
    answers: BTreeMap<String, Vec<u32>>,
    up: VecDeque<(Timestamp, ClientEvent)>,
    down: VecDeque<(Timestamp, ServerEvent)>,
    working: Vec<(Timestamp, CallId)>,
    dialing: Option<Timestamp>,
    connections: u32,
    /// The endpoint has what it is to know.
    arrived: bool,
    /// The conversation of the last endpoint, and what never reached it.
    pub(super) past: Vec<Value>,
    /// What the session knows of it: its items, and those that are whole or have words.
    pub(super) known: BTreeSet<String>,
    pub(super) whole: BTreeSet<String>,
    queue: VecDeque<(ItemId, Duration, bool)>,
    played: Duration,
    ids: BTreeSet<String>,
}

impl World {
    /// A world in which the session has its first connection.
    pub(crate) fn new(life: Option<u64>) -> Self {
        Self::with(life, Options::default())
    }

    pub(crate) fn with(life: Option<u64>, options: Options) -> Self {
        let options = Options {
            handover: Handover::Replay,
            ..options
        };
        let mut world = Self {
            session: Session::new(options),
            endpoint: None,
            now: Timestamp::ZERO,
            life,
            deaf: false,
            events: Vec::new(),
            did: Vec::new(),
            reports: Vec::new(),
            closed: None,
            tools: VecDeque::new(),
            refusals: 0,
            drops: Vec::new(),
            told: Vec::new(),
            asked: None,
            answers: BTreeMap::new(),
            up: VecDeque::new(),
            down: VecDeque::new(),
            working: Vec::new(),
            dialing: None,
            connections: 0,
            arrived: true,
            past: Vec::new(),
            known: BTreeSet::new(),
            whole: BTreeSet::new(),
            queue: VecDeque::new(),
            played: Duration::ZERO,
            ids: BTreeSet::new(),
        };
        world.open();
        world
    }

    /// A world in which the session is ready.
    pub(crate) fn ready() -> Self {
        let mut world = Self::new(None);
        world.pass(500);
        assert_eq!(world.session.phase(), Phase::Ready);
        world
    }

    pub(crate) fn tell(&mut self, input: impl Into<Input>) {
        let mut next = VecDeque::from([input.into()]);
        while let Some(input) = next.pop_front() {
            self.told.push((self.now, input.clone()));
            let outputs: Vec<Output> = self.session.handle(self.now, input).collect();
            for output in outputs {
                self.did.push(output.clone());
                next.extend(self.perform(output));
            }
        }
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        let mut steps = 0;
        while let Some(due) = self.due().filter(|due| *due <= end) {
            self.step(due.max(self.now));
            steps += 1;
            assert!(
                steps < 10_000,
                "the world doesn't come to rest: {:?}",
                self.did.len()
            );
        }
        self.step(end);
    }

    /// Lets the model speak to its end.
    pub(crate) fn listen(&mut self) {
        for _ in 0..600 {
            match self.session.turn() {
                Turn::Responding { .. } | Turn::UserSpeaking => self.pass(100),
                Turn::Idle | Turn::AwaitingTools => return,
            }
        }
        panic!("the model speaks on and on");
    }

    /// Says a question: 800 ms of sound, and quiet after it.
    pub(crate) fn speak(&mut self, question: u32) {
        for piece in 0..16 {
            let said = if piece < 8 {
                format!("S{question:05}")
            } else {
                String::new()
            };
            let silence = "A".repeat(6400 - said.len());
            self.tell(Command::Audio((said + &silence).into()));
            self.pass(100);
        }
    }

    pub(crate) fn ask(&mut self, question: u32) {
        self.tell(Command::SendText(question_words(question).into()));
    }

    /// Has the connection get lost after so long.
    pub(crate) fn drop_in(&mut self, ms: u64) {
        self.drops.push(self.now + Duration::from_millis(ms));
    }

    /// The connection is lost, with all that is on its way.
    pub(crate) fn drop_line(&mut self) {
        if self.endpoint.is_some() {
            self.forget();
            self.tell(Input::Disconnected);
        }
    }

    /// The endpoint ends the session.
    pub(crate) fn expire(&mut self) {
        if let Some(endpoint) = &mut self.endpoint {
            endpoint.expire();
        }
    }

    /// Every question was answered to its end exactly once.
    pub(crate) fn assert_answered(&self, questions: impl IntoIterator<Item = u32>) {
        for question in questions {
            let answers = self.answers.values().flatten();
            let times = answers.filter(|it| **it == question).count();
            assert_eq!(times, 1, "answers to {question}");
        }
        assert_eq!(self.session.open_calls(), [] as [CallId; 0]);
    }

    fn open(&mut self) {
        self.forget();
        self.connections += 1;
        let wall = WALL + self.now.as_micros() / 1_000_000;
        let expires_at = self.life.map(|life| wall + life);
        let mut endpoint = Endpoint::new(self.connections, self.now, expires_at);
        endpoint.deaf = self.deaf;
        let greeting = endpoint.said().into_iter();
        self.down
            .extend(greeting.map(|event| (self.now + LINE, event)));
        self.endpoint = Some(endpoint);
        self.arrived = self.session.phase() == Phase::Connecting;
        self.tell(Input::Connected { at: Some(wall) });
    }

    /// Keeps what the endpoint knew, and what never reached it.
    fn forget(&mut self) {
        let sent = self.up.drain(..).filter_map(|(_, event)| match event {
            ClientEvent::ConversationItemCreate(e) => Some(serde_json::to_value(&e.item).unwrap()),
            _ => None,
        });
        let sent: Vec<Value> = sent.collect();
        if let Some(endpoint) = self.endpoint.take() {
            // What was being replayed is known already.
            if self.arrived {
                self.past = endpoint.conversation;
                self.past.extend(sent);
            }
        }
        self.down.clear();
        self.asked = None;
    }

    fn due(&self) -> Option<Timestamp> {
        let up = self.up.front().map(|(due, _)| *due);
        let down = self.down.front().map(|(due, _)| *due);
        let endpoint = self.endpoint.as_ref().and_then(Endpoint::due);
        let session = self.session.deadline().map(|(due, _)| due);
        let tools = self.working.iter().map(|(due, _)| *due).min();
        let first = self.queue.front().filter(|(_, _, whole)| *whole);
        let heard = first.map(|(_, made, _)| self.now + made.saturating_sub(self.played));
        let drop = self.drops.iter().copied().min();
        let due = [
            up,
            down,
            endpoint,
            session,
            tools,
            heard,
            self.dialing,
            drop,
        ];
        due.into_iter().flatten().min()
    }

    /// Goes on to a moment, and does what is due then.
    fn step(&mut self, now: Timestamp) {
        self.play(now - self.now);
        self.now = now;
        if self.session.deadline().is_some_and(|(due, _)| due <= now) {
            self.tell(Input::Tick);
        }
        if self.drops.extract_if(.., |due| *due <= now).count() > 0 {
            self.drop_line();
        }
        if self.dialing.take_if(|due| *due <= now).is_some() {
            self.answer_dial();
        }
        while let Some((_, event)) = self.up.pop_front_if(|(due, _)| *due <= now) {
            if let Some(endpoint) = &mut self.endpoint {
                endpoint.take(now, event);
            }
        }
        if let Some(endpoint) = &mut self.endpoint {
            endpoint.work(now);
            let said = endpoint.said().into_iter();
            self.down.extend(said.map(|event| (now + LINE, event)));
        }
        while let Some((_, event)) = self.down.pop_front_if(|(due, _)| *due <= now) {
            self.learn(&event);
            self.tell(event);
        }
        let over = |(due, _): &mut (Timestamp, CallId)| *due <= now;
        let over: Vec<_> = self.working.extract_if(.., over).collect();
        for (_, call_id) in over {
            let (end, output) = (ToolEnd::Answered, format!("{call_id} is done").into());
            self.tell(Input::Tool(call_id, ToolNews::finished(end, output)));
        }
    }

    fn answer_dial(&mut self) {
        if self.refusals > 0 {
            self.refusals -= 1;
            self.tell(Input::NotConnected);
        } else {
            self.open();
        }
    }

    /// Notes what the session comes to know.
    fn learn(&mut self, event: &ServerEvent) {
        if self.arrived && self.session.phase() == Phase::HandingOver {
            // The session doesn't listen any more: the endpoint has ended it.
            return;
        }
        match event {
            ServerEvent::Error(e) => {
                let about = e.error.event_id.as_ref().map(|id| id.as_str());
                self.asked.take_if(|(asked, _)| about == Some(asked));
            }
            ServerEvent::ResponseCreated(e) => {
                let tag = e.response.metadata.as_ref().and_then(|it| it.get("rtmcp"));
                self.asked.take_if(|(asked, _)| tag == Some(asked));
            }
            ServerEvent::ConversationItemAdded(e) => {
                self.known.insert(e.item.id().unwrap().to_string());
            }
            ServerEvent::InputAudioTranscriptionCompleted(e) => {
                self.whole.insert(e.item_id.to_string());
            }
            ServerEvent::ResponseOutputItemDone(e) => {
                let item = serde_json::to_value(&e.item).unwrap();
                if item["status"] == "completed" {
                    self.whole.insert(id(&item).to_owned());
                    self.count(id(&item), &text_of(&item));
                }
            }
            _ => {}
        }
    }

    fn count(&mut self, item_id: &str, text: &str) {
        let answers = answers_in(text).collect();
        self.answers.insert(item_id.to_owned(), answers);
    }

    /// What was heard of an answer that was cut short was answered as well, and no more than that,
    /// also where all of it had been written.
    fn count_cut(&mut self, report: &HandOver) {
        for loss in &report.lost {
            if let Loss::CutShort { item_id } = loss {
                let items = self.endpoint.as_ref().unwrap().conversation.iter();
                let heard = items.filter(|it| id(it) == item_id.as_str()).map(text_of);
                let heard: String = heard.collect();
                self.count(item_id.as_str(), &heard);
            }
        }
    }

    fn perform(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Send(event) => self.send(*event),
            Output::CallTool(call) => {
                let takes = self.tools.pop_front().unwrap_or(Duration::from_millis(300));
                self.working.push((self.now + takes, call.call_id));
            }
            Output::CancelTool(call_id) => self.working.retain(|(_, id)| *id != call_id),
            Output::Play { item_id, audio } => {
                let bytes = rtmcp_core::decoded_len(audio.expose());
                let span = Duration::from_micros(bytes * 1_000_000 / 48_000);
                match self.queue.iter_mut().find(|(id, ..)| *id == item_id) {
                    Some((_, made, _)) => *made += span,
                    None => self.queue.push_back((item_id, span, false)),
                }
            }
            Output::PlayEnd { item_id } => {
                for (id, _, whole) in &mut self.queue {
                    *whole |= *id == item_id;
                }
            }
            Output::StopPlayback => {
                let heard = self.queue.front().map(|(id, ..)| (id.clone(), self.played));
                self.queue.clear();
                self.played = Duration::ZERO;
                return Some(Input::Playback(Playback::Stopped { heard }));
            }
            Output::Connect => {
                assert_eq!(self.dialing, None, "one connection at a time");
                self.dialing = Some(self.now + DIAL);
            }
            Output::Notify(event) => {
                if let Event::HandedOver(report) = &event {
                    self.check(report);
                    self.count_cut(report);
                    self.arrived = true;
                    self.reports.push((**report).clone());
                }
                self.events.push(event);
            }
            Output::Close(reason) => self.closed = Some(reason),
        }
        None
    }

    fn send(&mut self, event: ClientEvent) {
        assert!(
            self.endpoint.is_some(),
            "{} is sent to nobody",
            event.kind()
        );
        if let Some(id) = event.event_id() {
            assert!(self.ids.insert(id.to_string()), "{id} was used twice");
        }
        if let ClientEvent::ConversationItemCreate(e) = &event {
            self.known.insert(e.item.id().unwrap().to_string());
            self.whole.insert(e.item.id().unwrap().to_string());
        }
        if let (ClientEvent::ResponseCreate(_), Some(id)) = (&event, event.event_id()) {
            let limit = Options::default().reply_unanswered;
            let lost = |(_, at): &(String, Timestamp)| self.now - *at >= limit;
            assert!(
                self.asked.as_ref().is_none_or(lost),
                "two requests in flight"
            );
            self.asked = Some((id.to_string(), self.now));
        }
        self.up.push_back((self.now + LINE, event));
    }

    /// The loudspeaker plays for a while.
    fn play(&mut self, span: Duration) {
        let mut left = span;
        while let Some((item_id, made, whole)) = self.queue.front().cloned() {
            let step = left.min(made.saturating_sub(self.played));
            self.played += step;
            left -= step;
            if self.played < made || !whole {
                let played = self.played;
                return self.tell(Input::Playback(Playback::Progress { item_id, played }));
            }
            self.queue.pop_front();
            self.played = Duration::ZERO;
            self.tell(Input::Playback(Playback::Finished { item_id }));
        }
    }
}
