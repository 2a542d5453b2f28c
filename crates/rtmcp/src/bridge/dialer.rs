//! [`Dialer`]: opens the connection over which a conversation goes on.

use std::{
    future::pending,
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use rtmcp_core::{ServerEvent, SessionConfig, session::SessionKind};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tracing::debug;

use crate::{
    Config, ConnectError, Realtime,
    attachment::Attachment,
    config::Target,
    connect::{self, Backoff, Rest, place},
    line::{EndKind, Line, Received},
};

/// A connection that is shorter than this was none: the next one is waited for.
const STEADY: Duration = Duration::from_secs(2);

/// Opens connections, one at a time, while the session goes on.
#[derive(Debug)]
pub(super) struct Dialer {
    config: Arc<Config>,
    what: Dials,
    backoff: Backoff,
    /// Since when there is a connection.
    opened: Instant,
    /// The task that does, if one does: it ends with this.
    dialing: JoinSet<Result<Opened, ConnectError>>,
}

/// What is dialed.
#[derive(Clone, Debug)]
pub(super) enum Dials {
    /// A socket.
    Socket(Target),
    /// A call over WebRTC.
    Call(Rest),
}

/// A connection on which the endpoint has begun to speak.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) line: Line,
    /// The right to lead the call that it is.
    pub(super) attachment: Option<Attachment>,
    /// What it said first.
    pub(super) first: Utf8Bytes,
}

impl Dialer {
    /// Whatever it dials will be for this, as the connection was that there is now.
    pub(super) fn new(config: Arc<Config>, what: Dials) -> Self {
        Self {
            config,
            what,
            backoff: Backoff::default(),
            opened: Instant::now(),
            dialing: JoinSet::new(),
        }
    }

    /// Begins to open a connection.
    pub(super) fn dial(&mut self) {
        let (config, what) = (Arc::clone(&self.config), self.what.clone());
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
            Box::pin(open(&config.realtime, &what, backoff)).await
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
    what: &Dials,
    mut backoff: Backoff,
) -> Result<Opened, ConnectError> {
    loop {
        let error = match try_once(realtime, what).await {
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
async fn try_once(realtime: &Realtime, what: &Dials) -> Result<Opened, ConnectError> {
    let (mut line, attachment) = match what {
        Dials::Socket(target) => (connect::open(realtime, target).await?.into(), None),
        Dials::Call(rest) => {
            // The rest of it comes as it does over a socket, when the session is set up.
            let session = async || SessionConfig {
                kind: Some(SessionKind::Realtime),
                model: Some(realtime.model.clone()),
                ..realtime.session.clone()
            };
            let (connection, attachment) = connect::make_call(realtime, rest, session).await?;
            (Line::from(connection), Some(attachment))
        }
    };
    let first = timeout(realtime.connect_timeout, greeting(&mut line)).await;
    let place = place(&realtime.url);
    match first {
        Ok(Received::Text(first)) => match refusal(realtime, &first) {
            Some(error) => Err(error),
            None => Ok(Opened {
                line,
                attachment,
                first,
            }),
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
        // Nothing waits to be written yet.
        Ok(Received::Sound(_) | Received::Dropped(_)) | Err(_) => Err(ConnectError::TooSlow {
            place,
            after: realtime.connect_timeout,
        }),
    }
}

/// Waits for something else than sound, which is nobody's yet.
async fn greeting(line: &mut Line) -> Received {
    loop {
        match line.receive().await {
            Received::Sound(_) => {}
            received => return received,
        }
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
