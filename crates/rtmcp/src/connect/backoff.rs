//! [`Backoff`]: when a connection that couldn't be opened is tried again.

use std::time::Duration;

/// Counts tries that failed, and says how long to wait before the next one.
///
/// The waits double from 0.5 s to 8 s, five of them; each is shortened by up to a half at random, so
/// that sessions that were dropped together don't come back together. All tries of a hand-over take
/// some 16 s of waiting at most: a person who speaks has gone by then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backoff {
    failed: u32,
}

/// The first wait.
const FIRST: Duration = Duration::from_millis(500);

/// How often it is tried again.
const RETRIES: u32 = 5;

/// The longest wait that an endpoint may ask for; nobody waits longer in a conversation.
const PATIENCE: Duration = Duration::from_secs(30);

impl Backoff {
    /// Takes a failure. Returns how long to wait, or `None` to give up: after five waits, or where
    /// the endpoint asks for more time (`Retry-After`) than anybody has.
    ///
    /// `random` is from 0 to 1.
    pub(crate) fn next(&mut self, random: f64, asked: Option<Duration>) -> Option<Duration> {
        if self.failed >= RETRIES || asked.is_some_and(|it| it > PATIENCE) {
            return None;
        }
        let wait = FIRST * 2_u32.pow(self.failed);
        self.failed += 1;
        let wait = wait.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0);
        Some(wait.max(asked.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(random: f64, asked: Option<Duration>) -> Vec<u128> {
        let mut backoff = Backoff::default();
        let waits = std::iter::from_fn(|| backoff.next(random, asked));
        waits.map(|wait| wait.as_millis()).collect()
    }

    #[test]
    fn waits_double_and_end() {
        assert_eq!(waits(0.0, None), [500, 1000, 2000, 4000, 8000]);
    }

    #[test]
    fn chance_shortens_them_by_up_to_a_half() {
        assert_eq!(waits(1.0, None), [250, 500, 1000, 2000, 4000]);
        assert_eq!(waits(0.5, None), [375, 750, 1500, 3000, 6000]);
    }

    #[test]
    fn an_endpoint_gets_the_time_that_it_asks_for_or_is_left() {
        let asked = |millis| Some(Duration::from_millis(millis));
        assert_eq!(waits(1.0, asked(1500)), [1500, 1500, 1500, 2000, 4000]);
        assert!(waits(0.0, asked(30_001)).is_empty());
    }
}
