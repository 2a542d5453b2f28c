//! [`Slots`]: how many calls or connections there are, of each party and in all.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts what each party has.
#[derive(Debug)]
pub(super) struct Slots<K> {
    of_each: usize,
    of_all: usize,
    taken: Mutex<HashMap<K, usize>>,
}

/// The right to have one more, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot<K: Eq + Hash> {
    slots: Arc<Slots<K>>,
    of: K,
}

/// Why there is no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// The party has as many as one may have.
    Own,
    /// All of them together have.
    All,
}

impl<K: Clone + Eq + Hash> Slots<K> {
    pub(super) fn new(of_each: usize, of_all: usize) -> Arc<Self> {
        Arc::new(Self {
            of_each,
            of_all,
            taken: Mutex::default(),
        })
    }

    /// Returns how many there are in all.
    pub(super) fn taken(&self) -> usize {
        self.lock().values().sum()
    }

    /// Lets a party have another one.
    pub(super) fn take(self: &Arc<Self>, of: &K) -> Result<Slot<K>, Full> {
        let mut taken = self.lock();
        if taken.values().sum::<usize>() >= self.of_all {
            return Err(Full::All);
        }
        if taken.get(of).is_some_and(|own| *own >= self.of_each) {
            return Err(Full::Own);
        }
        *taken.entry(of.clone()).or_default() += 1;
        Ok(Slot {
            slots: Arc::clone(self),
            of: of.clone(),
        })
    }
}

impl<K> Slots<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Drop for Slot<K> {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        if let Some(own) = taken.get_mut(&self.of) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_counted_for_each_and_for_all() {
        let slots = Slots::new(2, 3);
        let (one, other) = ("one", "other");
        let first = slots.take(&one).unwrap();
        let _second = slots.take(&one).unwrap();
        assert_eq!(slots.take(&one).unwrap_err(), Full::Own, "two of one");
        let _third = slots.take(&other).unwrap();
        assert_eq!(slots.take(&other).unwrap_err(), Full::All, "three of all");
        assert_eq!(slots.taken(), 3);
        drop(first);
        assert!(slots.take(&one).is_ok());
        assert_eq!(slots.taken(), 2);
    }
}
