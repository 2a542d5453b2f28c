//! [`Allowance`]: rate limits that go down with use and fill up again.

use rtmcp_core::{Timestamp, event::server::RateLimit};

/// Responses a minute.
const REQUESTS: u64 = 1_000;
/// Tokens a minute.
const TOKENS: u64 = 250_000;
/// The time in which an empty allowance fills up.
const REFILL_SECONDS: f64 = 60.0;

/// What may still be used. Nothing is refused when it is used up: it is for reading.
#[derive(Debug)]
pub(crate) struct Allowance {
    requests: Bucket,
    tokens: Bucket,
}

#[derive(Debug)]
struct Bucket {
    limit: u64,
    used: f64,
    at: Timestamp,
}

impl Allowance {
    pub(crate) const fn new(now: Timestamp) -> Self {
        Self {
            requests: Bucket::new(REQUESTS, now),
            tokens: Bucket::new(TOKENS, now),
        }
    }

    /// Counts a response of so many tokens and returns what is left.
    pub(crate) fn spend(&mut self, tokens: u64, now: Timestamp) -> Vec<RateLimit> {
        self.requests.spend(1, now);
        self.tokens.spend(tokens, now);
        vec![
            self.requests.report("requests"),
            self.tokens.report("tokens"),
        ]
    }
}

impl Bucket {
    const fn new(limit: u64, now: Timestamp) -> Self {
        Self {
            limit,
            used: 0.0,
            at: now,
        }
    }

    fn spend(&mut self, amount: u64, now: Timestamp) {
        let limit = self.limit as f64;
        let recovered = limit * (now - self.at).as_secs_f64() / REFILL_SECONDS;
        self.used = ((self.used - recovered).max(0.0) + amount as f64).min(limit);
        self.at = now;
    }

    fn report(&self, name: &str) -> RateLimit {
        let limit = self.limit as f64;
        RateLimit {
            name: Some(name.to_owned()),
            limit: Some(self.limit),
            remaining: Some((limit - self.used) as u64),
            reset_seconds: Some(self.used / limit * REFILL_SECONDS),
            ..RateLimit::default()
        }
    }
}
