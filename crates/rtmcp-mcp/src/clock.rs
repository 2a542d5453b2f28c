//! [`Clock`]: how much time a call has left; progress may extend it, and questions stop it.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// The time of one call.
#[derive(Debug)]
pub(crate) struct Clock(watch::Sender<Time>);

#[derive(Clone, Copy, Debug)]
struct Time {
    /// When it began; later, by as long as time stood still.
    begun: Instant,
    /// What the call has from its beginning, and from each progress.
    span: Duration,
    /// When it is over, if nothing moves that.
    deadline: Instant,
    /// What no progress moves.
    last: Instant,
    /// How many questions are open, and since when there is one.
    questions: u32,
    stopped: Option<Instant>,
}

impl Clock {
    /// A call that begins now.
    pub(crate) fn new(span: Duration, max_total: Option<Duration>) -> Self {
        let now = Instant::now();
        let deadline = after(now, span);
        let last = max_total.map_or(deadline, |total| after(now, total).max(deadline));
        Self(watch::Sender::new(Time {
            begun: now,
            span,
            deadline,
            last,
            questions: 0,
            stopped: None,
        }))
    }

    /// The server said how far it is.
    pub(crate) fn progressed(&self) {
        self.0.send_if_modified(|time| {
            let deadline = after(Instant::now(), time.span).min(time.last);
            let moved = deadline > time.deadline;
            time.deadline = time.deadline.max(deadline);
            moved
        });
    }

    /// The person is asked something: time stands still until the guard is dropped.
    pub(crate) fn stop(&self) -> Stopped<'_> {
        self.0.send_modify(|time| {
            time.questions += 1;
            time.stopped.get_or_insert_with(Instant::now);
        });
        Stopped(self)
    }

    /// Waits until the time is over.
    pub(crate) async fn over(&self) {
        let mut times = self.0.subscribe();
        loop {
            let time = *times.borrow_and_update();
            let over = async {
                match time.stopped {
                    None => sleep_until(time.deadline).await,
                    Some(_) => std::future::pending().await,
                }
            };
            tokio::select! {
                () = over => return,
                // The sender lives as long as `self`.
                _ = times.changed() => {}
            }
        }
    }

    /// How long the call may take, by all that has happened so far.
    pub(crate) fn limit(&self) -> Duration {
        let time = *self.0.borrow();
        time.deadline.saturating_duration_since(time.begun)
    }
}

/// Time stands still while this lives.
pub(crate) struct Stopped<'a>(&'a Clock);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|time| {
            time.questions -= 1;
            if time.questions == 0
                && let Some(since) = time.stopped.take()
            {
                let stood = since.elapsed();
                time.deadline = after(time.deadline, stood);
                time.last = after(time.last, stood);
                time.begun = after(time.begun, stood);
            }
        });
    }
}

/// A moment that far ahead; a year, where no clock goes that far.
fn after(moment: Instant, span: Duration) -> Instant {
    let far = Duration::from_secs(365 * 24 * 3600);
    moment.checked_add(span).unwrap_or(moment + far)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn step_each_second(clock: &Clock) {
        loop {
            advance(SECOND).await;
            clock.progressed();
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn progress_extends_up_to_the_total_only_where_there_is_one() {
        for (total, expected) in [(None, 3), (Some(7 * SECOND), 7)] {
            let begin = Instant::now();
            let clock = Clock::new(3 * SECOND, total);
            let steps = step_each_second(&clock);
            tokio::select! {
                biased;
                () = clock.over() => {}
                () = steps => {}
            }
            assert_eq!(begin.elapsed(), expected * SECOND);
            assert_eq!(clock.limit(), expected * SECOND);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_stops_the_clock() {
        let begin = Instant::now();
        let clock = Clock::new(3 * SECOND, None);
        let first = clock.stop();
        let second = clock.stop();
        advance(60 * SECOND).await;
        drop(first);
        advance(40 * SECOND).await;
        drop(second);
        clock.over().await;
        assert_eq!(begin.elapsed().as_secs(), 103);
        assert_eq!(clock.limit(), 3 * SECOND);
    }
}
