//! [`Watchdog`]: finds out that nobody is at the other end any more.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::{Duration, Instant, Sleep, sleep};

use super::STUCK;

/// After so long without a word the endpoint is asked whether it is there.
pub(super) const SILENCE: Duration = Duration::from_secs(15);

/// So long it has to answer. A connection whose other end is gone without a word, as when a network
/// goes away, is found out in both together.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// Watches a connection, on which hearing anything at all is a sign of life.
///
/// Its timer is set once in a while and not at every word.
#[derive(Debug)]
pub(super) struct Watchdog {
    heard: Instant,
    /// When the endpoint was asked, unless it answered.
    asked: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Watch {
    /// Ask whether it is there.
    Ask,
    /// It isn't.
    Gone,
}

impl Watchdog {
    pub(super) fn new() -> Self {
        Self {
            heard: Instant::now(),
            asked: None,
            timer: Box::pin(sleep(SILENCE)),
        }
    }

    /// Something came.
    pub(super) fn hear(&mut self) {
        self.heard = Instant::now();
        self.asked = None;
    }

    /// Waits until something is to be done. `written` tells whether all that was to be said has
    /// left: where it hasn't, nor has the question.
    pub(super) fn poll(&mut self, written: bool, context: &mut Context<'_>) -> Poll<Watch> {
        while self.timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            let due = match self.asked {
                Some(asked) if written && now >= asked + ANSWER => return Poll::Ready(Watch::Gone),
                Some(asked) if now >= asked + STUCK => return Poll::Ready(Watch::Gone),
                Some(_) => now + ANSWER,
                None if now >= self.heard + SILENCE => {
                    self.asked = Some(now);
                    self.timer.as_mut().reset(now + ANSWER);
                    return Poll::Ready(Watch::Ask);
                }
                None => self.heard + SILENCE,
            };
            self.timer.as_mut().reset(due);
        }
        Poll::Pending
    }
}
