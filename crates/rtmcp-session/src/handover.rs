//! [`HandOver`]: how a conversation goes on over a new connection, and what that cost.

mod arrive;
mod leave;
mod passage;
mod settings;
mod sound;

use std::time::Duration;

use rtmcp_core::{CallId, ItemId, ResponseId, SessionId};
use serde::{Deserialize, Serialize};

use crate::recorded::micros;

pub(crate) use passage::{Awaited, Due, Moving, Passage};
pub(crate) use settings::Settings;
pub(crate) use sound::Sound;

/// What a session does when its connection ends, or is about to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// It ends with its connection.
    #[default]
    None,
    /// A new connection is a new, empty conversation at the endpoint, as over a WebSocket: it is set
    /// up as the old one was, and what was said is replayed into it. A companion can't do that: for
    /// it this is [`None`](Self::None).
    Replay,
    /// A new connection reaches the same conversation, as that of a sideband to a call: nothing is
    /// replayed but what the endpoint never acknowledged.
    Rejoin,
}

/// Why a session is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOverReason {
    /// The endpoint would have ended the session soon.
    Expiring,
    /// The connection was lost.
    Dropped,
    /// The endpoint ended the session, as its time was over.
    Expired,
}

/// A conversation goes on over a new connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// Why.
    pub why: HandOverReason,
    /// The endpoint's name for the new session.
    pub session_id: Option<SessionId>,
    /// How many items the new conversation was given and has acknowledged.
    pub replayed: usize,
    /// All that the new conversation doesn't have of the one before.
    pub lost: Vec<Loss>,
}

impl HandOver {
    /// Tells whether the model knows everything that it knew.
    pub fn restored(&self) -> bool {
        self.lost.is_empty()
    }
}

/// Something that a new connection doesn't have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Loss {
    /// What was said in this message was never written down, and its sound isn't kept.
    Speech {
        /// The item that the speech was, or would have been.
        item_id: ItemId,
    },
    /// Sound of the person that was not part of an item yet, beyond what is kept.
    Sound {
        /// How long it was.
        #[serde(with = "micros")]
        span: Duration,
    },
    /// The pictures of a message; its words were replayed, where it has any.
    Image {
        /// The message.
        item_id: ItemId,
    },
    /// A message of the model that was cut short, or never became whole. Where the share that was
    /// heard is known, so much of its text was replayed, up to the last whole word; that the words
    /// and the sound end at the same moment is not.
    CutShort {
        /// The message.
        item_id: ItemId,
    },
    /// A call whose arguments never became whole.
    Call {
        /// The call.
        call_id: CallId,
    },
    /// An item that only the endpoint can make, such as a call of its own to an MCP server, or of a
    /// kind that this version doesn't know.
    Foreign {
        /// The item; empty where it has no id.
        item_id: ItemId,
        /// Its kind.
        kind: String,
    },
    /// The oldest items, beyond [`Options::replay_bytes`](crate::Options::replay_bytes).
    Older {
        /// How many.
        items: usize,
    },
    /// The endpoint would not take the item.
    Refused {
        /// The item.
        item_id: ItemId,
        /// The endpoint's words.
        message: String,
    },
    /// The endpoint didn't say whether it took the item.
    Unacknowledged {
        /// The item.
        item_id: ItemId,
    },
    /// A response outside the conversation that was being written.
    Response {
        /// The response.
        response_id: ResponseId,
    },
    /// Whatever happened in the conversation while nobody was connected to it.
    Unseen,
}
