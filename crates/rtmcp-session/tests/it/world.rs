//! A session in a world of its own: an endpoint behind a slow line, tools, a loudspeaker, a clock.
//!
//! The world watches what crosses the line and stops the test when a guarantee is broken.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use rtmcp_core::{
    CallId, ClientEvent, EventId, Item, ItemId, Response, ResponseId, ResponseStatus, ServerEvent,
    Timestamp,
};
use rtmcp_session::{
    CloseReason, Command, Event, Input, Options, Output, Phase, Playback, Session, ToolEnd,
    ToolNews,
};

use crate::endpoint::{Endpoint, Manners};

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
    /// The response that last began.
    begun: Option<String>,
    /// What the response that last began has seen, and whether the person spoke over it.
    covered: BTreeMap<String, bool>,
    /// The response that is being written, as far as the session can know, and the last sign of it.
    writing: Option<(String, Timestamp)>,
    /// The person speaks, as far as the session can know.
    speaking: bool,
    /// What the loudspeaker has: bytes of each item, and whether it is whole.
    queue: VecDeque<(ItemId, u64, bool)>,
    played: Duration,
    /// What was heard of each item that was cut off.
    cut: BTreeMap<ItemId, Duration>,
    /// What the loudspeaker hasn't said yet of where it stopped.
    stops: VecDeque<Option<(ItemId, Duration)>>,
    /// The loudspeaker takes its time to say so.
    pub(crate) slow_player: bool,
    /// The loudspeaker says what isn't so.
    pub(crate) player_lies: bool,
    /// Everything comes down twice that can be known from its repetition.
    pub(crate) stutters: bool,
}

impl World {
    pub(crate) fn new(manners: Manners) -> Self {
        Self {
            session: Session::new(Options::default()),
            endpoint: Endpoint::new(manners),
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
            begun: None,
            covered: BTreeMap::new(),
            writing: None,
            speaking: false,
            queue: VecDeque::new(),
            played: Duration::ZERO,
            cut: BTreeMap::new(),
            stops: VecDeque::new(),
            slow_player: false,
            player_lies: false,
            stutters: false,
        }
    }

    /// A world in which the session is ready.
    pub(crate) fn ready() -> Self {
        let mut world = Self::new(Manners::GOOD);
        world.rest();
        assert_eq!(world.session.phase(), Phase::Ready);
        world
    }

    /// A world in which the session has seen the endpoint's manners.
    pub(crate) fn acquainted(manners: Manners) -> Self {
        let mut world = Self::new(manners);
        world.rest();
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
        let mut next = Some(input);
        while let Some(input) = next {
            self.told.push((self.now, input.clone()));
            let outputs: Vec<Output> = self.session.handle(self.now, input).collect();
            for output in outputs {
                self.did.push(output.clone());
                self.perform(output);
            }
            next = (!self.slow_player)
                .then(|| self.say_where_stopped())
                .flatten();
        }
    }

    /// The loudspeaker says where it stopped.
    pub(crate) fn answer_stop(&mut self) {
        if let Some(stopped) = self.say_where_stopped() {
            self.tell(stopped);
        }
    }

