//! [`admit`]: what every request passes before anything is done for it.

use axum::{
    extract::{Request, State},
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, SET_COOKIE, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Shared, origin::Origins, peer::Peer, refusal::Refusal, routes, visitor::Visitor};

/// Lets a request of the API through: it comes from a page of ours, and not too often. The handler
/// finds the [`Visitor`] and the [`Peer`] among the extensions.
pub(super) async fn admit(
    State(backend): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut response = match check(&backend, &mut request) {
        Ok(fresh) => {
            let mut response = next.run(request).await;
            remember(&backend, fresh.as_ref(), &mut response);
            response
        }
        Err(refusal) => refusal.into_response(),
    };
    keep_out_of_caches(&mut response);
    response
}

/// Lets the request of a program through that is known by a token in its path: it has no cookie and
/// no page, and comes not too often.
pub(super) async fn admit_program(
    State(backend): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match check_program(&backend, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    keep_out_of_caches(&mut response);
    response
}

fn check_program(backend: &Shared, request: &Request) -> Result<(), Refusal> {
    backend.origins.check_program(request.headers())?;
    let peer = Peer::of(request, backend.config.behind_proxy);
    let taken = backend.peers.take(peer, 1);
    taken.map_err(|wait| Refusal::too_many("too many requests: wait a moment", wait))
}

fn keep_out_of_caches(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Lets a request for a page through, and makes whoever asks a [`Visitor`].
pub(super) async fn greet(
    State(backend): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(refusal) = backend.origins.check(request.method(), request.headers()) {
        return refusal.into_response();
    }
    match visitor(&backend, &mut request) {
        Ok((_, fresh)) => {
            let mut response = next.run(request).await;
            remember(&backend, fresh.as_ref(), &mut response);
            response
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Returns the visitor where it has no cookie yet.
fn check(backend: &Shared, request: &mut Request) -> Result<Option<Visitor>, Refusal> {
    backend.origins.check(request.method(), request.headers())?;
    // Nobody comes here by a link: another site would only use up the visitor's budget.
    Origins::check_site(request.headers())?;
    let cost = routes::cost(request.method(), request.uri().path());
    let too_many = |wait| Refusal::too_many("too many requests: wait a moment", wait);
    let peer = Peer::of(request, backend.config.behind_proxy);
    backend.peers.take(peer, cost).map_err(too_many)?;
    request.extensions_mut().insert(peer);
    let (visitor, fresh) = visitor(backend, request)?;
    backend.visitors.take(visitor, cost).map_err(too_many)?;
    Ok(fresh)
}

/// Finds out who asks; the second is there where it is somebody new.
fn visitor(backend: &Shared, request: &mut Request) -> Result<(Visitor, Option<Visitor>), Refusal> {
    let known = Visitor::find(request.headers(), backend.origins.is_secure());
    let (visitor, fresh) = match known {
        Some(visitor) => (visitor, None),
        None => {
            let visitor = Visitor::new()?;
            (visitor.clone(), Some(visitor))
        }
    };
    request.extensions_mut().insert(visitor.clone());
    Ok((visitor, fresh))
}

fn remember(backend: &Shared, fresh: Option<&Visitor>, response: &mut Response) {
    let secure = backend.origins.is_secure();
    if let Some(cookie) = fresh.and_then(|it| it.cookie(secure)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
