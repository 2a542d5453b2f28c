//! The task that keeps one server connected, and [`Slot`], through which the pool sees it.

use std::{
    fmt,
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    time::Duration,
};

use rtmcp_core::{ServerName, ToolSpec};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    ServerConfig, ServerError,
    client::Client,
    connect::Connector,
    failure::{Failure, Place},
    notice::NoticeBoard,
    status::ReadyInfo,
};

/// One server of a pool.
pub(crate) struct Slot {
    connector: Connector,
    state: watch::Sender<State>,
    nudge: Notify,
    /// Counts what an observer should see; shared by all servers of a pool.
    pub(crate) pulse: watch::Sender<u64>,
    /// What people should hear of any server of the pool.
    pub(crate) notices: NoticeBoard,
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut slot = f.debug_struct("Slot");
        slot.field("name", self.name());
        match self.state().phase {
            Phase::Connecting => slot.field("phase", &"connecting"),
            Phase::Ready(live) => slot.field("ready", &live.info),
            Phase::Down(error) => slot.field("down", &error),
        };
        slot.finish()
    }
}

/// What is known of a server.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) phase: Phase,
    /// Grows with each attempt to connect that ended, so that a call can wait for the next.
    pub(crate) attempt: u64,
    /// Grows when an observer should look again.
    pub(crate) version: u64,
}

#[derive(Clone)]
pub(crate) enum Phase {
    Connecting,
    Ready(Arc<Live>),
    Down(ServerError),
}

/// A server that is connected.
pub(crate) struct Live {
    pub(crate) client: Client,
    pub(crate) tools: Vec<ToolSpec>,
    pub(crate) info: ReadyInfo,
}

impl Slot {
    pub(crate) fn new(
        config: ServerConfig,
        pulse: watch::Sender<u64>,
        notices: NoticeBoard,
    ) -> Self {
        let state = State {
            phase: Phase::Connecting,
            attempt: 0,
            version: 0,
        };
        Self {
            connector: Connector::new(config),
            state: watch::Sender::new(state),
            nudge: Notify::new(),
            pulse,
            notices,
        }
    }

    pub(crate) fn name(&self) -> &ServerName {
        &self.config().name
    }

    fn config(&self) -> &ServerConfig {
        &self.connector.config
    }

    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    pub(crate) fn error(&self, failure: Failure) -> ServerError {
        let place = Place::of(&self.config().endpoint);
        ServerError::new(self.name().clone(), place, failure)
    }

    /// Waits for a live connection; a server that is down is tried once more, at once.
    ///
    /// All who wait share one attempt: only the server's own task connects.
    pub(crate) async fn live(&self) -> Result<Arc<Live>, ServerError> {
        let mut states = self.state.subscribe();
        let mut given_up = None;
        loop {
            let state = states.borrow_and_update().clone();
            match state.phase {
                Phase::Ready(live) if !live.client.loss().is_lost() => return Ok(live),
                Phase::Ready(_) | Phase::Connecting => {}
                Phase::Down(error) if error.failure().is_permanent() => return Err(error),
                Phase::Down(error) => match given_up {
                    Some(attempt) if state.attempt > attempt => return Err(error),
                    Some(_) => {}
                    None => {
                        given_up = Some(state.attempt);
                        self.nudge.notify_one();
                    }
                },
            }
            if states.changed().await.is_err() {
                return Err(self.error(Failure::ShutDown));
            }
        }
    }

    fn publish(&self, phase: Phase, ended_attempt: bool) {
        self.state.send_modify(|state| {
            let is_news = match (&state.phase, &phase) {
                (Phase::Down(before), Phase::Down(now)) => before != now,
                _ => true,
            };
            state.phase = phase;
            state.attempt += u64::from(ended_attempt);
            state.version += u64::from(is_news);
        });
        self.pulse.send_modify(|pulse| *pulse += 1);
    }
}

