//! A session in a world of its own: an endpoint behind a slow line, tools, a loudspeaker, a clock.
//!
//! A watch sees what crosses the line, and stops the test when a guarantee is broken.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use rtmcp_core::{
    CallId, CallPolicy, ClientEvent, ItemId, OnBargeIn, Private, ReplyMode, ServerEvent, Timestamp,
};
use rtmcp_session::{
    CloseReason, Command, Event, Input, Options, Output, Phase, Playback, Session, ToolEnd,
    ToolImage, ToolNews,
};

use crate::{
    endpoint::{Endpoint, Manners, SILENT},
    watch::Watch,
};

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
    /// What holds for the calls that run.
    pub(crate) policies: BTreeMap<CallId, CallPolicy>,
    /// How many pictures each tool gives.
    pub(crate) pictures: usize,
    pub(crate) watch: Watch,
    pub(crate) events: Vec<Event>,
    pub(crate) closed: Option<CloseReason>,
    up: VecDeque<ClientEvent>,
    down: VecDeque<ServerEvent>,
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
            policies: BTreeMap::new(),
            pictures: 0,
            watch: Watch::default(),
            events: Vec::new(),
            closed: None,
            up: VecDeque::new(),
            down: VecDeque::new(),
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
            self.watch.down(self.now, event, &self.endpoint);
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
        self.watch.free_requests = true;
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
            let silent = end != ToolEnd::Failed;
            let silent = silent && self.policies.get(&call_id).is_some_and(may_be_silent);
            let output = Private::from(if silent { SILENT } else { "done" });
            let image = ToolImage {
                mime: "image/png".to_owned(),
                data: "AAAA".into(),
            };
            let images = vec![image; self.pictures];
            let news = ToolNews::Finished {
                end,
                output,
                images,
            };
            self.tell(Input::Tool(call_id, news));
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
        self.endpoint.assert_nothing_unanswered();
    }

    /// Every dispatched call has its one output.
    pub(crate) fn assert_every_call_answered(&self) {
        self.watch.assert_every_call_answered();
        assert!(self.session.open_calls().is_empty());
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Send(event) => {
                self.check_cut(&event);
                self.watch.up(self.now, &event);
                self.up.push_back(*event);
            }
            Output::CallTool(call) => {
                self.watch.dispatched(&call.call_id);
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
            Output::Connect => panic!("nothing is handed over here"),
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

    /// Speech is cut where it was heard.
    fn check_cut(&self, event: &ClientEvent) {
        if let ClientEvent::ConversationItemTruncate(e) = event {
            let heard = self.cut[&e.item_id].as_millis().max(1);
            let true_to_it = u128::from(e.audio_end_ms) == heard;
            assert!(true_to_it || self.player_lies, "cut where it was heard");
        }
    }
}

/// Tells whether nobody may have to reply to the output of a call.
fn may_be_silent(policy: &CallPolicy) -> bool {
    policy.reply == ReplyMode::Silent
        || matches!(policy.on_barge_in, OnBargeIn::Silent | OnBargeIn::Cancel)
}
