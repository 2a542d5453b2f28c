//! Streamable HTTP at `/mcp`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{Extension, Router};
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;

use super::connection::Origin;
use super::link::{Forgotten, Link};
use crate::sample::{Handler, Sample};

const SESSION_ID: &str = "mcp-session-id";

/// How long a client is told to wait before it resumes a broken stream. rmcp's three seconds would
/// be most of a test's time.
const RETRY: Duration = Duration::from_millis(100);

/// The routes of `sample`, which end when `stop` is cancelled.
pub(super) fn routes<S: Sample>(sample: S, hosts: &[String], stop: CancellationToken) -> Router {
    let mut open = LocalSessionManager::default();
    open.session_config.sse_retry = Some(RETRY);
    let sessions = Sessions {
        open: Arc::new(open),
        forgotten: Forgotten::default(),
    };
    let mut config = StreamableHttpServerConfig::default().with_allowed_hosts(hosts);
    config.sse_retry = Some(RETRY);
    config.cancellation_token = stop;
    let service = StreamableHttpService::new(
        move || Ok(Handler(sample.clone())),
        sessions.open.clone(),
        config,
    );
    Router::new()
        .route_service("/mcp", service)
        .layer(middleware::from_fn_with_state(sessions, name_session))
}

#[derive(Debug, Clone)]
struct Sessions {
    open: Arc<LocalSessionManager>,
    forgotten: Forgotten,
}

/// Tells the call which session it belongs to, and drops the session first if it was to be
/// forgotten: rmcp then answers 404 of its own.
async fn name_session(
    State(sessions): State<Sessions>,
    Extension(link): Extension<Link>,
    ConnectInfo(origin): ConnectInfo<Origin>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = request.headers().get(SESSION_ID);
    if let Some(id) = id.and_then(|id| id.to_str().ok()).map(str::to_owned) {
        if sessions.forgotten.take(&id)
            && let Err(error) = sessions.open.close_session(&id.as_str().into()).await
        {
            tracing::debug!(%error, "a forgotten session did not close");
        }
        let link = link
            .in_session(id, sessions.forgotten.clone())
            .with_reply(origin.flushes);
        request.extensions_mut().insert(link);
    }
    next.run(request).await
}
