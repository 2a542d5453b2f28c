//! [`OAuth`]: the tokens of one server, refreshed before they end, by one at a time.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rtmcp_core::Private;
use tokio::time::Instant;
use url::Url;

use super::Refusal;
use crate::{
    Guard,
    auth::{
        challenge::Challenge,
        config::{Grant, OAuthConfig},
        crypto,
        discovery::{Discovered, discover},
        grant,
        problem::{ErrorCode, Problem},
        record::{Record, now},
        registration::{Client, Wanted},
        sign_in::{LIFETIME, Pending, SignIn, Waiting},
        store::TokenKey,
        web::Web,
    },
    failure::Failure,
};

/// Tokens are asked for by tasks of their own: a call that is cancelled in the middle of a refresh
/// would lose the new refresh token, after the old one has been used up.
pub(crate) struct OAuth {
    config: OAuthConfig,
    url: Url,
    key: TokenKey,
    web: Web,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the store has, as far as we know.
    record: Option<Record>,
    /// What the server said last, when it wanted to see a token.
    challenge: Challenge,
    /// What it wanted to be allowed in addition to what is granted.
    wanted: Vec<String>,
    /// The registration of a sign-in that isn't done.
    client: Option<Client>,
    waiting: Waiting,
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth")
            .field("server", &self.key.server)
            .finish_non_exhaustive()
    }
}

impl OAuth {
    pub(super) fn new(config: OAuthConfig, guard: &Guard, url: &Url) -> Result<Self, Problem> {
        let web = Web::new(guard, url);
        let web = web.ok_or(Problem::Config("the TLS of this system can't be set up"))?;
        Ok(Self {
            key: TokenKey::new(url, config.person.clone()),
            config,
            url: url.clone(),
            web,
            state: Mutex::default(),
        })
    }

    pub(super) async fn token(self: &Arc<Self>) -> Result<Option<Private<String>>, Failure> {
        let record = self.record().await.map_err(Failure::Auth)?;
        let Some(tokens) = record.and_then(|record| record.tokens) else {
            return Ok(None);
        };
        if !tokens.is_ending(now()) {
            return Ok(Some(tokens.access));
        }
        match self.renew(tokens.access.clone()).await {
            Ok(token) => Ok(Some(token)),
            Err(problem) => {
                // As long as the old one may still work, the server is the one to say that it doesn't.
                let end = tokens
                    .lifetime
                    .map(|lifetime| tokens.received.saturating_add(lifetime));
                if end.is_some_and(|end| end > now()) {
                    return Ok(Some(tokens.access));
                }
                Err(failure(problem))
            }
        }
    }

    pub(super) async fn refused(
        self: &Arc<Self>,
        refusal: &Refusal,
    ) -> Result<Option<Private<String>>, Failure> {
        let is_step_up = refusal.status == 403 && refusal.challenge.lacks_scope;
        if refusal.status != 401 && !is_step_up {
            return Ok(None);
        }
        self.state().challenge = refusal.challenge.clone();
        if is_step_up && !self.wants_more(&refusal.challenge.scopes).await? {
            // It has all that the server asks for: asking for it again can't help.
            return Ok(None);
        }
        let renewed = match &refusal.token {
            Some(token) if !is_step_up => self.renew(token.clone()).await,
            used => self.acquire(used.clone()).await,
        };
        match renewed {
            Ok(token) => Ok(Some(token)),
            Err(Problem::NoSuchSignIn) if is_step_up => Err(Failure::SignInForMore),
            Err(problem) => Err(failure(problem)),
        }
    }

    /// The newest token was refused: it is forgotten, so that somebody signs in anew.
    pub(super) async fn given_up(&self, refusal: &Refusal) -> Failure {
        if !matches!(self.config.grant, Grant::Person) {
            return Failure::Unauthorized(refusal.status);
        }
        if refusal.status == 403 {
            let wants_more = refusal.challenge.lacks_scope
                && self
                    .wants_more(&refusal.challenge.scopes)
                    .await
                    .unwrap_or(false);
            return match wants_more {
                true => Failure::SignInForMore,
                false => Failure::Unauthorized(refusal.status),
            };
        }
        let record = self.record().await.ok().flatten();
        if let Some(mut record) = record
            && record.tokens.as_ref().map(|tokens| &tokens.access) == refusal.token.as_ref()
        {
            record.tokens = None;
            if let Err(problem) = self.save(record).await {
                return Failure::Auth(problem);
            }
        }
        Failure::SignIn
    }

