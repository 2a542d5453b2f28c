//! [`Auth`] and [`OAuthConfig`]: how a server is told who we are.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use rtmcp_core::Private;
use url::Url;

pub use super::assertion::{SigningKey, SigningKeyError};
use super::{
    metadata::ServerMetadata,
    problem::Problem,
    store::{MemoryStore, TokenStore},
};

/// How an MCP server is told who calls it.
///
/// A token that never changes needs none of this: it goes into
/// [`ServerConfig::bearer`](crate::ServerConfig::bearer).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Auth {
    /// Not at all, beyond the configured headers and the bearer token.
    #[default]
    None,
    /// By a token that the program brings, asked for with each request.
    Credential(Arc<dyn Credential>),
    /// By OAuth 2.1.
    OAuth(Box<OAuthConfig>),
}

impl From<OAuthConfig> for Auth {
    fn from(config: OAuthConfig) -> Self {
        Self::OAuth(Box::new(config))
    }
}

/// Brings the token of each request, from wherever the program has it.
pub trait Credential: fmt::Debug + Send + Sync {
    /// Returns the token for the next request.
    ///
    /// `refused` is the one that the server has just answered with 401: a credential that returns
    /// another one has the request repeated, once.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when there is none: the request isn't sent.
    fn token<'a>(
        &'a self,
        refused: Option<&'a Private<String>>,
    ) -> BoxFuture<'a, Result<Private<String>, CredentialError>>;
}

/// A [`Credential`] has no token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("there is no token: look at what keeps the program's credentials")]
pub struct CredentialError;

/// How a server's tokens are got and kept.
///
/// With the default alone a person signs in, as a client that registers itself.
///
/// # Example
///
/// ```
/// use rtmcp_mcp::{OAuthConfig, ServerConfig};
///
/// let mut crm = ServerConfig::http("crm", "https://crm.example/mcp".parse()?);
/// let mut oauth = OAuthConfig::default();
/// oauth.scopes = vec!["contacts.read".to_owned()];
/// crm.auth = oauth.into();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OAuthConfig {
    /// Who gets the token.
    pub grant: Grant,
    /// The id under which the authorization server knows us already. Without one we show it
    /// `client_metadata_url` if it takes that, or else register.
    pub client_id: Option<String>,
    /// What proves that we are `client_id`, where the authorization server gave us such a thing.
    pub client_secret: Option<Private<String>>,
    /// Where a document about us is published: the id of a client that needs no registration.
    pub client_metadata_url: Option<Url>,
    /// The authorization server that we mean, as its own metadata names it. An MCP server that names
    /// another one is refused.
    ///
    /// Without it the MCP server's word counts, but a `client_secret` or a [`Grant::Workload`] token goes
    /// to an authorization server on the same host alone: else a server that isn't what it was
    /// could have it sent anywhere.
    pub issuer: Option<Url>,
    /// What a person reads who is asked whether to let us in: `rtmcp` by default.
    pub client_name: String,
    /// What we ask to be allowed. Nothing, the default, for what the server says that it takes.
    pub scopes: Vec<String>,
    /// Where tokens are kept: in memory by default.
    pub store: Arc<dyn TokenStore>,
    /// Who signs in: the owner by default.
    pub signer: Signer,
    /// Whose tokens these are, where several people use one store; nobody's by name by default.
    pub person: Option<String>,
}

impl Default for OAuthConfig {
    fn default() -> Self {
        Self {
            grant: Grant::default(),
            client_id: None,
            client_secret: None,
            client_metadata_url: None,
            issuer: None,
            client_name: "rtmcp".to_owned(),
            scopes: Vec::new(),
            store: Arc::new(MemoryStore::default()),
            signer: Signer::default(),
            person: None,
        }
    }
}

