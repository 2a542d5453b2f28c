//! `GET /api/health` and `GET /api/settings`: how the backend is, and what a page can choose.

use axum::{Json, extract::State};
use rtmcp_api::{ConfiguredServer, Endpoint, EndpointKind, Health, KeyState, Settings};
use rtmcp_core::Private;

use super::{Shared, config::NamedEndpoint, scrub};

/// Says that the backend is well.
pub(super) async fn health(State(backend): State<Shared>) -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        calls: backend.calls.taken(),
    })
}

/// Says what can be chosen.
pub(super) async fn settings(State(backend): State<Shared>) -> Json<Settings> {
    let config = &backend.config;
    let servers = config.servers.iter().map(|it| ConfiguredServer {
        name: it.name.to_string(),
        url: scrub::address(&it.endpoint),
    });
    let first = config.endpoints.first();
    let instructions = first.and_then(|it| it.realtime.session.instructions.as_ref());
    let instructions = instructions.map(Private::expose);
    Json(Settings {
        endpoints: config.endpoints.iter().map(endpoint).collect(),
        servers: servers.collect(),
        own_servers: config.own_servers,
        own_key: config.own_key,
        instructions: instructions.cloned().unwrap_or_default(),
    })
}

fn endpoint(endpoint: &NamedEndpoint) -> Endpoint {
    let key = match (&endpoint.realtime.api_key, endpoint.kind) {
        (Some(_), _) => KeyState::Configured,
        (None, EndpointKind::Openai) => KeyState::Wanted,
        (None, EndpointKind::Simulator | EndpointKind::Other) => KeyState::Unneeded,
    };
    Endpoint {
        name: endpoint.name.clone(),
        kind: endpoint.kind,
        model: endpoint.realtime.model.clone(),
        key,
    }
}