    pub(super) async fn sign_in(&self, redirect_uri: Url) -> Result<SignIn, Problem> {
        if !matches!(self.config.grant, Grant::Person) {
            return Err(Problem::Config(
                "this program signs in by itself: see `grant`",
            ));
        }
        let found = self.discover().await?;
        let metadata = &found.metadata;
        if !metadata.does_s256 {
            return Err(Problem::NoPkce);
        }
        let endpoint = metadata.authorization_endpoint.clone();
        let endpoint = endpoint.ok_or(Problem::Malformed("it names no place to sign in at"))?;
        self.web.check(&endpoint)?;
        let scopes = self.scopes(&found);
        let before = self.record().await?.map(|record| record.client);
        let before = self.state().client.clone().or(before);
        let wanted = Wanted {
            redirect_uri: &redirect_uri,
            scopes: &scopes,
        };
        let client = Client::find(&self.web, &self.config, metadata, before, wanted).await?;
        let (state, verifier) = (crypto::random()?, Private::new(crypto::random()?));
        let pending = Pending {
            verifier,
            client: client.clone(),
            resource: found.resource,
            metadata: found.metadata,
            scopes,
            redirect_uri,
            until: Instant::now() + LIFETIME,
        };
        let url = authorization_url(endpoint, &pending, &state);
        let mut own = self.state();
        own.client = Some(client);
        own.waiting.add(state.clone(), pending);
        Ok(SignIn {
            url,
            state,
            expires_in: LIFETIME,
        })
    }

    pub(super) fn knows(&self, state: &str) -> bool {
        self.state().waiting.has(state)
    }

    pub(super) async fn finish(
        self: &Arc<Self>,
        state: &str,
        code: Result<&Private<String>, &str>,
        issuer: Option<&str>,
    ) -> Result<(), Problem> {
        let pending = self
            .state()
            .waiting
            .take(state)
            .ok_or(Problem::NoSuchSignIn)?;
        // Before anything else: what another server says, an error too, is not to be believed.
        pending.check_issuer(issuer)?;
        let code = match code {
            Ok(code) => code.clone(),
            Err(error) => {
                let code = ErrorCode::named(error).unwrap_or(ErrorCode::Status(400));
                return Err(Problem::Refused(code));
            }
        };
        self.apart(async move |this| {
            let record = grant::redeem(&this.web, &this.config, pending, &code).await?;
            let _lease = this.config.store.lease(&this.key).await?;
            this.save(record).await?;
            this.state().wanted.clear();
            Ok(())
        })
        .await
    }

    /// Another token than `used`: that of somebody who was quicker, a refreshed one, or a new one.
    async fn renew(self: &Arc<Self>, used: Private<String>) -> Result<Private<String>, Problem> {
        self.apart(async move |this| this.renew_here(&used).await)
            .await
    }

    async fn renew_here(&self, used: &Private<String>) -> Result<Private<String>, Problem> {
        let _lease = self.config.store.lease(&self.key).await?;
        let kept = self.reload().await?;
        if let Some(token) = kept.as_ref().and_then(|record| other_token(record, used)) {
            return Ok(token);
        }
        if let Some(record) = &kept {
            match grant::refresh(&self.web, &self.config, record).await {
                Ok(Some(record)) => return self.keep(record).await,
                Ok(None) => {}
                Err(Problem::Refused(code)) if code.is("invalid_grant") => {
                    tracing::debug!(server = self.key.server, "the refresh token is used up");
                    let tokens = None;
                    let client = record.clone();
                    self.save(Record { tokens, ..client }).await?;
                }
                Err(problem) => return Err(problem),
            }
        }
        self.acquire_here().await
    }

    /// A token that nobody signs in for; `used` is the one that may not do enough.
    async fn acquire(
        self: &Arc<Self>,
        used: Option<Private<String>>,
    ) -> Result<Private<String>, Problem> {
        self.apart(async move |this| {
            let _lease = this.config.store.lease(&this.key).await?;
            let kept = this.reload().await?;
            let none = Private::new(String::new());
            let used = used.as_ref().unwrap_or(&none);
            if let Some(token) = kept.as_ref().and_then(|record| other_token(record, used)) {
                return Ok(token);
            }
            this.acquire_here().await
        })
        .await
    }

    async fn acquire_here(&self) -> Result<Private<String>, Problem> {
        if matches!(self.config.grant, Grant::Person) {
            return Err(Problem::NoSuchSignIn);
        }
        let found = self.discover().await?;
        let scopes = self.scopes(&found);
        let record = grant::acquire(&self.web, &self.config, &found, &scopes).await?;
        self.keep(record.ok_or(Problem::NoSuchSignIn)?).await
    }

    async fn discover(&self) -> Result<Discovered, Problem> {
        let challenge = self.state().challenge.clone();
        let found = discover(&self.web, &self.url, &challenge).await?;
        self.config.check_issuer(&self.url, &found.metadata)?;
        Ok(found)
    }

