//! What the policy of a call makes of an interruption, and of the reply to its output.

use rtmcp_core::{CallId, CallPolicy, OnBargeIn, ReplyMode, ResponseId};

use super::{CallState, Entry, Ledger};
use crate::arbiter::more_eager;

impl Entry {
    /// Returns what becomes of the conversation once the call is over. What was made and gave no
    /// answer isn't passed over in silence: it may have taken effect.
    pub(super) fn reply_wanted(&self) -> ReplyMode {
        let wanted = self.reply_by_policy();
        match self.state {
            CallState::Failed | CallState::Expired => more_eager(wanted, ReplyMode::WhenIdle),
            _ => wanted,
        }
    }

    fn reply_by_policy(&self) -> ReplyMode {
        let policy = self.policy.unwrap_or_default();
        let wanted = self.reply.unwrap_or(policy.reply);
        if self.policy.is_none() || !self.interrupted {
            return wanted;
        }
        match (policy.on_barge_in, wanted) {
            (OnBargeIn::Finish, wanted) => wanted,
            (OnBargeIn::Report, wanted) if wanted == more_eager(wanted, ReplyMode::WhenIdle) => {
                ReplyMode::WhenIdle
            }
            (OnBargeIn::Report, wanted) => wanted,
            (OnBargeIn::Silent | OnBargeIn::Cancel, _) => ReplyMode::Silent,
        }
    }

    fn is_to_be_cancelled(&self) -> bool {
        let policy = self.policy.unwrap_or_default();
        self.interrupted && policy.on_barge_in == OnBargeIn::Cancel
    }
}

impl Ledger {
    /// An open call runs, under this policy. Returns its name, or `None` if there is no such call.
    pub(crate) fn run(&mut self, call_id: &CallId, policy: CallPolicy) -> Option<String> {
        let name = self.advance(call_id, CallState::Running)?;
        if let Some(entry) = self.calls.get_mut(call_id) {
            entry.policy = Some(policy);
        }
        Some(name)
    }

    /// Sets what becomes of the conversation once a call is over, whatever its policy says.
    pub(crate) fn reply_as(&mut self, call_id: &CallId, mode: ReplyMode) {
        if let Some(entry) = self.calls.get_mut(call_id) {
            entry.reply = Some(mode);
        }
    }

    /// The person interrupts: of the calls that wait for a reply this is noted, but not of those that
    /// wait for a decision, as the person may be giving it. Returns those that are cancelled.
    pub(crate) fn interrupted(&mut self) -> Vec<CallId> {
        let mut cancelled = Vec::new();
        for call_id in self.batches.values().flat_map(|batch| &batch.calls) {
            let Some(entry) = self.calls.get_mut(call_id) else {
                continue;
            };
            if !matches!(
                entry.state,
                CallState::Seen | CallState::AwaitingApproval | CallState::Dropped
            ) {
                entry.interrupted = true;
            }
            if self.open.contains(call_id) && entry.is_to_be_cancelled() {
                cancelled.push(call_id.clone());
            }
        }
        cancelled
    }

    /// Tells whether an open call is cancelled, as the person interrupted before its policy was known.
    pub(crate) fn is_to_be_cancelled(&self, call_id: &CallId) -> bool {
        let entry = self.calls.get(call_id);
        self.open.contains(call_id) && entry.is_some_and(Entry::is_to_be_cancelled)
    }

    /// Tells whether a tool works on a call: neither waits it for a decision, nor is it over.
    pub(crate) fn is_running(&self, call_id: &CallId) -> bool {
        let state = self.state(call_id);
        matches!(state, Some(CallState::Dispatched | CallState::Running))
    }

    /// Tells whether tools work on any call.
    pub(crate) fn works(&self) -> bool {
        self.open.iter().any(|call_id| self.is_running(call_id))
    }

    /// Tells whether a response has begun to write a call that isn't whole.
    pub(crate) fn is_writing_call(&self, response: &ResponseId) -> bool {
        let batch = self.batches.get(response);
        let mut calls = batch.into_iter().flat_map(|batch| &batch.calls);
        calls.any(|call_id| self.state(call_id) == Some(CallState::Seen))
    }
}
