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
    /// 409: the call doesn't wait for a decision any more.
    Decided,
    /// 413: the body is too long.
    TooLarge,
    /// 429: too many requests or calls; `Retry-After` says when to try again.
    TooMany,
    /// 401: the Realtime endpoint refuses the key, or there is none.
    BadKey,
    /// 502: the Realtime endpoint can't be reached, or doesn't open a session.
    Endpoint,
    /// 502: the MCP server can't be reached, or doesn't answer as one.
    McpServer,
    /// 503: the backend is shutting down.
    ShuttingDown,
}
