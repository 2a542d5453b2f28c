//! [`Breaker`]: gives a server that keeps failing a rest, and says so.
//!
//! ```text
//!  Closed ──(5 failures in a minute)──▶ Open ──(its time is over)──▶ Trying ──(works)──▶ Closed
//!                                         ▲                             │
//!                                         └─────────(fails)─────────────┘
//! ```

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// The breaker of one server.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    /// When it failed lately, with nothing that worked since.
    failures: VecDeque<Instant>,
    state: State,
    /// How often it opened since the server last worked.
    rounds: u32,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Closed,
    Open {
        until: Instant,
    },
    Trying,
}

/// The breaker opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) failures: u32,
    pub(crate) rest: Duration,
}

impl Breaker {
    /// Takes in a failure; says so if the breaker opens with it.
    pub(crate) fn failed(&mut self, now: Instant) -> Option<Opened> {
        if let State::Open { .. } = self.state {
            // What was under way before.
            return None;
        }
        self.failures.push_back(now);
        while let Some(first) = self.failures.front()
            && (now - *first > WINDOW || self.failures.len() > MOST)
        {
            self.failures.pop_front();
        }
        let is_trying = matches!(self.state, State::Trying);
        if !is_trying && self.failures.len() < MOST {
            return None;
        }
        let rest = FIRST_REST
            .saturating_mul(1 << self.rounds.min(4))
            .min(MAX_REST);
        self.rounds += 1;
        self.state = State::Open { until: now + rest };
        let failures = u32::try_from(self.failures.len()).unwrap_or(u32::MAX);
        Some(Opened { failures, rest })
    }

    /// The server worked. Returns whether the breaker closed with it.
    pub(crate) fn worked(&mut self) -> bool {
        let was_closed = matches!(self.state, State::Closed);
        *self = Self::default();
        !was_closed
    }

    /// When the server is to be tried, if it rests.
    pub(crate) fn rests_until(&self) -> Option<Instant> {
        match self.state {
            State::Open { until } => Some(until),
            State::Closed | State::Trying => None,
        }
    }

    /// The rest is over.
    pub(crate) fn try_again(&mut self) {
        if let State::Open { .. } = self.state {
            self.state = State::Trying;
        }
    }
}

/// So many failures in a row, within this time.
const MOST: usize = 5;
const WINDOW: Duration = Duration::from_secs(60);
const FIRST_REST: Duration = Duration::from_secs(5);
const MAX_REST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn it_opens_at_the_fifth_failure_in_a_minute() {
        let mut breaker = Breaker::default();
        let start = Instant::now();
        for second in [0, 20, 40, 59, 61] {
            // The first is forgotten when the last one comes.
            assert_eq!(breaker.failed(start + second * SECOND), None);
        }
        let opened = breaker.failed(start + 62 * SECOND).unwrap();
        assert_eq!((opened.failures, opened.rest), (5, FIRST_REST));
        assert_eq!(breaker.rests_until(), Some(start + 67 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn what_works_between_two_failures_makes_them_no_row() {
        let mut breaker = Breaker::default();
        for _ in 0..20 {
            assert_eq!(breaker.failed(Instant::now()), None);
            assert!(!breaker.worked());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_trial_that_fails_doubles_the_rest_and_one_that_works_closes() {
        let mut breaker = Breaker::default();
        let mut now = Instant::now();
        for _ in 0..MOST {
            breaker.failed(now);
        }
        for expected in [10, 20, 30, 30] {
            now = breaker.rests_until().unwrap();
            breaker.try_again();
            assert_eq!(breaker.rests_until(), None);
            let opened = breaker.failed(now).unwrap();
            assert_eq!(opened.rest, expected * SECOND);
            // A call that was under way.
            assert_eq!(breaker.failed(now), None);
        }
        breaker.try_again();
        assert!(breaker.worked());
        assert_eq!(breaker.failed(now), None);
    }
}
