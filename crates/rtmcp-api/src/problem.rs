//! [`Problem`]: what went wrong with a request, for people and for programs.

use serde::{Deserialize, Serialize};

/// What went wrong: the body of an answer with a 4xx or 5xx status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// For programs.
    pub code: ProblemCode,
    /// For people: what is wrong and what to do.
    pub message: String,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemCode {
    /// 400: the body, a header or a parameter can't be meant.
    BadRequest,
    /// 403: the request comes from another site, or asks for what the configuration forbids.
    Forbidden,
    /// 404: there is no such session, or it is somebody else's; or no such route.
    NotFound,
    /// 405: the route takes another method, which `Allow` names.
    WrongMethod,
    /// 409: the call doesn't wait for a decision any more.
    Decided,
    /// 409: the decision is about other arguments than those that wait.
    OtherArguments,
    /// 409: another session leads the call already.
    Attached,
    /// 413: the body is too long.
    TooLarge,
    /// 415: the body isn't said to be `application/json`.
    NotJson,
    /// 429: too many requests or calls; `Retry-After` says when to try again.
    TooMany,
    /// 401: the Realtime endpoint refuses the key, or there is none.
    BadKey,
    /// 500: the backend itself failed.
    Internal,
    /// 502: the Realtime endpoint can't be reached, or doesn't open a session.
    Endpoint,
    /// 502: the MCP server can't be reached, or doesn't answer as one.
    McpServer,
    /// 503: the backend is shutting down.
    ShuttingDown,
}

impl ProblemCode {
    /// Returns the HTTP status that goes with it.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::BadKey => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::WrongMethod => 405,
            Self::Decided | Self::OtherArguments | Self::Attached => 409,
            Self::TooLarge => 413,
            Self::NotJson => 415,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::Endpoint | Self::McpServer => 502,
            Self::ShuttingDown => 503,
        }
    }
}
