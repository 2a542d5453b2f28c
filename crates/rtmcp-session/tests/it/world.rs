//! A session in a world of its own: an endpoint behind a slow line, tools, a loudspeaker, a clock.
//!
//! The world watches what crosses the line and stops the test when a guarantee is broken.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use rtmcp_core::{CallId, ClientEvent, EventId, Item, ItemId, ServerEvent, Timestamp};
use rtmcp_session::{
    CloseReason, Command, Event, Input, Options, Output, Phase, Playback, Session, ToolEnd,
    ToolNews,
};

use crate::endpoint::Endpoint;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) session: Session,
    pub(crate) endpoint: Endpoint,
    pub(crate) now: Timestamp,
    /// Everything that the session was told, for telling it again.
    pub(crate) told: Vec<(Timestamp, Input)>,
    pub(crate) did: Vec<Output>,
    /// Calls that nobody has finished yet, in the order of their coming.
    pub(crate) working: VecDeque<CallId>,
    /// Outputs by call.
    pub(crate) outputs: BTreeMap<CallId, usize>,
    pub(crate) dispatched: BTreeSet<CallId>,
    pub(crate) events: Vec<Event>,
    pub(crate) closed: Option<CloseReason>,
    up: VecDeque<ClientEvent>,
    down: VecDeque<ServerEvent>,
    /// The `response.create` that was sent and not answered, and when it was sent.
    asked: Option<(String, Timestamp)>,
    /// A request needs no reason.
    free_requests: bool,
    /// News that no known response has seen: whether the endpoint has acknowledged each.
    uncovered: BTreeMap<String, bool>,
    /// What the loudspeaker has: bytes of each item, and whether it is whole.
    queue: VecDeque<(ItemId, u64, bool)>,
    played: Duration,
}

impl World {
    pub(crate) fn new(echo_metadata: bool) -> Self {
        Self {
            session: Session::new(Options::default()),
            endpoint: Endpoint::new(echo_metadata),
            now: Timestamp::ZERO,
            told: Vec::new(),
            did: Vec::new(),
            working: VecDeque::new(),
            outputs: BTreeMap::new(),
            dispatched: BTreeSet::new(),
            events: Vec::new(),
            closed: None,
            up: VecDeque::new(),
            down: VecDeque::new(),
            asked: None,
            free_requests: false,
            uncovered: BTreeMap::new(),
            queue: VecDeque::new(),
            played: Duration::ZERO,
        }
    }

    /// A world in which the session is ready.
    pub(crate) fn ready(echo_metadata: bool) -> Self {
        let mut world = Self::new(echo_metadata);
        world.rest();
        assert_eq!(world.session.phase(), Phase::Ready);
        world
    }

    /// A world in which the session has seen whether the endpoint gives metadata back.
    pub(crate) fn acquainted(echo_metadata: bool) -> Self {
        let mut world = Self::ready(echo_metadata);
        world.tell(Command::SendText("hello".into()));
        world.rest();
        world
    }

    /// Tells the session something, and does what it wants.
    pub(crate) fn tell(&mut self, input: impl Into<Input>) {
        let input = input.into();
        if let Input::Event(event) = &input {
            self.watch_down(event);
        }
        self.told.push((self.now, input.clone()));
        let outputs: Vec<Output> = self.session.handle(self.now, input).collect();
        for output in outputs {
            self.did.push(output.clone());
            self.perform(output);
        }
    }

    /// Tells the session something for which a request needs no reason that the world can see.
    pub(crate) fn session_only(&mut self, input: impl Into<Input>) {
        self.free_requests = true;
        self.tell(input);
    }

