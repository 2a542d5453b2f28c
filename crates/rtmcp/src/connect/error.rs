//! [`ConnectError`]: what keeps a session from opening, in words that say what to do.

use std::{error::Error, io, time::Duration};

use rtmcp_core::RealtimeCallId;
use serde_json::Value;
use tokio_tungstenite::tungstenite::{Error as WsError, http::StatusCode};

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
    /// The key has no quota left, or too many sessions are open.
    #[error(
        "the Realtime endpoint {place} takes no session now: {message} (check the quota and limits of the key)"
    )]
    NoQuota {
        /// The address.
        place: String,
        /// The endpoint's words.
        message: String,
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
                let body = response.body().as_deref().unwrap_or_default();
                Self::from_http(realtime, target, response.status(), body)
            }
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

    /// A status that is no success.
    pub(super) fn from_http(
        realtime: &Realtime,
        target: &Target,
        status: StatusCode,
        body: &[u8],
    ) -> Self {
        let place = place(&realtime.url);
        let status = status.as_u16();
        let message = message_of(body).unwrap_or_else(|| format!("status {status}"));
        match (status, target) {
            (401 | 403, _) => Self::Unauthorized { place, message },
            (402 | 429, _) => Self::NoQuota { place, message },
            (404 | 405, Target::Model) => Self::NotFound {
                place,
                model: realtime.model.clone(),
                message,
            },
            (404 | 410, Target::Call(call_id)) => Self::NoCall {
                place,
                call_id: call_id.clone(),
                message,
            },
            _ => Self::Refused {
                place,
                status,
                message,
            },
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

/// Returns the words of a published error body.
fn message_of(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let message = body.pointer("/error/message")?.as_str()?;
    Some(message.trim_end_matches('.').to_owned())
}
