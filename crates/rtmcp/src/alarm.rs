//! [`Alarm`]: one timer for a whole session.

use std::{pin::Pin, time::Duration};

use tokio::time::{Instant, Sleep, sleep};

/// Goes off when something is due, or earlier: whoever hears it looks what is due.
///
/// Setting a timer takes a lock that all sessions share and can wake another thread, and most
/// deadlines are called off long before they are reached. So it is only ever set to an earlier
/// time, and to a later one when it has gone off.
#[derive(Debug)]
pub(crate) struct Alarm(Pin<Box<Sleep>>);

impl Alarm {
    pub(crate) fn new() -> Self {
        Self(Box::pin(sleep(FAR)))
    }

    /// Waits until `due` at the latest, and forever if nothing is. Cancel safe.
    pub(crate) async fn ring(&mut self, due: Option<Instant>) {
        let Some(due) = due else {
            return std::future::pending().await;
        };
        if self.0.is_elapsed() || due < self.0.deadline() {
            self.0.as_mut().reset(due);
        }
        self.0.as_mut().await;
    }
}

/// Later than anything that is ever due.
const FAR: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_goes_off_in_time_after_an_earlier_and_a_later_time_was_called_off() {
        let mut alarm = Alarm::new();
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        for (called_off, due) in [(500, 20), (40, 300)] {
            let ring = alarm.ring(Some(at(called_off)));
            assert!(timeout(Duration::from_millis(1), ring).await.is_err());
            while Instant::now() < at(due) {
                alarm.ring(Some(at(due))).await;
            }
            assert_eq!(Instant::now(), at(due));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_silent_when_nothing_is_due() {
        let mut alarm = Alarm::new();
        let ring = alarm.ring(None);
        assert!(timeout(2 * FAR, ring).await.is_err());
    }
}
