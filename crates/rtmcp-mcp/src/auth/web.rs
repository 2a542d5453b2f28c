//! [`Web`]: requests to authorization servers, which the MCP server names and nobody vouches for.

use std::time::Duration;

use http::{Method, header};
use rtmcp_core::Private;
use serde_json::Value;
use url::Url;

use super::problem::{ErrorCode, Problem};
use crate::{
    Guard,
    failure::Failure,
    http::{Redirects, from_reqwest, read_bounded},
};

/// What is asked, and answered, in the course of getting a token.
#[derive(Debug)]
pub(super) struct Web {
    client: reqwest::Client,
    guard: Guard,
}

/// An answer, whatever its status is.
pub(super) struct Answer {
    pub(super) status: u16,
    /// `Null` where it is no JSON.
    pub(super) body: Value,
}

impl Web {
    /// For what the server at `url` names.
    pub(super) fn new(guard: &Guard, url: &Url) -> Option<Self> {
        let guard = guard.named_by(url);
        // Kept connections would save little: tokens are asked for once an hour.
        let client = guard.client(url, LIMIT, 1, Redirects::SameOrigin)?;
        Some(Self { client, guard })
    }

    /// Checks a URL that somebody else named, before it is used or shown.
    pub(super) fn check(&self, url: &Url) -> Result<(), Problem> {
        self.guard.check(url).map_err(Problem::Forbidden)
    }

    /// Gets a JSON document; `None` where there is none.
    pub(super) async fn document(&self, url: &Url) -> Result<Option<Value>, Problem> {
        let request = self.request(Method::GET, url)?;
        let answer = answer(request.header(header::ACCEPT, JSON)).await?;
        match answer.status {
            200..=299 if answer.body.is_object() => Ok(Some(answer.body)),
            // A page instead of a document is what servers have for a path that they don't know.
            200..=499 => Ok(None),
            status => Err(Problem::Refused(ErrorCode::Status(status))),
        }
    }

    pub(super) async fn post_json(&self, url: &Url, body: &Value) -> Result<Answer, Problem> {
        let request = self.request(Method::POST, url)?;
        answer(request.header(header::ACCEPT, JSON).json(body)).await
    }

    /// Posts a form, with `Authorization: Basic` where it is given.
    pub(super) async fn post_form(
        &self,
        url: &Url,
        form: String,
        basic: Option<&Private<String>>,
    ) -> Result<Answer, Problem> {
        let mut request = self
            .request(Method::POST, url)?
            .header(header::ACCEPT, JSON)
            .header(header::CONTENT_TYPE, FORM)
            .body(form);
        if let Some(basic) = basic {
            request = request.header(header::AUTHORIZATION, format!("Basic {}", basic.expose()));
        }
        answer(request).await
    }

    fn request(&self, method: Method, url: &Url) -> Result<reqwest::RequestBuilder, Problem> {
        self.check(url)?;
        Ok(self.client.request(method, url.clone()).timeout(LIMIT))
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, Problem> {
    let response = request
        .send()
        .await
        .map_err(|error| problem(from_reqwest(&error)))?;
    let status = response.status().as_u16();
    let body = read_bounded(response, BYTES).await.map_err(problem)?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Ok(Answer { status, body })
}

fn problem(failure: Failure) -> Problem {
    match failure {
        Failure::Forbidden(forbidden) => Problem::Forbidden(forbidden),
        Failure::TooLarge(_) => Problem::Malformed("it sends more than 256 KiB in one answer"),
        Failure::Redirected(_) => Problem::Malformed("it redirects elsewhere"),
        _ => Problem::Unreachable,
    }
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..=299).contains(&self.status)
    }

    /// The error that this answer is.
    pub(super) fn error(&self) -> Problem {
        let code = self.body.get("error").and_then(Value::as_str);
        let code = code.and_then(ErrorCode::named);
        Problem::Refused(code.unwrap_or(ErrorCode::Status(self.status)))
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const LIMIT: Duration = Duration::from_secs(10);
/// Far more than any metadata or token has.
const BYTES: usize = 256 * 1024;