/// Keeps the server of `slot` connected until `stop`.
pub(crate) async fn supervise(slot: Arc<Slot>, stop: CancellationToken, tasks: TaskTracker) {
    let mut backoff = Backoff::default();
    loop {
        let attempt = tokio::select! {
            attempt = attempt(&slot.connector) => attempt,
            () = stop.cancelled() => break,
        };
        match attempt {
            Ok(live) => {
                let since = Instant::now();
                let live = Arc::new(live);
                tracing::debug!(
                    tools = live.tools.len(),
                    revision = live.info.revision,
                    "ready"
                );
                slot.publish(Phase::Ready(Arc::clone(&live)), true);
                let failure = tokio::select! {
                    failure = until_lost(&live.client, slot.config()) => failure,
                    () = stop.cancelled() => Failure::ShutDown,
                };
                let error = slot.error(failure);
                tracing::debug!(%error, "lost");
                slot.publish(Phase::Down(error), false);
                tasks.spawn(async move { live.client.close(CLOSE).await });
                backoff.connected_for(since.elapsed());
            }
            Err(failure) => {
                let error = slot.error(failure);
                tracing::debug!(%error, "down");
                slot.publish(Phase::Down(error), true);
            }
        }
        tokio::select! {
            () = tokio::time::sleep(backoff.next()) => {}
            () = slot.nudge.notified() => {}
            () = stop.cancelled() => break,
        }
    }
    slot.publish(Phase::Down(slot.error(Failure::ShutDown)), true);
}

async fn attempt(connector: &Connector) -> Result<Live, Failure> {
    let start = Instant::now();
    let config = &connector.config;
    let client = timeout(config.connect_timeout, connector.connect()).await;
    let client = client.unwrap_or(Err(Failure::ConnectTimeout(config.connect_timeout)))?;
    let tools = list(&client, config).await?;
    let info = ReadyInfo::new(client.identity(), tools.len(), start.elapsed());
    Ok(Live {
        client,
        tools,
        info,
    })
}

async fn list(client: &Client, config: &ServerConfig) -> Result<Vec<ToolSpec>, Failure> {
    let tools = timeout(config.list_timeout, client.tools()).await;
    tools.unwrap_or(Err(Failure::ListTimeout(config.list_timeout)))
}

/// Waits for the connection to be lost; when there is doubt, asks the server for a sign of life.
async fn until_lost(client: &Client, config: &ServerConfig) -> Failure {
    loop {
        tokio::select! {
            failure = client.loss().lost() => return failure,
            () = client.loss().doubted() => {}
        }
        match list(client, config).await {
            // Others still wait for answers: busy is not dead.
            Err(Failure::ListTimeout(_)) if client.running() > 0 => {}
            Err(failure) if failure.is_loss() => {
                client.loss().report(failure.clone());
                return failure;
            }
            _ => {}
        }
    }
}

/// Waits that double, with jitter so that many clients don't come back at the same moment.
#[derive(Debug, Default)]
struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A connection that lasted is tried again at once; one that didn't keeps the pace.
    fn connected_for(&mut self, time: Duration) {
        if time > STEADY {
            self.failures = 0;
        }
    }

    fn next(&mut self) -> Duration {
        let wait = match self.failures {
            0 => FIRST_WAIT,
            failures => FIRST_WAIT
                .saturating_mul(1 << failures.min(5))
                .min(MAX_WAIT),
        };
        self.failures += 1;
        // Between half and all of it.
        let random = RandomState::new().build_hasher().finish() % 1000;
        wait.mul_f64(0.5 + random as f64 / 2000.0)
    }
}

const FIRST_WAIT: Duration = Duration::from_secs(1);
const MAX_WAIT: Duration = Duration::from_secs(30);
const STEADY: Duration = Duration::from_secs(10);
/// How long a connection may take to end well: deleting a session, or a child's own shutdown.
const CLOSE: Duration = Duration::from_secs(8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute() {
        let mut backoff = Backoff::default();
        for expected in [1, 2, 4, 8, 16, 30, 30, 30] {
            let wait = backoff.next().as_secs_f64();
            let range = f64::from(expected) / 2.0..=f64::from(expected);
            assert!(range.contains(&wait), "{wait} in {range:?}");
        }
        backoff.connected_for(Duration::from_secs(60));
        assert!(backoff.next() <= FIRST_WAIT);
    }
}
