//! [`Slots`]: how many calls run, of each visitor and in all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{config::Limits, refusal::Refusal, visitor::Visitor};

/// Counts the calls that run.
#[derive(Debug)]
pub(super) struct Slots {
    of_each: usize,
    of_all: usize,
    taken: Mutex<HashMap<Visitor, usize>>,
}

/// The right to have a call, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    visitor: Visitor,
}

impl Slots {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            of_each: limits.calls_per_visitor,
            of_all: limits.calls,
            taken: Mutex::default(),
        })
    }

    /// Returns how many calls run.
    pub(super) fn taken(&self) -> usize {
        self.lock().values().sum()
    }

    /// Lets a visitor have another call.
    pub(super) fn take(self: &Arc<Self>, visitor: &Visitor) -> Result<Slot, Refusal> {
        let mut taken = self.lock();
        if taken.values().sum::<usize>() >= self.of_all {
            let message = "the backend has as many calls as it takes: try again later";
            return Err(Refusal::too_many(message, LATER));
        }
        let own = taken.entry(visitor.clone()).or_default();
        if *own >= self.of_each {
            let message = format!(
                "you have {own} calls already: end one of them, here or in another tab, first"
            );
            return Err(Refusal::too_many(message, LATER));
        }
        *own += 1;
        Ok(Slot {
            slots: Arc::clone(self),
            visitor: visitor.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Visitor, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        if let Some(own) = taken.get_mut(&self.visitor) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.visitor);
            }
        }
    }
}

/// When to try again, where nobody knows when a call will end.
const LATER: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_for_each_and_for_all() {
        let limits = Limits {
            calls_per_visitor: 2,
            calls: 3,
            ..Limits::default()
        };
        let slots = Slots::new(&limits);
        let (one, other) = (Visitor::new().unwrap(), Visitor::new().unwrap());
        let first = slots.take(&one).unwrap();
        let _second = slots.take(&one).unwrap();
        assert!(slots.take(&one).is_err(), "two of one");
        let _third = slots.take(&other).unwrap();
        assert!(slots.take(&other).is_err(), "three of all");
        assert_eq!(slots.taken(), 3);
        drop(first);
        assert!(slots.take(&one).is_ok());
        assert_eq!(slots.taken(), 2);
    }
}
