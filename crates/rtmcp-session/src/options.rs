//! [`Options`]: what a session does by itself, and how long it waits.

use std::time::Duration;

use rtmcp_core::{SessionConfig, session::FunctionTool};
use serde::{Deserialize, Serialize};

use crate::{Handover, recorded::micros};

/// How a session behaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Whether this party leads the conversation, where several are connected to it.
    pub part: Part,
    /// Who plays the model's speech.
    pub player: Player,
    /// What the endpoint is asked for once it has greeted. A companion asks for nothing.
    pub config: SessionConfig,
    /// What the model may call from the start. A companion offers nothing.
    pub tools: Vec<FunctionTool>,
    /// Begins every id that the session makes, so that ids of two connections differ; those of a
    /// companion differ from those of the party that leads in any case. At most 16 characters of
    /// `[a-zA-Z0-9_-]`.
    pub id_prefix: String,
    /// How long a call may take that nobody gave a deadline; 60 s, as a person would have hung up.
    #[serde(with = "micros")]
    pub tool_deadline: Duration,
    /// How long the endpoint gets to greet and take the configuration; 15 s.
    #[serde(with = "micros")]
    pub setup_unanswered: Duration,
    /// How long nothing may come of a response that is being written before the next one is asked
    /// for all the same; 60 s, as models may think and endpoints may call tools of their own.
    #[serde(with = "micros")]
    pub response_silent: Duration,
    /// How long the endpoint gets to answer the person by itself before a waiting reply is asked
    /// for; 3 s, as real endpoints take well under one.
    #[serde(with = "micros")]
    pub own_reply: Duration,
    /// How long the person counts as speaking without a word about their end; 60 s. The endpoint's
    /// turn detection ends a turn at every pause of about a second, and nobody speaks for a minute
    /// without one; but its news of the end can get lost, as when a microphone is taken away, and
    /// no reply would be asked for ever after.
    #[serde(with = "micros")]
    pub speech_unended: Duration,
    /// How long speech that was written may take to begin to sound, where the endpoint plays; 1 s, as
    /// it begins before it is all written, or just after.
    #[serde(with = "micros")]
    pub playback_unbegun: Duration,
    /// How long speech that the endpoint plays counts as heard once its response is whole and
    /// nothing is said of its end; 5 min, as the longest answer of 4,096 tokens takes 205 s at 50 ms
    /// each.
    #[serde(with = "micros")]
    pub playback_unended: Duration,
    /// How long a `response.create` may stay without any answer; 15 s.
    #[serde(with = "micros")]
    pub reply_unanswered: Duration,
    /// How long to wait before a refused `response.create` is sent again when no response is known
    /// to be active; doubles each time; 250 ms.
    #[serde(with = "micros")]
    pub reply_retry: Duration,
    /// How much of the person's sound is kept while the session is being set up or handed over, and
    /// of a turn that a new connection would have to hear again; 1 MiB of base64, some 16 s.
    pub held_audio_bytes: usize,
    /// What is done when the connection ends, or is about to.
    pub handover: Handover,
    /// How long before the endpoint ends the session an idle moment is used to hand it over; 2 min,
    /// but never more than half of the session's time.
    #[serde(with = "micros")]
    pub handover_before: Duration,
    /// How long before that end it is handed over though the moment isn't idle; 15 s, as the new
    /// connection must be open by then.
    #[serde(with = "micros")]
    pub handover_latest: Duration,
    /// How long the next acknowledgement of replayed items may take before those that miss it count
    /// as lost; 5 s.
    #[serde(with = "micros")]
    pub handover_unanswered: Duration,
    /// How much text of the conversation is replayed, the newest first; 64 KiB, some 16,000 tokens,
    /// which leave a small model room to answer.
    pub replay_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            part: Part::default(),
            player: Player::default(),
            config: SessionConfig::realtime(),
            tools: Vec::new(),
            id_prefix: "rtmcp".to_owned(),
            tool_deadline: Duration::from_secs(60),
            setup_unanswered: Duration::from_secs(15),
            response_silent: Duration::from_secs(60),
            own_reply: Duration::from_secs(3),
            speech_unended: Duration::from_secs(60),
            playback_unbegun: Duration::from_secs(1),
            playback_unended: Duration::from_secs(300),
            reply_unanswered: Duration::from_secs(15),
            reply_retry: Duration::from_millis(250),
            held_audio_bytes: 1024 * 1024,
            handover: Handover::default(),
            handover_before: Duration::from_secs(120),
            handover_latest: Duration::from_secs(15),
            handover_unanswered: Duration::from_secs(5),
            replay_bytes: 64 * 1024,
        }
    }
}

/// What a session is to its conversation.
///
/// Several connections may share one conversation, such as the data channel of a page and the
/// sideband of a server. Each sees everything, and exactly one must act on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Sets the session up, runs the calls, gives their outputs and asks for replies to them.
    #[default]
    Lead,
    /// Shows what happens, and says what the person does: types, ends a turn, interrupts.
    ///
    /// It is ready as soon as the endpoint greets, never changes the session, and leaves every call
    /// to the party that leads: of a call it tells that it is [`Seen`], that it is whole
    /// ([`Dispatched`], by the other party) and that an output was given, in whatever way
    /// ([`Answered`]).
    ///
    /// [`Seen`]: crate::CallState::Seen
    /// [`Dispatched`]: crate::CallState::Dispatched
    /// [`Answered`]: crate::CallState::Answered
    Companion,
}

/// Who plays the model's speech, and so knows what was heard and cuts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Player {
    /// This side does, as over a WebSocket: speech comes as
    /// [`Output::Play`](crate::Output::Play), and is cut by `conversation.item.truncate`.
    #[default]
    Client,
    /// The endpoint does, as over WebRTC and SIP: it says what sounds by `output_audio_buffer.*`,
    /// and cuts its own speech when the person speaks up.
    Endpoint,
}
