//! [`Event`]: what an application may want to show, log or count.

use std::time::Duration;

use rtmcp_core::{CallId, ItemId, Private, ResponseId, ResponseStatus, Role, SessionId, Usage};
use serde::{Deserialize, Serialize};

use crate::{CallState, HandOver, HandOverReason, recorded::micros};

/// Something that happened in a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The session is set up and listens.
    Ready {
        /// The endpoint's name for the session.
        session_id: Option<SessionId>,
        /// The model that answers.
        model: Option<String>,
    },
    /// The person began to speak.
    SpeechStarted {
        /// The item that the speech will be.
        item_id: ItemId,
    },
    /// The person stopped.
    SpeechStopped {
        /// The item that the speech will be.
        item_id: ItemId,
    },
    /// The person pressed a key of a telephone.
    Dtmf {
        /// The key: `0` to `9`, `*`, `#`, `A` to `D`. People type card numbers and codes so.
        key: Private<String>,
        /// When, in seconds since 1970.
        received_at: u64,
    },
    /// The words of an item changed.
    Transcript {
        /// The item.
        item_id: ItemId,
        /// Who speaks.
        role: Role,
        /// All its words so far.
        text: Private<String>,
        /// Whether more will come.
        done: bool,
    },
    /// The endpoint couldn't write down what the person said.
    TranscriptFailed {
        /// The item.
        item_id: ItemId,
        /// What the endpoint says.
        message: String,
    },
    /// A tool call came to a new state.
    Call {
        /// The call.
        call_id: CallId,
        /// The function.
        name: String,
        /// Where it is now.
        state: CallState,
    },
    /// The model began to answer.
    ResponseStarted {
        /// The response.
        response_id: ResponseId,
    },
    /// The model ended its answer.
    ResponseEnded {
        /// The response.
        response_id: ResponseId,
        /// In what way.
        status: ResponseStatus,
        /// Why, where the endpoint says so.
        reason: Option<String>,
        /// What it cost.
        usage: Option<Box<Usage>>,
    },
    /// The connection is lost or about to be replaced, and the conversation goes on over another
    /// one. A response that was being written is over with it.
    HandingOver {
        /// Why.
        why: HandOverReason,
    },
    /// The conversation goes on over a new connection. [`Ready`](Self::Ready) isn't told again, and
    /// [`Idle`](Self::Idle) is, where it holds.
    HandedOver(Box<HandOver>),
    /// The model's speech was cut off.
    Interrupted {
        /// The message.
        item_id: ItemId,
        /// How much of it was heard.
        #[serde(with = "micros")]
        heard: Duration,
    },
    /// The turn is over: everything asked was answered, and heard to its end. See
    /// [`Session::is_idle`](crate::Session::is_idle).
    Idle,
    /// Something went wrong, and the session goes on.
    Trouble(Trouble),
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trouble {
    /// The endpoint reported an error.
    Endpoint {
        /// Its code.
        code: Option<String>,
        /// Its words.
        message: String,
    },
    /// The endpoint couldn't finish an answer.
    ResponseFailed {
        /// The response.
        response_id: ResponseId,
        /// Its code or reason.
        code: Option<String>,
        /// Its words.
        message: String,
    },
    /// The endpoint would not take the output of a call; the model doesn't know the result.
    OutputRefused {
        /// The call.
        call_id: CallId,
        /// The endpoint's words.
        message: String,
    },
    /// The endpoint sent what this version doesn't understand: an event, or fields of one. It was
    /// passed over, and nothing else.
    NotUnderstood {
        /// The event's kind.
        kind: String,
        /// What was wrong with it.
        trouble: String,
    },
}
