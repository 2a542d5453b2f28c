//! [`Budgets`]: how often each visitor and each address may ask.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::config::Rate;

/// A token bucket for each key.
#[derive(Debug)]
pub(super) struct Budgets<K> {
    rate: Rate,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// Buckets that are kept before those that are full again are dropped.
const SWEEP: usize = 4096;

impl<K: Eq + Hash> Budgets<K> {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: Mutex::default(),
        }
    }

    /// Takes so many tokens of a key's bucket, or says how long it takes until they are there.
    pub(super) fn take(&self, key: K, cost: u32) -> Result<(), Duration> {
        let now = Instant::now();
        let full = f64::from(self.rate.burst);
        let per_second = f64::from(self.rate.per_second.max(1));
        let refilled = |it: &Bucket| {
            let grown = now.duration_since(it.at).as_secs_f64() * per_second;
            (it.tokens + grown).min(full)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= SWEEP {
            buckets.retain(|_, it| refilled(it) < full);
        }
        let bucket = buckets.entry(key).or_insert(Bucket {
            tokens: full,
            at: now,
        });
        let tokens = refilled(bucket);
        let left = tokens - f64::from(cost);
        // What costs more than a full bucket holds is let through when it is full.
        let is_enough = left >= 0.0 || tokens >= full;
        *bucket = Bucket {
            tokens: if is_enough { left.max(0.0) } else { tokens },
            at: now,
        };
        match is_enough {
            true => Ok(()),
            false => Err(Duration::from_secs_f64(-left / per_second)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 10,
        per_second: 2,
    };

    #[tokio::test(start_paused = true)]
    async fn a_bucket_is_emptied_and_fills_again() {
        let budgets = Budgets::new(RATE);
        for _ in 0..10 {
            assert_eq!(budgets.take("a", 1), Ok(()));
        }
        assert_eq!(budgets.take("a", 1), Err(Duration::from_millis(500)));
        assert_eq!(budgets.take("a", 5), Err(Duration::from_millis(2500)));
        assert_eq!(budgets.take("b", 1), Ok(()), "another has its own");
        tokio::time::advance(Duration::from_millis(2500)).await;
        assert_eq!(budgets.take("a", 5), Ok(()));
        assert!(budgets.take("a", 1).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn what_costs_more_than_a_bucket_holds_waits_for_a_full_one() {
        let budgets = Budgets::new(RATE);
        assert_eq!(budgets.take("a", 50), Ok(()));
        assert!(budgets.take("a", 50).is_err());
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(budgets.take("a", 50), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_gone_is_forgotten() {
        let budgets = Budgets::new(RATE);
        for key in 0..SWEEP {
            assert_eq!(budgets.take(key, 1), Ok(()));
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(budgets.take(SWEEP, 1), Ok(()));
        assert_eq!(budgets.buckets.lock().unwrap().len(), 1);
    }
}
