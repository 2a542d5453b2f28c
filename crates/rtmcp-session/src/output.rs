//! What a session wants done, in order.

use std::collections::VecDeque;

use rtmcp_core::{CallId, ClientEvent, ItemId, Private, ToolCall};
use serde::{Deserialize, Serialize};

use crate::Event;

/// One thing to do.
///
/// Exhaustive on purpose: a new effect must break every driver that doesn't know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// Send an event to the endpoint.
    Send(Box<ClientEvent>),
    /// Run a tool, without keeping anything waiting for it; its news come back as
    /// [`Input::Tool`](crate::Input::Tool).
    CallTool(ToolCall),
    /// Stop a tool: the call has been answered without it.
    CancelTool(CallId),
    /// Queue speech of the model for playing.
    Play {
        /// The message that it belongs to.
        item_id: ItemId,
        /// Base64 in the session's output format.
        audio: Private<String>,
    },
    /// No more speech of this item will come.
    PlayEnd {
        /// The message that is whole.
        item_id: ItemId,
    },
    /// Stop playing, drop what is queued, and report what was heard as
    /// [`Playback::Stopped`](crate::Playback::Stopped).
    StopPlayback,
    /// Open a new connection, and keep the one there is, if it lives, until the new one is open. The
    /// answer is one [`Input::Connected`](crate::Input::Connected) or
    /// [`Input::NotConnected`](crate::Input::NotConnected): how often it is tried, and how long, is
    /// not the session's. Asked for only where [`Options::handover`](crate::Options::handover) says
    /// so, and not again before it is answered.
    Connect,
    /// Tell the application.
    Notify(Event),
    /// The session is over: close the connection.
    Close(CloseReason),
}

/// Why a session is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The application asked for it.
    Asked,
    /// The connection is gone.
    Disconnected,
    /// The endpoint didn't greet, or never said whether it takes the session's configuration.
    Silent,
    /// The endpoint refused the session's configuration.
    ConfigRefused {
        /// What the endpoint says.
        message: String,
    },
    /// The endpoint will not go on: a wrong key, no quota, an expired session.
    Fatal {
        /// The endpoint's code.
        code: String,
        /// What the endpoint says.
        message: String,
    },
}

/// The effects of one input, in order.
///
/// It borrows the session, so that no input can be given before the effects of the last one are
/// taken. What isn't taken stays and comes first the next time.
#[must_use = "the effects of an input must be performed"]
#[derive(Debug)]
pub struct Drain<'a> {
    pub(crate) outbox: &'a mut VecDeque<Output>,
}

impl Iterator for Drain<'_> {
    type Item = Output;

    fn next(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.outbox.len(), Some(self.outbox.len()))
    }
}

impl ExactSizeIterator for Drain<'_> {}
