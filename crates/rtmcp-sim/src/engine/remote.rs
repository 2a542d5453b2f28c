//! [`Remote`]: an OpenAI-compatible server that an engine asks.

use std::{fmt, time::Duration};

use reqwest::{RequestBuilder, Response, StatusCode};
use rtmcp_core::Private;
use serde::Deserialize;

use super::EngineError;

/// The longest that an answer may take: a large model on a laptop is slow.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A server, the key for it, and the engine that asks.
#[derive(Clone)]
pub(super) struct Remote {
    engine: &'static str,
    /// Ends in `/v1` or the like, without a slash.
    base: String,
    key: Option<Private<String>>,
    client: reqwest::Client,
}

impl Remote {
    pub(super) fn new(engine: &'static str, base: &str, key: Option<Private<String>>) -> Self {
        Self {
            engine,
            base: with_version(base),
            key,
            client: reqwest::Client::new(),
        }
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// A POST to a path under the base, with the key if there is one.
    pub(super) fn post(&self, path: &str) -> RequestBuilder {
        let request = self.client.post(format!("{}/{path}", self.base));
        let request = request.timeout(TIME_LIMIT);
        match &self.key {
            Some(key) => request.bearer_auth(key.expose()),
            None => request,
        }
    }

    /// Sends a request and returns the answer if it is a good one.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, EngineError> {
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let code = response.json().await.ok().and_then(Refusal::code);
        Err(self.refused(status, code))
    }

    /// A connection that was refused, broke, or took too long.
    pub(super) fn lost(&self, error: &reqwest::Error) -> EngineError {
        let base = &self.base;
        self.error(if error.is_timeout() {
            format!("{base} didn't answer within {} s", TIME_LIMIT.as_secs())
        } else if error.is_connect() {
            format!("{base} can't be reached; check the URL and that the server runs")
        } else {
            format!("the connection to {base} broke before the answer was there; try again")
        })
    }

    pub(super) fn error(&self, trouble: impl Into<String>) -> EngineError {
        EngineError::new(self.engine, trouble)
    }

    fn refused(&self, status: StatusCode, code: Option<String>) -> EngineError {
        let base = &self.base;
        let code = code.map_or_else(String::new, |it| format!(", {it}"));
        let what_to_do = match status.as_u16() {
            401 | 403 if self.key.is_none() => "it wants an API key; give one",
            401 | 403 => "it doesn't accept the API key; check it",
            404 => "check the URL and the name of the model",
            429 => "it is asked too often or the quota is used up; wait, or check the plan",
            500.. => "the server is in trouble; look into its log",
            _ => "it doesn't take such a request; check the model and the server's version",
        };
        self.error(format!("{base} answered {status}{code}: {what_to_do}"))
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// The body of an answer that is none. Its `message` may quote the request and is not read.
#[derive(Deserialize)]
struct Refusal {
    error: RefusalDetail,
}

#[derive(Deserialize)]
struct RefusalDetail {
    code: Option<serde_json::Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Refusal {
    fn code(self) -> Option<String> {
        let code = self
            .error
            .code
            .and_then(|it| it.as_str().map(str::to_owned));
        let plain =
            |it: &String| it.len() < 50 && it.chars().all(|c| c.is_alphanumeric() || c == '_');
        code.or(self.error.kind).filter(plain)
    }
}

/// `http://host` and `http://host/v1/` are the same server.
fn with_version(base: &str) -> String {
    let base = base.trim_end_matches('/');
    let versioned = base
        .rsplit("//")
        .next()
        .is_some_and(|it| it.contains("/v1"));
    if versioned {
        base.to_owned()
    } else {
        format!("{base}/v1")
    }
}

#[cfg(test)]
mod tests {
    use super::with_version;

    #[test]
    fn the_version_may_be_left_out() {
        for base in [
            "http://h:1",
            "http://h:1/",
            "http://h:1/v1",
            "http://h:1/v1/",
        ] {
            assert_eq!(with_version(base), "http://h:1/v1");
        }
        let other = "https://h/v1beta/openai";
        assert_eq!(with_version(other), other);
    }
}
