//! [`Refusal`]: what somebody is told whose request isn't served.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{faults::Trouble, session::Fault};

/// Why a request isn't served, in the published shape.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            code: None,
            param: None,
            message: message.into(),
        }
    }

    #[must_use]
    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    #[must_use]
    pub(crate) fn at(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The request is none for a WebSocket.
    pub(crate) fn no_websocket() -> Self {
        Self::new(
            StatusCode::UPGRADE_REQUIRED,
            "This is a WebSocket endpoint: connect with a WebSocket client.",
        )
    }

    /// A value can't be.
    pub(crate) fn invalid(param: &str, message: impl Into<String>) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, message);
        refusal.code("invalid_value").at(param)
    }

    /// The key isn't one.
    pub(crate) fn bad_key(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message).code("invalid_api_key")
    }

    /// There is no such call, or it is none of theirs.
    pub(crate) fn no_call(id: &str) -> Self {
        let message = format!("No session found for call_id '{id}'.");
        let refusal = Self::new(StatusCode::NOT_FOUND, message);
        refusal.code("call_id_not_found").at("call_id")
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let status = match fault.code() {
            "model_not_found" => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        let refusal = Self::new(status, fault.message()).code(fault.code());
        match fault.param() {
            Some(param) => refusal.at(param),
            None => refusal,
        }
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.status(), trouble.message()).code(trouble.code())
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
        (self.status, Json(body)).into_response()
    }
}
