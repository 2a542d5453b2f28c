//! [`Approvals`]: the calls of a session that wait for somebody's decision.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rtmcp_core::CallId;

/// The calls that wait.
#[derive(Debug, Default)]
pub(super) struct Approvals(Mutex<HashSet<CallId>>);

impl Approvals {
    /// Somebody is asked about a call.
    pub(super) fn ask(&self, call_id: CallId) {
        self.lock().insert(call_id);
    }

    /// Nobody is asked about it any more.
    pub(super) fn over(&self, call_id: &CallId) {
        self.lock().remove(call_id);
    }

    /// Lets one decide, and nobody after them.
    pub(super) fn take(&self, call_id: &CallId) -> bool {
        self.lock().remove(call_id)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<CallId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
