//! What happened to a sample server, counted so that tests can wait for it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::CallToolResponse;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Counters of one sample server, shared by all its sessions and transports. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    seen: Arc<watch::Sender<Snapshot>>,
}

impl Stats {
    /// The counters as they are now.
    #[must_use]
    pub fn now(&self) -> Snapshot {
        self.seen.borrow().clone()
    }

    /// The counters of one tool; zeros when it was never called.
    #[must_use]
    pub fn tool(&self, name: &str) -> Counts {
        self.seen.borrow().tool(name)
    }

    /// Waits until the counters meet `condition`, and returns them as they were then.
    ///
    /// Waits forever when it never comes true, so give it a deadline where that can be.
    pub async fn wait_until(&self, condition: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        let mut seen = self.seen.subscribe();
        match seen.wait_for(condition).await {
            Ok(met) => met.clone(),
            // The sender lives as long as `self`, so this arm is never taken.
            Err(_) => self.now(),
        }
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Snapshot)) {
        self.seen.send_modify(change);
    }

    /// Runs one call of `tool`, counting its start and how it ended. `cancelled` ends it early.
    pub(crate) async fn track(
        &self,
        tool: &str,
        cancelled: CancellationToken,
        call: impl Future<Output = Result<CallToolResponse, ErrorData>>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.count(|seen| seen.of(tool).started += 1);
        tokio::select! {
            biased;
            outcome = call => {
                self.count(|seen| seen.of(tool).finished += 1);
                outcome
            }
            () = cancelled.cancelled() => {
                self.count(|seen| seen.of(tool).cancelled += 1);
                Err(ErrorData::internal_error("the call was cancelled", None))
            }
        }
    }
}

/// The counters at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Calls by tool name.
    pub tools: BTreeMap<String, Counts>,
    /// `initialize` requests, one for each session that was begun.
    pub initialized: u64,
    /// `server/discover` requests.
    pub discovered: u64,
    /// `tools/list` requests; every page counts.
    pub listed: u64,
    /// `subscriptions/listen` requests.
    pub listening: u64,
    /// The level of log messages that a client asked for last.
    pub log_level: Option<String>,
    /// TCP connections accepted.
    pub connections: u64,
    /// HTTP requests answered with 401.
    pub unauthorized: u64,
}

impl Snapshot {
    /// The counters of one tool; zeros when it was never called.
    #[must_use]
    pub fn tool(&self, name: &str) -> Counts {
        self.tools.get(name).copied().unwrap_or_default()
    }

    fn of(&mut self, tool: &str) -> &mut Counts {
        self.tools.entry(tool.to_owned()).or_default()
    }
}

/// The calls of one tool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Calls that reached the tool.
    pub started: u64,
    /// Calls that the tool answered, with a result or an error.
    pub finished: u64,
    /// Calls ended early, by the client's cancellation or the server's shutdown.
    pub cancelled: u64,
}

impl Counts {
    /// Calls that are under way.
    #[must_use]
    pub fn running(self) -> u64 {
        self.started - self.finished - self.cancelled
    }
}
