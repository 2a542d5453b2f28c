//! [`Steps`]: tells what happens, with the seconds since the end of the speech.

use std::time::Duration;

use tokio::time::Instant;

use crate::console;

/// Where time is counted from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    zero: Instant,
}

impl Steps {
    /// Counts from a moment; it may still be to come.
    pub(crate) fn from(zero: Instant) -> Self {
        Self { zero }
    }

    /// Tells what happens now.
    pub(crate) fn tell(self, what: &str, words: &str) {
        console::out(line(self.now(), what, words));
    }

    /// Returns the seconds by now; less than zero before the end of the speech.
    fn now(self) -> f64 {
        let now = Instant::now();
        let after = now.saturating_duration_since(self.zero).as_secs_f64();
        after - self.zero.saturating_duration_since(now).as_secs_f64()
    }
}

/// A span in words.
pub(crate) fn span(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        format!("{} ms", span.as_millis())
    } else {
        format!("{:.1} s", span.as_secs_f64())
    }
}

fn line(at: f64, what: &str, words: &str) -> String {
    format!("{at:7.2} s  {what:<9} {words}")
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn steps_stand_below_each_other() {
        assert_eq!(line(0.0, "heard", "Hi."), "   0.00 s  heard     Hi.");
        assert_eq!(line(-1.253, "speaks", ""), "  -1.25 s  speaks");
    }
}
