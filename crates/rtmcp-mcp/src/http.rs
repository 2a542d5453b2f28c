//! HTTP to one server: its reqwest client, credentials and limits, for both HTTP transports.

mod body;
mod events;
mod pooling;
mod streamable;

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use reqwest::redirect;
use rtmcp_core::Private;
use url::Url;

use crate::{
    ServerConfig,
    failure::{Failure, public_url},
    loss::Loss,
};

use self::pooling::{Pooling, Timing};
pub(crate) use self::{
    body::{ERROR_BODY_BYTES, read_bounded, rpc_error},
    events::{EVENT_BYTES, Events, events},
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
    /// Keeps connections for the next request.
    client: reqwest::Client,
    /// Opens a connection for each request.
    fresh: reqwest::Client,
    pooling: Pooling,
    headers: HeaderMap,
    loss: Arc<Loss>,
    /// Whether the server has ever served a GET stream in this session: if so, a 404 on reopening
    /// it means that the session is gone, not that there are no such streams.
    streamed: std::sync::atomic::AtomicBool,
}

impl HttpClient {
    /// A client for the server at `url`; its event streams raise `loss`.
    pub(crate) fn new(config: &ServerConfig, url: &Url, loss: Arc<Loss>) -> Result<Self, Failure> {
        if !matches!(url.scheme(), "http" | "https") {
            let problem = format!(
                "the URL must begin with http:// or https://, not {}:",
                url.scheme()
            );
            return Err(Failure::Config(problem));
        }
        let inner = Inner {
            client: client(config, url, usize::MAX)?,
            fresh: client(config, url, 0)?,
            pooling: Pooling::new(),
            headers: credentials(config)?,
            loss,
            streamed: false.into(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    pub(crate) fn request(&self, method: http::Method, url: &str) -> reqwest::RequestBuilder {
        self.over(&self.inner.client, method, url)
    }

    fn over(
        &self,
        client: &reqwest::Client,
        method: http::Method,
        url: &str,
    ) -> reqwest::RequestBuilder {
        client
            .request(method, url)
            .headers(self.inner.headers.clone())
    }

    /// Sends a request, and returns the answer's head whatever its status is.
    pub(crate) async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, Failure> {
        request.send().await.map_err(|error| from_reqwest(&error))
    }

    pub(crate) fn loss(&self) -> &Arc<Loss> {
        &self.inner.loss
    }
}

fn client(config: &ServerConfig, url: &Url, idle: usize) -> Result<reqwest::Client, Failure> {
    let mut builder = reqwest::Client::builder()
        .tcp_nodelay(true)
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(idle)
        .user_agent(concat!("rtmcp/", env!("CARGO_PKG_VERSION")))
        .redirect(same_origin());
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder
        .build()
        .map_err(|_| Failure::Config("the TLS of this system can't be set up".to_owned()))
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
    if error.is_connect() {
        return Failure::Unreachable;
    }
    if error.is_builder() {
        return Failure::Config("its URL or headers make no valid request".to_owned());
    }
    if error.is_redirect() {
        return Failure::Redirected(None);
    }
    Failure::Closed
}

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

/// The configured headers and the bearer token, as headers of every request.
fn credentials(config: &ServerConfig) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let parsed = HeaderName::try_from(name.as_str());
        let parsed = parsed
            .map_err(|_| Failure::Config(format!("`{name}` in `headers` is no header name")))?;
        if RESERVED.contains(&parsed.as_str()) {
            let problem =
                format!("the header `{name}` belongs to the protocol: remove it from `headers`");
            return Err(Failure::Config(problem));
        }
        let value = sensitive(value.expose()).ok_or_else(|| {
            Failure::Config(format!(
                "the value of header `{name}` has characters that no header can carry"
            ))
        })?;
        headers.append(parsed, value);
    }
    if let Some(bearer) = &config.bearer {
        headers.insert(header::AUTHORIZATION, authorization(bearer)?);
    }
    Ok(headers)
}

fn authorization(bearer: &Private<String>) -> Result<HeaderValue, Failure> {
    let token = bearer.expose().trim();
    let value = (!token.is_empty()).then(|| format!("Bearer {token}"));
    value.and_then(|value| sensitive(&value)).ok_or_else(|| {
        Failure::Config("`bearer` is empty or has characters that no header can carry".to_owned())
    })
}

fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Follows a redirect that keeps origin, method and body, such as `/mcp` to `/mcp/`.
///
/// Elsewhere it would carry the credentials to another host, and a 301 to 303 would turn the
/// request into a GET.
fn same_origin() -> redirect::Policy {
    redirect::Policy::custom(|attempt| {
        let keeps_request = matches!(attempt.status().as_u16(), 307 | 308);
        let first = attempt.previous().first();
        let same = first.is_some_and(|url| url.origin() == attempt.url().origin());
        if keeps_request && same && attempt.previous().len() <= MAX_REDIRECTS {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

const RESERVED: [&str; 6] = [
    "accept",
    "content-length",
    "content-type",
    "last-event-id",
    "mcp-protocol-version",
    "mcp-session-id",
];
const MAX_REDIRECTS: usize = 5;
/// Longer than a pause in a conversation, shorter than most servers and proxies keep a connection.
const IDLE: Duration = Duration::from_secs(50);
