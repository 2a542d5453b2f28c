//! [`SignIn`]: a person on their way to the authorization server and back.

use std::{collections::HashMap, fmt, time::Duration};

use rtmcp_core::Private;
use tokio::time::Instant;
use url::Url;

use super::{metadata::ServerMetadata, problem::Problem, registration::Client};

/// Where a person signs in.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignIn {
    /// What the person's browser is to open. It holds no secret, but whoever opens it signs in for
    /// the one who asked.
    pub url: Url,
    /// What comes back with the code, and tells which sign-in that was. Whoever serves several
    /// people must see to it that it comes back from the one who asked.
    pub state: String,
    /// How long the person has.
    pub expires_in: Duration,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("host", &self.url.host_str())
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// What the authorization server sends back with the person's browser.
///
/// `Debug` doesn't show the code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignInAnswer {
    /// Which sign-in it answers: [`SignIn::state`].
    pub state: String,
    /// The code, or the error that stands there instead, such as `access_denied`.
    pub code: Result<Private<String>, String>,
    /// Who answers, where they say so (RFC 9207).
    pub issuer: Option<String>,
}

impl SignInAnswer {
    /// An answer that grants what was asked for.
    pub fn new(state: impl Into<String>, code: Private<String>, issuer: Option<String>) -> Self {
        Self {
            state: state.into(),
            code: Ok(code),
            issuer,
        }
    }

    /// Reads the query of the URL at which the browser arrives; `None` where it is no such answer.
    ///
    /// ```
    /// use rtmcp_mcp::SignInAnswer;
    ///
    /// let answer = SignInAnswer::from_query("code=a1&state=s1&iss=https%3A%2F%2Fas.example");
    /// let answer = answer.ok_or("no answer")?;
    /// assert_eq!(answer.issuer.as_deref(), Some("https://as.example"));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn from_query(query: &str) -> Option<Self> {
        let value = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            let found = pairs.find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned())
        };
        let code = match (value("code"), value("error")) {
            (_, Some(error)) => Err(error),
            (Some(code), None) => Ok(Private::new(code)),
            (None, None) => return None,
        };
        Some(Self {
            state: value("state")?,
            code,
            issuer: value("iss"),
        })
    }
}

/// Why nobody can sign in, or a sign-in came to nothing.
///
/// `Display` says what happened and what to do, without anything private.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInError {
    server: rtmcp_core::ServerName,
    problem: Problem,
}

impl SignInError {
    pub(crate) fn new(server: rtmcp_core::ServerName, problem: Problem) -> Self {
        Self { server, problem }
    }

    /// Tells whether the state belongs to no sign-in: it is done, too old, or never began.
    pub fn is_unknown(&self) -> bool {
        self.problem == Problem::NoSuchSignIn
    }

    /// Tells whether the server isn't there to be signed in to: none of that name, or one that has
    /// no OAuth.
    pub fn is_misconfigured(&self) -> bool {
        matches!(self.problem, Problem::Config(_))
    }
}

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, problem } = self;
        write!(f, "nobody can sign in to server `{server}`: {problem}")
    }
}

impl fmt::Debug for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignInError({self})")
    }
}

impl std::error::Error for SignInError {}

/// What must be known when the person comes back.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) verifier: Private<String>,
    pub(super) metadata: ServerMetadata,
    pub(super) client: Client,
    pub(super) resource: String,
    pub(super) scopes: Vec<String>,
    pub(super) redirect_uri: Url,
    pub(super) until: Instant,
}

/// Those who are on their way, by their state. Each comes back once.
#[derive(Debug, Default)]
pub(super) struct Waiting(HashMap<String, Pending>);

impl Waiting {
    pub(super) fn add(&mut self, state: String, pending: Pending) {
        let now = Instant::now();
        self.0.retain(|_, pending| pending.until > now);
        if self.0.len() >= MOST
            && let Some(oldest) = self.oldest()
        {
            self.0.remove(&oldest);
        }
        self.0.insert(state, pending);
    }

    pub(super) fn take(&mut self, state: &str) -> Option<Pending> {
        let pending = self.0.remove(state)?;
        (pending.until > Instant::now()).then_some(pending)
    }

    pub(super) fn has(&self, state: &str) -> bool {
        self.0.contains_key(state)
    }

    fn oldest(&self) -> Option<String> {
        let oldest = self.0.iter().min_by_key(|(_, pending)| pending.until);
        oldest.map(|(state, _)| state.clone())
    }
}

impl Pending {
    /// Checks who answered (RFC 9207): compared as it stands, without any normalization.
    pub(super) fn check_issuer(&self, issuer: Option<&str>) -> Result<(), Problem> {
        match (issuer, &self.metadata.issuer) {
            (Some(said), Some(known)) if said == known => Ok(()),
            (Some(_), _) => Err(Problem::WrongIssuer),
            (None, _) if self.metadata.names_itself => Err(Problem::WrongIssuer),
            (None, _) => Ok(()),
        }
    }
}

/// As long as a person needs who must look up a password.
pub(super) const LIFETIME: Duration = Duration::from_secs(600);
/// As many as may be on their way at once, for one server.
const MOST: usize = 256;
