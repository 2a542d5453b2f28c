//! Watching over a connection: signs of life, and lists that change.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, sleep_until};

use super::{backoff::STEADY, list};
use crate::{
    failure::Failure,
    slot::{Live, Slot},
};

/// Keeps the list up to date until the connection is lost.
pub(super) async fn until_lost(slot: &Slot, live: &Arc<Live>) -> Failure {
    let client = &live.client;
    tokio::select! {
        failure = client.loss().lost() => failure,
        failure = watch(slot, live) => {
            client.loss().report(failure.clone());
            failure
        }
        failure = attend(slot, live) => failure,
    }
}

/// What goes on beside; it ends with the connection only.
async fn attend(slot: &Slot, live: &Live) -> Failure {
    let steady = async {
        sleep(STEADY).await;
        slot.worked();
    };
    let logs = live.client.ask_for_logs();
    tokio::join!(listen(live), steady, logs);
    std::future::pending().await
}

/// Hears of changes from a server of the stateless revision, which says so only to whoever listens.
async fn listen(live: &Live) {
    let mut wait = LISTEN_AGAIN;
    loop {
        let begun = Instant::now();
        match live.client.listen().await {
            None => return,
            Some(Ok(mut subscription)) => {
                // The inbox has seen each notification before it comes here.
                while let Ok(Some(_)) = subscription.next().await {}
                tracing::debug!("the server ended the subscription");
            }
            Some(Err(Failure::Rpc(error))) if error.code == METHOD_NOT_FOUND => return,
            Some(Err(_)) => tracing::debug!("the server takes no subscription"),
        }
        if begun.elapsed() > STEADY {
            wait = LISTEN_AGAIN;
        }
        sleep(wait).await;
        wait = (wait * 2).min(LISTEN_AT_LAST);
        // Nobody listened meanwhile.
        live.client.inbox().doubt_tools();
    }
}

/// Lists anew when the tools may have changed, or the server may be gone. Returns why it is.
async fn watch(slot: &Slot, live: &Arc<Live>) -> Failure {
    let client = &live.client;
    let mut pace = Pace::default();
    let mut strikes = Strikes::default();
    loop {
        tokio::select! {
            () = client.loss().doubted() => {}
            () = client.inbox().tools_changed() => pace.wait().await,
            () = rest_is_over(slot) => slot.try_again(),
        }
        pace.listed = Some(Instant::now());
        match list(slot, client).await {
            Ok(offer) => {
                strikes = Strikes::default();
                slot.worked();
                pace.found(slot.relisted(live, offer));
            }
            Err(failure @ Failure::ListTimeout(_)) => {
                slot.failed();
                // Others still wait for answers: busy is not dead, unless nothing at all comes.
                if client.running() == 0 {
                    return failure;
                }
                if let Some(silence) = strikes.strike(client.inbox().heard()) {
                    return Failure::Stuck(silence);
                }
                client.loss().doubt();
            }
            Err(failure) => {
                slot.failed();
                if failure.is_loss() {
                    return failure;
                }
            }
        }
    }
}

/// Waits for the end of the server's rest; forever, while it has none.
async fn rest_is_over(slot: &Slot) {
    loop {
        match slot.rests_until() {
            Some(until) => return sleep_until(until).await,
            None => slot.nudge.notified().await,
        }
    }
}

/// Lists at most once at a time, and more seldom the more often a server cries wolf.
#[derive(Debug, Default)]
struct Pace {
    listed: Option<Instant>,
    in_vain: u32,
}

impl Pace {
    /// Waits until it is time; what else changes meanwhile is seen by the same listing.
    async fn wait(&self) {
        let gather = Instant::now() + GATHER;
        let spacing = SPACING
            .saturating_mul(1 << self.in_vain.min(5))
            .min(MAX_SPACING);
        let spaced = self.listed.map_or(gather, |listed| listed + spacing);
        sleep_until(gather.max(spaced)).await;
    }

    fn found(&mut self, change: bool) {
        self.in_vain = if change { 0 } else { self.in_vain + 1 };
    }
}

/// How often a list was late, while nothing at all came.
#[derive(Debug, Default)]
struct Strikes {
    count: u32,
    since: Option<Instant>,
}

impl Strikes {
    /// Counts a list that was late. Returns how long nothing came, once that is too long.
    fn strike(&mut self, heard: Instant) -> Option<Duration> {
        if self.since != Some(heard) {
            self.since = Some(heard);
            self.count = 0;
        }
        self.count += 1;
        (self.count >= STRIKES).then(|| heard.elapsed())
    }
}

/// Servers tell of each tool that they add.
const GATHER: Duration = Duration::from_millis(100);
const SPACING: Duration = Duration::from_secs(1);
const MAX_SPACING: Duration = Duration::from_secs(30);
/// Lists in a row that are late while nothing comes, until the connection is given up.
const STRIKES: u32 = 3;
const LISTEN_AGAIN: Duration = Duration::from_secs(1);
const LISTEN_AT_LAST: Duration = Duration::from_secs(60);
const METHOD_NOT_FOUND: i64 = -32601;
