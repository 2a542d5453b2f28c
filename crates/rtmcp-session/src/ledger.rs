//! [`Ledger`]: every dispatched call gets exactly one output.

mod policy;
mod recent;
mod settled;

use std::collections::{BTreeMap, BTreeSet};

use rtmcp_core::{CallId, CallPolicy, EventId, ItemId, ReplyMode, ResponseId, ToolCall};
use serde::{Deserialize, Serialize};

use crate::{ToolEnd, ToolImage};
use recent::Recent;

pub(crate) use recent::Double;
pub(crate) use settled::{Picture, Settled};

/// Where a tool call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// The model is still writing its arguments.
    Seen,
    /// It was handed to the application.
    Dispatched,
    /// Somebody must decide about it.
    AwaitingApproval,
    /// The tool works.
    Running,
    /// The tool answered; the model has the output.
    Answered,
    /// It was never made; the model was told why.
    Refused,
    /// The tool gave no answer; the model was told so.
    Failed,
    /// Its time was over; the model was told so.
    Expired,
    /// It was stopped; the model was told so.
    Cancelled,
    /// The model never finished writing it; nobody waits for it.
    Dropped,
    /// Nobody can be told any more: the connection was lost, or the endpoint forgot the call.
    Orphaned,
}

impl CallState {
    /// Tells whether the call is over.
    pub fn is_end(self) -> bool {
        match self {
            Self::Seen | Self::Dispatched | Self::AwaitingApproval | Self::Running => false,
            Self::Answered
            | Self::Refused
            | Self::Failed
            | Self::Expired
            | Self::Cancelled
            | Self::Dropped
            | Self::Orphaned => true,
        }
    }
}

impl From<ToolEnd> for CallState {
    fn from(end: ToolEnd) -> Self {
        match end {
            ToolEnd::Answered => Self::Answered,
            ToolEnd::Refused => Self::Refused,
            ToolEnd::Failed => Self::Failed,
        }
    }
}

/// One call.
#[derive(Debug)]
struct Entry {
    name: String,
    state: CallState,
    batch: ResponseId,
    /// What carries its output, until the endpoint has acknowledged it.
    carried: Option<(EventId, ItemId)>,
    /// How it goes together with the conversation, once it runs.
    policy: Option<CallPolicy>,
    /// What becomes of the conversation, where it isn't the policy that says so.
    reply: Option<ReplyMode>,
    /// The person has interrupted while it was running, or before.
    interrupted: bool,
    /// It was made again already, without a look at its output.
    doubled: bool,
}

impl Entry {
    fn new(name: &str, state: CallState, batch: &ResponseId) -> Self {
        Self {
            name: name.to_owned(),
            state,
            batch: batch.clone(),
            carried: None,
            policy: None,
            reply: None,
            interrupted: false,
            doubled: false,
        }
    }
}

/// The calls of one response: they get one reply together.
#[derive(Debug, Default)]
struct Batch {
    calls: Vec<CallId>,
    /// Outputs that were sent.
    outputs: usize,
    /// Those of them that the endpoint hasn't acknowledged.
    unseen: BTreeSet<ItemId>,
    /// The response is whole: no more calls will come.
    ended: bool,
    /// Pictures that its calls gave.
    images: Vec<(CallId, ToolImage)>,
}

/// All calls of a session.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    calls: BTreeMap<CallId, Entry>,
    /// Those that were dispatched and aren't over: somebody waits for their outputs. Kept apart, so
    /// that no step costs more the longer the conversation was.
    open: BTreeSet<CallId>,
    batches: BTreeMap<ResponseId, Batch>,
    recent: Recent,
}

impl Ledger {
    /// Notes that the model began to write a call. Returns whether it is new.
    ///
    /// `writing` says whether the response is still being written, so that more calls may come.
    pub(crate) fn see(
        &mut self,
        call_id: &CallId,
        name: &str,
        response: &ResponseId,
        writing: bool,
    ) -> bool {
        if self.calls.contains_key(call_id) {
            return false;
        }
        let batch = self.batches.entry(response.clone()).or_default();
        batch.calls.push(call_id.clone());
        batch.ended |= !writing;
        let entry = Entry::new(name, CallState::Seen, response);
        self.calls.insert(call_id.clone(), entry);
        true
    }

    /// Notes a whole call. Returns whether it must be dispatched: the first time only. A call that
    /// was dropped, and becomes whole after the end of its response, counts as well.
    pub(crate) fn dispatch(&mut self, call: &ToolCall, writing: bool) -> bool {
        self.see(&call.call_id, &call.name, &call.response_id, writing);
        let Some(entry) = self.calls.get_mut(&call.call_id) else {
            return false;
        };
        let first = matches!(entry.state, CallState::Seen | CallState::Dropped);
        if entry.state == CallState::Dropped {
            let batch = self.batches.entry(entry.batch.clone()).or_default();
            batch.ended = true;
            batch.calls.push(call.call_id.clone());
        }
        if first {
            entry.state = CallState::Dispatched;
            self.open.insert(call.call_id.clone());
        }
        first
    }

