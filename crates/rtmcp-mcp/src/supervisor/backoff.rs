//! [`Backoff`]: how long to wait between attempts.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// Waits that double, with jitter so that many clients don't come back at the same moment.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A connection that lasted is tried again at once; one that didn't keeps the pace.
    pub(super) fn connected_for(&mut self, time: Duration) {
        if time > STEADY {
            self.failures = 0;
        }
    }

    pub(super) fn next(&mut self) -> Duration {
        let wait = match self.failures {
            0 => FIRST_WAIT,
            failures => FIRST_WAIT
                .saturating_mul(1 << failures.min(5))
                .min(MAX_WAIT),
        };
        self.failures += 1;
        // Between half and all of it.
        let random = RandomState::new().build_hasher().finish() % 1000;
        wait.mul_f64(0.5 + random as f64 / 2000.0)
    }
}

/// How long a connection lasts that isn't one of a row of failures.
pub(super) const STEADY: Duration = Duration::from_secs(10);
const FIRST_WAIT: Duration = Duration::from_secs(1);
const MAX_WAIT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute() {
        let mut backoff = Backoff::default();
        for expected in [1, 2, 4, 8, 16, 30, 30, 30] {
            let wait = backoff.next().as_secs_f64();
            let range = f64::from(expected) / 2.0..=f64::from(expected);
            assert!(range.contains(&wait), "{wait} in {range:?}");
        }
        backoff.connected_for(Duration::from_secs(60));
        assert!(backoff.next() <= FIRST_WAIT);
    }
}
