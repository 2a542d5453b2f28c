//! [`Refusal`]: an answer that isn't what a client asked for, in the shape that the Realtime API
//! has, so that clients show it well.

use std::time::Duration;

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{RETRY_AFTER, UPGRADE},
    },
    response::{IntoResponse, Response},
};
use rtmcp::ConnectError;
use serde_json::json;

use crate::serve::scrub::Scrub;

/// Why a request isn't done.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: Option<&'static str>,
    param: Option<&'static str>,
    message: String,
    /// In seconds.
    retry_after: Option<u64>,
}

impl Refusal {
    fn new(status: StatusCode, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            param: None,
            message: message.into(),
            retry_after: None,
        }
    }

    pub(super) fn bad(param: Option<&'static str>, message: impl Into<String>) -> Self {
        Self {
            param,
            ..Self::new(StatusCode::BAD_REQUEST, Some("invalid_value"), message)
        }
    }

    pub(super) fn bad_key(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, Some("invalid_api_key"), message)
    }

    pub(super) fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, None, message)
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, Some("not_found"), message)
    }

    pub(super) fn wrong_method(message: &str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, None, message)
    }

    pub(super) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, None, message)
    }

    pub(super) fn no_websocket() -> Self {
        let message = "This is a WebSocket endpoint: connect with a WebSocket client.";
        Self::new(StatusCode::UPGRADE_REQUIRED, None, message)
    }

    pub(super) fn too_many(message: &str, wait: Duration) -> Self {
        // Whole seconds, and none too early.
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        let code = Some("rate_limit_exceeded");
        Self {
            retry_after: u64::try_from(seconds).ok(),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, code, message)
        }
    }

    pub(super) fn shutting_down() -> Self {
        let message = "The proxy is shutting down: try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, None, message)
    }

    pub(super) fn internal() -> Self {
        let message = "The proxy failed: try again.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, None, message)
    }

    /// The endpoint doesn't take the key that it is shown in place of the client's.
    pub(super) fn own_key() -> Self {
        let message =
            "The Realtime endpoint refuses the key of this proxy: its owner must look at it.";
        Self::new(StatusCode::BAD_GATEWAY, None, message)
    }

    /// The endpoint refuses, and says nothing that a client could read.
    pub(super) fn no_words(status: StatusCode) -> Self {
        let message =
            format!("The Realtime endpoint behind this proxy answered with status {status}.");
        Self::new(StatusCode::BAD_GATEWAY, None, message)
    }

    /// The endpoint gives no answer that could be passed on.
    pub(super) fn endpoint(error: &ConnectError, scrub: &Scrub) -> Self {
        use ConnectError as E;

        if matches!(error, E::Unauthorized { .. } | E::UnprintableKey) {
            return Self::own_key();
        }
        let status = match error {
            E::TooSlow { .. } => StatusCode::GATEWAY_TIMEOUT,
            E::Attached { .. } => StatusCode::CONFLICT,
            _ => StatusCode::BAD_GATEWAY,
        };
        let message = match error {
            E::Unreachable { .. } | E::Tls { .. } => {
                "The Realtime endpoint behind this proxy can't be reached: try again, or ask its \
                 owner."
                    .to_owned()
            }
            E::TooSlow { after, .. } => format!(
                "The Realtime endpoint behind this proxy did not answer within {after:?}: try again."
            ),
            E::Attached { .. } => "Another session leads this call already.".to_owned(),
            error => scrub.clean(format!("Behind this proxy: {error}.")),
        };
        Self::new(status, None, message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let kind = match self.status.is_server_error() {
            true => "server_error",
            false => "invalid_request_error",
        };
        let body = json!({"error": {
            "message": self.message,
            "type": kind,
            "param": self.param,
            "code": self.code,
        }});
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UPGRADE_REQUIRED {
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        }
        response
    }
}
