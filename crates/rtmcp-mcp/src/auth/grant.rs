//! The ways to a token: a person's code, a refresh token, and what needs no person.

use rtmcp_core::Private;
use serde_json::Value;

use super::{
    Credential,
    config::{Grant, IdentityProvider, OAuthConfig, SigningKey},
    discovery::Discovered,
    problem::Problem,
    record::Record,
    registration::{AuthMethod, Client},
    sign_in::Pending,
    token::{Asker, Form},
    web::Web,
};

/// Redeems the code that a person came back with.
pub(super) async fn redeem(
    web: &Web,
    config: &OAuthConfig,
    pending: Pending,
    code: &Private<String>,
) -> Result<Record, Problem> {
    let metadata = &pending.metadata;
    let form = Form::new("authorization_code")
        .with("code", code.expose())
        .with("redirect_uri", pending.redirect_uri.as_str())
        .with("code_verifier", pending.verifier.expose())
        .with("resource", &pending.resource);
    let asker = Asker {
        web,
        endpoint: &metadata.token_endpoint,
        audience: metadata.identity(),
        client: &pending.client,
        key: key(config),
    };
    let tokens = asker.tokens(form, &pending.scopes).await?;
    Ok(Record {
        issuer: metadata.identity().to_owned(),
        token_endpoint: metadata.token_endpoint.clone(),
        resource: pending.resource,
        client: pending.client,
        tokens: Some(tokens),
    })
}

/// Exchanges the refresh token; `None` where there is none.
pub(super) async fn refresh(
    web: &Web,
    config: &OAuthConfig,
    record: &Record,
) -> Result<Option<Record>, Problem> {
    let Some(before) = &record.tokens else {
        return Ok(None);
    };
    let Some(token) = &before.refresh else {
        return Ok(None);
    };
    // Without `scope`: the same as before, which some servers refuse to hear again.
    let form = Form::new("refresh_token")
        .with("refresh_token", token.expose())
        .with("resource", &record.resource);
    let asker = Asker {
        web,
        endpoint: &record.token_endpoint,
        audience: &record.issuer,
        client: &record.client,
        key: key(config),
    };
    let mut tokens = asker.tokens(form, &before.scopes).await?;
    // A new one is optional: the old one goes on then.
    tokens.refresh = tokens.refresh.or_else(|| Some(token.clone()));
    let mut record = record.clone();
    record.tokens = Some(tokens);
    Ok(Some(record))
}

/// Gets tokens without a person; `None` where there must be one.
pub(super) async fn acquire(
    web: &Web,
    config: &OAuthConfig,
    found: &Discovered,
    scopes: &[String],
) -> Result<Option<Record>, Problem> {
    let metadata = &found.metadata;
    let named = |form: Form| form.with_scopes(scopes).with("resource", &found.resource);
    let (form, client) = match &config.grant {
        Grant::Person => return Ok(None),
        Grant::Client => {
            let client = Client::configured(config, metadata);
            let client = client
                .filter(|client| client.secret.is_some())
                .ok_or(NEEDS_SECRET)?;
            (named(Form::new("client_credentials")), client)
        }
        Grant::ClientKey(_) => {
            let client = Client {
                method: AuthMethod::PrivateKeyJwt,
                ..Client::configured(config, metadata).ok_or(NEEDS_ID)?
            };
            (named(Form::new("client_credentials")), client)
        }
        Grant::Workload(token) => {
            let assertion = bring(token.as_ref()).await?;
            let client = Client::configured(config, metadata).ok_or(NEEDS_ID)?;
            let form = Form::new(JWT_BEARER).with("assertion", assertion.expose());
            (named(form), client)
        }
        Grant::Enterprise(provider) => {
            let assertion = provider_grant(web, provider, found, scopes).await?;
            let client = Client::configured(config, metadata).ok_or(NEEDS_ID)?;
            let form = Form::new(JWT_BEARER).with("assertion", assertion.expose());
            (form.with_scopes(scopes), client)
        }
    };
    let asker = Asker {
        web,
        endpoint: &metadata.token_endpoint,
        audience: metadata.identity(),
        client: &client,
        key: key(config),
    };
    let tokens = asker.tokens(form, scopes).await?;
    Ok(Some(Record {
        issuer: metadata.identity().to_owned(),
        token_endpoint: metadata.token_endpoint.clone(),
        resource: found.resource.clone(),
        client,
        tokens: Some(tokens),
    }))
}

/// Has the identity provider exchange the person's ID token for a grant (RFC 8693).
async fn provider_grant(
    web: &Web,
    provider: &IdentityProvider,
    found: &Discovered,
    scopes: &[String],
) -> Result<Private<String>, Problem> {
    let id_token = bring(provider.id_token.as_ref()).await?;
    let form = Form::new("urn:ietf:params:oauth:grant-type:token-exchange")
        .with("requested_token_type", ID_JAG)
        .with("audience", found.metadata.identity())
        .with("resource", &found.resource)
        .with("subject_token", id_token.expose())
        .with(
            "subject_token_type",
            "urn:ietf:params:oauth:token-type:id_token",
        )
        .with_scopes(scopes);
    let client = Client {
        id: provider.client_id.clone(),
        secret: provider.client_secret.clone(),
        method: match provider.client_secret {
            Some(_) => AuthMethod::ClientSecretBasic,
            None => AuthMethod::None,
        },
        registered: None,
    };
    let asker = Asker {
        web,
        endpoint: &provider.token_endpoint,
        audience: provider.token_endpoint.as_str(),
        client: &client,
        key: None,
    };
    let answer = asker.ask(form).await?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    match (text("issued_token_type"), text("access_token")) {
        (Some(ID_JAG), Some(token)) => Ok(Private::from(token)),
        _ => Err(Problem::Malformed(
            "the identity provider gives another kind of token",
        )),
    }
}

async fn bring(credential: &dyn Credential) -> Result<Private<String>, Problem> {
    credential
        .token(None)
        .await
        .map_err(|_| Problem::Credential)
}

fn key(config: &OAuthConfig) -> Option<&SigningKey> {
    match &config.grant {
        Grant::ClientKey(key) => Some(key),
        _ => None,
    }
}

const NEEDS_ID: Problem = Problem::Config("this grant needs `client_id`");
const NEEDS_SECRET: Problem = Problem::Config("this grant needs `client_id` and `client_secret`");
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
