//! [`Call`]: the call that runs, or ran last: how far it has come and what it has.

use std::time::Duration;

use rtmcp_core::{Private, Timestamp};
use rtmcp_session::{Options, Part, Player, Session, Turn};

use super::{
    input::Peer,
    trouble::{Place, Trouble},
};

/// How long a call goes on without the backend. The backend, for its part, ends a call that no page
/// has listened to for 20 s.
pub(super) const GIVEN_UP: Duration = Duration::from_secs(25);

/// A call.
#[derive(Debug, Default)]
pub struct Call {
    /// Counts the calls of the page, so that news of an older one are known as such.
    pub number: u64,
    /// How far it has come.
    pub stage: Stage,
    /// What the person hears with.
    pub microphone: Microphone,
    /// Whether the microphone is kept from the endpoint.
    pub muted: bool,
    /// Why there is no microphone.
    pub microphone_trouble: Option<Trouble>,
    /// What went wrong with the call.
    pub trouble: Option<Trouble>,
    /// The backend's name for it.
    pub session_id: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// How long it took, once it is over; nothing where it never began.
    pub took_ms: Option<u64>,
    /// Whom it is with: the endpoint's name.
    pub endpoint: String,
    /// The model that answers.
    pub model: Option<String>,
    /// How the connection to the endpoint is.
    pub peer: Option<Peer>,
    /// Since when the backend's stream is broken.
    pub backend_lost: Option<Timestamp>,
    /// Whether the browser keeps the model's voice back.
    pub voice_blocked: bool,
    /// Whether what still sounds of the model's voice is kept back.
    pub(super) hushed: bool,
    /// When the call fails unless something better comes, and why.
    pub(super) failing: Option<(Timestamp, Trouble)>,
    /// Whether a tool works, or waits for a decision.
    pub(super) working: bool,
    /// Whether the data channel is open.
    pub(super) channel_open: bool,
    /// Whether the backend has set the session up: before that the model knows no tools.
    pub(super) led: bool,
    /// What was typed before that.
    pub(super) held: Vec<Private<String>>,
    pub(super) session: Option<Box<Session>>,
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// There was none yet.
    #[default]
    None,
    /// It is being set up.
    Connecting(Step),
    /// It runs.
    Live,
    /// It was ended.
    Ended,
    /// It broke, or never began.
    Failed,
}

/// A step of setting a call up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The browser asks for the microphone.
    Microphone,
    /// The backend and the endpoint are asked for the call.
    Asking,
    /// The browser and the endpoint look for a way to each other.
    Joining,
}

/// What the person is heard with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Microphone {
    /// Nothing: the person types.
    #[default]
    Off,
    /// The browser was asked for it.
    Asked,
    /// It is open.
    On,
}

/// What the page shows a call to be doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// There is no call yet.
    #[default]
    Idle,
    /// It is being set up.
    Connecting,
    /// The model waits for the person.
    Listening,
    /// The person speaks.
    Hearing,
    /// The model is about to answer.
    Thinking,
    /// A tool works, or waits for a decision.
    Working,
    /// The model speaks.
    Speaking,
    /// It was ended.
    Ended,
    /// It broke, or never began.
    Failed,
}

impl State {
    /// A word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Listening => "listening",
            Self::Hearing => "hearing",
            Self::Thinking => "thinking",
            Self::Working => "working",
            Self::Speaking => "speaking",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }

    /// Tells whether there is a call.
    pub const fn is_running(self) -> bool {
        !matches!(self, Self::Idle | Self::Ended | Self::Failed)
    }
}

impl Call {
    /// A call that is about to be set up.
    pub(super) fn begin(number: u64, now: Timestamp, endpoint: String, microphone: bool) -> Self {
        Self {
            number,
            stage: Stage::Connecting(if microphone {
                Step::Microphone
            } else {
                Step::Asking
            }),
            microphone: if microphone {
                Microphone::Asked
            } else {
                Microphone::Off
            },
            began: now,
            endpoint,
            session: Some(Box::new(Session::new(Options {
                part: Part::Companion,
                player: Player::Endpoint,
                id_prefix: format!("page{}", number % 1000),
                ..Options::default()
            }))),
            ..Self::default()
        }
    }

    /// Returns what the page shows the call to be doing.
    pub fn state(&self) -> State {
        match self.stage {
            Stage::None => State::Idle,
            Stage::Connecting(_) => State::Connecting,
            Stage::Live => self.turn(),
            Stage::Ended => State::Ended,
            Stage::Failed => State::Failed,
        }
    }

    fn turn(&self) -> State {
        let Some(session) = &self.session else {
            return State::Listening;
        };
        match session.turn() {
            Turn::UserSpeaking => State::Hearing,
            Turn::Responding { audible: true, .. } => State::Speaking,
            _ if self.working => State::Working,
            Turn::AwaitingTools => State::Working,
            Turn::Responding { .. } => State::Thinking,
            Turn::Idle if session.is_idle() => State::Listening,
            Turn::Idle => State::Thinking,
        }
    }

    /// Tells whether the person can be heard, muted or not.
    pub fn has_microphone(&self) -> bool {
        self.state().is_running() && self.microphone == Microphone::On
    }

    /// Tells whether the microphone may be added to the call that runs.
    pub fn can_add_microphone(&self) -> bool {
        self.stage == Stage::Live && self.microphone == Microphone::Off
    }

    /// Returns what went wrong with the key, where it is that.
    pub fn key_trouble(&self) -> Option<&Trouble> {
        self.trouble
            .as_ref()
            .filter(|trouble| trouble.place == Place::Key)
    }

    /// Tells whether what is typed can be sent.
    pub(super) const fn takes_text(&self) -> bool {
        self.channel_open && self.led
    }

    /// Returns when something is due at the latest.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let session = self.session.as_ref().and_then(|it| it.deadline());
        let session = session.map(|(due, _)| due);
        let failing = self.failing.as_ref().map(|(due, _)| *due);
        let given_up = self.backend_lost.map(|since| since + GIVEN_UP);
        [session, failing, given_up].into_iter().flatten().min()
    }

    /// The backend's stream broke; of several times the first counts.
    pub(super) fn lost_backend(&mut self, now: Timestamp) {
        self.backend_lost.get_or_insert(now);
    }

    /// Tells whether the backend has been away for too long.
    pub(super) fn is_given_up(&self, now: Timestamp) -> bool {
        self.backend_lost
            .is_some_and(|since| since + GIVEN_UP <= now)
    }

    pub(super) fn microphone_asked(&mut self) {
        self.microphone = Microphone::Asked;
        self.microphone_trouble = None;
    }
}
