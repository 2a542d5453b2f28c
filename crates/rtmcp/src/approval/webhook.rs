//! A program of the owner's that is asked over HTTP, and told how it went.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::{Client, Response, StatusCode, header::CONTENT_TYPE, redirect::Policy};
use rtmcp_core::{CallId, Private};
use rtmcp_router::{ApprovalRequest, AuditLine, Channel, Decision, Digest, Remember};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

use super::sign;
use crate::config::Webhook;

/// What a webhook answers, at once or later.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Whether the call may run.
    pub approve: bool,
    /// What it is about: the hash of the request.
    pub hash: Option<Digest>,
    /// For what else a yes counts.
    #[serde(default)]
    pub remember: Remember,
    /// Who decided.
    pub who: Option<Private<String>>,
    /// Why not, for the model.
    pub reason: Option<Private<String>>,
}

impl Verdict {
    /// Returns it as a decision about a call.
    pub fn decision(self, call_id: CallId) -> Decision {
        Decision {
            hash: self.hash,
            allow: self.approve,
            remember: self.remember,
            who: self.who,
            reason: self.reason,
            ..Decision::yes(call_id, Channel::Webhook)
        }
    }
}

/// The waits between tries double from the first to the last.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LAST_WAIT: Duration = Duration::from_secs(8);

/// The most that is read of an answer.
const ANSWER_BYTES: usize = 64 * 1024;

/// What is told while a webhook is asked.
#[derive(Debug)]
pub(super) enum Told {
    Decided(Box<Verdict>),
    /// It isn't asked any more, or is tried again: for people.
    Trouble(String),
}

/// A webhook, and how it is reached.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    webhook: Webhook,
    client: Client,
}

impl Caller {
    pub(super) fn new(webhook: &Webhook) -> Result<Self, String> {
        let mut builder = Client::builder()
            .user_agent(concat!("rtmcp/", env!("CARGO_PKG_VERSION")))
            .timeout(webhook.timeout)
            // It would carry what is asked to another place.
            .redirect(Policy::none());
        if is_here(webhook) {
            // A proxy of the environment has another idea of what this machine is.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| error.to_string())?;
        Ok(Self {
            webhook: webhook.clone(),
            client,
        })
    }

    /// Returns the address for an answer that comes later.
    pub(super) fn decide_url(&self, token: &Private<String>) -> Option<Private<String>> {
        let mut url = self.webhook.answers.clone()?;
        let mut path = url.path_segments_mut().ok()?;
        path.pop_if_empty()
            .extend(["api", "approvals", token.expose()]);
        drop(path);
        Some(Private::new(url.into()))
    }

    /// Asks until there is an answer, nobody can give one, or the time is over.
    pub(super) async fn ask(&self, id: &str, body: &str, until: Instant, tell: impl Fn(Told)) {
        let mut wait = FIRST_WAIT;
        let mut has_told = false;
        loop {
            let tried = timeout_at(until, self.post(id, body)).await;
            let trouble = match tried {
                // Its time is over, and everybody knows.
                Err(_) => return,
                Ok(Ok(None)) => return,
                Ok(Ok(Some(verdict))) => return tell(Told::Decided(Box::new(verdict))),
                Ok(Err(trouble)) => trouble,
            };
            let Trouble { message, passes } = trouble;
            if !passes {
                let message = format!("{message}; it isn't asked again");
                return tell(Told::Trouble(message));
            }
            if !has_told {
                has_told = true;
                tell(Told::Trouble(format!("{message}; it is tried again")));
            }
            if Instant::now() + wait >= until {
                return tell(Told::Trouble(format!("{message}; its time is over")));
            }
            sleep(wait).await;
            wait = (wait * 2).min(LAST_WAIT);
        }
    }

    /// Tells how it went; once, and not for long.
    pub(super) async fn tell(&self, id: &str, body: &str) {
        if let Err(trouble) = self.post(id, body).await {
            tracing::debug!(message = trouble.message, "the webhook wasn't told");
        }
    }

    /// Returns the answer; none where it comes later.
    async fn post(&self, id: &str, body: &str) -> Result<Option<Verdict>, Trouble> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let timestamp = since.unwrap_or_default().as_secs();
        let mut request = self
            .client
            .post(self.webhook.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp);
        if let Some(secret) = &self.webhook.secret {
            let signature = sign(secret, id, timestamp, body);
            request = request.header("webhook-signature", signature);
        }
        let sent = request.body(body.to_owned()).send().await;
        let response = sent.map_err(|error| Trouble::unreachable(&error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(Trouble::refused(status));
        }
        let answer = read(response).await?;
        if answer.trim_ascii().is_empty() {
            return Ok(None);
        }
        let verdict = serde_json::from_slice(&answer).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            let message = format!(
                "the webhook's answer is no decision ({place}): it must be empty or like \
                 {{\"approve\": true}}"
            );
            let passes = false;
            Trouble { message, passes }
        })?;
        Ok(Some(verdict))
    }
}

/// A try that came to nothing.
#[derive(Debug)]
struct Trouble {
    message: String,
    /// It may do better the next time.
    passes: bool,
}

impl Trouble {
    fn unreachable(error: &reqwest::Error) -> Self {
        let message = match error {
            it if it.is_timeout() => "the webhook doesn't answer in time".to_owned(),
            it if it.is_connect() => "the webhook can't be reached".to_owned(),
            _ => "the connection to the webhook broke".to_owned(),
        };
        let passes = true;
        Self { message, passes }
    }

    fn refused(status: StatusCode) -> Self {
        let passes = status.is_server_error()
            || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
        Self {
            message: format!("the webhook answers {status}"),
            passes,
        }
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    let broken = |error: reqwest::Error| Trouble::unreachable(&error);
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        body.extend_from_slice(&piece);
        if body.len() > ANSWER_BYTES {
            let message = format!("the webhook's answer is longer than {ANSWER_BYTES} bytes");
            let passes = false;
            return Err(Trouble { message, passes });
        }
    }
    Ok(body)
}

fn is_here(webhook: &Webhook) -> bool {
    match webhook.url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Says what is asked.
pub(super) fn requested(
    request: &ApprovalRequest,
    session: Option<&str>,
    decide_url: Option<&Private<String>>,
) -> String {
    let now = SystemTime::now();
    let time = |at| humantime::format_rfc3339_millis(at).to_string();
    let body = json!({
        "type": "approval.requested",
        "session": session,
        "call_id": request.call_id,
        "number": request.number,
        "function": request.function,
        "server": request.server,
        "tool": request.tool,
        "arguments": request.arguments.expose(),
        "hash": request.hash,
        "why": request.why,
        "asked_at": time(now),
        "expires_at": time(now + request.expires()),
        "may_remember": request.may_remember,
        "channels": request.channels,
        "decide_url": decide_url.map(Private::expose),
    });
    without_nulls(body).to_string()
}

/// Says how it went.
pub(super) fn over(line: &AuditLine, session: Option<&str>) -> String {
    let body = json!({
        "type": "approval.over",
        "session": session,
        "call_id": line.call_id,
        "hash": line.hash,
        "outcome": line.outcome,
        "channel": line.channel,
    });
    without_nulls(body).to_string()
}

fn without_nulls(mut body: Value) -> Value {
    if let Value::Object(fields) = &mut body {
        fields.retain(|_, value| !value.is_null());
    }
    body
}
