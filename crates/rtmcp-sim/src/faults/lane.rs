//! [`Lane`]: the way to the clients, on which what is said can be held back and stays in order.

use std::{collections::VecDeque, time::Duration};

use rtmcp_core::Timestamp;

use crate::{driver::LineId, session::Output};

/// What is said, and to whose input it belongs.
pub(super) type Said = (LineId, Output);

/// What was held back, what may leave now, and what comes later.
pub(super) struct Lane {
    leaving: Vec<Said>,
    held: VecDeque<(Timestamp, Said)>,
    /// What is said before that is held back.
    free: Timestamp,
    /// What joins the others at its time.
    later: Vec<(Timestamp, Vec<Said>)>,
}

impl Lane {
    pub(super) const fn new() -> Self {
        Self {
            leaving: Vec::new(),
            held: VecDeque::new(),
            free: Timestamp::ZERO,
            later: Vec::new(),
        }
    }

    /// Says something after all that is held back.
    pub(super) fn put(&mut self, now: Timestamp, said: Said) {
        match self.held.is_empty() && self.free <= now {
            true => self.leaving.push(said),
            false => self.held.push_back((self.free.max(now), said)),
        }
    }

    /// Does something at once.
    pub(super) fn pass(&mut self, said: Said) {
        self.leaving.push(said);
    }

    /// Holds back what is put from here on.
    pub(super) fn hold(&mut self, now: Timestamp, time: Duration) {
        self.free = self.free.max(now) + time;
    }

    /// Puts something when so much time has passed.
    pub(super) fn put_later(&mut self, at: Timestamp, said: Vec<Said>) {
        self.later.push((at, said));
    }

    /// Lets go what was held back long enough.
    pub(super) fn advance(&mut self, now: Timestamp) {
        let due = |(at, _): &mut (Timestamp, _)| *at <= now;
        for (_, said) in self.later.extract_if(.., due).collect::<Vec<_>>() {
            for said in said {
                self.put(now, said);
            }
        }
        while let Some((_, said)) = self.held.pop_front_if(|(at, _)| *at <= now) {
            self.leaving.push(said);
        }
    }

    /// Lets go all that is held back.
    pub(super) fn release(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.leaving.extend(held.into_iter().map(|(_, said)| said));
        self.free = Timestamp::ZERO;
    }

    /// Returns what leaves now.
    pub(super) fn take(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.leaving)
    }

    /// Returns when [`advance`](Self::advance) is due.
    pub(super) fn wake(&self) -> Option<Timestamp> {
        let later = self.later.iter().map(|(at, _)| *at);
        later.chain(self.held.front().map(|(at, _)| *at)).min()
    }
}
