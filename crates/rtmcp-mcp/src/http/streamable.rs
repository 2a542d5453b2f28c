//! The HTTP half of Streamable HTTP, for rmcp's transport.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use futures_util::{StreamExt, stream::BoxStream};
use http::{HeaderName, HeaderValue, Method, header};
use rmcp::{
    model::{
        ClientJsonRpcMessage, ClientRequest, ErrorCode, ErrorData, RequestId, ServerJsonRpcMessage,
    },
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    },
};
use rtmcp_core::limits;
use sse_stream::Sse;

use super::{
    Events, HttpClient, HttpError, answer_events, error_data, is_media_type, lasting_events,
    pooling::Timing, read_bounded, refusal, rpc_error,
};
use crate::{
    failure::{Failure, RpcError},
    loss::Loss,
};

type HttpResult<T> = Result<T, StreamableHttpError<HttpError>>;

impl StreamableHttpClient for HttpClient {
    type Error = HttpError;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> HttpResult<StreamableHttpPostResponse> {
        let body = serde_json::to_vec(&message)?;
        let sent = Sent::new(message, session_id.is_some());
        let clients = &self.inner.clients;
        let kept = clients.pooling.keeps();
        let start = Instant::now();
        let request = clients
            .request(Method::POST, &uri, kept)
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::CONTENT_TYPE, JSON)
            .body(body);
        let request = with_protocol(request, session_id, custom_headers);
        let result = match self.send(request).await {
            Ok(response) => answer(response, &sent, self.loss()).await,
            Err(failure) => Err(failure),
        };
        match result {
            Ok(StreamableHttpPostResponse::Sse(stream, session)) => {
                let stream = self.timed(stream, kept, start);
                Ok(StreamableHttpPostResponse::Sse(stream, session))
            }
            Ok(other) => Ok(other),
            Err(failure) => {
                self.loss().note(&failure);
                Err(to_rmcp(failure))
            }
        }
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> HttpResult<BoxStream<'static, Result<Sse, SseError>>> {
        let mut request = self
            .request(Method::GET, &uri)
            .header(header::ACCEPT, EVENT_STREAM);
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        let has_session = session_id.is_some();
        let request = with_protocol(request, session_id, custom_headers);
        let response = self.send(request).await.map_err(|failure| {
            // rmcp reopens a stream that broke: when nothing listens anymore, all else is lost too.
            if matches!(
                failure,
                Failure::Unreachable | Failure::SignIn | Failure::Auth(_)
            ) {
                self.loss().report(failure.clone());
            }
            to_rmcp(failure)
        })?;
        match response.status().as_u16() {
            405 => return Err(StreamableHttpError::ServerDoesNotSupportSse),
            404 if has_session && self.inner.streamed.load(Ordering::Relaxed) => {
                self.loss().report(Failure::SessionLost);
                return Err(StreamableHttpError::SessionExpired);
            }
            200..=299 => {}
            _ => return Err(to_rmcp(refusal(&response))),
        }
        if !is_media_type(response.headers(), EVENT_STREAM) {
            return Err(StreamableHttpError::ServerDoesNotSupportSse);
        }
        self.inner.streamed.store(true, Ordering::Relaxed);
        Ok(lasting_events(response, self.loss()))
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> HttpResult<()> {
        let request = self.request(Method::DELETE, &uri);
        let request = with_protocol(request, Some(session_id), custom_headers);
        // A server that forgot the session, or can't end it, is as good as one that ended it.
        self.send(request).await.map(drop).map_err(to_rmcp)
    }
}

impl HttpClient {
    /// Measures how long the first event of an answer takes.
    fn timed(&self, stream: Events, kept: bool, start: Instant) -> Events {
        let http = self.clone();
        let head = Instant::now();
        let mut is_first = true;
        let stream = stream.inspect(move |event| {
            let has_data = |event: &Sse| event.data.as_ref().is_some_and(|data| !data.is_empty());
            if is_first && event.as_ref().is_ok_and(has_data) {
                is_first = false;
                http.inner.clients.pooling.observe(Timing {
                    kept,
                    wait: head.elapsed(),
                    total: start.elapsed(),
                });
            }
        });
        stream.boxed()
    }
}

/// What must be remembered of a message once it is sent.
struct Sent {
    id: Option<RequestId>,
    has_session: bool,
    is_discover: bool,
    is_initialize: bool,
}

