//! [`Pool`]: several servers by name, each connected and kept connected by a task of its own.

mod changes;
mod run;
mod sign_in;

use std::{sync::Arc, time::Duration};

use rtmcp_core::{ServerName, ToolOutcome};
use serde_json::{Map, Value};
use tokio::{sync::watch, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

pub use self::changes::Changes;
use crate::{
    CallError, CallOptions, Notices, ServerConfig, ServerError, Status,
    failure::{Failure, Place},
    inbox::MAX_QUESTIONS,
    notice::NoticeBoard,
    slot::{Phase, Slot},
    supervisor::supervise,
};

/// Several MCP servers by name.
///
/// Every server is connected at once and in the background, so that one that is slow or down
/// delays nobody else. One that is down is tried again with growing waits, and at once when a call
/// needs it. Sharing a pool is a matter of `Arc`; dropping it ends all connections.
#[derive(Debug)]
pub struct Pool {
    slots: Arc<[Arc<Slot>]>,
    pulse: watch::Sender<u64>,
    notices: NoticeBoard,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Pool {
    /// Starts to connect to all servers.
    ///
    /// Of two servers with the same name the first is kept.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with IO and time enabled.
    pub fn new(servers: Vec<ServerConfig>) -> Self {
        let pulse = watch::Sender::new(0);
        let notices = NoticeBoard::new();
        let mut slots: Vec<Arc<Slot>> = Vec::with_capacity(servers.len());
        for config in servers {
            if slots.iter().any(|slot| *slot.name() == config.name) {
                tracing::warn!(server = %config.name, "two servers have this name: the second is ignored");
                continue;
            }
            slots.push(Arc::new(Slot::new(config, pulse.clone(), notices.clone())));
        }
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        for slot in &slots {
            let span = tracing::debug_span!("mcp", server = %slot.name());
            let task = supervise(Arc::clone(slot), stop.clone(), tasks.clone());
            tasks.spawn(task.instrument(span));
        }
        Self {
            slots: slots.into(),
            pulse,
            notices,
            stop,
            tasks,
        }
    }

    /// Returns the names of all servers, in the order of the configuration.
    pub fn servers(&self) -> impl Iterator<Item = &ServerName> {
        self.slots.iter().map(|slot| slot.name())
    }

    /// Returns how a server is, or `None` if there is none of that name.
    pub fn status(&self, server: &ServerName) -> Option<Status> {
        let status = match self.slot(server)?.state().phase {
            Phase::Connecting => Status::Connecting,
            Phase::Ready(live) => Status::Ready(live.info.clone()),
            Phase::Down(error) if error.needs_sign_in() => Status::NeedsSignIn(error),
            Phase::Down(error) => Status::Down(error),
        };
        Some(status)
    }

    /// Follows the servers: first those that are ready or down already, then what becomes of each.
    ///
    /// Any number of sessions can follow one pool.
    pub fn changes(&self) -> Changes {
        Changes::new(
            Arc::clone(&self.slots),
            self.pulse.subscribe(),
            self.stop.clone(),
        )
    }

    /// Follows what people should hear of the servers, from now on. Any number may.
    pub fn notices(&self) -> Notices {
        self.notices.follow()
    }

    /// Waits until every server is ready or down, for at most `limit`.
    ///
    /// Returns whether they all are.
    pub async fn settled(&self, limit: Duration) -> bool {
        let mut pulse = self.pulse.subscribe();
        let all = async {
            loop {
                pulse.mark_unchanged();
                let is_connecting =
                    |slot: &Arc<Slot>| matches!(slot.state().phase, Phase::Connecting);
                if !self.slots.iter().any(is_connecting) || pulse.changed().await.is_err() {
                    return;
                }
            }
        };
        timeout(limit, all).await.is_ok()
    }

    /// Calls a tool of a server.
    ///
    /// Its time covers all of it: waiting for a place, for a server that is still connecting or
    /// reconnects, and the call itself. A call that broke off is made once more where the server
    /// surely didn't act on it, or where doing it twice does no harm
    /// ([`CallOptions::repeatable`]). A server that keeps failing is left alone for a while, and
    /// its calls are refused at once ([`CallError::retry_in`]). Dropping the future cancels the call
    /// like the token in `options` does.
    ///
    /// # Errors
    ///
    /// [`CallError`] when there is no result: no such server, no connection, refused, cancelled,
    /// out of time. A tool that reports a failure of its own has a result with `is_error`.
    pub async fn call(
        &self,
        server: &ServerName,
        tool: &str,
        args: Map<String, Value>,
        options: CallOptions,
    ) -> Result<ToolOutcome, CallError> {
        let Some(slot) = self.slot(server) else {
            let error = ServerError::new(server.clone(), Place::Nowhere, Failure::NoSuchServer);
            return Err(CallError::new(error, false));
        };
        let span = tracing::debug_span!("call", %server, tool);
        run::call(slot, tool, args, options).instrument(span).await
    }

    /// Returns how long a call of a server may take in all whose time is `timeout`: with progress
    /// that extends it, and with questions to the person while it stands still.
    pub fn longest_call(&self, server: &ServerName, timeout: Duration) -> Duration {
        let Some(config) = self.slot(server).map(Slot::config) else {
            return timeout;
        };
        let call = config.max_total.map_or(timeout, |total| total.max(timeout));
        match config.elicitation {
            true => call.saturating_add(config.answer_timeout.saturating_mul(MAX_QUESTIONS)),
            false => call,
        }
    }

    /// Ends all connections well: HTTP sessions are deleted, children ended.
    ///
    /// Takes 10 s at most; children that still run then are killed.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        let ended = timeout(SHUTDOWN, self.tasks.wait()).await;
        tracing::debug!(in_time = ended.is_ok(), "pool shut down");
    }

    fn slot(&self, server: &ServerName) -> Option<&Slot> {
        let slot = self.slots.iter().find(|slot| slot.name() == server);
        slot.map(AsRef::as_ref)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

const SHUTDOWN: Duration = Duration::from_secs(10);
