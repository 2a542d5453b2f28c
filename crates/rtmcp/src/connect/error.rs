//! [`ConnectError`]: what keeps a session from opening, in words that say what to do.

use std::{error::Error, io, time::Duration};

use rtmcp_core::RealtimeCallId;
use tokio_tungstenite::tungstenite::{
    Error as WsError,
    error::{ProtocolError, SubProtocolError},
};

use super::place;
use crate::config::{Realtime, Target};

/// A session that couldn't be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nobody answers there.
    #[error(
        "can't reach the Realtime endpoint {place}: {detail} (is it running, and is `realtime.url` right?)"
    )]
    Unreachable {
        /// The address.
        place: String,
        /// What was seen.
        detail: String,
    },
    /// No answer in time.
    #[error(
        "the Realtime endpoint {place} did not answer within {after:?} (is `realtime.url` right? a slow line needs a longer `realtime.connect_timeout`)"
    )]
    TooSlow {
        /// The address.
        place: String,
        /// How long it got.
        after: Duration,
    },
    /// The secure connection failed.
    #[error(
        "the Realtime endpoint {place} can't be trusted or speaks no TLS: {detail} (use `http://` for an endpoint without TLS)"
    )]
    Tls {
        /// The address.
        place: String,
        /// What was seen.
        detail: String,
    },
    /// The key is missing or wrong.
    #[error(
        "the Realtime endpoint {place} refused the key: {message} (set `realtime.api_key`, such as `{{ env = \"OPENAI_API_KEY\" }}`, to a valid key)"
    )]
    Unauthorized {
        /// The address.
        place: String,
        /// The endpoint's words.
        message: String,
    },
    /// The key has no quota left.
    #[error(
        "the Realtime endpoint {place} takes no session now: {message} (check the quota and limits of the key)"
    )]
    NoQuota {
        /// The address.
        place: String,
        /// The endpoint's words.
        message: String,
    },
    /// The key asks for too much in too short a time, or too many sessions are open.
    #[error(
        "the Realtime endpoint {place} takes no session just now: {message} (try again{}, or ask for higher limits)",
        in_a_while(*retry_after)
    )]
    RateLimited {
        /// The address.
        place: String,
        /// The endpoint's words.
        message: String,
        /// When it may be asked again, where it says so.
        retry_after: Option<Duration>,
    },
    /// The address leads to no Realtime endpoint, or the model isn't there.
    #[error(
        "no Realtime model `{model}` at {place}: {message} (check `realtime.url` and `realtime.model`)"
    )]
    NotFound {
        /// The address.
        place: String,
        /// The model that was asked for.
        model: String,
        /// The endpoint's words.
        message: String,
    },
    /// The endpoint answers in another way than a Realtime endpoint does.
    #[error("{place} answered with status {status} and opened no session: {message}")]
    Refused {
        /// The address.
        place: String,
        /// The HTTP status.
        status: u16,
        /// The endpoint's words.
        message: String,
    },
    /// The endpoint took the connection, and said an error instead of opening a session.
    #[error(
        "the Realtime endpoint {place} opened no session: {message} ({code}: {})",
        remedy(code)
    )]
    TurnedAway {
        /// The address.
        place: String,
        /// The endpoint's code.
        code: String,
        /// The endpoint's words.
        message: String,
    },
    /// The endpoint knows nothing of subprotocols.
    #[error(
        "{place} took none of the offered subprotocols (leave out `realtime.auth = \"subprotocol\"`)"
    )]
    NoSubprotocol {
        /// The address.
        place: String,
    },
    /// There is no such call, or no longer.
    #[error("no call `{call_id}` at {place}: {message} (has it ended? is the key of its account?)")]
    NoCall {
        /// The address.
        place: String,
        /// The call that was meant.
        call_id: RealtimeCallId,
        /// The endpoint's words.
        message: String,
    },
    /// A session of this process has the call already.
    #[error(
        "the call `{call_id}` is led by another session of this program: one party answers the tools of a call (close that session first)"
    )]
    Attached {
        /// The call.
        call_id: RealtimeCallId,
    },
    /// The call was taken, and its sound doesn't get through.
    #[error(
        "no WebRTC connection to {place}: {detail} (`realtime.transport = \"websocket\"` needs no UDP)"
    )]
    NoMedia {
        /// The address.
        place: String,
        /// What was seen.
        detail: String,
    },
    /// The offer of somebody else can't be answered here.
    #[error("the offer can't be answered: {detail}")]
    BadOffer {
        /// What is wrong with it.
        detail: String,
    },
    /// There is no socket for the call of somebody else.
    #[error("no call can be answered here: {detail} (look at `realtime.gateway`)")]
    NoSocket {
        /// What was seen.
        detail: String,
    },
    /// The endpoint agreed, and left something out that it must say.
    #[error(
        "{place} answered without {missing} (does `realtime.url` lead to a Realtime endpoint?)"
    )]
    Incomplete {
        /// The address.
        place: String,
        /// What isn't there.
        missing: &'static str,
    },
    /// The key can't stand in a header.
    #[error("`realtime.api_key` has characters that no key has (is there a line break in it?)")]
    UnprintableKey,
}

