//! [`Rest`]: the endpoint's HTTP API, for what needs the key: calls, secrets for browsers.

mod pass;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{
    Client, Method, RequestBuilder, Response,
    header::{CONTENT_TYPE, LOCATION},
    multipart::{Form, Part},
    redirect::Policy,
};
use rtmcp_core::{Private, RealtimeCallId, SessionConfig};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{ConnectError, key, place};
use crate::{ClientSecret, Config, config::Target};

pub(crate) use pass::{Passed, PassedBody};

/// Speaks HTTP to an endpoint. Cloning is a reference count.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    config: Arc<Config>,
    /// Made when it is first wanted: many sessions need no HTTP, and setting up TLS takes a while.
    client: Arc<OnceLock<Client>>,
}

/// A call that the endpoint has taken.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) answer: String,
    pub(crate) call_id: RealtimeCallId,
}

/// The answer to a request for a secret, as far as it is needed.
#[derive(Deserialize)]
struct Secret {
    value: Private<String>,
    expires_at: u64,
}

impl Rest {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        let client = Arc::default();
        Self { config, client }
    }

    /// Makes a call of an offer, with the session bound into it. Into a key for clients the session
    /// is bound already, and they can't bind another.
    pub(crate) async fn place(
        &self,
        offer: &str,
        session: &SessionConfig,
    ) -> Result<Placed, ConnectError> {
        let realtime = &self.config.realtime;
        let request = self.post(realtime.rest_url(&["calls"]))?;
        let request = if realtime.has_client_secret() {
            request.header(CONTENT_TYPE, SDP).body(offer.to_owned())
        } else {
            let session = json!(session).to_string();
            let form = Form::new()
                .part("sdp", part(offer.to_owned(), SDP))
                .part("session", part(session, "application/json"));
            request.multipart(form)
        };
        let response = self.send(request, &Target::Model).await?;
        let call_id = call_id(&response).ok_or(ConnectError::Incomplete {
            place: place(&realtime.url),
            missing: "a name for the call (no `Location`)",
        })?;
        let answer = self.read(response).await?;
        match String::from_utf8(answer) {
            Ok(answer) if answer.starts_with("v=") => Ok(Placed { answer, call_id }),
            _ => Err(ConnectError::Incomplete {
                place: place(&realtime.url),
                missing: "a session description (SDP)",
            }),
        }
    }

    /// Gets a secret that a browser may have, with the session bound into it.
    pub(crate) async fn client_secret(
        &self,
        lifetime: Duration,
        session: &SessionConfig,
    ) -> Result<ClientSecret, ConnectError> {
        let realtime = &self.config.realtime;
        let body = json!({
            "expires_after": { "anchor": "created_at", "seconds": lifetime.as_secs() },
            "session": session,
        });
        let request = self
            .post(realtime.rest_url(&["client_secrets"]))?
            .json(&body);
        let response = self.send(request, &Target::Model).await?;
        let body = self.read(response).await?;
        // What is wrong with the body stays unsaid: the secret may stand in it.
        let secret: Secret =
            serde_json::from_slice(&body).map_err(|_| ConnectError::Incomplete {
                place: place(&realtime.url),
                missing: "a secret for clients",
            })?;
        Ok(ClientSecret {
            value: secret.value,
            expires_at: secret.expires_at,
            model: realtime.model.clone(),
            calls_url: realtime.calls_url(),
        })
    }

    /// Ends a call.
    pub(crate) async fn hang_up(&self, call_id: &RealtimeCallId) -> Result<(), ConnectError> {
        let path = ["calls", call_id.as_str(), "hangup"];
        let request = self.post(self.config.realtime.rest_url(&path))?;
        let target = Target::Call(call_id.clone());
        self.send(request, &target).await.map(drop)
    }

    fn post(&self, url: Url) -> Result<RequestBuilder, ConnectError> {
        let realtime = &self.config.realtime;
        let request = self.client()?.request(Method::POST, url);
        let request = request.timeout(realtime.connect_timeout);
        Ok(match key::of_request(realtime)? {
            Some((name, value)) => request.header(name, value),
            None => request,
        })
    }

    /// Sends a request, and makes an error of a refusal.
    async fn send(
        &self,
        request: RequestBuilder,
        target: &Target,
    ) -> Result<Response, ConnectError> {
        let realtime = &self.config.realtime;
        let sent = request.send().await;
        let response = sent.map_err(|error| ConnectError::from_rest(realtime, &error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        let body = self.read(response).await.unwrap_or_default();
        let head = (status, &headers);
        Err(ConnectError::from_http(realtime, target, head, &body))
    }

    /// Reads a body, up to what any answer here can be.
    async fn read(&self, mut response: Response) -> Result<Vec<u8>, ConnectError> {
        let realtime = &self.config.realtime;
        let mut body = Vec::new();
        loop {
            let chunk = response.chunk().await;
            let chunk = chunk.map_err(|error| ConnectError::from_rest(realtime, &error))?;
            let Some(chunk) = chunk else {
                return Ok(body);
            };
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err(ConnectError::Incomplete {
                    place: place(&realtime.url),
                    missing: "an end in sight",
                });
            }
        }
    }

    fn client(&self) -> Result<&Client, ConnectError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let realtime = &self.config.realtime;
        let mut builder = Client::builder()
            .user_agent(concat!("rtmcp/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry the key to another place.
            .redirect(Policy::none());
        if realtime.is_loopback() {
            // A proxy of the environment has another idea of what this machine is.
            builder = builder.no_proxy();
        }
        let built = builder.build();
        let client = built.map_err(|error| ConnectError::from_rest(realtime, &error))?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// What an offer is.
const SDP: &str = "application/sdp";

/// Far above a session description and a session with all its tools.
const MOST_BYTES: usize = 4 * 1024 * 1024;

fn part(text: String, kind: &'static str) -> Part {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        reqwest::header::HeaderValue::from_static(kind),
    );
    Part::text(text).headers(headers)
}

/// Returns the name of a new call: the end of its address.
fn call_id(response: &Response) -> Option<RealtimeCallId> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let path = location.split(['?', '#']).next()?;
    let name = path.trim_end_matches('/').rsplit('/').next()?;
    (!name.is_empty()).then(|| RealtimeCallId::from(name))
}
