//! `GET /v1/realtime`: a client's WebSocket, between which and the endpoint the tools come in.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use hyper::upgrade::{OnUpgrade, on};
use hyper_util::rt::TokioIo;
use rtmcp::{Proxied, ProxyAnswer, ProxyRefusal, ProxyRequest};
use tracing::debug;

use super::{
    Proxy, Proxying,
    handshake::Handshake,
    headers::{to_client, to_endpoint},
    journal::{self, Kind, Tag},
    keys::Shown,
    refusal::Refusal,
};
use crate::serve::{
    Common, Shared,
    listen::Held,
    peer::Peer,
    slots::{Full, Slot},
};

/// Names and values of a query.
pub(super) type Pairs = Vec<(String, String)>;

/// Opens a connection to the endpoint, and switches to the client's.
pub(super) async fn realtime(
    State(backend): State<Shared>,
    Extension(peer): Extension<Peer>,
    Extension(Proxy(proxying)): Extension<Proxy>,
    Extension(shown): Extension<Shown>,
    Query(query): Query<Pairs>,
    mut request: Request,
) -> Result<Response, Response> {
    let refuse = IntoResponse::into_response;
    let handshake = Handshake::of(request.headers()).map_err(refuse)?;
    let slot = slot(&backend, peer).map_err(refuse)?;
    let upgrade = on(&mut request);
    let held = request.extensions_mut().remove::<Held>();
    let own_key = shown.key.is_none();
    let opened = backend.agent.proxy(ProxyRequest {
        query,
        key: shown.key,
        headers: to_endpoint(request.headers()),
    });
    let proxied = match opened.await {
        Ok(proxied) => proxied,
        Err(refusal) => return Err(proxying.refused(&refusal, own_key)),
    };
    let answer = handshake.answer(without_body(proxied.headers()));
    let running = Running {
        proxied,
        upgrade,
        slot,
        held,
    };
    backend.tasks.spawn(running.run(Arc::clone(&backend)));
    Ok(answer)
}

/// Lets an address have another connection to the endpoint.
pub(super) fn slot(backend: &Common, peer: Peer) -> Result<Slot<Peer>, Refusal> {
    if backend.stop.is_cancelled() {
        return Err(Refusal::shutting_down());
    }
    backend.proxied.take(&peer).map_err(|full| {
        let message = match full {
            Full::Own => "Your address has as many sessions as one may have: end one first.",
            Full::All => "The proxy has as many sessions as it takes: try again later.",
        };
        Refusal::too_many(message, LATER)
    })
}

/// When to try again, where nobody knows when a session will end.
const LATER: Duration = Duration::from_secs(10);

/// A connection that switches, and is served then.
struct Running {
    proxied: Proxied,
    upgrade: OnUpgrade,
    slot: Slot<Peer>,
    /// The place among all connections, which the HTTP side gives up when it switches.
    held: Option<Held>,
}

impl Running {
    async fn run(self, backend: Shared) {
        let upgraded = match self.upgrade.await {
            Ok(upgraded) => TokioIo::new(upgraded),
            Err(error) => return debug!(%error, "a client was gone before its connection switched"),
        };
        let tag = Tag::begin(Kind::Session);
        let proxied = self.proxied.watched(tag.watch());
        let end = proxied.serve(upgraded, backend.stop.clone()).await;
        tag.end(&end);
        drop((self.slot, self.held));
    }
}

/// What the endpoint says besides: nothing of its body, as there is none.
fn without_body(headers: &HeaderMap) -> HeaderMap {
    let mut headers = to_client(headers);
    headers.remove(CONTENT_TYPE);
    headers
}

impl Proxying {
    /// Passes an endpoint's refusal on, or says what keeps it from answering.
    pub(super) fn refused(&self, refusal: &ProxyRefusal, own_key: bool) -> Response {
        match &refusal.answer {
            Some(answer) => self.turned_away(answer, own_key),
            None => {
                journal::unanswered(&refusal.error, &self.scrub);
                Refusal::endpoint(&refusal.error, &self.scrub).into_response()
            }
        }
    }

    /// Passes on an answer that is no success. That the endpoint refuses the proxy's `own_key` is no
    /// affair of the client, who would look at the wrong one; and a page of something that stands
    /// before the endpoint helps nobody.
    pub(super) fn turned_away(&self, answer: &ProxyAnswer, own_key: bool) -> Response {
        let body = String::from_utf8(answer.body.expose().clone()).unwrap_or_default();
        if own_key && [401, 403].contains(&answer.status.as_u16()) {
            journal::own_key(answer.status.as_u16());
            return Refusal::own_key().into_response();
        }
        match is_error(&body) {
            true => self.pass_back(answer.status, &answer.headers, body),
            false => {
                journal::no_words(answer.status.as_u16());
                Refusal::no_words(answer.status).into_response()
            }
        }
    }

    /// Gives an endpoint's answer to the client, without what is secret.
    pub(super) fn pass_back(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: String,
    ) -> Response {
        let mut response = (status, self.scrub.clean(body)).into_response();
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response.headers_mut().extend(to_client(headers));
        response
    }
}

/// Tells whether a body is an error as the API writes them.
fn is_error(body: &str) -> bool {
    let body = serde_json::from_str::<serde_json::Value>(body);
    body.is_ok_and(|it| it.get("error").is_some())
}
