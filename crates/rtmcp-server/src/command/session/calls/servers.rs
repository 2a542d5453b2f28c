//! [`Servers`]: which MCP servers are missing in a turn, and what was said of it.

use std::collections::{BTreeMap, BTreeSet};

use rtmcp::mcp::ServerError;
use rtmcp_core::ServerName;

use crate::console;

/// The servers of a turn.
#[derive(Debug, Default)]
pub(super) struct Servers {
    /// Servers that were there at some time.
    seen: BTreeSet<ServerName>,
    /// Servers that never were; it was said why.
    missing: BTreeSet<ServerName>,
    /// Servers that went away, and what happened to them.
    lost: BTreeMap<ServerName, String>,
    /// Servers of which a call has told already.
    blamed: BTreeSet<ServerName>,
}

impl Servers {
    pub(super) fn ready(&mut self, server: ServerName) {
        self.missing.remove(&server);
        self.lost.remove(&server);
        self.seen.insert(server);
    }

    /// Takes that a server is down. The model never had the tools of one that wasn't there before:
    /// that is said at once. One that goes away may come back before anybody misses it.
    pub(super) fn down(&mut self, server: ServerName, error: &ServerError) {
        if self.seen.contains(&server) {
            self.lost.insert(server, error.to_string());
        } else if self.missing.insert(server) {
            console::warn(error);
        }
    }

    /// Notes that a failed call tells what is wrong with its server.
    pub(super) fn blame(&mut self, server: Option<ServerName>) {
        self.blamed.extend(server);
    }

    /// Tells whether a server isn't there.
    pub(super) fn is_any_down(&self) -> bool {
        !self.missing.is_empty() || !self.lost.is_empty()
    }

    /// Returns what happened to servers that went away, where no call tells it.
    pub(super) fn lost(&self) -> impl Iterator<Item = &String> {
        let lost = self.lost.iter();
        let untold = lost.filter(|(server, _)| !self.blamed.contains(*server));
        untold.map(|(_, why)| why)
    }
}
