//! A front before a sample server: it passes on what it gets, sees the headers, and can answer
//! itself as other servers would.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What a front answers itself: `None` passes the request on.
pub(crate) type Rule = dyn Fn(&Seen) -> Option<Response> + Send + Sync;

/// A request as the front sees it.
pub(crate) struct Seen {
    pub(crate) http: String,
    pub(crate) path: String,
    /// The JSON-RPC method of a POST.
    pub(crate) method: String,
    /// The JSON-RPC message of a POST.
    pub(crate) message: Value,
    pub(crate) headers: HeaderMap,
}

pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Arc<Seen>>>>,
    task: tokio::task::JoinHandle<()>,
}

struct Rules {
    upstream: SocketAddr,
    client: reqwest::Client,
    rule: Box<Rule>,
    seen: Arc<Mutex<Vec<Arc<Seen>>>>,
}

impl Front {
    /// A front that knows no revision but those with a session, as most servers do.
    pub(crate) async fn stateful(upstream: SocketAddr) -> Self {
        Self::new(upstream, stateful).await
    }

    pub(crate) async fn new(
        upstream: SocketAddr,
        rule: impl Fn(&Seen) -> Option<Response> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::default();
        let rules = Rules {
            upstream,
            client: reqwest::Client::new(),
            rule: Box::new(rule),
            seen: Arc::clone(&seen),
        };
        let app = Router::new().fallback(pass).with_state(Arc::new(rules));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            address,
            seen,
            task,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Arc<Seen>> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers the probe as a server of revision 2025-11-25 and before does.
pub(crate) fn stateful(seen: &Seen) -> Option<Response> {
    let refusal = (
        StatusCode::BAD_REQUEST,
        "Bad Request: Server not initialized",
    );
    (seen.method == "server/discover").then(|| refusal.into_response())
}

impl Seen {
    /// An answer with this result.
    pub(crate) fn result(&self, result: &Value) -> Response {
        let id = &self.message["id"];
        axum::Json(json!({"jsonrpc": "2.0", "id": id, "result": result})).into_response()
    }
}

/// An answer that begins and never ends.
pub(crate) fn silence() -> Response {
    let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, Body::from_stream(never)).into_response()
}

async fn pass(State(rules): State<Arc<Rules>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 24).await.unwrap();
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let seen = Arc::new(Seen {
        http: head.method.to_string(),
        path: head.uri.path().to_owned(),
        method: message["method"].as_str().unwrap_or_default().to_owned(),
        message,
        headers: head.headers.clone(),
    });
    rules.seen.lock().unwrap().push(Arc::clone(&seen));
    if let Some(answer) = (rules.rule)(&seen) {
        return answer;
    }
    let path = head.uri.path_and_query().unwrap();
    let url = format!("http://{}{path}", rules.upstream);
    let mut headers = head.headers;
    headers.remove(header::HOST);
    let upstream = rules.client.request(head.method, url).headers(headers);
    match upstream.body(Bytes::clone(&body)).send().await {
        Ok(answer) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            *response.body_mut() = Body::from_stream(answer.bytes_stream());
            response
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
