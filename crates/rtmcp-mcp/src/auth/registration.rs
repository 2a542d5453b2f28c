//! [`Client`]: who we are to an authorization server, and how it gets to know us.

use rtmcp_core::Private;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::{config::OAuthConfig, metadata::ServerMetadata, problem::Problem, record, web::Web};

/// Us, as one authorization server knows us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Client {
    pub(super) id: String,
    #[serde(
        with = "record::private",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) secret: Option<Private<String>>,
    pub(super) method: AuthMethod,
    /// Set where we registered ourselves: with whom, and for which way back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) registered: Option<Registered>,
}

/// What a registration holds for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Registered {
    pub(super) issuer: String,
    pub(super) redirect_uri: Url,
    /// When the secret ends, in seconds since 1970; 0 for never.
    pub(super) until: u64,
}

/// How a client proves at the token endpoint that it is who it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuthMethod {
    /// Not at all: a client that can't keep a secret.
    None,
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
}

impl AuthMethod {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// How to send a secret: as the server says that it takes it, or as RFC 6749 wants it.
    pub(super) fn with_secret(metadata: &ServerMetadata) -> Self {
        let post = metadata.takes("client_secret_post");
        match metadata.takes("client_secret_basic") {
            false if post => Self::ClientSecretPost,
            _ => Self::ClientSecretBasic,
        }
    }
}

impl Client {
    /// The client of the configuration, where it names one.
    pub(super) fn configured(config: &OAuthConfig, metadata: &ServerMetadata) -> Option<Self> {
        let id = config.client_id.clone()?;
        let method = match &config.client_secret {
            Some(_) => AuthMethod::with_secret(metadata),
            None => AuthMethod::None,
        };
        Some(Self {
            id,
            secret: config.client_secret.clone(),
            method,
            registered: None,
        })
    }

    /// Finds the client for a person's sign-in: the configured one, a document about us, the one
    /// that was registered before, or a new one, in this order.
    pub(super) async fn find(
        web: &Web,
        config: &OAuthConfig,
        metadata: &ServerMetadata,
        before: Option<Self>,
        wanted: Wanted<'_>,
    ) -> Result<Self, Problem> {
        if let Some(client) = Self::configured(config, metadata) {
            return Ok(client);
        }
        if let Some(document) = config.client_metadata_url.as_ref()
            && metadata.takes_client_documents
        {
            return Self::published(document);
        }
        if let Some(client) = before
            && client.fits(metadata, wanted.redirect_uri)
        {
            return Ok(client);
        }
        Self::register(web, config, metadata, wanted).await
    }

    fn published(document: &Url) -> Result<Self, Problem> {
        if document.scheme() != "https" || document.path() == "/" {
            return Err(Problem::Config(
                "`client_metadata_url` must begin with https:// and have a path",
            ));
        }
        Ok(Self {
            id: document.as_str().to_owned(),
            secret: None,
            method: AuthMethod::None,
            registered: None,
        })
    }

    /// Tells whether this registration still holds.
    fn fits(&self, metadata: &ServerMetadata, redirect_uri: &Url) -> bool {
        self.registered.as_ref().is_some_and(|registered| {
            registered.issuer == metadata.identity()
                && registered.redirect_uri == *redirect_uri
                && (registered.until == 0 || registered.until > record::now())
        })
    }

    /// Registers us (RFC 7591).
    async fn register(
        web: &Web,
        config: &OAuthConfig,
        metadata: &ServerMetadata,
        wanted: Wanted<'_>,
    ) -> Result<Self, Problem> {
        let endpoint = metadata.registration_endpoint.as_ref();
        let endpoint = endpoint.ok_or(Problem::NoRegistration)?;
        let method = asked_method(metadata);
        let answer = web
            .post_json(endpoint, &request(config, method, wanted))
            .await?;
        if !answer.is_success() {
            return Err(answer.error());
        }
        let body = &answer.body;
        let id = body.get("client_id").and_then(Value::as_str);
        let id = id.ok_or(Problem::Malformed("it registers us without an id"))?;
        let secret = body.get("client_secret").and_then(Value::as_str);
        let secret = secret.filter(|secret| !secret.is_empty());
        let given = body.get("token_endpoint_auth_method").cloned();
        let given = given.and_then(|method| serde_json::from_value(method).ok());
        let method = match (secret, given) {
            (None, _) => AuthMethod::None,
            (
                Some(_),
                Some(method @ (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost)),
            ) => method,
            (Some(_), Some(AuthMethod::None)) => AuthMethod::None,
            (Some(_), _) => AuthMethod::with_secret(metadata),
        };
        let until = body.get("client_secret_expires_at").and_then(Value::as_u64);
        Ok(Self {
            id: id.to_owned(),
            secret: secret.map(Private::from),
            method,
            registered: Some(Registered {
                issuer: metadata.identity().to_owned(),
                redirect_uri: wanted.redirect_uri.clone(),
                until: until.unwrap_or(0),
            }),
        })
    }
}

/// What a client is wanted for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) redirect_uri: &'a Url,
    pub(super) scopes: &'a [String],
}

/// What to register as: without a secret where that is taken, since PKCE is what protects us.
fn asked_method(metadata: &ServerMetadata) -> AuthMethod {
    if metadata.auth_methods.is_none() || metadata.takes("none") {
        AuthMethod::None
    } else {
        AuthMethod::with_secret(metadata)
    }
}

fn request(config: &OAuthConfig, method: AuthMethod, wanted: Wanted<'_>) -> Value {
    // On this machine, or behind a server on the web: OpenID Connect allows other ways back to each.
    let application = match wanted.redirect_uri.scheme() {
        "https" => "web",
        _ => "native",
    };
    let mut request = json!({
        "client_name": config.client_name,
        "redirect_uris": [wanted.redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method.as_str(),
        "application_type": application,
    });
    if !wanted.scopes.is_empty() {
        request["scope"] = wanted.scopes.join(" ").into();
    }
    request
}
