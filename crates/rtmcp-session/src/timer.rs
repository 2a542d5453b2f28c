//! [`Timers`]: every deadline of a session, as data.

use std::collections::BTreeMap;

use rtmcp_core::{CallId, Timestamp};
use serde::{Deserialize, Serialize};

/// Why a session wants to be woken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// When the endpoint must have greeted and taken the configuration.
    Setup,
    /// When the session is handed over before it expires: from then on at an idle moment, and the
    /// next time at once.
    HandOver,
    /// When an item that was replayed must have been acknowledged.
    ReplayUnanswered,
    /// When nobody has decided about a call.
    Approval(CallId),
    /// When a tool must have answered.
    ToolDeadline(CallId),
    /// When a tool has worked so long that the model is told to say so.
    SoftDeadline(CallId),
    /// When something must have come of the response that is being written.
    ResponseSilent,
    /// When the endpoint must have answered a turn of the person by itself.
    OwnReply,
    /// When the person must have stopped, though nobody said so.
    SpeechUnended,
    /// When speech that was written must have begun to sound, where the endpoint plays.
    PlaybackUnbegun,
    /// When speech that the endpoint plays must be over, though it didn't say so.
    PlaybackUnended,
    /// When a refused `response.create` is sent again.
    ReplyRetry,
    /// When a `response.create` that nothing came of counts as lost.
    ReplyUnanswered,
}

/// The deadlines that are set.
#[derive(Debug)]
pub(crate) struct Timers<T = Timer> {
    due: BTreeMap<T, Timestamp>,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self {
            due: BTreeMap::new(),
        }
    }
}

impl Timers {
    /// Takes all deadlines away but those of the calls, which outlive a connection.
    pub(crate) fn keep_calls(&mut self) {
        let of_call = |timer: &Timer| {
            matches!(
                timer,
                Timer::Approval(_) | Timer::ToolDeadline(_) | Timer::SoftDeadline(_)
            )
        };
        self.due.retain(|timer, _| of_call(timer));
    }
}

/// Timers that a call can have: one at a time.
pub(crate) trait OfCalls {
    /// When a tool must have answered.
    fn deadline(call_id: CallId) -> Self;
    /// When nobody has decided.
    fn approval(call_id: CallId) -> Self;
}

impl OfCalls for Timer {
    fn deadline(call_id: CallId) -> Self {
        Self::ToolDeadline(call_id)
    }

    fn approval(call_id: CallId) -> Self {
        Self::Approval(call_id)
    }
}

impl<T: Clone + Ord + OfCalls> Timers<T> {
    /// A tool works on a call, until then at most.
    pub(crate) fn call_runs(&mut self, call_id: &CallId, until: Timestamp) {
        self.call_ended(call_id);
        self.set(T::deadline(call_id.clone()), until);
    }

    /// Somebody decides about a call, until then at most.
    pub(crate) fn call_waits(&mut self, call_id: &CallId, until: Timestamp) {
        self.call_ended(call_id);
        self.set(T::approval(call_id.clone()), until);
    }

    /// A call is over.
    pub(crate) fn call_ended(&mut self, call_id: &CallId) {
        self.stop(&T::deadline(call_id.clone()));
        self.stop(&T::approval(call_id.clone()));
    }
}

impl<T: Clone + Ord> Timers<T> {
    /// Sets a deadline, instead of the one that the timer had.
    pub(crate) fn set(&mut self, timer: T, at: Timestamp) {
        self.due.insert(timer, at);
    }

    /// Takes a deadline away.
    pub(crate) fn stop(&mut self, timer: &T) {
        self.due.remove(timer);
    }

    /// Takes all deadlines away but some.
    pub(crate) fn keep(&mut self, keep: impl Fn(&T) -> bool) {
        self.due.retain(|timer, _| keep(timer));
    }

    /// Tells whether a deadline is set.
    pub(crate) fn is_set(&self, timer: &T) -> bool {
        self.due.contains_key(timer)
    }

    /// Takes all deadlines away.
    pub(crate) fn clear(&mut self) {
        self.due.clear();
    }

    /// Returns the next deadline and its reason.
    pub(crate) fn next(&self) -> Option<(Timestamp, &T)> {
        self.due.iter().map(|(timer, at)| (*at, timer)).min()
    }

    /// Takes one deadline that is over.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Option<T> {
        let (at, timer) = self.next()?;
        if at > now {
            return None;
        }
        let timer = timer.clone();
        self.due.remove(&timer);
        Some(timer)
    }
}
