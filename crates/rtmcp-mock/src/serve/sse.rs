//! The HTTP+SSE transport of 2024-11-05, which rmcp no longer serves.
//!
//! `GET /sse` opens an event stream. Its first event, `endpoint`, names the address to POST
//! messages to; every later one, `message`, carries one JSON-RPC message of the server. The stream
//! is the session: when it ends, the session has.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures_util::{Stream, StreamExt, stream};
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::service::serve_server_with_ct;
use rmcp::transport::Transport;
use rmcp::transport::common::server_side_http::session_id;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::link::{Forgotten, Link, Linked};
use crate::sample::{Handler, Sample};

/// Messages that may wait for the other side; more make the sender wait.
const QUEUE: usize = 16;

/// The routes of `sample`, whose sessions end when `stop` is cancelled.
pub(super) fn routes<S: Sample>(sample: S, stop: CancellationToken) -> Router {
    let hub = Arc::new(Hub {
        sample,
        stop,
        forgotten: Forgotten::default(),
        sessions: Mutex::default(),
    });
    Router::new()
        .route("/sse", get(open::<S>))
        .route("/message", post(accept::<S>))
        .with_state(hub)
}

struct Hub<S> {
    sample: S,
    stop: CancellationToken,
    forgotten: Forgotten,
    sessions: Mutex<HashMap<String, mpsc::Sender<ClientJsonRpcMessage>>>,
}

impl<S> Hub<S> {
    fn sessions(&self) -> MutexGuard<'_, HashMap<String, mpsc::Sender<ClientJsonRpcMessage>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn open<S: Sample>(
    State(hub): State<Arc<Hub<S>>>,
    Extension(link): Extension<Link>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let id = session_id().to_string();
    let (to_sample, inbound) = mpsc::channel(QUEUE);
    let (outbound, from_sample) = mpsc::channel(QUEUE);
    hub.sessions().insert(id.clone(), to_sample);

    let ended = hub.stop.child_token();
    let transport = Linked {
        transport: Mailbox { inbound, outbound },
        link: link.in_session(id.clone(), hub.forgotten.clone()),
    };
    tokio::spawn(serve(hub, id.clone(), transport, ended.clone()));

    let endpoint = Event::default()
        .event("endpoint")
        .data(format!("/message?sessionId={id}"));
    let events = stream::iter([Ok(endpoint)])
        .chain(messages(from_sample, ended.clone().drop_guard()))
        .take_until(ended.cancelled_owned());
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// Runs one session until its client or the server ends it.
async fn serve<S: Sample>(
    hub: Arc<Hub<S>>,
    id: String,
    transport: Linked<Mailbox>,
    ended: CancellationToken,
) {
    match serve_server_with_ct(Handler(hub.sample.clone()), transport, ended).await {
        Ok(service) => {
            // Why it ended is the client's business.
            let _ = service.waiting().await;
        }
        Err(_) => tracing::debug!("a session ended before it began"),
    }
    hub.sessions().remove(&id);
}

/// What the sample says, as events. When the client goes, `_gone` ends the session.
fn messages(
    from_sample: mpsc::Receiver<ServerJsonRpcMessage>,
    gone: DropGuard,
) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((from_sample, gone), async |(mut from_sample, gone)| {
        let message = from_sample.recv().await?;
        let text = serde_json::to_string(&message).ok()?;
        let event = Event::default().event("message").data(text);
        Some((Ok(event), (from_sample, gone)))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    session_id: String,
}

async fn accept<S: Sample>(
    State(hub): State<Arc<Hub<S>>>,
    Query(Address { session_id }): Query<Address>,
    body: Bytes,
) -> Response {
    if hub.forgotten.take(&session_id) {
        hub.sessions().remove(&session_id);
    }
    let to_sample = hub.sessions().get(&session_id).cloned();
    let Some(to_sample) = to_sample else {
        return (StatusCode::NOT_FOUND, "Session not found").into_response();
    };
    let Ok(message) = serde_json::from_slice(&body) else {
        return (StatusCode::BAD_REQUEST, "Not a JSON-RPC message").into_response();
    };
    match to_sample.send(message).await {
        Ok(()) => (StatusCode::ACCEPTED, "Accepted").into_response(),
        Err(_) => (StatusCode::NOT_FOUND, "Session not found").into_response(),
    }
}

/// rmcp's side of one session.
struct Mailbox {
    inbound: mpsc::Receiver<ClientJsonRpcMessage>,
    outbound: mpsc::Sender<ServerJsonRpcMessage>,
}

impl Transport<RoleServer> for Mailbox {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let outbound = self.outbound.clone();
        async move {
            let sent = outbound.send(message).await;
            sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        self.inbound.recv().await
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inbound.close();
        Ok(())
    }
}
