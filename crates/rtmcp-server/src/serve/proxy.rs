//! The routes under `/v1`: the Realtime API itself, for clients that know nothing of rtmcp and gain
//! its tools. `docs/proxy.md` has them all.
//!
//! What lets a client in is a key, and no cookie: no page can use somebody else's. So pages of other
//! origins may come here where the configuration says so, under whatever name of the host.

mod admit;
mod body;
mod handshake;
mod headers;
mod journal;
mod keys;
mod post;
mod refusal;
mod socket;

use std::sync::Arc;

use axum::{
    Router,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodRouter, any, get, post},
};
use rtmcp::ProxyConfig;

use super::{Shared, scrub::Scrub};
use keys::Keys;
use refusal::Refusal;

/// A route of the Realtime API.
#[derive(Clone, Debug)]
pub struct ProxyRoute {
    /// The method.
    pub method: Method,
    /// The path, its parameters in braces.
    pub path: &'static str,
    handler: fn() -> MethodRouter<Shared>,
}

/// All routes of the Realtime API, which are there where the configuration has a `[proxy]`.
pub static PROXY_ROUTES: [ProxyRoute; 7] = [
    ProxyRoute {
        method: Method::GET,
        path: "/v1/realtime",
        handler: || get(socket::realtime),
    },
    ProxyRoute {
        method: Method::POST,
        path: "/v1/realtime/client_secrets",
        handler: || post(post::client_secrets),
    },
    ProxyRoute {
        method: Method::POST,
        path: "/v1/realtime/calls",
        handler: || post(post::calls),
    },
    ProxyRoute {
        method: Method::POST,
        path: "/v1/realtime/calls/{call_id}/accept",
        handler: || post(post::accept),
    },
    ProxyRoute {
        method: Method::POST,
        path: "/v1/realtime/calls/{call_id}/reject",
        handler: || post(post::reject),
    },
    ProxyRoute {
        method: Method::POST,
        path: "/v1/realtime/calls/{call_id}/refer",
        handler: || post(post::refer),
    },
    ProxyRoute {
        method: Method::POST,
        path: "/v1/realtime/calls/{call_id}/hangup",
        handler: || post(post::hangup),
    },
];

/// What all requests of clients share.
#[derive(Debug)]
pub(super) struct Proxying {
    keys: Keys,
    config: ProxyConfig,
    /// Knows the secrets of the endpoint.
    scrub: Scrub,
}

/// What handlers find it as among the extensions.
#[derive(Clone, Debug)]
struct Proxy(Arc<Proxying>);

impl Proxying {
    pub(super) fn new(config: ProxyConfig, realtime: &rtmcp::Realtime) -> Arc<Self> {
        Arc::new(Self {
            keys: Keys::new(config.keys.clone()),
            scrub: Scrub::new(Some(realtime), []),
            config,
        })
    }
}

/// Builds the router, where there is a proxy.
pub(super) fn router(backend: &Shared) -> Router {
    if backend.proxying.is_none() {
        return Router::new();
    }
    let routes = PROXY_ROUTES.iter().fold(Router::new(), |router, route| {
        router.route(route.path, (route.handler)())
    });
    routes
        .route("/v1/{*rest}", any(nowhere))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(backend.clone(), admit::admit))
        .with_state(backend.clone())
}

async fn nowhere() -> Refusal {
    Refusal::not_found("This proxy has the Realtime API alone: its documentation lists the routes.")
}

async fn wrong_method() -> Refusal {
    Refusal::wrong_method("This route takes another method: 'Allow' names it.")
}
