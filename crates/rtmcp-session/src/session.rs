//! [`Session`]: one conversation, and the one door to it.

use std::collections::VecDeque;

use rtmcp_core::{
    CallId, ClientEvent, EventId, ItemId, ResponseId, SessionConfig, Timestamp,
    event::client::SessionUpdate, session::FunctionTool,
};
use tracing::{debug, trace};

use crate::{
    CallState, CloseReason, Command, Drain, Event, Input, Options, Output, Part, Transcript,
    arbiter::Arbiter,
    handover::{Passage, Settings, Sound},
    history::History,
    ledger::Ledger,
    patience::Patience,
    playback::Heard,
    reply::Nulls,
    responses::Responses,
    scope,
    scope::Scope,
    texts,
    timer::Timer,
    timer::Timers,
};

/// The key of the metadata that tells our responses from others.
pub(crate) const TAG: &str = "rtmcp";

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The endpoint hasn't accepted the configuration yet; what the application wants is kept.
    Connecting,
    /// The conversation runs.
    Ready,
    /// The connection was lost or is being replaced: what the application wants is kept until the
    /// next one knows the conversation.
    HandingOver,
    /// Nothing more will happen.
    Closed,
}

/// Whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nobody's.
    Idle,
    /// The person speaks.
    UserSpeaking,
    /// The model answers, or is still heard.
    Responding {
        /// The response that is being written; none once it is whole.
        response: Option<ResponseId>,
        /// Whether it can be heard.
        audible: bool,
    },
    /// Tools work.
    AwaitingTools,
}

/// One conversation as a state machine.
///
/// It changes only through [`handle`](Self::handle), which takes the time and one [`Input`], and
/// gives the [`Output`]s to perform. It reads no clock: call `handle` with [`Input::Tick`] when
/// [`deadline`](Self::deadline) is reached.
#[derive(Debug)]
pub struct Session {
    pub(crate) options: Options,
    pub(crate) phase: Phase,
    pub(crate) now: Timestamp,
    /// The session as the endpoint last reported it.
    pub(crate) remote: SessionConfig,
    /// The update that sets the session up, while it is on its way.
    pub(crate) setup: Option<EventId>,
    /// What the application wanted before the session was ready.
    pub(crate) held: VecDeque<Command>,
    pub(crate) held_audio: usize,
    /// Tools that wait for a moment when no response is being written.
    pub(crate) new_tools: Option<Vec<FunctionTool>>,
    /// Turns that were ended by hand, by the event that asked for it, until the endpoint says so.
    pub(crate) commits: VecDeque<EventId>,
    /// The item that speech will be which ended by silence, until it is one.
    pub(crate) ended_speech: Option<ItemId>,
    /// The last item that sound was made into.
    pub(crate) last_commit: ItemId,
    pub(crate) responses: Responses,
    /// When something last came of the response that is being written.
    pub(crate) last_sign: Timestamp,
    pub(crate) nulls: Nulls,
    pub(crate) ledger: Ledger,
    pub(crate) arbiter: Arbiter,
    pub(crate) heard: Heard,
    /// The response that the endpoint plays.
    pub(crate) sounding: Option<ResponseId>,
    pub(crate) transcript: Transcript,
    pub(crate) timers: Timers,
    pub(crate) outbox: VecDeque<Output>,
    /// What another connection would have to know.
    pub(crate) history: History,
    pub(crate) kept_sound: Sound,
    pub(crate) settings: Settings,
    pub(crate) passage: Passage,
    /// Calls that take long.
    pub(crate) patience: Patience,
    /// What the model said together with the calls that the next reply is to.
    pub(crate) said: Option<ItemId>,
    woken: bool,
    pub(crate) was_idle: bool,
    made_ids: u64,
}

impl Session {
    /// A session that waits for the endpoint's greeting.
    pub fn new(options: Options) -> Self {
        let part = options.part;
        let speech = options.config.audio_output();
        let heard = Heard::new(speech.and_then(|output| output.format.clone()));
        let sound = options.config.audio_input();
        let sound = sound.and_then(|input| input.format.clone());
        let kept_sound = Sound::new(sound, options.held_audio_bytes);
        let history = History::new(options.replay_bytes);
        Self {
            options,
            phase: Phase::Connecting,
            now: Timestamp::ZERO,
            remote: SessionConfig::default(),
            setup: None,
            held: VecDeque::new(),
            held_audio: 0,
            new_tools: None,
            commits: VecDeque::new(),
            ended_speech: None,
            last_commit: ItemId::default(),
            responses: Responses::default(),
            last_sign: Timestamp::ZERO,
            nulls: Nulls::default(),
            ledger: Ledger::default(),
            arbiter: Arbiter::new(part),
            heard,
            sounding: None,
            transcript: Transcript::default(),
            timers: Timers::default(),
            outbox: VecDeque::new(),
            history,
            kept_sound,
            settings: Settings::default(),
            passage: Passage::default(),
            patience: Patience::default(),
            said: None,
            woken: false,
            was_idle: true,
            made_ids: 0,
        }
    }

