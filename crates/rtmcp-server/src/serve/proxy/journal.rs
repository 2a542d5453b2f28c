//! One line of the log for the beginning and the end of each proxied session and call, and for what
//! clients are told to ask the owner about. No key and no word of a session is in any.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    time::Instant,
};

use rtmcp::{ConnectError, ProxyEnd, session::proxy::ProxyEvent};
use tracing::{info, warn};

use crate::{handover, serve::scrub::Scrub};

/// Names a session or a call in all of its lines.
#[derive(Debug)]
pub(super) struct Tag {
    tag: String,
    kind: Kind,
    begun: Instant,
}

/// What is proxied.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Session,
    Call,
}

impl Tag {
    /// Says that a session or a call begins.
    pub(super) fn begin(kind: Kind) -> Self {
        let tag = format!("{:08x}", RandomState::new().hash_one(0) >> 32);
        info!(session = tag, "proxied {kind} begins");
        let begun = Instant::now();
        Self { tag, kind, begun }
    }

    /// Returns what says that it goes over to another connection to the endpoint, and what that
    /// cost.
    pub(super) fn watch(&self) -> impl Fn(&ProxyEvent) + Send + 'static {
        let session = self.tag.clone();
        move |event| match event {
            ProxyEvent::HandingOver { why } => {
                let why = handover::word(*why);
                info!(session, why, "proxied session needs another connection");
            }
            ProxyEvent::HandedOver(over) => {
                let (why, replayed) = (handover::word(over.why), over.replayed);
                let lost = handover::losses(&over.lost).join(", ");
                match over.restored() {
                    true => info!(session, why, replayed, "proxied session goes on"),
                    false => warn!(session, why, replayed, lost, "proxied session goes on"),
                }
            }
            _ => {}
        }
    }

    /// Says how it ended.
    pub(super) fn end(self, end: &ProxyEnd) {
        let Self { tag, kind, begun } = self;
        let (seconds, calls, code) = (begun.elapsed().as_secs(), end.calls, end.code);
        info!(session = tag, by = ?end.by, code, calls, seconds, "proxied {kind} ends");
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session => "session",
            Self::Call => "call",
        })
    }
}

/// Says that the endpoint gave no answer that a client could be given.
pub(super) fn unanswered(error: &ConnectError, scrub: &Scrub) {
    let error = scrub.clean(error.to_string());
    warn!(
        error,
        "proxied client turned away, as the endpoint gave no answer"
    );
}

/// Says that the endpoint refused the key that is shown in place of the client's.
pub(super) fn own_key(status: u16) {
    warn!(
        status,
        "proxied client turned away, as the endpoint refuses `realtime.api_key`: set it to a valid key"
    );
}

/// Says that the endpoint refused without an error of the API.
pub(super) fn no_words(status: u16) {
    warn!(
        status,
        "proxied client turned away, as the endpoint answered with no error of the API: is \
         `realtime.url` right?"
    );
}