    /// Lets time pass: the loudspeaker plays, and the session is woken when it wants to be.
    pub(crate) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some((due, _)) = self.session.deadline().filter(|(due, _)| *due <= end) {
            self.play(due - self.now);
            self.now = self.now.max(due);
            self.tell(Input::Tick);
        }
        self.play(end - self.now);
        self.now = end;
    }

    /// Brings one event to the endpoint. Returns whether there was one.
    pub(crate) fn bring_up(&mut self) -> bool {
        let event = self.up.pop_front();
        let found = event.is_some();
        if let Some(event) = event {
            self.endpoint.take(event);
        }
        self.down.extend(self.endpoint.sent());
        found
    }

    /// Brings one event to the session. Returns whether there was one.
    pub(crate) fn bring_down(&mut self) -> bool {
        self.down.extend(self.endpoint.sent());
        let Some(event) = self.down.pop_front() else {
            return false;
        };
        self.tell(event);
        true
    }

    /// Ends the call that has waited longest.
    pub(crate) fn finish_tool(&mut self, end: ToolEnd) {
        if let Some(call_id) = self.working.pop_front() {
            let output = "done".into();
            self.tell(Input::Tool(call_id, ToolNews::Finished { end, output }));
        }
    }

    /// Lets everything come to rest, without time passing by itself.
    pub(crate) fn rest(&mut self) {
        for _ in 0..10_000 {
            let moved = self.bring_up() || self.bring_down() || self.endpoint.step();
            if !moved {
                return;
            }
        }
        panic!("the world doesn't come to rest");
    }

    /// Ends everything that is open, and lets time pass until nothing is left to happen.
    pub(crate) fn come_to_an_end(&mut self) {
        self.endpoint.plans.clear();
        self.endpoint.person_stops();
        for _ in 0..200 {
            self.rest();
            self.finish_tool(ToolEnd::Answered);
            self.rest();
            self.pass(Duration::from_secs(1));
        }
    }

    /// Everything said in the conversation was seen by a response that began after it.
    pub(crate) fn assert_nothing_unanswered(&self) {
        let seen = self.endpoint.responses.iter().copied().max().unwrap_or(0);
        let unanswered = self.endpoint.items.iter().skip(seen);
        let unanswered: Vec<_> = unanswered.filter(|entry| entry.news).collect();
        assert!(unanswered.is_empty(), "no reply has seen {unanswered:?}");
    }

    /// Every dispatched call has its one output.
    pub(crate) fn assert_every_call_answered(&self) {
        for call_id in &self.dispatched {
            assert_eq!(self.outputs.get(call_id), Some(&1), "outputs of {call_id}");
        }
        assert!(self.session.open_calls().is_empty());
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Send(event) => {
                self.watch_up(&event);
                self.up.push_back(*event);
            }
            Output::CallTool(call) => {
                let first = self.dispatched.insert(call.call_id.clone());
                assert!(first, "{} was dispatched twice", call.call_id);
                self.working.push_back(call.call_id);
            }
            Output::CancelTool(call_id) => self.working.retain(|id| *id != call_id),
            Output::Play { item_id, audio } => {
                let bytes = rtmcp_core::decoded_len(audio.expose());
                match self.queue.iter_mut().find(|(id, ..)| *id == item_id) {
                    Some((_, queued, _)) => *queued += bytes,
                    None => self.queue.push_back((item_id, bytes, false)),
                }
            }
            Output::PlayEnd { item_id } => {
                for (id, _, whole) in &mut self.queue {
                    *whole |= *id == item_id;
                }
            }
            Output::StopPlayback => {
                let playing = self.queue.front().map(|(id, ..)| (id.clone(), self.played));
                self.queue.clear();
                self.played = Duration::ZERO;
                self.tell(Input::Playback(Playback::Stopped { heard: playing }));
            }
            Output::Notify(event) => self.events.push(event),
            Output::Close(reason) => self.closed = Some(reason),
        }
    }

    /// The loudspeaker plays for a while, and says where it is.
    fn play(&mut self, span: Duration) {
        let mut left = span;
        while let Some((item_id, bytes, whole)) = self.queue.front().cloned() {
            let there = Duration::from_micros(bytes * 1_000_000 / 48_000);
            let step = left.min(there.saturating_sub(self.played));
            self.played += step;
            left -= step;
            if self.played < there || !whole {
                let played = self.played;
                return self.tell(Input::Playback(Playback::Progress { item_id, played }));
            }
            self.queue.pop_front();
            self.played = Duration::ZERO;
            self.tell(Input::Playback(Playback::Finished { item_id }));
        }
    }

    /// What goes up: one output a call, one request at a time, and none without a reason.
    fn watch_up(&mut self, event: &ClientEvent) {
        match event {
            ClientEvent::ConversationItemCreate(e) => {
                if let Item::FunctionCallOutput(output) = &*e.item {
                    let call_id = output.call_id.clone();
                    assert!(
                        self.dispatched.contains(&call_id),
                        "{call_id} was never made"
                    );
                    let outputs = self.outputs.entry(call_id.clone()).or_default();
                    *outputs += 1;
                    assert_eq!(*outputs, 1, "outputs of {call_id}");
                }
                let id = e.item.id().unwrap().as_str().to_owned();
                self.uncovered.insert(id, false);
            }
            ClientEvent::ResponseCreate(e) => {
                if let Some((_, at)) = &self.asked {
                    let waited = self.now - *at;
                    let lost = waited >= Options::default().reply_unanswered;
                    assert!(lost, "two requests in flight");
                }
                let reason = self.free_requests || !self.uncovered.is_empty();
                assert!(reason, "a reply to nothing new");
                let event_id = e.event_id.as_ref().unwrap().as_str().to_owned();
                self.asked = Some((event_id, self.now));
            }
            _ => {}
        }
    }

    /// What comes down: acknowledgements, answers and refusals.
    fn watch_down(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::ConversationItemAdded(e) => {
                if let Some(acknowledged) = self.uncovered.get_mut(e.item.id().unwrap().as_str()) {
                    *acknowledged = true;
                }
            }
            ServerEvent::ResponseCreated(e) => {
                self.uncovered.retain(|_, acknowledged| !*acknowledged);
                let tag = e.response.metadata.as_ref().and_then(|it| it.get("rtmcp"));
                self.asked.take_if(|(asked, _)| tag == Some(asked));
            }
            // Where tags don't come back, the end of a response is the end of doubt.
            ServerEvent::ResponseDone(_) if !self.endpoint.echo_metadata => self.asked = None,
            ServerEvent::Error(e) => {
                let event_id = e.error.event_id.as_ref().map(EventId::as_str);
                self.asked.take_if(|(asked, _)| event_id == Some(asked));
            }
            _ => {}
        }
    }
}
