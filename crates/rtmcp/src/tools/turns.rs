//! [`Turns`]: how many calls of one session run at a time, and the line in which the others wait.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Calls of one session that run at a time, unless the owner says otherwise: no person follows more,
/// and one conversation leaves others their share of a server.
pub const CALLS_PER_SESSION: usize = 8;

/// Calls of one session that wait for their turn behind those that run: a model that makes more than
/// that in a row is in a loop.
pub const CALLS_WAITING: usize = 32;

/// Returns how long a call that may take so long waits for its turn at most. One that had less than a
/// tenth of its time left would only be made to be cancelled, and nobody would know what it did.
pub(super) fn patience(timeout: Duration) -> Duration {
    timeout - timeout / 10
}

/// The turns of a session's calls, which are taken in the order in which the calls came.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    most: usize,
    free: Arc<Semaphore>,
}

impl Turns {
    /// Lets so many calls run at a time; at least one.
    pub(crate) fn new(most: usize) -> Self {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            most,
            free: Arc::new(Semaphore::new(most)),
        }
    }

    /// Returns how many calls run at a time.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Tells whether so many calls are all that may run or wait.
    pub(crate) fn is_full(&self, calls: usize) -> bool {
        calls >= self.most.saturating_add(CALLS_WAITING)
    }

    /// Waits for a turn, so long at most; it is over when what is returned is dropped. Those who came
    /// first have theirs first.
    pub(crate) async fn take(&self, patience: Duration) -> Option<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.free).acquire_owned();
        timeout(patience, turn).await.ok()?.ok()
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new(CALLS_PER_SESSION)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_are_taken_in_order_and_as_many_as_there_are() {
        let turns = Turns::new(2);
        let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
        for call in 0..6 {
            let (turns, done) = (turns.clone(), done.clone());
            tokio::spawn(async move {
                let begun = Instant::now();
                let turn = turns.take(Duration::from_secs(60)).await;
                done.send((call, begun.elapsed().as_secs())).unwrap();
                tokio::time::sleep(Duration::from_secs(1)).await;
                drop(turn);
            });
        }
        drop(done);
        let mut seen = Vec::new();
        while let Some(it) = order.recv().await {
            seen.push(it);
        }
        assert_eq!(seen, [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (5, 2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_they_can() {
        let turns = Turns::new(1);
        let first = turns.take(Duration::from_secs(1)).await;
        assert!(turns.take(Duration::from_secs(1)).await.is_none());
        drop(first);
        assert!(turns.take(Duration::from_secs(1)).await.is_some());
    }

    #[test]
    fn the_line_is_full_at_its_limit() {
        let turns = Turns::new(2);
        assert!(!turns.is_full(2 + CALLS_WAITING - 1));
        assert!(turns.is_full(2 + CALLS_WAITING));
    }
}
