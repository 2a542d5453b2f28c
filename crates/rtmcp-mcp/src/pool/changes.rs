//! [`Changes`]: one observer's view of a pool.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    ServerChange, ServerState,
    slot::{Phase, Slot},
};

/// What becomes of the servers of a [`Pool`](crate::Pool), as one observer sees it.
///
/// Nothing is queued: an observer that looks late sees the newest state of each server.
#[derive(Debug)]
pub struct Changes {
    slots: Arc<[Arc<Slot>]>,
    seen: Vec<Seen>,
    pulse: watch::Receiver<u64>,
    stop: CancellationToken,
}

impl Changes {
    pub(super) fn new(
        slots: Arc<[Arc<Slot>]>,
        pulse: watch::Receiver<u64>,
        stop: CancellationToken,
    ) -> Self {
        let seen = vec![Seen::default(); slots.len()];
        Self {
            slots,
            seen,
            pulse,
            stop,
        }
    }

    /// Waits for the next change; `None` once the pool is shut down.
    ///
    /// Cancel safe: a change is only taken by the call that returns it.
    pub async fn next(&mut self) -> Option<ServerChange> {
        loop {
            self.pulse.mark_unchanged();
            if self.stop.is_cancelled() {
                return None;
            }
            if let Some(change) = self.unseen() {
                return Some(change);
            }
            tokio::select! {
                changed = self.pulse.changed() => changed.ok()?,
                () = self.stop.cancelled() => return None,
            }
        }
    }

    fn unseen(&mut self) -> Option<ServerChange> {
        for (slot, seen) in self.slots.iter().zip(&mut self.seen) {
            let state = slot.state();
            if state.version == seen.version {
                continue;
            }
            let server = slot.name().clone();
            // A server that went down before anybody looked still has what was kept.
            if let (Some(offer), Some(age), false) = (&state.offer, state.kept, seen.kept) {
                seen.kept = true;
                let tools = offer.tools.clone();
                let what = ServerState::Cached { tools, age };
                return Some(ServerChange { server, what });
            }
            seen.version = state.version;
            let what = match state.phase {
                Phase::Connecting => continue,
                Phase::Ready(_) => ServerState::Ready {
                    tools: state.offer.map(|it| it.tools.clone()).unwrap_or_default(),
                },
                Phase::Down(error) => ServerState::Down { error },
            };
            return Some(ServerChange { server, what });
        }
        None
    }
}

/// What an observer has seen of a server.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    version: u64,
    kept: bool,
}
