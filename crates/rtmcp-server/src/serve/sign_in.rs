//! Signing in to MCP servers: a page starts it for its visitor, whose browser comes back to
//! `GET /oauth/callback`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use rtmcp::mcp::{Auth, MemoryStore, Pool, ServerConfig, SignInAnswer, Signer};
use rtmcp_api::{ProblemCode, SignIn};
use rtmcp_core::ServerName;
use tokio::time::Instant;
use url::Url;

use super::{Common, Shared, refusal::Refusal, sessions::Named, visitor::Visitor};

/// Where browsers come back to.
pub(super) const CALLBACK: &str = "/oauth/callback";

/// Those who are on their way, and what visitors have signed in to.
#[derive(Debug, Default)]
pub(super) struct SignIns {
    waiting: Mutex<HashMap<String, Waiting>>,
    kept: Mutex<HashMap<Visitor, Kept>>,
}

/// A visitor on their way. Only their own browser can come back for them.
#[derive(Debug)]
struct Waiting {
    visitor: Visitor,
    pool: Arc<Pool>,
    until: Instant,
}

/// The tokens of a visitor: in memory alone, since nobody knows the visitor again whose cookie is
/// gone.
#[derive(Debug)]
struct Kept {
    tokens: MemoryStore,
    used: Instant,
}

impl SignIns {
    /// Gives servers to which each person signs in the tokens of this visitor. Returns whether there
    /// are such servers.
    pub(super) fn give(&self, visitor: &Visitor, servers: &mut [ServerConfig]) -> bool {
        let mut has_any = false;
        for server in servers {
            if let Auth::OAuth(oauth) = &mut server.auth
                && oauth.signer == Signer::Person
            {
                has_any = true;
                oauth.store = Arc::new(self.tokens(visitor));
            }
        }
        has_any
    }

    fn tokens(&self, visitor: &Visitor) -> MemoryStore {
        let now = Instant::now();
        let mut kept = lock(&self.kept);
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, it| now.duration_since(it.used) < UNUSED);
        }
        if kept.len() >= MOST_KEPT
            && let Some(oldest) = kept.iter().min_by_key(|(_, it)| it.used)
        {
            let oldest = oldest.0.clone();
            kept.remove(&oldest);
        }
        let own = kept.entry(visitor.clone()).or_insert_with(|| Kept {
            tokens: MemoryStore::default(),
            used: now,
        });
        own.used = now;
        own.tokens.clone()
    }

    fn wait(&self, state: String, waiting: Waiting) {
        let now = Instant::now();
        let mut all = lock(&self.waiting);
        all.retain(|_, it| it.until > now);
        all.insert(state, waiting);
    }

    /// Takes out who comes back. Somebody else's browser takes nobody out.
    fn take(&self, state: &str, visitor: &Visitor) -> Option<Arc<Pool>> {
        let mut all = lock(&self.waiting);
        let is_own = all.get(state).is_some_and(|it| it.visitor == *visitor);
        let waiting = is_own.then(|| all.remove(state)).flatten()?;
        (waiting.until > Instant::now()).then_some(waiting.pool)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a sign-in for the visitor of a session.
pub(super) async fn begin(
    State(backend): State<Shared>,
    Named { session, .. }: Named,
    Path(path): Path<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Json<SignIn>, Refusal> {
    let server = path.get("server").map(String::as_str).unwrap_or_default();
    let server = ServerName::from(server);
    check_signer(&backend, &session.pool, &server)?;
    let back = callback(&backend, &headers)?;
    let pool = Arc::clone(&session.pool);
    let started = pool.sign_in(&server, &back).await;
    let started =
        started.map_err(|error| Refusal::new(ProblemCode::McpServer, error.to_string()))?;
    let waiting = Waiting {
        visitor: session.visitor.clone(),
        pool,
        until: Instant::now() + started.expires_in,
    };
    backend.sign_ins.wait(started.state, waiting);
    Ok(Json(SignIn {
        url: started.url.into(),
        expires_ms: u64::try_from(started.expires_in.as_millis()).unwrap_or(u64::MAX),
    }))
}

/// What the owner signs in to is used by all: a visitor who signed in would act for all of them.
fn check_signer(backend: &Common, pool: &Pool, server: &ServerName) -> Result<(), Refusal> {
    match pool.signer(server) {
        Some(Signer::Person) => Ok(()),
        Some(Signer::Owner) if backend.config.local => Ok(()),
        Some(Signer::Owner) => Err(Refusal::forbidden(format!(
            "only the owner signs in to `{server}`, for everybody: `rtmcp sign-in {server}` does it"
        ))),
        None => Err(Refusal::new(
            ProblemCode::NotFound,
            "the call has no server of this name to sign in to",
        )),
    }
}

/// The address at which a browser comes back: that of the page.
fn callback(backend: &Common, headers: &HeaderMap) -> Result<Url, Refusal> {
    let public = backend.config.public_url.clone();
    let own = || {
        // Checked by the guard: it is one of our names.
        let host = headers.get(HOST)?.to_str().ok()?;
        Url::parse(&format!("http://{host}")).ok()
    };
    let base = public.or_else(own);
    let back = base.and_then(|base| base.join(CALLBACK).ok());
    back.ok_or_else(|| Refusal::bad("the request doesn't say which address it came to"))
}

/// Ends a sign-in.
pub(super) async fn finish(
    State(backend): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    uri: Uri,
) -> Response {
    let answer = uri.query().and_then(SignInAnswer::from_query);
    let found = answer.and_then(|answer| {
        let pool = backend.sign_ins.take(&answer.state, &visitor)?;
        Some((pool, answer))
    });
    let Some((pool, answer)) = found else {
        let text = "This sign-in is over, or was never yours. Start it again.";
        return page(StatusCode::BAD_REQUEST, text);
    };
    // A browser that goes away must not lose what the person granted.
    let finished = tokio::spawn(async move { pool.finish_sign_in(&answer).await });
    match finished.await {
        Ok(Ok(server)) => {
            tracing::info!(visitor = visitor.tag(), %server, "signed in");
            let text = format!("You are signed in to {server}. You can close this page.");
            page(StatusCode::OK, &text)
        }
        Ok(Err(error)) => page(StatusCode::BAD_REQUEST, &format!("Not signed in: {error}.")),
        Err(_) => page(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Not signed in: try again.",
        ),
    }
}

/// A text as a page that does nothing, and tells nobody of the address it was at.
fn page(status: StatusCode, text: &str) -> Response {
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        ),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
    ];
    (status, headers, text.to_owned()).into_response()
}

/// Visitors whose tokens are kept.
const MOST_KEPT: usize = 10_000;
/// After so long without a call, a visitor makes room for others.
const UNUSED: Duration = Duration::from_secs(3600);
