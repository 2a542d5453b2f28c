//! HTTP for both HTTP transports: requests, refusals and limits.

mod authorized;
mod body;
mod clients;
mod events;
mod guard;
mod own_header;
mod pooling;
mod streamable;

use std::sync::{Arc, atomic::AtomicBool};

use http::{HeaderMap, HeaderValue, header};

use crate::{
    failure::{Failure, public_url},
    loss::Loss,
};

#[cfg(feature = "fuzzing")]
pub use self::events::fuzzing::{ReadEvent, read_events};
pub(crate) use self::{
    body::{error_data, read_bounded, rpc_error},
    clients::Clients,
    events::{Events, answer_events, lasting_events},
    guard::Redirects,
};
pub use self::{
    guard::{AllowError, AllowList, Forbidden, Guard},
    own_header::BadHeader,
};

/// What both HTTP transports send their requests through.
///
/// Cloning is a reference count. It never logs and never puts a body into an error: rmcp's own
/// reqwest client does both.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clients: Arc<Clients>,
    loss: Arc<Loss>,
    /// Whether the server has ever served a GET stream in this session: if so, a 404 on reopening
    /// it means that the session is gone, not that there are no such streams.
    streamed: AtomicBool,
}

impl HttpClient {
    /// A client for one connection; its event streams raise `loss`.
    pub(crate) fn new(clients: Arc<Clients>, loss: Arc<Loss>) -> Self {
        let inner = Inner {
            clients,
            loss,
            streamed: AtomicBool::new(false),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn request(&self, method: http::Method, url: &str) -> reqwest::RequestBuilder {
        self.inner.clients.request(method, url, true)
    }

    /// Sends a request with the token of this moment, and returns the answer's head whatever its
    /// status is. A request that is refused is repeated once, where there is another token for it.
    pub(crate) async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, Failure> {
        match &self.inner.clients.authorizer {
            Some(authorizer) => self.send_authorized(authorizer, request).await,
            None => self.send_plain(request).await,
        }
    }

    async fn send_plain(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, Failure> {
        let response = request.send().await;
        let response = response.map_err(|error| from_reqwest(&error))?;
        match is_encoded(&response) {
            true => Err(Failure::NotMcp(
                "the answer is compressed, which nobody asked for",
            )),
            false => Ok(response),
        }
    }

    pub(crate) fn loss(&self) -> &Arc<Loss> {
        &self.inner.loss
    }
}

/// Nothing is decompressed here: a few bytes could become gigabytes.
fn is_encoded(response: &reqwest::Response) -> bool {
    let encodings = response.headers().get_all(header::CONTENT_ENCODING);
    let mut encodings = encodings.into_iter().map(HeaderValue::as_bytes);
    encodings.any(|it| !it.eq_ignore_ascii_case(b"identity") && !it.is_empty())
}

/// A failure as the error type that transports need.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP request failed")]
pub(crate) struct HttpError(pub(crate) Failure);

impl From<Failure> for HttpError {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

/// The failure of a status that is no success, without having read the body.
pub(crate) fn refusal(response: &reqwest::Response) -> Failure {
    match response.status().as_u16() {
        status @ (401 | 403) => Failure::Unauthorized(status),
        300..=399 => Failure::Redirected(target(response)),
        status => Failure::Status(status),
    }
}

pub(crate) fn from_reqwest(error: &reqwest::Error) -> Failure {
    if let Some(forbidden) = guard::forbidden(error) {
        return Failure::Forbidden(forbidden.clone());
    }
    if error.is_connect() {
        return if is_tls(error) {
            Failure::Tls
        } else {
            Failure::Unreachable
        };
    }
    if error.is_builder() {
        return Failure::Config("its URL or headers make no valid request".to_owned());
    }
    if error.is_redirect() {
        return Failure::Redirected(None);
    }
    Failure::Closed
}

/// reqwest doesn't tell, and its TLS library is not ours to name: only the words are left.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let words = error.to_string();
        if TLS_WORDS.iter().any(|word| words.contains(word)) {
            return true;
        }
        source = error.source();
    }
    false
}

const TLS_WORDS: [&str; 4] = ["certificate", "corrupt message", "fatal alert", "handshake"];

pub(crate) fn is_media_type(headers: &HeaderMap, media_type: &str) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    value.is_some_and(|value| {
        let value = value.as_bytes();
        value.len() >= media_type.len()
            && value[..media_type.len()].eq_ignore_ascii_case(media_type.as_bytes())
    })
}

fn target(response: &reqwest::Response) -> Option<String> {
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    let target = response.url().join(location).ok()?;
    Some(public_url(&target))
}
