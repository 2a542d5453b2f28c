//! Who may ask: the checks that every HTTP request passes before a transport sees it.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN, WWW_AUTHENTICATE};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::connection::Origin;
use super::link::Link;
use crate::oauth::OAuth;
use crate::stats::Stats;

/// Where MCP is spoken; what else there is, is for getting in.
const MCP: [&str; 3] = ["/mcp", "/sse", "/message"];

/// What a request must carry.
#[derive(Clone)]
pub(super) struct Guard(Arc<Terms>);

struct Terms {
    stats: Stats,
    authorization: Option<String>,
    header: Option<(String, String)>,
    hosts: Vec<String>,
    oauth: Option<OAuth>,
}

impl Guard {
    pub(super) fn new(
        stats: Stats,
        bearer: Option<String>,
        header: Option<(String, String)>,
        hosts: Vec<String>,
        oauth: Option<OAuth>,
    ) -> Self {
        Self(Arc::new(Terms {
            stats,
            authorization: bearer.map(|token| format!("Bearer {token}")),
            header,
            hosts,
            oauth,
        }))
    }

    pub(super) fn hosts(&self) -> &[String] {
        &self.0.hosts
    }
}

/// Refuses a request, or hands it on with the [`Link`] it came over.
pub(super) async fn check(
    State(guard): State<Guard>,
    ConnectInfo(origin): ConnectInfo<Origin>,
    mut request: Request,
    next: Next,
) -> Response {
    let terms = &guard.0;
    if !terms.names_this_machine(request.headers()) {
        return (StatusCode::FORBIDDEN, "Host or Origin is not allowed").into_response();
    }
    if !terms.is_authorized(request.headers()) {
        terms.stats.count(|seen| seen.unauthorized += 1);
        let challenge = [(WWW_AUTHENTICATE, "Bearer")];
        return (StatusCode::UNAUTHORIZED, challenge, "Unauthorized").into_response();
    }
    if let Some((status, challenge)) = terms.turned_away(&request) {
        terms.stats.count(|seen| seen.unauthorized += 1);
        return (status, [(WWW_AUTHENTICATE, challenge)], "Sign in first").into_response();
    }
    request.extensions_mut().insert(Link::new(origin.cut));
    next.run(request).await
}

impl Terms {
    fn is_authorized(&self, headers: &HeaderMap) -> bool {
        let carries = |name: &str, value: &str| headers.get(name).is_some_and(|sent| sent == value);
        let bearer = self.authorization.as_deref();
        let header = self.header.as_ref();
        bearer.is_none_or(|value| carries(AUTHORIZATION.as_str(), value))
            && header.is_none_or(|(name, value)| carries(name, value))
    }

    /// What a request hears that needs a token and has none, or not the right one.
    fn turned_away(&self, request: &Request) -> Option<(StatusCode, String)> {
        let oauth = self.oauth.as_ref()?;
        if !MCP.contains(&request.uri().path()) {
            return None;
        }
        let host = request.headers().get(HOST)?.to_str().ok()?;
        oauth.check(request.headers(), host).err()
    }

    /// Against DNS rebinding: a page from elsewhere names its own host, whatever that resolves to.
    fn names_this_machine(&self, headers: &HeaderMap) -> bool {
        let text = |name| {
            headers
                .get(name)
                .map(|value| value.to_str().unwrap_or_default())
        };
        let host = text(HOST).and_then(|host| host.parse::<Authority>().ok());
        let origin_is_ours = text(ORIGIN).is_none_or(|origin| {
            let uri = origin.parse::<Uri>().unwrap_or_default();
            uri.authority().is_some_and(|origin| self.allows(origin))
        });
        host.is_some_and(|host| self.allows(&host)) && origin_is_ours
    }

    fn allows(&self, authority: &Authority) -> bool {
        let host = authority.host().trim_matches(['[', ']']);
        self.hosts
            .iter()
            .any(|ours| ours.eq_ignore_ascii_case(host))
    }
}
