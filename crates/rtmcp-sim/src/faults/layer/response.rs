//! [`Struck`]: a response that is being written and has faults.

use std::time::Duration;

use rtmcp_core::{ResponseId, ServerEvent};

use super::{Faulted, Moment, When};
use crate::{
    faults::{FaultKind, FaultSpec, Occasion},
    session::{Ending, Staged},
};

/// The faults of a response, and whether it has said anything yet.
#[derive(Default)]
pub(super) struct Struck {
    pub(super) kinds: Vec<FaultKind>,
    has_begun: bool,
}

impl Struck {
    /// How much longer each of its deltas takes.
    pub(super) fn slowness(&self) -> Option<Duration> {
        self.kinds.iter().find_map(|it| match it {
            FaultKind::Slow(time) => Some(*time),
            _ => None,
        })
    }

    /// Notes a delta; tells whether it is the first.
    pub(super) const fn begins(&mut self) -> bool {
        !std::mem::replace(&mut self.has_begun, true)
    }
}

impl Faulted {
    /// Lets a fault strike a response.
    pub(super) fn strike(&mut self, response: &ResponseId, kind: FaultKind) {
        let (deltas, ending) = match &kind {
            FaultKind::Cancel(deltas) => (*deltas, Ending::Cancelled("turn_detected")),
            FaultKind::Incomplete(why) => (1, Ending::Incomplete(why.reason())),
            FaultKind::Fail(trouble) => {
                let message = trouble.message().to_owned();
                let code = trouble.code();
                (0, Ending::Failed { code, message })
            }
            FaultKind::VadRace => return self.strike_next(kind, Occasion::Output),
            FaultKind::ActiveResponse => return self.strike_next(kind, Occasion::Create),
            _ => {
                let struck = self.struck.entry(response.clone()).or_default();
                return struck.kinds.push(kind);
            }
        };
        self.staged.push(Staged::Fate {
            response: response.clone(),
            deltas,
            ending,
        });
    }

    /// Lets a fault strike what the client does next.
    fn strike_next(&mut self, kind: FaultKind, occasion: Occasion) {
        let so_far = match occasion {
            Occasion::Output => self.counts.outputs,
            _ => self.counts.creates,
        };
        let when = When::next(occasion, so_far);
        self.faults.push(FaultSpec { kind, when });
    }

    pub(super) fn struck_by(
        &self,
        response: &ResponseId,
        kind: impl Fn(&FaultKind) -> bool,
    ) -> bool {
        let struck = self.struck.get(response);
        struck.is_some_and(|it| it.kinds.iter().any(kind))
    }

    /// What befalls the connection after the first delta of a response.
    pub(super) fn mishaps_of(&self, response: &ResponseId) -> Vec<FaultKind> {
        let struck = self.struck.get(response);
        struck.map_or_else(Vec::new, |it| it.kinds.clone())
    }

    /// Lets the faults of a response strike as it begins.
    pub(super) fn note_response(&mut self, event: &ServerEvent) {
        let ServerEvent::ResponseCreated(created) = event else {
            return;
        };
        let id = &created.response.id;
        self.counts.responses += 1;
        self.last = Some(id.clone());
        for kind in self.striking(Occasion::Response, self.counts.responses) {
            self.strike(id, kind);
        }
    }

    /// Does what follows the end of a response, and forgets it.
    pub(super) fn note_end(&mut self, moment: Moment, response: &ResponseId) {
        self.used_up = self.struck_by(response, |it| matches!(it, FaultKind::UsedUp));
        self.struck.remove(response);
        for (time, said) in self.calls.take_late(response) {
            self.lane.put_later(moment.now + time, said);
        }
    }
}
