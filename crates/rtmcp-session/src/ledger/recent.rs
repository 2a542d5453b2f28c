//! [`Recent`]: calls whose outputs the model hasn't seen, so that it is known when it makes one again.
//!
//! A call that was answered before a response began, and that this response makes again, is meant:
//! the model knows what came of the first. One that the model makes while it can't know, is a
//! repetition: a person asked whether anybody is there, or a reply was asked for that only fills a
//! silence, and the model found no output and tried again.

use rtmcp_core::{CallId, Duplicates, Private, ResponseId, ToolCall};
use serde_json::Value;

use super::{CallState, Ledger};

/// The calls that were dispatched and that the model hadn't seen the outputs of when the last
/// response began, and those made since.
#[derive(Debug, Default)]
pub(super) struct Recent {
    calls: Vec<Made>,
}

#[derive(Debug)]
struct Made {
    call_id: CallId,
    response: ResponseId,
    name: String,
    arguments: Private<Value>,
    /// It was over when a reply was asked for last.
    asked: bool,
    /// How many responses have begun since it was over.
    begun: u32,
}

/// After so many responses have begun since a call was over, the last of them has seen the output,
/// also at an endpoint that never says what it has.
const SURELY_SEEN: u32 = 2;

/// A call that the model made before, without knowing what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Double {
    /// The first call.
    pub(crate) of: CallId,
    /// Where the first call is.
    pub(crate) state: CallState,
    /// It was made again before.
    pub(crate) again: bool,
}

impl Ledger {
    /// A reply is asked for: it will see the outputs that were given.
    pub(crate) fn asked(&mut self) {
        for made in &mut self.recent.calls {
            made.asked = !self.open.contains(&made.call_id);
        }
    }

    /// A response of the conversation begins, and sees the outputs that the endpoint has. `asked`
    /// says that it is the one that was asked for.
    pub(crate) fn response_began(&mut self, asked: bool) {
        let (calls, open) = (&self.calls, &self.open);
        let unseen = |id: &CallId| calls.get(id).is_some_and(|entry| entry.carried.is_some());
        self.recent.calls.retain_mut(|made| {
            if open.contains(&made.call_id) {
                return true;
            }
            made.begun += 1;
            let seen = made.begun >= SURELY_SEEN || (asked && made.asked);
            unseen(&made.call_id) && !seen
        });
    }

    /// Notes a call that was dispatched. Returns the first one, where it is a repetition that must
    /// not run.
    pub(crate) fn made(&mut self, call: &ToolCall) -> Option<Double> {
        let text = call.arguments.expose();
        let arguments = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()));
        let arguments = Private::new(arguments);
        let same = |made: &&Made| {
            made.name == call.name
                && made.arguments == arguments
                && made.response != call.response_id
        };
        let first = self.recent.calls.iter().find(same);
        let first = first.map(|made| made.call_id.clone());
        let double = first.and_then(|first| self.doubled(&first));
        if double.is_none() {
            self.recent.calls.push(Made {
                call_id: call.call_id.clone(),
                response: call.response_id.clone(),
                name: call.name.clone(),
                arguments,
                asked: false,
                begun: 0,
            });
        }
        double
    }

    /// A call is made again: returns what it is, unless the owner wants it to run.
    fn doubled(&mut self, first: &CallId) -> Option<Double> {
        let entry = self.calls.get_mut(first)?;
        let policy = entry.policy.map(|policy| policy.duplicates);
        let answers = match (policy, entry.state) {
            (Some(duplicates), _) => duplicates == Duplicates::Answer,
            // Nobody is asked twice about the same.
            (None, state) => matches!(
                state,
                CallState::AwaitingApproval | CallState::Refused | CallState::Expired
            ),
        };
        answers.then(|| Double {
            of: first.clone(),
            state: entry.state,
            again: std::mem::replace(&mut entry.doubled, true),
        })
    }
}
