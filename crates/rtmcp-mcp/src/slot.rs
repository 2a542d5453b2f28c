//! [`Slot`]: one server of a pool, as calls and observers see it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rtmcp_core::ServerName;
use tokio::{
    sync::{Notify, Semaphore, watch},
    time::Instant,
};

use crate::{
    Notice, ServerConfig, ServerError, ToolsDiff,
    breaker::Breaker,
    cache::{Cache, Kept},
    client::Client,
    connect::Connector,
    failure::{Failure, Place},
    notice::NoticeBoard,
    offer::Offer,
    status::ReadyInfo,
};

/// One server of a pool.
pub(crate) struct Slot {
    pub(crate) connector: Connector,
    pub(crate) cache: Option<Cache>,
    /// Places for calls.
    pub(crate) places: Semaphore,
    state: watch::Sender<State>,
    breaker: Mutex<Breaker>,
    /// Wakes the server's task.
    pub(crate) nudge: Notify,
    /// Counts what an observer should see; shared by all servers of a pool.
    pulse: watch::Sender<u64>,
    board: NoticeBoard,
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
    /// What it offers, or offered when it was last there.
    pub(crate) offer: Option<Arc<Offer>>,
    /// How old the offer is, where it was kept and the server hasn't been there since.
    pub(crate) kept: Option<Duration>,
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
    pub(crate) info: ReadyInfo,
}

impl Slot {
    pub(crate) fn new(config: ServerConfig, pulse: watch::Sender<u64>, board: NoticeBoard) -> Self {
        let state = State {
            phase: Phase::Connecting,
            offer: None,
            kept: None,
            attempt: 0,
            version: 0,
        };
        Self {
            cache: Cache::of(&config),
            places: Semaphore::new(config.max_calls.clamp(1, Semaphore::MAX_PERMITS)),
            connector: Connector::new(config, board.clone()),
            state: watch::Sender::new(state),
            breaker: Mutex::default(),
            nudge: Notify::new(),
            pulse,
            board,
        }
    }

    pub(crate) fn name(&self) -> &ServerName {
        &self.config().name
    }

    pub(crate) fn config(&self) -> &ServerConfig {
        &self.connector.config
    }

    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    pub(crate) fn error(&self, failure: Failure) -> ServerError {
        let place = Place::of(&self.config().endpoint);
        ServerError::new(self.name().clone(), place, failure)
    }

    /// Waits for a live connection, and what it offers; a server that is down is tried once more, at
    /// once, unless it rests.
    ///
    /// All who wait share one attempt: only the server's own task connects.
    pub(crate) async fn live(&self) -> Result<(Arc<Live>, Arc<Offer>), ServerError> {
        let mut states = self.state.subscribe();
        let mut given_up = None;
        loop {
            let state = states.borrow_and_update().clone();
            if let Some(rest) = self.rest(&state) {
                return Err(rest);
            }
            match state.phase {
                Phase::Ready(live) if !live.client.loss().is_lost() => {
                    return Ok((live, state.offer.unwrap_or_default()));
                }
                Phase::Ready(_) | Phase::Connecting => {}
                Phase::Down(error) if error.failure().is_permanent() => return Err(error),
                // Trying again helps once somebody has signed in, and then it is tried at once.
                Phase::Down(error) if error.needs_sign_in() => return Err(error),
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

    /// Why the server isn't asked now, if it rests.
    fn rest(&self, state: &State) -> Option<ServerError> {
        let until = self.rests_until()?;
        let cause = match &state.phase {
            Phase::Down(error) if error.failure().is_permanent() => return None,
            Phase::Down(error) => Some(Box::new(error.failure().clone())),
            Phase::Connecting | Phase::Ready(_) => None,
        };
        let rest = until.saturating_duration_since(Instant::now());
        Some(self.error(Failure::Resting { rest, cause }))
    }

    /// The server failed: enough of that, and it rests.
    pub(crate) fn failed(&self) {
        let opened = self.breaker().failed(Instant::now());
        if let Some(opened) = opened {
            tracing::debug!(failures = opened.failures, rest = ?opened.rest, "left alone");
            self.nudge.notify_one();
            self.board.post(Notice::BreakerOpen {
                server: self.name().clone(),
                failures: opened.failures,
                retry_in: opened.rest,
            });
        }
    }

    /// The server works.
    pub(crate) fn worked(&self) {
        if self.breaker().worked() {
            let server = self.name().clone();
            self.board.post(Notice::BreakerClosed { server });
        }
    }

    pub(crate) fn rests_until(&self) -> Option<Instant> {
        self.breaker().rests_until()
    }

    /// The rest is over: the next that happens decides.
    pub(crate) fn try_again(&self) {
        self.breaker().try_again();
    }

    /// What was kept is offered until the server says better.
    pub(crate) fn remember(&self, kept: Kept) {
        self.state.send_modify(|state| {
            state.offer = Some(Arc::new(kept.offer));
            state.kept = Some(kept.age);
            state.version += 1;
        });
        self.pulse.send_modify(|pulse| *pulse += 1);
    }

    /// The server is there, with these functions.
    pub(crate) fn ready(&self, live: &Arc<Live>, offer: Offer) {
        self.offered(offer, &live.info.revision, |state| {
            state.phase = Phase::Ready(Arc::clone(live));
            state.attempt += 1;
        });
    }

    /// The server that is there has listed its functions again. Returns whether they are others.
    pub(crate) fn relisted(&self, live: &Arc<Live>, offer: Offer) -> bool {
        let before = self.state.borrow().offer.clone().unwrap_or_default();
        let is_new = !ToolsDiff::between(&before.tools, &offer.tools).is_empty();
        if is_new {
            tracing::debug!(tools = offer.tools.len(), "the tools changed");
            self.offered(offer, &live.info.revision, |_| ());
        }
        is_new
    }

    pub(crate) fn down(&self, error: ServerError, ended_attempt: bool) {
        let needs_sign_in = error.needs_sign_in();
        let mut is_news = false;
        self.state.send_modify(|state| {
            is_news = match &state.phase {
                Phase::Down(before) => *before != error,
                _ => true,
            };
            state.phase = Phase::Down(error);
            state.attempt += u64::from(ended_attempt);
            state.version += u64::from(is_news);
        });
        self.pulse.send_modify(|pulse| *pulse += 1);
        if needs_sign_in && is_news {
            self.needs_sign_in();
        }
    }

    /// Somebody signed in: it is connected at once, and whatever comes of it is news.
    pub(crate) fn signed_in(&self) {
        self.state.send_modify(|state| {
            if matches!(state.phase, Phase::Down(_)) {
                state.phase = Phase::Connecting;
            }
        });
        self.nudge.notify_one();
    }

    /// Somebody must sign in.
    pub(crate) fn needs_sign_in(&self) {
        let server = self.name().clone();
        self.board.post(Notice::SignInNeeded { server });
    }

    fn offered(&self, offer: Offer, revision: &str, change: impl FnOnce(&mut State)) {
        let offer = Arc::new(offer);
        let mut before = None;
        self.state.send_modify(|state| {
            before = state.offer.replace(Arc::clone(&offer));
            state.kept = None;
            change(state);
            state.version += 1;
        });
        self.pulse.send_modify(|pulse| *pulse += 1);
        if let Some(cache) = &self.cache {
            cache.save(&offer, revision);
        }
        let diff = before.map(|before| ToolsDiff::between(&before.tools, &offer.tools));
        if let Some(diff) = diff.filter(|diff| !diff.is_empty()) {
            let server = self.name().clone();
            self.board.post(Notice::ToolsChanged { server, diff });
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
