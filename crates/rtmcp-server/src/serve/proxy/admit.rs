//! [`admit`]: what every request of a client passes before anything is done for it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
            ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, ORIGIN,
            VARY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use rtmcp::ProxyOrigins;

use super::{Proxy, Proxying, refusal::Refusal};
use crate::serve::{Common, Shared, peer::Peer};

/// What a request counts for: it opens a connection elsewhere.
const COST: u32 = 5;

/// Lets a request through: it comes from a page that may ask, or from none, not too often, and with
/// a key. The handler finds the [`Shown`](super::keys::Shown) keys and the [`Peer`] among the
/// extensions.
pub(super) async fn admit(State(backend): State<Shared>, request: Request, next: Next) -> Response {
    let Some(proxying) = &backend.proxying else {
        return Refusal::not_found("There is no proxy here.").into_response();
    };
    let origin = request.headers().get(ORIGIN).cloned();
    let mut response = match page(&backend, proxying, request.headers()) {
        Err(refusal) => return refusal.into_response(),
        Ok(()) => answer(&backend, proxying, request, next).await,
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(VARY, HeaderValue::from_static("Origin"));
        let exposed = HeaderValue::from_static("Location, Retry-After, X-Request-Id");
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    response
}

async fn answer(
    backend: &Common,
    proxying: &Arc<Proxying>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = Peer::of(&request, backend.config.behind_proxy);
    let asks_first = is_preflight(&request);
    let admitted = backend.peers.take(peer, if asks_first { 1 } else { COST });
    let admitted = admitted.map_err(|wait| Refusal::too_many("Too many requests: wait.", wait));
    if asks_first && admitted.is_ok() {
        return preflight(request.headers());
    }
    match admitted.and_then(|()| proxying.keys.check(request.headers())) {
        Ok(shown) => {
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(shown);
            request.extensions_mut().insert(Proxy(Arc::clone(proxying)));
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Lets pages ask that may, and whatever is no page.
///
/// With keys of the proxy's own, any page may: it must show one. A key of the endpoint can be any
/// word, where the endpoint is on this machine and asks for none. Then a page that somebody happens
/// to look at would have the tools, so that only our own pages and those that are named may ask.
fn page(backend: &Common, proxying: &Proxying, headers: &HeaderMap) -> Result<(), Refusal> {
    let (Some(origin), ProxyOrigins::These(named)) =
        (headers.get(ORIGIN), &proxying.config.origins)
    else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let is_named = named.iter().any(|it| it.eq_ignore_ascii_case(origin));
    // As for a request that changes something, whatever this one does.
    if is_named || backend.origins.check(&Method::POST, headers).is_ok() {
        return Ok(());
    }
    Err(Refusal::forbidden(
        "Pages of this origin may not use this proxy: its owner can name them in 'proxy.origins'.",
    ))
}

fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Answers a browser that asks first. What lets it in is a key that it shows later.
fn preflight(asked: &HeaderMap) -> Response {
    let wanted = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let wanted = wanted.unwrap_or_else(|| HeaderValue::from_static("Authorization, Content-Type"));
    let methods = HeaderValue::from_static("GET, POST");
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}
