//! [`Session`]: one conversation as a state machine, without IO and without a clock.
//!
//! [`Session::handle`] takes what happened and returns what is to be done: events to send,
//! questions for the engines, sound to play, the end. Whoever drives it owns the clock, the sockets
//! and the engines, so that WebSocket and WebRTC are served by the same conversation.

mod answer;
mod check;
mod encode;
mod fault;
mod history;
mod ids;
mod input;
mod items;
mod limits;
mod outbox;
mod playback;
mod settings;
mod staged;
mod tokens;
mod turn;

use std::{collections::HashMap, time::Duration};

use rtmcp_core::{
    ClientEvent, ConversationId, EventId, ServerEvent, Timestamp,
    event::{client, server},
    kind_of,
};
use serde_json::{Map, Value};

use crate::{
    config::Pacing,
    engine::{EngineError, Sound, Thought},
};
use answer::Active;
use history::History;
use input::InputBuffer;
use limits::Allowance;
use playback::Playback;
use tokens::Meter;
use turn::{Hearing, Idle};

pub(crate) use answer::Ending;
pub(crate) use check::{check_secret, check_session};
pub(crate) use encode::encode;
pub(crate) use fault::Fault;
pub(crate) use ids::Ids;
pub(crate) use input::RATE;
pub(crate) use outbox::{Job, Outbox, Question};
pub(crate) use playback::{Command, Moment, Player};
pub(crate) use settings::Settings;
pub(crate) use staged::Staged;

/// WebSocket's "going away", after which clients may connect again.
pub(crate) const GOING_AWAY: u16 = 1001;

/// What happened.
pub(crate) enum Input {
    /// A client sent this text.
    Client(String),
    /// Another client joined.
    Joined,
    /// The person's sound came by itself, beside the events.
    Sound(Vec<i16>),
    /// The person pressed a key of a telephone, at this second since 1970.
    Key(char, u64),
    /// The server's own player got further.
    Playback(Moment),
    /// An engine answered.
    Answered(Job, Answer),
    /// Something was made to happen.
    Staged(Staged),
    /// Time passed.
    Tick,
}

/// What an engine answers.
pub(crate) enum Answer {
    Heard(Result<String, EngineError>),
    Thought(Result<Vec<Thought>, EngineError>),
    Spoken(Result<Sound, EngineError>),
}

/// What is to be done.
pub(crate) enum Output {
    /// Send this to all clients.
    Send(Box<ServerEvent>),
    /// Send this to the client that the input came from.
    Reply(Box<ServerEvent>),
    /// Ask an engine and give its answer back.
    Ask(Job, Question),
    /// The answer isn't wanted any more.
    Abandon(Job),
    /// Send this to all clients, event or not. A session never does.
    Text(String),
    /// Say and hear nothing more, and leave the connections as they are. A session never does.
    Hush,
    /// End the connections of all clients but the one that the session lives with. A session never
    /// does.
    Detach { code: u16, reason: String },
    /// Have the server's player do this.
    Player(Command),
    /// End the connection.
    Close { code: u16, reason: String },
}

/// What a session begins with.
pub(crate) struct Setup {
    pub(crate) model: String,
    /// What is set from the start, one update after the other; they have passed their check.
    pub(crate) updates: Vec<Map<String, Value>>,
    pub(crate) player: Player,
    pub(crate) pacing: Pacing,
    pub(crate) seed: u64,
    /// How long it may last.
    pub(crate) seconds: u64,
    /// When that is, in seconds since 1970.
    pub(crate) expires_at: u64,
}

/// One conversation.
pub(crate) struct Session {
    out: Outbox,
    settings: Settings,
    pacing: Pacing,
    conversation: ConversationId,
    history: History,
    input: InputBuffer,
    hearings: HashMap<Job, Hearing>,
    answers: Vec<Active>,
    /// What is being said, where that isn't the client's business.
    playback: Option<Playback>,
    /// A turn ended while a response was being written that it mustn't end.
    reply_wanted: bool,
    /// The model has spoken, so that its voice is settled.
    has_spoken: bool,
    idle: Option<Idle>,
    allowance: Allowance,
    meter: Meter,
    seconds: u64,
    expires: Timestamp,
    closed: bool,
}

impl Session {
    /// Begins a session and greets the client.
    pub(crate) fn new(setup: &Setup, now: Timestamp) -> Result<Self, Fault> {
        let mut ids = Ids::new(setup.seed);
        let mut settings = Settings::new(&ids.session(), Some(&setup.model), setup.expires_at)?;
        for update in &setup.updates {
            settings.update(update, false)?;
        }
        let conversation = ids.conversation();
        let mut session = Self {
            out: Outbox::new(ids),
            settings,
            pacing: setup.pacing,
            conversation,
            history: History::default(),
            input: InputBuffer::default(),
            hearings: HashMap::new(),
            answers: Vec::new(),
            playback: Playback::new(setup.player),
            reply_wanted: false,
            has_spoken: false,
            idle: None,
            allowance: Allowance::new(now),
            meter: Meter::default(),
            seconds: setup.seconds,
            expires: now + Duration::from_secs(setup.seconds),
            closed: false,
        };
        session.listen_as_set();
        let created = session.created();
        session.out.send(created);
        Ok(session)
    }

