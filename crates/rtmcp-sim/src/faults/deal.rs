//! [`Dealt`]: what of a plan befalls one session.

use rtmcp_media::webrtc::Impairment;

use super::{FaultKind, FaultSpec, Trouble};

/// The faults of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dealt {
    pub(super) faults: Vec<FaultSpec>,
}

impl Dealt {
    pub(super) fn new(faults: impl Iterator<Item = FaultSpec>) -> Self {
        Self {
            faults: faults.collect(),
        }
    }

    /// Why the request for it is refused.
    pub(crate) fn refusal(&self) -> Option<Trouble> {
        self.find(|it| match it {
            FaultKind::Refuse(trouble) => Some(*trouble),
            _ => None,
        })
    }

    /// Why its client is let in only to be told why not.
    pub(crate) fn turned_away(&self) -> Option<Trouble> {
        self.find(|it| match it {
            FaultKind::TurnAway(trouble) => Some(*trouble),
            _ => None,
        })
    }

    /// How many seconds it lasts, if another time than others.
    pub(crate) fn seconds(&self) -> Option<u64> {
        self.find(|it| match it {
            FaultKind::Expire(seconds) => Some(*seconds),
            _ => None,
        })
    }

    /// What its datagrams meet.
    pub(crate) fn network(&self, seed: u64) -> Impairment {
        let mut network = Impairment {
            seed,
            ..Impairment::default()
        };
        for fault in &self.faults {
            match fault.kind {
                FaultKind::Loss(percent) => network.loss_percent = percent,
                FaultKind::Delay(time) => network.delay = time,
                FaultKind::Jitter(time) => network.jitter = time,
                _ => {}
            }
        }
        network
    }

    fn find<T>(&self, what: impl FnMut(&FaultKind) -> Option<T>) -> Option<T> {
        self.faults.iter().map(|it| &it.kind).find_map(what)
    }
}
