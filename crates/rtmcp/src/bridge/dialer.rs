//! [`Dialer`]: opens the connection over which a conversation goes on.

use std::{
    future::pending,
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use rtmcp_core::ServerEvent;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tracing::debug;

use crate::{
    Config, ConnectError, Realtime,
    config::Target,
    connect::{self, Backoff, place},
    line::{EndKind, Line, Received},
};

/// A connection that is shorter than this was none: the next one is waited for.
const STEADY: Duration = Duration::from_secs(2);

/// Opens connections, one at a time, while the session goes on.
#[derive(Debug)]
pub(super) struct Dialer {
    config: Arc<Config>,
    target: Target,
    backoff: Backoff,
    /// Since when there is a connection.
    opened: Instant,
    /// The task that does, if one does: it ends with this.
    dialing: JoinSet<Result<Opened, ConnectError>>,
}

/// A connection on which the endpoint has begun to speak.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) line: Line,
    /// What it said first.
    pub(super) first: Utf8Bytes,
}

impl Dialer {
    /// Whatever it dials will be for this, as the connection was that there is now.
    pub(super) fn new(config: Arc<Config>, target: Target) -> Self {
        Self {
            config,
            target,
            backoff: Backoff::default(),
            opened: Instant::now(),
            dialing: JoinSet::new(),
        }
    }

    /// Begins to open a connection.
    pub(super) fn dial(&mut self) {
        let (config, target) = (Arc::clone(&self.config), self.target.clone());
        let mut backoff = Backoff::default();
        // An endpoint that lets everybody in, and hangs up at once, is tried no more often than one
        // that lets nobody in.
        let wait = if self.opened.elapsed() < STEADY {
            let wait = self.backoff.next(random(), None);
            backoff = self.backoff.clone();
            wait
        } else {
            self.backoff = Backoff::default();
            Some(Duration::ZERO)
        };
        let dialing = async move {
            let Some(wait) = wait else {
                return Err(flapping(&config.realtime));
            };
            sleep(wait).await;
            // Boxed: a handshake holds large buffers, and few sessions are ever handed over.
            Box::pin(open(&config.realtime, &target, backoff)).await
        };
        self.dialing.abort_all();
        self.dialing.spawn(dialing);
    }

    /// Tells whether a connection is being opened.
    pub(super) fn is_dialing(&self) -> bool {
        !self.dialing.is_empty()
    }

    /// Waits until a connection is open, or won't be; forever if none is being opened. Cancel safe.
    pub(super) async fn opened(&mut self) -> Result<Opened, ConnectError> {
        loop {
            match self.dialing.join_next().await {
                Some(Ok(opened)) => {
                    self.opened = Instant::now();
                    return opened;
                }
                // One that was called off.
                Some(Err(_)) => {}
                None => return pending().await,
            }
        }
    }
}

/// Opens a connection, again and again where that may help.
async fn open(
    realtime: &Realtime,
    target: &Target,
    mut backoff: Backoff,
) -> Result<Opened, ConnectError> {
    loop {
        let error = match try_once(realtime, target).await {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        };
        debug!(%error, "no connection to take over");
        if !error.is_passing() {
            return Err(error);
        }
        match backoff.next(random(), error.retry_after()) {
            Some(wait) => sleep(wait).await,
            None => return Err(error),
        }
    }
}

/// Opens a connection, and waits for the endpoint's first word: it may let somebody in only to say
/// why it doesn't.
async fn try_once(realtime: &Realtime, target: &Target) -> Result<Opened, ConnectError> {
    let mut line = Line::from(connect::open(realtime, target).await?);
    let first = timeout(realtime.connect_timeout, line.receive()).await;
    let place = place(&realtime.url);
    match first {
        Ok(Received::Text(first)) => match refusal(realtime, &first) {
            Some(error) => Err(error),
            None => Ok(Opened { line, first }),
        },
        Ok(Received::Over(end)) if end.kind == EndKind::Broken => Err(ConnectError::Unreachable {
            place,
            detail: end.words,
        }),
        Ok(Received::Over(end)) => Err(ConnectError::TurnedAway {
            place,
            code: end.words,
            message: "it hung up".to_owned(),
        }),
        // A socket has no track, and nothing that waits to be written.
        Ok(Received::Sound(_) | Received::Dropped(_)) | Err(_) => Err(ConnectError::TooSlow {
            place,
            after: realtime.connect_timeout,
        }),
    }
}

/// Reads an endpoint's first word: an error is why it opens no session.
fn refusal(realtime: &Realtime, first: &str) -> Option<ConnectError> {
    match realtime.dialect.decode(first) {
        ServerEvent::Error(event) => {
            let code = event.error.code.unwrap_or(event.error.kind);
            Some(ConnectError::from_event(
                realtime,
                &code,
                &event.error.message,
            ))
        }
        _ => None,
    }
}

/// Whatever it lets in, it hangs up on.
fn flapping(realtime: &Realtime) -> ConnectError {
    ConnectError::Unreachable {
        place: place(&realtime.url),
        detail: "every connection broke as soon as it was open".to_owned(),
    }
}

/// Returns a number from 0 to 1, another one each time.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}