    /// Tells whether a response has made a call, other than one that it never finished.
    pub(crate) fn has_calls_of(&self, response: &ResponseId) -> bool {
        let made = |id: &CallId| {
            let state = self.calls.get(id).map(|entry| entry.state);
            !matches!(state, None | Some(CallState::Seen | CallState::Dropped))
        };
        let batch = self.batches.get(response);
        batch.is_some_and(|batch| batch.calls.iter().any(made))
    }

    /// Another event carries an output that the endpoint hasn't acknowledged.
    pub(crate) fn carry(&mut self, call_id: &CallId, event_id: &EventId) {
        let entry = self.calls.get_mut(call_id);
        if let Some((event, _)) = entry.and_then(|entry| entry.carried.as_mut()) {
            event.clone_from(event_id);
        }
    }

    /// Returns the response that made a call.
    pub(crate) fn response_of(&self, call_id: &CallId) -> Option<&ResponseId> {
        self.calls.get(call_id).map(|entry| &entry.batch)
    }

    /// Moves an open call on. Returns its name, or `None` if there is no such call.
    pub(crate) fn advance(&mut self, call_id: &CallId, state: CallState) -> Option<String> {
        let entry = self.open_mut(call_id)?;
        entry.state = state;
        Some(entry.name.clone())
    }

    /// Ends an open call, and notes what carries its output, if anything does. Returns its name,
    /// or `None` if it was over already: then no output may be sent.
    pub(crate) fn end(
        &mut self,
        call_id: &CallId,
        state: CallState,
        carried: Option<(EventId, ItemId)>,
    ) -> Option<String> {
        debug_assert!(state.is_end(), "a call ends in an end state");
        let entry = self.open_mut(call_id)?;
        entry.state = state;
        entry.carried.clone_from(&carried);
        let (name, batch) = (entry.name.clone(), entry.batch.clone());
        self.open.remove(call_id);
        if let Some((_, item_id)) = carried
            && let Some(batch) = self.batches.get_mut(&batch)
        {
            batch.outputs += 1;
            batch.unseen.insert(item_id);
        }
        Some(name)
    }

    /// The endpoint has the output of a call. Returns the item that was to carry it.
    pub(crate) fn acknowledged(&mut self, call_id: &CallId) -> Option<ItemId> {
        let entry = self.calls.get_mut(call_id)?;
        let (_, item_id) = entry.carried.take()?;
        if let Some(batch) = self.batches.get_mut(&entry.batch) {
            batch.unseen.remove(&item_id);
        }
        Some(item_id)
    }

    /// Another party gave a call its output. Returns the call's name, if that is news of a call that
    /// was seen. One that is yet to be seen is over when it comes.
    pub(crate) fn answered_by_another(&mut self, call_id: &CallId) -> Option<String> {
        self.open.remove(call_id);
        let entry = self
            .calls
            .entry(call_id.clone())
            .or_insert_with(|| Entry::new("", CallState::Answered, &ResponseId::default()));
        if entry.state.is_end() {
            return None;
        }
        entry.state = CallState::Answered;
        Some(entry.name.clone())
    }

    /// Ceases to wait for the output of a call that another party works on.
    pub(crate) fn unwatch(&mut self, call_id: &CallId) {
        self.open.remove(call_id);
    }

    /// The endpoint refused an event: returns the call whose output it carried, its name, and the
    /// item that was to carry it.
    pub(crate) fn refused(&mut self, event_id: &EventId) -> Option<(CallId, String, ItemId)> {
        let carries = |entry: &Entry| matches!(&entry.carried, Some((id, _)) if id == event_id);
        let (call_id, entry) = self.calls.iter_mut().find(|(_, entry)| carries(entry))?;
        entry.state = CallState::Orphaned;
        let (call_id, name) = (call_id.clone(), entry.name.clone());
        let item_id = self.acknowledged(&call_id)?;
        Some((call_id, name, item_id))
    }

    /// Notes that a response is whole, and drops its calls that never became so: they must not
    /// run. Returns the dropped ones and their names.
    pub(crate) fn end_response(&mut self, response: &ResponseId) -> Vec<(CallId, String)> {
        let Some(batch) = self.batches.get_mut(response) else {
            return Vec::new();
        };
        batch.ended = true;
        let mut dropped = Vec::new();
        for call_id in &batch.calls {
            if let Some(entry) = self.calls.get_mut(call_id)
                && entry.state == CallState::Seen
            {
                entry.state = CallState::Dropped;
                dropped.push((call_id.clone(), entry.name.clone()));
            }
        }
        dropped
    }

    /// Returns every call that was dispatched and isn't over.
    pub(crate) fn open(&self) -> &BTreeSet<CallId> {
        &self.open
    }

    /// Returns a call's state.
    pub(crate) fn state(&self, call_id: &CallId) -> Option<CallState> {
        self.calls.get(call_id).map(|entry| entry.state)
    }

    fn open_mut(&mut self, call_id: &CallId) -> Option<&mut Entry> {
        let open = self.open.contains(call_id);
        self.calls.get_mut(call_id).filter(|_| open)
    }
}
