//! [`Body`]: a request's JSON, or a refusal that says what is wrong with it.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
};
use rtmcp_api::ProblemCode;
use serde::de::DeserializeOwned;
use serde_json::{Error, error::Category};
use tokio::time::timeout;

use super::{Shared, refusal::Refusal};

/// The JSON of a request.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Shared> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, backend: &Shared) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            let message = "the body must be JSON: send `Content-Type: application/json`";
            return Err(Refusal::new(ProblemCode::NotJson, message));
        }
        let limit = backend.config.limits.body_bytes;
        let bytes = timeout(PATIENCE, Bytes::from_request(request, backend)).await;
        let bytes = bytes.map_err(|_| Refusal::bad("the body didn't come in time: try again"))?;
        let bytes = bytes.map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let message = format!("the body is longer than {limit} bytes");
                Refusal::new(ProblemCode::TooLarge, message)
            }
            _ => Refusal::bad("the body broke off: try again"),
        })?;
        let body = serde_json::from_slice(&bytes);
        body.map(Self).map_err(|error| Refusal::bad(words(&error)))
    }
}

/// How long a body may take: the longest is a moment's work for any line that carries a voice.
const PATIENCE: Duration = Duration::from_secs(10);

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = kind.and_then(|it| it.split(';').next()).map(str::trim);
    kind.is_some_and(|it| it.eq_ignore_ascii_case("application/json"))
}

/// Says what is wrong, without a word of the body: it may hold a key in the wrong place.
fn words(error: &Error) -> String {
    let said = error.to_string();
    let (what, place) = match said.rfind(" at line ") {
        Some(at) => said.split_at(at),
        None => (said.as_str(), ""),
    };
    let what = match error.classify() {
        Category::Data => match what.rsplit_once(", expected ") {
            Some((found, expected)) if found.starts_with("invalid ") => {
                format!("expected {expected}")
            }
            _ => what.to_owned(),
        },
        Category::Syntax | Category::Eof | Category::Io => format!("not JSON ({what})"),
    };
    format!("the body can't be meant: {what}{place}")
}

#[cfg(test)]
mod tests {
    use rtmcp_api::{CallRequest, Decision};

    use super::*;

    fn words_of<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        words(&serde_json::from_str::<T>(text).unwrap_err())
    }

    #[test]
    fn what_is_wrong_is_said_without_what_was_sent() {
        for (text, expected) in [
            (
                "{",
                "not JSON (EOF while parsing an object) at line 1 column 1",
            ),
            ("{}", "missing field `approve` at line 1 column 2"),
            (
                r#"{"approve":"sk-secret"}"#,
                "expected a boolean at line 1 column 22",
            ),
            (
                r#"{"a":1}"#,
                "unknown field `a`, expected one of `approve`, `reason`, `hash`, `remember` at \
                 line 1 column 4",
            ),
        ] {
            let expected = format!("the body can't be meant: {expected}");
            assert_eq!(words_of::<Decision>(text), expected, "{text}");
        }
        let both = r#"{"sdp":"sk-secret","call_id":"sk-secret"}"#;
        let said = words_of::<CallRequest>(both);
        assert!(said.ends_with("give one of `sdp` and `call_id`"), "{said}");
        assert!(!words_of::<CallRequest>(r#""sk-secret, expected""#).contains("secret"));
    }
}
