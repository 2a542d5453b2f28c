//! Durations as people read them.

use std::time::Duration;

use rtmcp_core::Timestamp;

/// Milliseconds: `840 ms`, `3.2 s`, `2 min 5 s`.
pub(super) fn short(millis: u64) -> String {
    let seconds = millis / 1000;
    if millis < 1000 {
        format!("{millis} ms")
    } else if seconds < 60 {
        format!("{seconds}.{} s", millis % 1000 / 100)
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

/// A length of time as a clock shows it: `1:05`.
pub(super) fn clock(length: Duration) -> String {
    let seconds = length.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The seconds that are left until a moment, the one that runs counted.
pub(super) fn left(now: Timestamp, until: Timestamp) -> u64 {
    let left = (until - now).as_millis();
    u64::try_from(left.div_ceil(1000)).unwrap_or(u64::MAX)
}

/// Seconds of a log: `65.040`.
pub(super) fn stamp(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(short(0), "0 ms");
        assert_eq!(short(999), "999 ms");
        assert_eq!(short(3240), "3.2 s");
        assert_eq!(short(125_000), "2 min 5 s");
        assert_eq!(clock(Duration::from_millis(65_900)), "1:05");
        assert_eq!(stamp(65_040), "65.040");
    }

    #[test]
    fn the_second_that_runs_counts() {
        let at = Timestamp::from_millis;
        assert_eq!(left(at(0), at(3000)), 3);
        assert_eq!(left(at(1), at(3000)), 3);
        assert_eq!(left(at(2999), at(3000)), 1);
        assert_eq!(left(at(4000), at(3000)), 0);
    }
}