impl OAuthConfig {
    /// Checks that an authorization server may be told who we are.
    pub(super) fn check_issuer(
        &self,
        server: &Url,
        metadata: &ServerMetadata,
    ) -> Result<(), Problem> {
        let plain = |url: &str| url.trim_end_matches('/').to_owned();
        if let Some(issuer) = &self.issuer {
            let named = metadata.issuer.as_deref().map(plain);
            let is_it = named == Some(plain(issuer.as_str()));
            return is_it.then_some(()).ok_or(Problem::NotTheIssuer);
        }
        let proves = self.client_secret.is_some() || matches!(self.grant, Grant::Workload(_));
        let near = metadata.token_endpoint.host() == server.host();
        (near || !proves)
            .then_some(())
            .ok_or(Problem::UnnamedIssuer)
    }
}

/// Who signs in to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "complete by definition: whoever serves visitors must tell these two apart"
)]
pub enum Signer {
    /// Whoever runs this program, once for all: every session acts for them.
    #[default]
    Owner,
    /// Each person for their own sessions. Whoever serves several people gives each a
    /// [`store`](OAuthConfig::store) or a name as [`person`](OAuthConfig::person), and a pool.
    Person,
}

/// Who gets the token, and by what.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Grant {
    /// A person, who signs in with their browser: the authorization code grant.
    #[default]
    Person,
    /// This program, with its own id and secret.
    Client,
    /// This program, with its own id and a key of which the authorization server knows the public
    /// half (`private_key_jwt`).
    ClientKey(SigningKey),
    /// This program, with a token that its platform gave it: the JWT bearer grant of RFC 7523, as
    /// it is used to federate workload identities.
    Workload(Arc<dyn Credential>),
    /// A person whom an identity provider has signed in to this program already: the provider gives
    /// a grant for the server, if its rules allow that, and nobody is asked.
    Enterprise(Box<IdentityProvider>),
}

/// Where a person is signed in already.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IdentityProvider {
    /// Where it exchanges tokens.
    pub token_endpoint: Url,
    /// The id under which it knows us.
    pub client_id: String,
    /// What proves that we are `client_id`, where it gave us such a thing.
    pub client_secret: Option<Private<String>>,
    /// The ID token that it gave us for the person.
    pub id_token: Arc<dyn Credential>,
}

impl IdentityProvider {
    /// A provider that knows us by an id alone.
    pub fn new(
        token_endpoint: Url,
        client_id: impl Into<String>,
        id_token: Arc<dyn Credential>,
    ) -> Self {
        Self {
            token_endpoint,
            client_id: client_id.into(),
            client_secret: None,
            id_token,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(issuer: &str) -> ServerMetadata {
        let issuer: Url = issuer.parse().unwrap();
        let token = issuer.join("/token").unwrap();
        let document = json!({
            "issuer": issuer.as_str().trim_end_matches('/'),
            "authorization_endpoint": issuer.join("/authorize").unwrap(),
            "token_endpoint": token,
        });
        ServerMetadata::read(document, &issuer).unwrap()
    }

    #[test]
    fn a_secret_goes_nowhere_that_the_server_alone_names() {
        let server: Url = "https://crm.example/mcp".parse().unwrap();
        let near = metadata("https://crm.example:8443");
        let elsewhere = metadata("https://evil.example");
        let mut oauth = OAuthConfig::default();
        assert_eq!(
            oauth.check_issuer(&server, &elsewhere),
            Ok(()),
            "nothing to lose"
        );
        oauth.client_id = Some("voice".to_owned());
        oauth.client_secret = Some(Private::from("s3cret"));
        assert_eq!(oauth.check_issuer(&server, &near), Ok(()));
        let unnamed = Err(Problem::UnnamedIssuer);
        assert_eq!(oauth.check_issuer(&server, &elsewhere), unnamed);
        oauth.issuer = Some("https://login.example".parse().unwrap());
        let named = metadata("https://login.example");
        assert_eq!(oauth.check_issuer(&server, &named), Ok(()));
        let other = Err(Problem::NotTheIssuer);
        assert_eq!(oauth.check_issuer(&server, &near), other);
        assert_eq!(oauth.check_issuer(&server, &elsewhere), other);
    }
}
