//! `POST /v1/realtime/…`: keys for browsers, and calls, whose sessions have our tools, too.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, Query, Request, State},
    http::{HeaderValue, header::LOCATION},
    response::{IntoResponse, Response},
};
use rtmcp::{ProxiedCall, ProxyAnswer, ProxyPost, ProxyTarget, core::RealtimeCallId};
use rtmcp_core::Private;
use serde::Deserialize;

use super::{
    Proxy, Proxying, body,
    headers::to_endpoint,
    journal::{Kind, Tag},
    keys::Shown,
    refusal::Refusal,
    socket::{Pairs, slot},
};
use crate::serve::{Shared, calls::is_call_id, peer::Peer, slots::Slot};

/// What every request brings.
type Asked = (
    State<Shared>,
    Extension<Proxy>,
    Extension<Peer>,
    Extension<Shown>,
    Query<Pairs>,
);

pub(super) async fn client_secrets(asked: Asked, request: Request) -> Response {
    pass(ProxyTarget::ClientSecrets, asked, request).await
}

pub(super) async fn calls(asked: Asked, request: Request) -> Response {
    pass(ProxyTarget::Calls, asked, request).await
}

pub(super) async fn accept(asked: Asked, Path(id): Path<String>, request: Request) -> Response {
    about(id, ProxyTarget::Accept, asked, request).await
}

pub(super) async fn reject(asked: Asked, Path(id): Path<String>, request: Request) -> Response {
    about(id, |it| ProxyTarget::Call(it, "reject"), asked, request).await
}

pub(super) async fn refer(asked: Asked, Path(id): Path<String>, request: Request) -> Response {
    about(id, |it| ProxyTarget::Call(it, "refer"), asked, request).await
}

pub(super) async fn hangup(asked: Asked, Path(id): Path<String>, request: Request) -> Response {
    about(id, |it| ProxyTarget::Call(it, "hangup"), asked, request).await
}

/// Passes on what is about a call.
async fn about(
    id: String,
    target: impl FnOnce(RealtimeCallId) -> ProxyTarget,
    asked: Asked,
    request: Request,
) -> Response {
    if !is_call_id(&id) {
        let message = "The path names no call: it stands at the end of a call's 'Location'.";
        return Refusal::bad(Some("call_id"), message).into_response();
    }
    pass(target(id.into()), asked, request).await
}

async fn pass(target: ProxyTarget, asked: Asked, request: Request) -> Response {
    let (
        State(backend),
        Extension(Proxy(proxying)),
        Extension(peer),
        Extension(shown),
        Query(query),
    ) = asked;
    let headers = to_endpoint(request.headers());
    let read = async {
        let slot = match target {
            ProxyTarget::Calls | ProxyTarget::Accept(_) => Some(slot(&backend, peer)?),
            _ => None,
        };
        Ok::<_, Refusal>((slot, body::read(request).await?))
    };
    let (slot, body) = match read.await {
        Ok(read) => read,
        Err(refusal) => return refusal.into_response(),
    };
    let post = ProxyPost {
        target,
        query,
        key: shown.key,
        sideband_key: shown.sideband,
        headers,
        body,
    };
    let passing = Passing {
        proxying,
        post,
        slot,
    };
    // A task of its own: a client that goes away meanwhile must not leave a call behind whose tools
    // nobody answers.
    let passed = backend.tasks.spawn(passing.run(Arc::clone(&backend))).await;
    passed.unwrap_or_else(|_| Refusal::internal().into_response())
}

/// A request that is being passed on.
struct Passing {
    proxying: Arc<Proxying>,
    post: ProxyPost,
    slot: Option<Slot<Peer>>,
}

impl Passing {
    async fn run(self, backend: Shared) -> Response {
        let mints = self.post.target == ProxyTarget::ClientSecrets;
        let own_key = self.post.key.is_none();
        // Boxed: a handshake holds large buffers.
        let passed = Box::pin(backend.agent.proxy_post(self.post)).await;
        let (answer, call) = match passed {
            Ok(passed) => passed,
            Err(refusal) => return self.proxying.refused(&refusal, own_key),
        };
        if !answer.status.is_success() {
            return self.proxying.turned_away(&answer, own_key);
        }
        if mints {
            self.proxying.remember(&answer);
        }
        let name = call.as_ref().map(|it| it.call_id().clone());
        if let Some(call) = call {
            backend
                .tasks
                .spawn(lead(Arc::clone(&backend), call, self.slot));
        }
        self.proxying.answer(answer, name.as_ref())
    }
}

/// Answers the tools of a call until it ends.
async fn lead(backend: Shared, call: ProxiedCall, slot: Option<Slot<Peer>>) {
    let tag = Tag::begin(Kind::Call);
    let end = call.run(backend.stop.clone()).await;
    tag.end(&end);
    drop(slot);
}

/// The answer to a request for a key, as far as it is needed.
#[derive(Deserialize)]
struct Secret {
    value: Private<String>,
    expires_at: u64,
}

impl Proxying {
    /// Lets those in that have a key which was made here.
    fn remember(&self, answer: &ProxyAnswer) {
        let secret = serde_json::from_slice::<Secret>(answer.body.expose());
        if let Ok(secret) = secret {
            self.keys.remember(secret.value, secret.expires_at);
        }
    }

    /// Gives an endpoint's answer to the client. The call is found here, not there.
    fn answer(&self, answer: ProxyAnswer, call: Option<&RealtimeCallId>) -> Response {
        let body = String::from_utf8(answer.body.into_exposed()).unwrap_or_default();
        let mut response = self.pass_back(answer.status, &answer.headers, body);
        let location = call.filter(|_| answer.headers.contains_key(LOCATION));
        let location = location.map(|it| format!("/v1/realtime/calls/{it}"));
        if let Some(Ok(location)) = location.map(HeaderValue::try_from) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}
