//! The task that keeps one server connected, and its tool list up to date.

mod backoff;
mod keep;

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    client::Client,
    failure::Failure,
    offer::Offer,
    slot::{Live, Slot},
    status::ReadyInfo,
};
use backoff::Backoff;

/// Keeps the server of `slot` connected until `stop`.
pub(crate) async fn supervise(slot: Arc<Slot>, stop: CancellationToken, tasks: TaskTracker) {
    if let Some(cache) = &slot.cache
        && let Some(kept) = cache.load().await
    {
        tracing::debug!(tools = kept.offer.tools.len(), age = ?kept.age, "offered as kept");
        slot.remember(kept);
    }
    let mut backoff = Backoff::default();
    loop {
        let attempt = tokio::select! {
            attempt = attempt(&slot) => attempt,
            () = stop.cancelled() => break,
        };
        match attempt {
            Ok((live, offer)) => {
                let since = Instant::now();
                let live = Arc::new(live);
                tracing::debug!(
                    tools = offer.tools.len(),
                    revision = live.info.revision,
                    "ready"
                );
                slot.ready(&live, offer);
                let failure = tokio::select! {
                    failure = keep::until_lost(&slot, &live) => failure,
                    () = stop.cancelled() => Failure::ShutDown,
                };
                if failure != Failure::ShutDown && failure != Failure::SignIn {
                    slot.failed();
                }
                let error = slot.error(failure);
                tracing::debug!(%error, "lost");
                slot.down(error, false);
                tasks.spawn(async move { live.client.close(CLOSE).await });
                backoff.connected_for(since.elapsed());
            }
            Err(failure) => {
                // A server that wants a token works.
                if failure != Failure::SignIn {
                    slot.failed();
                }
                let error = slot.error(failure);
                tracing::debug!(%error, "down");
                slot.down(error, true);
            }
        }
        if !pause(&slot, backoff.next(), &stop).await {
            break;
        }
    }
    slot.down(slot.error(Failure::ShutDown), true);
}

/// Waits before the next attempt; a call ends the wait, but not a rest. Returns false at the end.
async fn pause(slot: &Slot, wait: Duration, stop: &CancellationToken) -> bool {
    let resting = slot.rests_until();
    let until = resting.unwrap_or_else(|| Instant::now() + wait);
    loop {
        tokio::select! {
            () = sleep_until(until) => break,
            () = slot.nudge.notified() => {
                if resting.is_none() {
                    break;
                }
            }
            () = stop.cancelled() => return false,
        }
    }
    slot.try_again();
    true
}

async fn attempt(slot: &Slot) -> Result<(Live, Offer), Failure> {
    let start = Instant::now();
    let config = slot.config();
    let client = timeout(config.connect_timeout, slot.connector.connect()).await;
    let client = client.unwrap_or(Err(Failure::ConnectTimeout(config.connect_timeout)))?;
    let offer = list(slot, &client).await?;
    let info = ReadyInfo::new(client.identity(), offer.tools.len(), start.elapsed());
    Ok((Live { client, info }, offer))
}

async fn list(slot: &Slot, client: &Client) -> Result<Offer, Failure> {
    let limit = slot.config().list_timeout;
    let offer = timeout(limit, client.offer()).await;
    offer.unwrap_or(Err(Failure::ListTimeout(limit)))
}

/// How long a connection may take to end well: deleting a session, or a child's own shutdown.
const CLOSE: Duration = Duration::from_secs(8);