    /// What to ask for: what the configuration says, or the server's answer, or its metadata; and
    /// what it wanted in addition since.
    fn scopes(&self, found: &Discovered) -> Vec<String> {
        let state = self.state();
        let own = [&self.config.scopes, &state.challenge.scopes, &found.scopes];
        let own = own.into_iter().find(|scopes| !scopes.is_empty());
        let mut scopes = Vec::new();
        if !state.wanted.is_empty() {
            let record = state.record.as_ref();
            let granted = record.and_then(|record| record.tokens.as_ref());
            scopes.extend(granted.into_iter().flat_map(|tokens| tokens.scopes.clone()));
        }
        scopes.extend(own.into_iter().flatten().cloned());
        scopes.extend(state.wanted.iter().cloned());
        let is_person = matches!(self.config.grant, Grant::Person);
        let offline = found.metadata.scopes.iter().any(|scope| scope == OFFLINE);
        if is_person && offline && !scopes.is_empty() {
            scopes.push(OFFLINE.to_owned());
        }
        let mut seen = std::collections::HashSet::new();
        scopes.retain(|scope| seen.insert(scope.clone()));
        scopes
    }

    /// Remembers what the server wants in addition, and tells whether that is anything new.
    async fn wants_more(&self, scopes: &[String]) -> Result<bool, Failure> {
        let record = self.record().await.map_err(Failure::Auth)?;
        let tokens = record.and_then(|record| record.tokens);
        let granted = tokens.map(|tokens| tokens.scopes).unwrap_or_default();
        let mut state = self.state();
        let is_new = scopes.iter().any(|scope| !granted.contains(scope));
        for scope in scopes {
            if !state.wanted.contains(scope) {
                state.wanted.push(scope.clone());
            }
        }
        Ok(is_new)
    }

    /// What is kept. Where there is no token, it is read anew: somebody may have signed in with
    /// another program.
    async fn record(&self) -> Result<Option<Record>, Problem> {
        let record = self.state().record.clone();
        match record {
            Some(record) if record.tokens.is_some() => Ok(Some(record)),
            _ => self.reload().await,
        }
    }

    /// What is kept, also by others who use the same store.
    async fn reload(&self) -> Result<Option<Record>, Problem> {
        let text = self.config.store.load(&self.key).await?;
        let record = text.map(|text| serde_json::from_str::<Record>(text.expose()));
        let record = record.transpose().map_err(|_| {
            Problem::Store("a record can't be read: delete it, and sign in again".to_owned())
        })?;
        self.state().record.clone_from(&record);
        Ok(record)
    }

    async fn keep(&self, record: Record) -> Result<Private<String>, Problem> {
        let token = record.tokens.as_ref().map(|tokens| tokens.access.clone());
        self.save(record).await?;
        token.ok_or(Problem::Malformed("it answers without a token"))
    }

    async fn save(&self, record: Record) -> Result<(), Problem> {
        let text = serde_json::to_string(&record)
            .map_err(|_| Problem::Store("a record has no JSON".to_owned()))?;
        {
            let mut state = self.state();
            state.record = Some(record);
        }
        Ok(self
            .config
            .store
            .save(&self.key, Private::new(text))
            .await?)
    }

    /// Runs `work` to its end, also if nobody waits for it anymore.
    async fn apart<T, F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let done = tokio::spawn(work(Arc::clone(self))).await;
        done.unwrap_or(Err(Problem::Unreachable))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where nobody can be asked for a token but a person, that is what the server's owner should hear.
fn failure(problem: Problem) -> Failure {
    match problem {
        Problem::NoSuchSignIn => Failure::SignIn,
        problem => Failure::Auth(problem),
    }
}

/// The token of a record, where it is another one than `used`, and not about to end.
fn other_token(record: &Record, used: &Private<String>) -> Option<Private<String>> {
    let tokens = record.tokens.as_ref()?;
    let is_other = tokens.access != *used && !tokens.is_ending(now());
    is_other.then(|| tokens.access.clone())
}

fn authorization_url(mut url: Url, pending: &Pending, state: &str) -> Url {
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &pending.client.id)
            .append_pair("redirect_uri", pending.redirect_uri.as_str())
            .append_pair("state", state)
            .append_pair("code_challenge", &crypto::s256(pending.verifier.expose()))
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", &pending.resource);
        if !pending.scopes.is_empty() {
            query.append_pair("scope", &pending.scopes.join(" "));
        }
        if pending.scopes.iter().any(|scope| scope == OFFLINE) {
            // OpenID Connect Core, 11: no offline access without it.
            query.append_pair("prompt", "consent");
        }
    }
    url
}

const OFFLINE: &str = "offline_access";