impl ConnectError {
    pub(super) fn from_ws(
        place: String,
        realtime: &Realtime,
        target: &Target,
        error: WsError,
    ) -> Self {
        match error {
            WsError::Http(response) => {
                let head = (response.status(), response.headers());
                let body = response.body().as_deref().unwrap_or_default();
                Self::from_http(realtime, target, head, body)
            }
            WsError::Protocol(ProtocolError::SecWebSocketSubProtocolError(
                SubProtocolError::NoSubProtocol | SubProtocolError::InvalidSubProtocol,
            )) => Self::NoSubprotocol { place },
            WsError::Tls(error) => Self::Tls {
                place,
                detail: error.to_string(),
            },
            WsError::Io(error) => {
                let detail = error.to_string();
                let is_tls = matches!(realtime.url.scheme(), "wss" | "https")
                    && error.kind() == io::ErrorKind::InvalidData;
                if is_tls {
                    Self::Tls { place, detail }
                } else {
                    Self::Unreachable { place, detail }
                }
            }
            other => Self::Unreachable {
                place,
                detail: other.to_string(),
            },
        }
    }

    /// A request of the REST API that came to no answer.
    pub(super) fn from_rest(realtime: &Realtime, error: &reqwest::Error) -> Self {
        let place = place(&realtime.url);
        if error.is_timeout() {
            let after = realtime.connect_timeout;
            return Self::TooSlow { place, after };
        }
        // The innermost cause is what people understand, and has no address in it.
        let causes = || std::iter::successors(error.source(), |cause| inner(*cause));
        let detail = causes().last().map(ToString::to_string);
        let detail = detail.unwrap_or_else(|| "the connection broke off".to_owned());
        let is_tls = causes().any(|cause| {
            let io = cause.downcast_ref::<io::Error>();
            io.is_some_and(|it| it.kind() == io::ErrorKind::InvalidData)
        });
        if is_tls {
            Self::Tls { place, detail }
        } else {
            Self::Unreachable { place, detail }
        }
    }
}

/// Returns the cause of a cause; an IO error hides the one that it was made of.
fn inner<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match cause
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inner) => Some(inner),
        None => cause.source(),
    }
}

fn in_a_while(wait: Option<Duration>) -> String {
    // Rounded up: half a second early is too early.
    let seconds = |wait: Duration| wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    wait.map_or_else(
        || " in a moment".to_owned(),
        |wait| format!(" in {} s", seconds(wait)),
    )
}

/// What to do when an endpoint will not go on.
pub(crate) fn remedy(code: &str) -> &'static str {
    match code {
        "model_not_found" => "set `realtime.model` to one that it serves",
        "session_expired" => "open a new session",
        "invalid_api_key" => "set `realtime.api_key` to a valid key",
        "insufficient_quota" | "account_deactivated" => "look at the account of the key",
        "beta_api_shape_disabled" => {
            "something on the way adds the header `OpenAI-Beta`: have it leave that out"
        }
        _ => "look at its log, or try again",
    }
}