    /// Takes what happened and returns what is to be done, in order.
    pub(crate) fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        if self.closed {
            return Vec::new();
        }
        match input {
            Input::Client(text) => self.client(now, &text),
            Input::Joined => {
                let created = self.created();
                self.out.reply(created);
            }
            Input::Sound(samples) => self.hear(now, &samples),
            Input::Key(key, received_at) => self.pressed(key, received_at),
            Input::Playback(moment) => self.played(now, moment),
            Input::Answered(job, answer) => self.answered(now, job, answer),
            Input::Staged(staged) => self.stage(now, staged),
            Input::Tick => {}
        }
        self.idle_passed(now);
        self.advance(now);
        if now >= self.expires {
            self.expire();
        }
        self.out.take()
    }

    /// Returns when [`Input::Tick`] is due.
    pub(crate) fn wake(&self) -> Timestamp {
        let answers = self.answers.iter().filter_map(Active::due);
        let idle = self.idle.map(|it| it.at);
        answers.chain(idle).fold(self.expires, Timestamp::min)
    }

    fn created(&self) -> impl FnOnce(EventId) -> server::SessionCreated + use<> {
        let session = Box::new(self.settings.config().clone());
        |event_id| server::SessionCreated {
            event_id,
            session,
            ..Default::default()
        }
    }

    fn answered(&mut self, now: Timestamp, job: Job, answer: Answer) {
        match answer {
            Answer::Heard(words) => self.heard(job, words),
            Answer::Thought(thoughts) => self.thought(now, job, thoughts),
            Answer::Spoken(sound) => self.spoken(now, job, sound),
        }
    }

    fn client(&mut self, now: Timestamp, text: &str) {
        // Sound comes often and can be large: it is read once, straight into its own type.
        if kind_of(text).as_deref() == Some("input_audio_buffer.append")
            && let ClientEvent::InputAudioBufferAppend(append) = ClientEvent::decode(text)
            && !append.audio.expose().is_empty()
        {
            let cause = append.event_id.clone();
            let done = self.append(now, append.audio.expose());
            return self.report(done, cause);
        }
        let Ok(Value::Object(event)) = serde_json::from_str(text) else {
            let message = "The event could not be parsed: send one JSON object as one text frame.";
            return self.out.refuse(Fault::new("invalid_event", message), None);
        };
        let cause = event.get("event_id").and_then(Value::as_str);
        let cause = cause.map(EventId::from);
        let done = check::check(&event).and_then(|()| self.act(now, text, &event));
        self.report(done, cause);
    }

    fn report(&mut self, done: Result<(), Fault>, cause: Option<EventId>) {
        if let Err(fault) = done {
            tracing::debug!(code = fault.code(), "refused an event");
            self.out.refuse(fault, cause);
        }
    }

    fn act(&mut self, now: Timestamp, text: &str, event: &Map<String, Value>) -> Result<(), Fault> {
        match ClientEvent::decode(text) {
            ClientEvent::SessionUpdate(_) => self.update(event),
            // Empty sound is no sound.
            ClientEvent::InputAudioBufferAppend(_) => Ok(()),
            ClientEvent::InputAudioBufferCommit(_) => self.commit_by_hand(),
            ClientEvent::InputAudioBufferClear(_) => {
                self.clear_input();
                Ok(())
            }
            ClientEvent::OutputAudioBufferClear(_) => self.clear_output(),
            ClientEvent::ConversationItemCreate(it) => self.create_item(it),
            ClientEvent::ConversationItemRetrieve(it) => self.retrieve_item(&it.item_id),
            ClientEvent::ConversationItemTruncate(_) => self.truncate_item(event),
            ClientEvent::ConversationItemDelete(it) => self.delete_item(&it.item_id),
            ClientEvent::ResponseCreate(it) => self.create_response(it.response),
            ClientEvent::ResponseCancel(it) => self.cancel_response(now, &it),
            // A position below 0 can't be read, and has an error of its own.
            ClientEvent::Unknown(it) if it.kind == "conversation.item.truncate" => {
                self.truncate_item(event)
            }
            ClientEvent::Unknown(_) => {
                let message = "The event could not be read: a field has an unexpected value.";
                Err(Fault::new("invalid_event", message))
            }
        }
    }

    fn update(&mut self, event: &Map<String, Value>) -> Result<(), Fault> {
        if let Some(Value::Object(update)) = event.get("session") {
            self.settings.update(update, self.has_spoken)?;
        }
        self.listen_as_set();
        let config = Box::new(self.settings.config().clone());
        self.out.send(|event_id| server::SessionUpdated {
            event_id,
            session: config,
            ..Default::default()
        });
        Ok(())
    }

    fn cancel_response(
        &mut self,
        now: Timestamp,
        cancel: &client::ResponseCancel,
    ) -> Result<(), Fault> {
        match self.cancel(now, cancel.response_id.as_ref(), "client_cancelled") {
            true => Ok(()),
            false => Err(Fault::cancel_not_active()),
        }
    }

    fn expire(&mut self) {
        let fault = Fault::session_expired(self.seconds);
        let reason = fault.message().to_owned();
        self.out.fault(fault);
        self.out.close(GOING_AWAY, &reason);
        self.closed = true;
    }
}

#[cfg(test)]
mod tests;
