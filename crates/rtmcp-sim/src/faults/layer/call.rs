//! [`Calls`]: function calls that come twice or late.

use std::time::Duration;

use rtmcp_core::{Item, ItemId, ResponseId, ServerEvent};

use super::{Faulted, Moment};
use crate::{
    faults::{
        FaultKind, Occasion,
        facts::{call_item, completion_again, new_call},
        lane::Said,
    },
    session::Output,
};

/// The calls of responses that are being written which come twice or late.
#[derive(Default)]
pub(super) struct Calls {
    twice: Vec<Call>,
    late: Vec<LateCall>,
}

#[derive(PartialEq, Eq)]
struct Call {
    response: ResponseId,
    item: ItemId,
}

struct LateCall {
    call: Call,
    time: Duration,
    said: Vec<Said>,
}

impl Calls {
    fn is_twice(&self, item: &ItemId) -> bool {
        self.twice.iter().any(|it| it.item == *item)
    }

    fn late_mut(&mut self, item: &ItemId) -> Option<&mut LateCall> {
        self.late.iter_mut().find(|it| it.call.item == *item)
    }

    /// Takes the late calls of a response that has ended, and forgets its others.
    pub(super) fn take_late(&mut self, response: &ResponseId) -> Vec<(Duration, Vec<Said>)> {
        self.twice.retain(|it| it.response != *response);
        let ended = |it: &mut LateCall| it.call.response == *response;
        let late = self.late.extract_if(.., ended);
        late.map(|it| (it.time, it.said)).collect()
    }

    /// Lists in a response those twice that come twice, and not those that come late.
    fn list(&mut self, output: Vec<Item>) -> Vec<Item> {
        let mut listed = Vec::new();
        for item in output {
            let id = item.id();
            if id.is_some_and(|id| self.late_mut(id).is_some()) {
                continue;
            }
            if id.is_some_and(|id| self.is_twice(id)) {
                listed.push(item.clone());
            }
            listed.push(item);
        }
        listed
    }
}

impl Faulted {
    /// Lets the faults of a call strike as it begins.
    pub(super) fn note_call(&mut self, event: &ServerEvent) {
        let Some((response, item)) = new_call(event) else {
            return;
        };
        self.counts.calls += 1;
        let mut kinds = self.striking(Occasion::Call, self.counts.calls);
        kinds.extend(self.mishaps_of(response));
        for kind in kinds {
            let call = Call {
                response: response.clone(),
                item: item.clone(),
            };
            match kind {
                FaultKind::DuplicateCall => self.calls.twice.push(call),
                FaultKind::LateCall(time) => self.calls.late.push(LateCall {
                    call,
                    time,
                    said: Vec::new(),
                }),
                _ => {}
            }
        }
    }

    /// What becomes of an event on behalf of the calls that come twice or late; nothing when it is
    /// kept for later.
    pub(super) fn changed_by_calls(
        &mut self,
        Moment { now, from }: Moment,
        mut event: ServerEvent,
        wrap: fn(Box<ServerEvent>) -> Output,
    ) -> Option<ServerEvent> {
        if let ServerEvent::ResponseDone(done) = &mut event {
            let output = std::mem::take(&mut done.response.output);
            done.response.output = self.calls.list(output);
        }
        let Some(item) = call_item(&event) else {
            return Some(event);
        };
        let twice = self.calls.is_twice(item);
        let ids = &mut self.made.ids;
        let again = twice.then(|| completion_again(&event, || ids.event()));
        let again = again.flatten();
        if let Some(late) = self.calls.late_mut(item) {
            let events = again.into_iter().chain([event]);
            let said = events.map(|it| (from, wrap(Box::new(it))));
            late.said.extend(said);
            return None;
        }
        if let Some(again) = again {
            self.lane.put(now, (from, wrap(Box::new(again))));
        }
        Some(event)
    }
}
