//! [`Refusal`]: an answer that isn't what was asked for, always as a [`Problem`].

use std::time::Duration;

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use rtmcp_api::{Problem, ProblemCode};

/// Why a request isn't done.
#[derive(Debug)]
pub(super) struct Refusal {
    problem: Problem,
    retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(code: ProblemCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            problem: Problem { code, message },
            retry_after: None,
        }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(ProblemCode::BadRequest, message)
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ProblemCode::Forbidden, message)
    }

    pub(super) fn too_many(message: impl Into<String>, wait: Duration) -> Self {
        // Whole seconds, and none too early.
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        Self {
            retry_after: u64::try_from(seconds).ok(),
            ..Self::new(ProblemCode::TooMany, message)
        }
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(ProblemCode::Internal, message)
    }

    pub(super) fn shutting_down() -> Self {
        let message = "the backend is shutting down: try again in a moment";
        Self::new(ProblemCode::ShuttingDown, message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.code.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.problem)).into_response();
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