    fn say_where_stopped(&mut self) -> Option<Input> {
        let heard = self.stops.pop_front()?;
        Some(Input::Playback(Playback::Stopped { heard }))
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
        // Speech that comes twice is more speech, and an error without its event is another one.
        let more = match &event {
            ServerEvent::ResponseOutputAudioDelta(_) => true,
            ServerEvent::Error(e) => e.error.event_id.is_none(),
            _ => false,
        };
        if self.stutters && !more {
            self.tell(event.clone());
        }
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
        self.endpoint.faults = 0;
        self.endpoint.person_stops();
        for _ in 0..200 {
            self.rest();
            self.finish_tool(ToolEnd::Answered);
            self.rest();
            self.answer_stop();
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
            Output::CancelTool(call_id) => {
                let at = self.working.iter().position(|id| *id == call_id);
                let found = at.and_then(|at| self.working.remove(at));
                assert!(found.is_some(), "{call_id} is stopped though it is over");
            }
            Output::Play { item_id, audio } => {
                assert!(!self.cut.contains_key(&item_id), "{item_id} was cut off");
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
                let unheard = self.queue.drain(..).map(|(id, ..)| (id, Duration::ZERO));
                self.cut.extend(unheard);
                self.cut.extend(playing.clone());
                self.played = Duration::ZERO;
                self.stops.push_back(playing);
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
                if let Some((id, at)) = &self.writing {
                    let silent = self.now - *at >= Options::default().response_silent;
                    assert!(silent, "asked while {id} is being written");
                }
                assert!(!self.speaking, "asked while the person speaks");
                let reason = self.free_requests || !self.uncovered.is_empty();
                assert!(reason, "a reply to nothing new");
                let event_id = e.event_id.as_ref().unwrap().as_str().to_owned();
                self.asked = Some((event_id, self.now));
            }
            ClientEvent::ResponseCancel(_) if self.speaking => self.uncover(),
            ClientEvent::ConversationItemTruncate(e) => {
                let heard = self.cut[&e.item_id].as_millis().max(1);
                let true_to_it = u128::from(e.audio_end_ms) == heard;
                assert!(true_to_it || self.player_lies, "cut where it was heard");
            }
            _ => {}
        }
    }

    /// What the last response has seen must be seen by another one.
    fn uncover(&mut self) {
        self.uncovered.append(&mut self.covered);
    }

    /// What comes down: acknowledgements, answers and refusals.
    fn watch_down(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::ConversationItemAdded(e) => {
                if let Some(acknowledged) = self.uncovered.get_mut(e.item.id().unwrap().as_str()) {
                    *acknowledged = true;
                }
            }
            ServerEvent::InputAudioBufferSpeechStarted(_) => self.speaking = true,
            ServerEvent::InputAudioBufferSpeechStopped(_) => self.speaking = false,
            ServerEvent::InputAudioBufferCommitted(e) => {
                let id = e.item_id.as_str();
                if self.endpoint.by_hand.remove(id) {
                    self.speaking = false;
                    self.uncovered.insert(id.to_owned(), false);
                }
            }
            ServerEvent::ResponseCreated(e) => self.watch_created(&e.response),
            ServerEvent::ResponseOutputAudioDelta(e) => self.sign_of(&e.response_id),
            ServerEvent::ResponseOutputItemAdded(e) => self.sign_of(&e.response_id),
            ServerEvent::ResponseOutputItemDone(e) => self.sign_of(&e.response_id),
            ServerEvent::ResponseDone(e) => {
                let id = e.response.id.as_str();
                let ended = self.writing.take_if(|(writing, _)| writing == id);
                if ended.is_some() && e.response.status == ResponseStatus::Failed {
                    self.uncover();
                    // The person's own words count as well, and only the endpoint knows them.
                    self.uncovered.insert(format!("failed {id}"), true);
                }
                // Where tags don't come back, the end of a response is the end of doubt.
                if !self.endpoint.manners.metadata {
                    self.asked = None;
                }
            }
            ServerEvent::Error(e) => {
                let event_id = e.error.event_id.as_ref().map(EventId::as_str);
                if e.error.code.as_deref() != Some("input_audio_buffer_commit_empty") {
                    self.asked
                        .take_if(|(asked, _)| event_id.is_none_or(|id| id == asked));
                }
            }
            _ => {}
        }
    }

    fn watch_created(&mut self, response: &Response) {
        let tag = response.metadata.as_ref().and_then(|it| it.get("rtmcp"));
        self.asked.take_if(|(asked, _)| tag == Some(asked));
        if self.endpoint.manners.conversations && response.conversation_id.is_null() {
            return;
        }
        let id = response.id.as_str();
        if self.begun.as_deref() == Some(id) {
            return;
        }
        self.begun = Some(id.to_owned());
        self.writing = Some((id.to_owned(), self.now));
        self.covered = self.uncovered.extract_if(.., |_, it| *it).collect();
    }

    fn sign_of(&mut self, response: &ResponseId) {
        if let Some((writing, at)) = &mut self.writing
            && writing == response.as_str()
        {
            *at = self.now;
        }
    }
}
