//! [`Allowance`]: how much a page may say.

use std::time::Duration;

use rtmcp_core::Timestamp;

/// Events that a page may send at once, and in a second of the long run. A page that sends sound by
/// events sends 50 a second.
const EVENTS: Rate = Rate {
    burst: 300,
    a_second: 100,
};

/// Bytes that a page may send at once, and in a second of the long run: some pictures, and then
/// sound by events.
const BYTES: Rate = Rate {
    burst: 8 * 1024 * 1024,
    a_second: 256 * 1024,
};

#[derive(Clone, Copy, Debug)]
struct Rate {
    burst: u64,
    a_second: u64,
}

/// What is left of a page's allowance.
#[derive(Debug)]
pub(super) struct Allowance {
    events: Left,
    bytes: Left,
}

/// Thousandths of what is left, and when that was.
#[derive(Debug)]
struct Left {
    rate: Rate,
    thousandths: u64,
    at: Timestamp,
}

impl Allowance {
    pub(super) fn new() -> Self {
        Self {
            events: Left::full(EVENTS),
            bytes: Left::full(BYTES),
        }
    }

    /// Takes an event of so many bytes out of it. Returns whether that was left.
    pub(super) fn take(&mut self, now: Timestamp, bytes: usize) -> bool {
        self.events.grow(now);
        self.bytes.grow(now);
        let bytes = bytes as u64;
        let enough = self.events.has(1) && self.bytes.has(bytes);
        if enough {
            self.events.thousandths -= 1_000;
            self.bytes.thousandths -= 1_000 * bytes;
        }
        enough
    }
}

impl Left {
    const fn full(rate: Rate) -> Self {
        Self {
            rate,
            thousandths: 1_000 * rate.burst,
            at: Timestamp::ZERO,
        }
    }

    fn grow(&mut self, now: Timestamp) {
        let since = Duration::from_millis(now.as_millis().saturating_sub(self.at.as_millis()));
        if since.is_zero() {
            return;
        }
        self.at = now;
        let more = self.rate.a_second.saturating_mul(since.as_millis() as u64);
        let most = 1_000 * self.rate.burst;
        self.thousandths = self.thousandths.saturating_add(more).min(most);
    }

    const fn has(&self, count: u64) -> bool {
        self.thousandths >= 1_000 * count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(allowance: &mut Allowance, at_ms: u64, bytes: usize) -> usize {
        let now = Timestamp::from_millis(at_ms);
        (0..1_000)
            .take_while(|_| allowance.take(now, bytes))
            .count()
    }

    #[test]
    fn so_many_events_at_once_and_so_many_in_the_long_run() {
        let mut allowance = Allowance::new();
        assert_eq!(taken(&mut allowance, 0, 10), 300);
        assert_eq!(taken(&mut allowance, 5, 10), 0);
        assert_eq!(taken(&mut allowance, 100, 10), 10);
        assert_eq!(taken(&mut allowance, 60_000, 10), 300);
    }

    #[test]
    fn so_many_bytes() {
        let mut allowance = Allowance::new();
        assert_eq!(taken(&mut allowance, 0, 1024 * 1024), 8);
        assert_eq!(taken(&mut allowance, 4_000, 1024 * 1024), 1);
        assert_eq!(taken(&mut allowance, 4_000, usize::MAX / 2_000), 0);
    }
}
