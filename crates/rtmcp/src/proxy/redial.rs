//! [`Redial`]: opens the connection to the endpoint again, while the client stays.

use std::{
    future::{Future, pending},
    hash::{BuildHasher, RandomState},
    pin::Pin,
};

use tokio::time::sleep;
use tracing::debug;

use super::leg::Leg;
use crate::connect::{self, Backoff, Dial, Dialed};

/// Opens connections as the first one was opened, one at a time.
pub(super) struct Redial {
    dial: Dial,
    dialing: Option<Dialing>,
}

type Dialing = Pin<Box<dyn Future<Output = Option<Leg<Dialed>>> + Send>>;

impl std::fmt::Debug for Redial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redial")
            .field("is_dialing", &self.dialing.is_some())
            .finish_non_exhaustive()
    }
}

impl Redial {
    pub(super) const fn new(dial: Dial) -> Self {
        let dialing = None;
        Self { dial, dialing }
    }

    /// Begins to open a connection, unless it has begun.
    pub(super) fn begin(&mut self) {
        if self.dialing.is_none() {
            self.dialing = Some(Box::pin(open(self.dial.clone())));
        }
    }

    /// Waits until a connection is open, or none could be opened; forever where none is wanted.
    /// Cancel safe.
    pub(super) async fn dialed(&mut self) -> Option<Leg<Dialed>> {
        let Some(dialing) = &mut self.dialing else {
            return pending().await;
        };
        let dialed = dialing.await;
        self.dialing = None;
        dialed
    }
}

/// Opens a connection, again and again where that may help.
async fn open(dial: Dial) -> Option<Leg<Dialed>> {
    let mut backoff = Backoff::default();
    loop {
        let error = match connect::dial(&dial).await {
            Ok((socket, _)) => return Some(Leg::new(socket)),
            Err(error) => error,
        };
        let error = error.error();
        debug!(%error, "no connection to take over");
        if !error.is_passing() {
            return None;
        }
        sleep(backoff.next(random(), error.retry_after())?).await;
    }
}

/// Returns a number from 0 to 1.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0) >> 32;
    bits as f64 / f64::from(u32::MAX)
}

/// Returns what ids of one connection begin with.
pub(super) fn random_prefix() -> String {
    format!("px{:012x}", RandomState::new().hash_one(0) >> 16)
}
