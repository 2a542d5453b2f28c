//! HTTP+SSE, the transport of revision 2024-11-05: a GET stream down, POSTs up.
//!
//! ```text
//!   GET /sse ──────────▶ event: endpoint   data: /messages?session=…
//!   POST /messages ────▶ 202
//!                ◀────── event: message    data: {"jsonrpc":"2.0", …}
//! ```

use std::time::Duration;

use futures_util::StreamExt;
use http::{Method, header};
use rmcp::{
    RoleClient,
    model::{ErrorData, RequestId, ServerJsonRpcMessage},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use sse_stream::Sse;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::{
    failure::Failure,
    http::{Events, HttpClient, HttpError, is_media_type, lasting_events, refusal},
};

/// A connection over HTTP+SSE; it lasts as long as its stream.
pub(crate) struct SseTransport {
    http: HttpClient,
    endpoint: Url,
    events: Events,
    posts: TaskTracker,
    /// When the stream has ended: until when its last posts may still be answered.
    ended: Option<Instant>,
}

impl SseTransport {
    /// Opens the stream at `url` and waits for the address to post to.
    pub(crate) async fn connect(http: HttpClient, url: &Url) -> Result<Self, Failure> {
        let request = http
            .request(Method::GET, url.as_str())
            .header(header::ACCEPT, EVENT_STREAM)
            .header(header::CACHE_CONTROL, "no-store");
        let response = http.send(request).await?;
        if !response.status().is_success() {
            return Err(refusal(&response));
        }
        if !is_media_type(response.headers(), EVENT_STREAM) {
            return Err(Failure::NotMcp("the answer to GET is no event stream"));
        }
        // A redirect may have led to another path of the same origin.
        let base = response.url().clone();
        let mut events = lasting_events(response, http.loss());
        let endpoint = first_endpoint(&mut events, &base).await?;
        Ok(Self {
            http,
            endpoint,
            events,
            posts: TaskTracker::new(),
            ended: None,
        })
    }

    /// The next message, or `None` at the end of the stream.
    async fn next(&mut self) -> Option<ServerJsonRpcMessage> {
        while self.ended.is_none() {
            match self.events.next().await {
                Some(Ok(event)) => {
                    if let Some(message) = message(event) {
                        return Some(message);
                    }
                }
                end => {
                    let broke = end.is_some();
                    tracing::debug!(broke, "the event stream ended");
                    self.ended = Some(Instant::now() + LAST_POSTS);
                }
            }
        }
        None
    }
}

impl Transport<RoleClient> for SseTransport {
    type Error = HttpError;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let http = self.http.clone();
        let endpoint = self.endpoint.clone();
        let is_open = self.ended.is_none();
        let posting = self.posts.token();
        async move {
            let _posting = posting;
            if !is_open {
                return Err(Failure::Closed.into());
            }
            Ok(post(&http, &endpoint, &item).await?)
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        if let Some(message) = self.next().await {
            return Some(message);
        }
        // A server that forgot the session ends the stream and refuses the post: only the refusal
        // tells that the request was not processed, so it must not be overtaken.
        let deadline = self.ended.unwrap_or_else(Instant::now);
        self.posts.close();
        let answered = timeout_at(deadline, self.posts.wait()).await;
        tracing::debug!(all_answered = answered.is_ok(), "the connection ended");
        None
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.ended.get_or_insert_with(Instant::now);
        self.events = futures_util::stream::empty().boxed();
        Ok(())
    }
}

async fn first_endpoint(events: &mut Events, base: &Url) -> Result<Url, Failure> {
    while let Some(event) = events.next().await {
        let event = event.map_err(|_| Failure::Closed)?;
        if event.event.as_deref() == Some("endpoint") {
            return resolve(base, event.data.as_deref().unwrap_or_default());
        }
    }
    Err(Failure::NotMcp(
        "the event stream names no endpoint to post to",
    ))
}

/// The address to post to; only on the stream's own origin, since the credentials go there too.
fn resolve(base: &Url, endpoint: &str) -> Result<Url, Failure> {
    let url = base
        .join(endpoint.trim())
        .map_err(|_| Failure::NotMcp("the endpoint that the event stream names is no URL"))?;
    if url.origin() != base.origin() {
        return Err(Failure::NotMcp(
            "the event stream wants messages posted to another host",
        ));
    }
    Ok(url)
}

async fn post(
    http: &HttpClient,
    endpoint: &Url,
    item: &TxJsonRpcMessage<RoleClient>,
) -> Result<(), Failure> {
    let body = serde_json::to_vec(item).map_err(|_| Failure::NotMcp("a message has no JSON"))?;
    let request = http
        .request(Method::POST, endpoint.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .body(body);
    let response = http.send(request).await?;
    match response.status().as_u16() {
        200..=299 => Ok(()),
        // The stream is there and what it belongs to isn't.
        404 | 410 => Err(Failure::SessionLost),
        _ => Err(refusal(&response)),
    }
}

/// The message of an event; comments, pings and other events have none.
fn message(event: Sse) -> Option<ServerJsonRpcMessage> {
    if !matches!(event.event.as_deref(), None | Some("" | "message")) {
        return None;
    }
    let data = event.data.filter(|data| !data.trim().is_empty())?;
    match serde_json::from_str(&data) {
        Ok(message) => Some(message),
        Err(error) => {
            tracing::debug!(category = ?error.classify(), "an event is not a JSON-RPC message");
            unreadable(&data)
        }
    }
}

/// An unreadable answer ends the request that it answers, which would wait in vain otherwise.
fn unreadable(data: &str) -> Option<ServerJsonRpcMessage> {
    let value: serde_json::Value = serde_json::from_str(data).ok()?;
    if value.get("method").is_some() {
        return None;
    }
    let id: RequestId = serde_json::from_value(value.get("id")?.clone()).ok()?;
    let error = ErrorData::internal_error("the answer is not a JSON-RPC message", None);
    Some(ServerJsonRpcMessage::error(error, Some(id)))
}

const EVENT_STREAM: &str = "text/event-stream";
const LAST_POSTS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        "http://127.0.0.1:8091/sse".parse().unwrap()
    }

    #[test]
    fn an_endpoint_may_be_a_path_or_a_url_of_the_same_origin() {
        for endpoint in [
            "/messages?s=1",
            "messages?s=1",
            "http://127.0.0.1:8091/messages?s=1",
        ] {
            let url = resolve(&base(), endpoint).unwrap();
            assert_eq!(url.as_str(), "http://127.0.0.1:8091/messages?s=1");
        }
    }

    #[test]
    fn an_endpoint_elsewhere_is_refused() {
        for endpoint in [
            "http://127.0.0.1:8092/m",
            "https://127.0.0.1:8091/m",
            "//evil.example/m",
        ] {
            assert!(matches!(
                resolve(&base(), endpoint),
                Err(Failure::NotMcp(_))
            ));
        }
    }

    #[test]
    fn other_events_are_no_messages() {
        let ping = Sse::default().event("ping").data("2026-01-01");
        assert!(message(ping).is_none());
        assert!(message(Sse::default().data("")).is_none());
        assert!(message(Sse::default().data("not json")).is_none());
    }

    #[test]
    fn an_unreadable_answer_ends_its_request() {
        let data = r#"{"jsonrpc":"1.0","id":7,"result":{}}"#;
        let Some(ServerJsonRpcMessage::Error(error)) = message(Sse::default().data(data)) else {
            panic!("an error");
        };
        assert_eq!(error.id, Some(RequestId::Number(7)));
    }
}
