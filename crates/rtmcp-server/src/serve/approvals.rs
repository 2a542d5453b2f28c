//! [`Approvals`]: the calls of a session that wait for somebody's decision.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rtmcp_api::Approval;
use tokio::time::Instant;

/// The calls that wait, in the order in which they were asked about.
#[derive(Debug, Default)]
pub(super) struct Approvals(Mutex<Vec<Waiting>>);

#[derive(Debug)]
struct Waiting {
    approval: Approval,
    until: Instant,
}

impl Approvals {
    /// Somebody is asked about a call.
    pub(super) fn ask(&self, approval: Approval) {
        let until = Instant::now() + Duration::from_millis(approval.expires_ms);
        self.lock().push(Waiting { approval, until });
    }

    /// Nobody is asked about it any more.
    pub(super) fn over(&self, call_id: &str) {
        self.lock().retain(|it| it.approval.call_id != call_id);
    }

    /// Returns what waits, with the time that is left for each.
    pub(super) fn list(&self) -> Vec<Approval> {
        let now = Instant::now();
        let waiting = self.lock();
        let waiting = waiting.iter().filter(|it| it.until > now);
        waiting
            .map(|it| Approval {
                expires_ms: millis(it.until - now),
                ..it.approval.clone()
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
