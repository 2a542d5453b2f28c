//! [`OAuth`]: lets in only whom a person let in, as an authorization server of its own.
//!
//! It is served on the sample's own address. It registers whoever asks, wants PKCE, gives tokens that
//! end and refresh tokens that work once, and takes a whole sign-in back when one is used twice, as
//! careful servers do.

mod ledger;
mod routes;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use tokio::sync::{OwnedRwLockWriteGuard, RwLock, watch};

use ledger::Ledger;

/// Who is let in, and for how long. Clones are one.
#[derive(Clone)]
pub struct OAuth {
    terms: Terms,
    ledger: Arc<Mutex<Ledger>>,
    /// Held where tokens are to wait.
    gate: Arc<RwLock<()>>,
    /// How many token requests came, also those that wait.
    asked: Arc<watch::Sender<usize>>,
}

#[derive(Clone, Debug)]
struct Terms {
    lifetime: Duration,
    said: Duration,
    asks: bool,
}

/// What happened at an [`OAuth`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Clients that registered.
    pub registered: usize,
    /// Codes that were redeemed.
    pub signed_in: usize,
    /// Refresh tokens that were exchanged.
    pub refreshed: usize,
    /// Refresh tokens that were refused.
    pub refused: usize,
}

impl OAuth {
    /// Tokens for an hour, and a page that asks the person.
    #[must_use]
    pub fn new() -> Self {
        let terms = Terms {
            lifetime: Duration::from_secs(3600),
            said: Duration::from_secs(3600),
            asks: true,
        };
        Self {
            terms,
            ledger: Arc::default(),
            gate: Arc::default(),
            asked: Arc::default(),
        }
    }

    /// How long an access token is said to last. It is refused when that is over.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.terms.lifetime = lifetime;
        self.terms.said = lifetime;
        self
    }

    /// How long an access token is said to last, whatever is true.
    #[must_use]
    pub fn said_lifetime(mut self, said: Duration) -> Self {
        self.terms.said = said;
        self
    }

    /// Sends the browser back at once, as if the person had been asked and had said yes.
    #[must_use]
    pub fn unasked(mut self) -> Self {
        self.terms.asks = false;
        self
    }

    /// Refuses all access tokens that are out; refresh tokens go on working.
    pub fn revoke(&self) {
        self.ledger().revoke();
    }

    /// Refuses all refresh tokens that are out.
    pub fn revoke_refresh(&self) {
        self.ledger().revoke_refresh();
    }

    /// From now on answers 403 to tokens that don't have this scope.
    pub fn require(&self, scope: &str) {
        self.ledger().required.push(scope.to_owned());
    }

    /// Answers no request for a token until the guard is dropped.
    pub async fn hold(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.gate).write_owned().await
    }

    /// Waits until so many requests for a token came in all.
    pub async fn asked(&self, times: usize) {
        // The sender lives as long as `self`.
        let _ = self
            .asked
            .subscribe()
            .wait_for(|asked| *asked >= times)
            .await;
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.ledger().counts
    }

    /// What it answers where nobody needs a token yet.
    pub(crate) fn routes(&self) -> Router {
        routes::routes(self.clone())
    }

    /// Tells whether a request may pass; if not, the status and the challenge.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        host: &str,
    ) -> Result<(), (StatusCode, String)> {
        let metadata = format!("http://{host}{}", routes::RESOURCE);
        let token = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = token.and_then(|value| value.strip_prefix("Bearer "));
        let ledger = self.ledger();
        let Some(scopes) = token.and_then(|token| ledger.scopes_of(token)) else {
            let error = if token.is_some() {
                "error=\"invalid_token\", "
            } else {
                ""
            };
            let challenge = format!("Bearer {error}resource_metadata=\"{metadata}\"");
            return Err((StatusCode::UNAUTHORIZED, challenge));
        };
        let missing = ledger.required.iter().find(|scope| !scopes.contains(scope));
        let Some(missing) = missing else {
            return Ok(());
        };
        let challenge = format!(
            "Bearer error=\"insufficient_scope\", scope=\"{missing}\", resource_metadata=\"{metadata}\""
        );
        Err((StatusCode::FORBIDDEN, challenge))
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for OAuth {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows no token.
impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth")
            .field("terms", &self.terms)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