impl Sent {
    fn new(message: ClientJsonRpcMessage, has_session: bool) -> Self {
        let ClientJsonRpcMessage::Request(request) = message else {
            return Self {
                id: None,
                has_session,
                is_discover: false,
                is_initialize: false,
            };
        };
        Self {
            id: Some(request.id),
            has_session,
            is_discover: matches!(request.request, ClientRequest::DiscoverRequest(_)),
            is_initialize: matches!(request.request, ClientRequest::InitializeRequest(_)),
        }
    }

    /// An error of the server as the answer to this message, if it was a request.
    fn failed(
        &self,
        error: RpcError,
        data: Option<serde_json::Value>,
    ) -> Option<StreamableHttpPostResponse> {
        let id = self.id.clone()?;
        let code = ErrorCode(i32::try_from(error.code).unwrap_or(i32::MIN));
        let error = ErrorData::new(code, error.message.into_exposed(), data);
        let message = ServerJsonRpcMessage::error(error, Some(id));
        Some(StreamableHttpPostResponse::Json(message, None))
    }
}

async fn answer(
    response: reqwest::Response,
    sent: &Sent,
    loss: &Arc<Loss>,
) -> Result<StreamableHttpPostResponse, Failure> {
    let status = response.status();
    if !status.is_success() {
        return refused(response, sent).await;
    }
    if sent.id.is_none() || matches!(status.as_u16(), 202 | 204) {
        // Whatever a server says to a notification or a reply, nobody waits for it.
        return Ok(StreamableHttpPostResponse::Accepted);
    }
    let session = response.headers().get("Mcp-Session-Id");
    let session = session.and_then(|id| id.to_str().ok()).map(str::to_owned);
    if is_media_type(response.headers(), EVENT_STREAM) {
        let stream = answer_events(response, loss);
        return Ok(StreamableHttpPostResponse::Sse(stream, session));
    }
    if !is_media_type(response.headers(), JSON) {
        return Err(Failure::NotMcp(
            "the answer is neither JSON nor an event stream",
        ));
    }
    let body = read_bounded(response, limits::MCP_MESSAGE_BYTES).await?;
    let message = serde_json::from_slice(&body)
        .map_err(|_| Failure::NotMcp("the answer is not a JSON-RPC message"))?;
    Ok(StreamableHttpPostResponse::Json(message, session))
}

/// Sorts an HTTP error into a lost session, a JSON-RPC error, or a plain refusal.
async fn refused(
    response: reqwest::Response,
    sent: &Sent,
) -> Result<StreamableHttpPostResponse, Failure> {
    let status = response.status().as_u16();
    let refusal = refusal(&response);
    let body = read_bounded(response, limits::MCP_ERROR_BYTES).await;
    let body = body.unwrap_or_default();
    if sent.has_session && lost_session(status, &body) {
        return Err(Failure::SessionLost);
    }
    if matches!(refusal, Failure::Unauthorized(_) | Failure::Redirected(_)) {
        return Err(refusal);
    }
    let error = rpc_error(&body);
    let data = error_data(&body);
    if sent.is_discover && !sent.has_session && (400..500).contains(&status) {
        // The way in which servers of older revisions answer the probe.
        let error = error.unwrap_or(RpcError {
            code: i64::from(ErrorCode::INVALID_REQUEST.0),
            message: Default::default(),
        });
        return sent.failed(error, data).ok_or(refusal);
    }
    if sent.is_initialize {
        // The status tells more here: it decides whether HTTP+SSE is tried.
        return Err(refusal);
    }
    error
        .and_then(|error| sent.failed(error, data))
        .ok_or(refusal)
}

/// The specification says 404. Older servers say 400 or 401, and only their words tell.
fn lost_session(status: u16, body: &[u8]) -> bool {
    match status {
        404 => true,
        400 | 401 => String::from_utf8_lossy(body)
            .to_lowercase()
            .contains("session"),
        _ => false,
    }
}

fn with_protocol(
    mut request: reqwest::RequestBuilder,
    session_id: Option<Arc<str>>,
    headers: HashMap<HeaderName, HeaderValue>,
) -> reqwest::RequestBuilder {
    if let Some(id) = session_id {
        request = request.header("Mcp-Session-Id", id.as_ref());
    }
    request.headers(headers.into_iter().collect())
}

fn to_rmcp(failure: Failure) -> StreamableHttpError<HttpError> {
    match failure {
        Failure::SessionLost => StreamableHttpError::SessionExpired,
        failure => StreamableHttpError::Client(HttpError(failure)),
    }
}

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream";
