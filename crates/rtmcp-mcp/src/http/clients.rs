//! [`Clients`]: the reqwest clients and the credentials for one server, over all its connections.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, header};
use rtmcp_core::Private;
use url::Url;

use super::{
    guard::{Guard, Redirects},
    pooling::Pooling,
};
use crate::{ServerConfig, auth::Authorizer, failure::Failure};

/// Made once for a server: setting up TLS takes longer than a reconnection.
#[derive(Debug)]
pub(crate) struct Clients {
    /// Keeps connections for the next request.
    kept: reqwest::Client,
    /// Opens a connection for each request; made when it is first wanted.
    fresh: OnceLock<Option<reqwest::Client>>,
    pub(super) pooling: Pooling,
    /// Where nearly all requests go: it needn't be parsed again for each.
    url: Url,
    headers: HeaderMap,
    /// Brings the token of each request, where one is asked for.
    pub(crate) authorizer: Option<Authorizer>,
    connect_timeout: Duration,
    guard: Guard,
}

impl Clients {
    /// The clients for the server at `url`.
    pub(crate) fn new(config: &ServerConfig, url: &Url) -> Result<Arc<Self>, Failure> {
        let scheme = url.scheme();
        if !matches!(scheme, "http" | "https") {
            let problem = format!("the URL must begin with http:// or https://, not {scheme}:");
            return Err(Failure::Config(problem));
        }
        config.guard.check(url).map_err(Failure::Forbidden)?;
        let headers = credentials(config)?;
        let (limit, guard) = (config.connect_timeout, config.guard.clone());
        let kept = guard.client(url, limit, usize::MAX, Redirects::SameOrigin);
        let kept = kept
            .ok_or_else(|| Failure::Config("the TLS of this system can't be set up".to_owned()))?;
        Ok(Arc::new(Self {
            kept,
            fresh: OnceLock::new(),
            pooling: Pooling::new(),
            url: url.clone(),
            headers,
            authorizer: Authorizer::new(config, url)?,
            connect_timeout: limit,
            guard,
        }))
    }

    /// A request with the credentials, over a kept connection or a fresh one.
    pub(super) fn request(
        &self,
        method: http::Method,
        url: &str,
        over_kept: bool,
    ) -> reqwest::RequestBuilder {
        let client = if over_kept { &self.kept } else { self.fresh() };
        let request = if url == self.url.as_str() {
            client.request(method, self.url.clone())
        } else {
            client.request(method, url)
        };
        request.headers(self.headers.clone())
    }

    fn fresh(&self) -> &reqwest::Client {
        let fresh = self.fresh.get_or_init(|| {
            let limit = self.connect_timeout;
            self.guard
                .client(&self.url, limit, 0, Redirects::SameOrigin)
        });
        fresh.as_ref().unwrap_or(&self.kept)
    }
}

/// The configured headers and the bearer token, as headers of every request.
fn credentials(config: &ServerConfig) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let checked = config.guard.header(name, value);
        let (name, value) = checked.map_err(|problem| {
            Failure::Config(format!("the header `{name}` can't be sent: {problem}"))
        })?;
        headers.append(name, value);
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

pub(super) fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}
