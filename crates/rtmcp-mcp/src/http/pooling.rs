//! Whether connections to a server are kept for the next request.
//!
//! Normally they are. But a server that doesn't set `TCP_NODELAY` and answers with an event stream
//! sends the head of the answer and then waits for our kernel to acknowledge it before it sends the
//! event, and on a connection that has been in use for a while the kernel takes 40 ms for that. A
//! fresh connection is acknowledged at once. A tool that takes 40 ms looks the same from here, and
//! a handshake with a far server can cost more than it saves, so both ways are tried and the faster
//! one is kept.

use std::{
    ops::RangeInclusive,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Watches the answers of one server, and decides.
#[derive(Debug)]
pub(super) struct Pooling(Mutex<Stage>);

#[derive(Debug)]
enum Stage {
    /// Connections are kept; the times of the last answers in a row that look stalled.
    Watching(Vec<Duration>),
    /// Connections are fresh; the time of a stalled answer before, and the times since.
    Trying {
        stalled: Duration,
        fresh: Vec<Duration>,
    },
    Settled {
        keeps: bool,
    },
}

/// How long an answer took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// Whether it came over a connection that may have been used before.
    pub(super) kept: bool,
    /// From the head of the answer to its first event.
    pub(super) wait: Duration,
    /// From the request to the first event.
    pub(super) total: Duration,
}

impl Pooling {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Stage::Watching(Vec::new())))
    }

    /// Tells whether the next request should go over a kept connection.
    pub(super) fn keeps(&self) -> bool {
        match *self.stage() {
            Stage::Watching(_) => true,
            Stage::Trying { .. } => false,
            Stage::Settled { keeps } => keeps,
        }
    }

    /// Takes in how long an answer took.
    pub(super) fn observe(&self, timing: Timing) {
        let mut stage = self.stage();
        match &mut *stage {
            Stage::Watching(times) if timing.kept => {
                if !STALL.contains(&timing.wait) {
                    times.clear();
                    return;
                }
                times.push(timing.total);
                if times.len() == SAMPLES {
                    let stalled = median(times);
                    let fresh = Vec::new();
                    *stage = Stage::Trying { stalled, fresh };
                }
            }
            Stage::Trying { stalled, fresh } if !timing.kept => {
                fresh.push(timing.total);
                if fresh.len() == SAMPLES {
                    let keeps = median(fresh) + GAIN > *stalled;
                    tracing::debug!(keeps, "answers stall on kept connections; fresh ones tried");
                    *stage = Stage::Settled { keeps };
                }
            }
            _ => {}
        }
    }

    fn stage(&self) -> std::sync::MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Linux acknowledges after 40 ms at the earliest on a connection in use.
const STALL: RangeInclusive<Duration> = Duration::from_millis(36)..=Duration::from_millis(60);
const SAMPLES: usize = 3;
/// What a fresh connection must save to be worth its handshake and its port.
const GAIN: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(kept: bool, wait: u64, total: u64) -> Timing {
        Timing {
            kept,
            wait: Duration::from_millis(wait),
            total: Duration::from_millis(total),
        }
    }

    #[test]
    fn fresh_connections_are_taken_where_they_are_faster() {
        let pooling = Pooling::new();
        for _ in 0..SAMPLES {
            assert!(pooling.keeps());
            pooling.observe(timing(true, 41, 42));
        }
        for _ in 0..SAMPLES {
            assert!(!pooling.keeps());
            pooling.observe(timing(false, 0, 1));
        }
        assert!(!pooling.keeps());
    }

    #[test]
    fn a_tool_that_takes_as_long_as_a_stall_changes_nothing() {
        let pooling = Pooling::new();
        for _ in 0..SAMPLES {
            pooling.observe(timing(true, 41, 42));
        }
        for _ in 0..SAMPLES {
            pooling.observe(timing(false, 41, 42));
        }
        assert!(pooling.keeps());
    }

    #[test]
    fn a_far_server_keeps_its_connections() {
        let pooling = Pooling::new();
        for _ in 0..SAMPLES {
            pooling.observe(timing(true, 41, 91));
        }
        for _ in 0..SAMPLES {
            pooling.observe(timing(false, 0, 150));
        }
        assert!(pooling.keeps());
    }

    #[test]
    fn other_waits_in_between_are_no_stall() {
        let pooling = Pooling::new();
        for wait in [41, 41, 2, 41, 300, 41, 41, 0] {
            pooling.observe(timing(true, wait, wait));
            assert!(pooling.keeps());
        }
    }
}
