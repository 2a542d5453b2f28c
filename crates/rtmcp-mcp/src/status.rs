//! [`Status`] and [`ServerChange`]: how a server of the pool is, and what became of it.

use std::time::Duration;

use rtmcp_core::{ServerName, ToolSpec};

use crate::ServerError;

/// How a server is at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// The first attempt to connect is under way.
    Connecting,
    /// Connected, its tools listed.
    Ready(ReadyInfo),
    /// Somebody must sign in first ([`Pool::sign_in`](crate::Pool::sign_in)): then it is connected at
    /// once.
    NeedsSignIn(ServerError),
    /// Not connected; tried again in the background, and at once when it is called.
    Down(ServerError),
}

/// What a connected server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadyInfo {
    /// How many tools it offers to the model.
    pub tools: usize,
    /// The protocol revision in use, such as `2025-11-25`.
    pub revision: String,
    /// The server's own name.
    pub server_name: Option<String>,
    /// The server's own version.
    pub server_version: Option<String>,
    /// How long connecting and listing took.
    pub connect_time: Duration,
}

impl ReadyInfo {
    pub(crate) fn new(
        (revision, server_name, server_version): (String, Option<String>, Option<String>),
        tools: usize,
        connect_time: Duration,
    ) -> Self {
        Self {
            tools,
            revision,
            server_name,
            server_version,
            connect_time,
        }
    }
}

/// What became of a server.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ServerChange {
    /// Which server.
    pub server: ServerName,
    /// What it is now.
    pub what: ServerState,
}

/// What a server is after a [`ServerChange`].
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "complete by definition: whoever routes tools must handle both"
)]
pub enum ServerState {
    /// Not connected yet; these were its tools when it was last there, and can be offered: a call
    /// waits for the server within its own time.
    Cached {
        /// The tools for the model, as the server described them.
        tools: Vec<ToolSpec>,
        /// How long ago that was.
        age: Duration,
    },
    /// Connected; these are all its tools. Comes again when they change.
    Ready {
        /// The tools for the model, as the server describes them.
        tools: Vec<ToolSpec>,
    },
    /// Not connected.
    Down {
        /// Why, and what to do.
        error: ServerError,
    },
}
