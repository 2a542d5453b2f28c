//! How often something is done, and how long it takes.

use std::time::{Duration, Instant};

use crate::figures::percentile;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// How long something is repeated for,
    span: Duration,
    /// and how often at least.
    least: usize,
}

impl Effort {
    pub(crate) const FULL: Self = Self {
        span: Duration::from_secs(2),
        least: 30,
    };
    pub(crate) const QUICK: Self = Self {
        span: Duration::from_millis(200),
        least: 5,
    };

    /// How often what takes long is done.
    pub(crate) const fn rounds(self) -> usize {
        self.least
    }

    /// Less of it, for what there is much of.
    pub(crate) const fn short(self) -> Self {
        Self {
            span: Duration::from_millis(50),
            ..self
        }
    }

    /// Does something again and again, each time with something new, whose making isn't timed.
    pub(crate) fn times<S, T>(
        self,
        mut make: impl FnMut() -> S,
        mut act: impl FnMut(S) -> T,
    ) -> Times {
        let mut times = Vec::new();
        let begun = Instant::now();
        while times.len() < self.least || begun.elapsed() < self.span {
            let given = make();
            let at = Instant::now();
            let made = act(given);
            times.push(at.elapsed());
            // Its end isn't timed either.
            drop(std::hint::black_box(made));
        }
        Times(times)
    }
}

/// How long something took, each time.
#[derive(Clone, Debug)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(times: Vec<Duration>) -> Self {
        Self(times)
    }

    /// The middle.
    pub(crate) fn middle(&self) -> Duration {
        percentile(self.0.clone(), 50)
    }

    /// The middle, in words.
    pub(crate) fn p50(&self) -> String {
        words(self.middle())
    }

    /// What one in a hundred takes, in words.
    pub(crate) fn p99(&self) -> String {
        words(percentile(self.0.clone(), 99))
    }
}

/// A time with a unit in which it has three digits.
fn words(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1000.0 {
        format!("{micros:.1} µs")
    } else {
        format!("{:.2} ms", micros / 1e3)
    }
}