    /// Takes one input and gives the effects to perform, in order.
    ///
    /// `now` never goes back: an earlier time counts as the latest one seen. The first input starts
    /// the clock; [`Input::Tick`] does, where there is nothing to tell yet.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Drain<'_> {
        self.now = self.now.max(now);
        if !std::mem::replace(&mut self.woken, true) {
            let due = self.now + self.options.setup_unanswered;
            self.timers.set(Timer::Setup, due);
        }
        if self.phase != Phase::Closed {
            self.take(input);
            self.expire();
            self.settle();
            self.tell_if_idle();
        }
        Drain {
            outbox: &mut self.outbox,
        }
    }

    /// Returns when the session must be woken at the latest, and why.
    pub fn deadline(&self) -> Option<(Timestamp, &Timer)> {
        self.timers.next()
    }

    /// Returns how far the session has come.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns whose turn it is.
    pub fn turn(&self) -> Turn {
        let response = self.arbiter.active().cloned();
        let audible = self.is_audible();
        let written = self.timers.is_set(&Timer::PlaybackUnbegun);
        if self.arbiter.is_person_speaking() {
            Turn::UserSpeaking
        } else if response.is_some() || audible || written {
            Turn::Responding { response, audible }
        } else if self.ledger.open().is_empty() {
            Turn::Idle
        } else {
            Turn::AwaitingTools
        }
    }

    /// Tells whether the turn is over: nobody speaks, no call is open, and the model has nothing
    /// left to say, neither heard nor written nor on its way.
    pub fn is_idle(&self) -> bool {
        self.turn() == Turn::Idle && self.arbiter.is_idle()
    }

    /// Returns who said what, in order.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Returns the calls that were dispatched and have no output yet.
    pub fn open_calls(&self) -> Vec<CallId> {
        self.ledger.open().iter().cloned().collect()
    }

    /// Returns where a call is, or `None` if the session has never seen it.
    pub fn call_state(&self, call_id: &CallId) -> Option<CallState> {
        self.ledger.state(call_id)
    }

    /// Returns the session as the endpoint last reported it.
    pub fn config(&self) -> &SessionConfig {
        &self.remote
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Event(_) if self.passage.is_cut_off() => {
                trace!("an event of a connection that counts as gone");
            }
            Input::Event(event) => self.receive(*event),
            Input::Command(command) => self.command(command),
            Input::Tool(call_id, news) => self.tool_news(&call_id, news),
            Input::Playback(playback) => self.playback(playback),
            Input::Connected { at } => self.connected(at),
            Input::NotConnected => self.not_connected(),
            Input::Disconnected => self.disconnected(),
            Input::Ended => self.close(CloseReason::Disconnected),
            Input::Tick => {}
        }
    }

    /// Does what time has made due.
    fn expire(&mut self) {
        while let Some(timer) = self.timers.expire(self.now) {
            trace!(?timer, "due");
            match timer {
                Timer::Approval(call_id) => self.expire_call(&call_id, texts::APPROVAL_EXPIRED),
                Timer::ToolDeadline(call_id) => self.expire_call(&call_id, texts::TOOL_TIMED_OUT),
                Timer::SoftDeadline(call_id) => self.patience_over(&call_id),
                Timer::Setup => self.setup_unanswered(),
                Timer::HandOver => self.hand_over_due(),
                Timer::ReplayUnanswered => self.replay_unanswered(),
                Timer::ResponseSilent => self.response_silent(),
                Timer::OwnReply => {
                    self.arbiter.own_reply_missing();
                    self.kept_sound.heard_none();
                }
                Timer::SpeechUnended => self.arbiter.person_stopped(false),
                // It counts as not coming, once the timer isn't set any more.
                Timer::PlaybackUnbegun => {}
                Timer::PlaybackUnended => self.playback_unended(),
                Timer::ReplyRetry => self.arbiter.retry(),
                Timer::ReplyUnanswered => self.arbiter.unanswered(),
            }
        }
    }

    /// Tells the endpoint what the model may call, unless it knows.
    pub(crate) fn offer(&mut self, tools: Vec<FunctionTool>) {
        if tools != self.options.tools {
            let mut config = SessionConfig::realtime();
            config.tools = Some(tools.iter().cloned().map(Into::into).collect());
            let event_id = self.update(config.clone());
            self.settings.ask(event_id, config);
            self.options.tools = tools;
        }
    }

    fn tell_if_idle(&mut self) {
        let idle = self.is_idle();
        if idle && !self.was_idle && self.phase == Phase::Ready {
            self.notify(Event::Idle);
        }
        self.was_idle = idle;
    }

    /// Ends the session. Every open call gets its end; outputs are sent while they can be.
    pub(crate) fn close(&mut self, reason: CloseReason) {
        let reachable = reason == CloseReason::Asked && self.phase == Phase::Ready;
        self.end_calls(reachable);
        self.timers.clear();
        self.phase = Phase::Closed;
        debug!(?reason, "closed");
        self.outbox.push_back(Output::Close(reason));
    }

    /// Sends a change of the session, and returns the event that carries it.
    pub(crate) fn update(&mut self, mut config: SessionConfig) -> EventId {
        let event_id = self.event_id();
        if config.kind.is_none() {
            config.kind = SessionConfig::realtime().kind;
        }
        self.send(SessionUpdate {
            event_id: Some(event_id.clone()),
            session: Box::new(config),
            ..SessionUpdate::default()
        });
        event_id
    }

    pub(crate) fn send(&mut self, event: impl Into<ClientEvent>) {
        self.outbox.push_back(Output::Send(Box::new(event.into())));
    }

    pub(crate) fn notify(&mut self, event: Event) {
        self.outbox.push_back(Output::Notify(event));
    }

    pub(crate) fn event_id(&mut self) -> EventId {
        EventId::from(self.next_id(Scope::General.kind()))
    }

    pub(crate) fn item_id(&mut self) -> ItemId {
        ItemId::from(self.next_id("it"))
    }

    /// An id for an item that is no turn of anybody.
    pub(crate) fn aside_id(&mut self) -> ItemId {
        ItemId::from(self.next_id(scope::ASIDE))
    }

    pub(crate) fn next_id(&mut self, kind: &str) -> String {
        self.made_ids += 1;
        let part = match self.options.part {
            Part::Lead => "",
            Part::Companion => scope::COMPANION,
        };
        format!("{}_{part}{kind}_{}", self.options.id_prefix, self.made_ids)
    }
}
