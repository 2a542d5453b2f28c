//! Asking an authorization server's token endpoint.

use rtmcp_core::Private;
use serde_json::Value;
use url::{Url, form_urlencoded};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    config::SigningKey,
    problem::Problem,
    record::{self, Tokens},
    registration::{AuthMethod, Client},
    web::Web,
};

/// Who asks, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker<'a> {
    pub(super) web: &'a Web,
    pub(super) endpoint: &'a Url,
    /// Whom an assertion is for.
    pub(super) audience: &'a str,
    pub(super) client: &'a Client,
    pub(super) key: Option<&'a SigningKey>,
}

impl Asker<'_> {
    /// Asks for tokens; `requested` are their scopes where the answer names none.
    pub(super) async fn tokens(&self, form: Form, requested: &[String]) -> Result<Tokens, Problem> {
        read(&self.ask(form).await?, requested)
    }

    /// Asks, and returns what the answer says.
    pub(super) async fn ask(&self, mut form: Form) -> Result<Value, Problem> {
        let Client {
            id, secret, method, ..
        } = self.client;
        let mut basic = None;
        match (method, secret) {
            (AuthMethod::ClientSecretBasic, Some(secret)) => {
                let pair = format!("{}:{}", encode(id), encode(secret.expose()));
                basic = Some(Private::new(STANDARD.encode(pair)));
            }
            (AuthMethod::ClientSecretPost, Some(secret)) => {
                form.add("client_id", id);
                form.add("client_secret", secret.expose());
            }
            (AuthMethod::PrivateKeyJwt, _) => {
                let key = self
                    .key
                    .ok_or(Problem::Config("the key of this client is missing"))?;
                let assertion = key.assertion(id, self.audience)?;
                form.add("client_assertion_type", ASSERTION);
                form.add("client_assertion", assertion.expose());
            }
            _ => form.add("client_id", id),
        }
        let answer = self
            .web
            .post_form(self.endpoint, form.0, basic.as_ref())
            .await?;
        if answer.is_success() && answer.body.get("error").is_none() {
            Ok(answer.body)
        } else {
            Err(answer.error())
        }
    }
}

/// The form of a token request.
pub(super) struct Form(String);

impl Form {
    pub(super) fn new(grant_type: &str) -> Self {
        let mut form = Self(String::new());
        form.add("grant_type", grant_type);
        form
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.add(name, value);
        self
    }

    pub(super) fn with_scopes(self, scopes: &[String]) -> Self {
        match scopes {
            [] => self,
            scopes => self.with("scope", &scopes.join(" ")),
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0
            .extend([encode(name).as_str(), "=", encode(value).as_str()]);
    }
}

fn read(answer: &Value, requested: &[String]) -> Result<Tokens, Problem> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let access = text("access_token").filter(|token| !token.is_empty());
    let access = access.ok_or(Problem::Malformed("it answers without a token"))?;
    if !text("token_type")
        .unwrap_or_default()
        .eq_ignore_ascii_case("bearer")
    {
        return Err(Problem::Malformed(
            "it gives tokens that are no bearer tokens",
        ));
    }
    let scopes = text("scope").map(|scope| scope.split_whitespace().map(str::to_owned).collect());
    Ok(Tokens {
        access: Private::from(access),
        refresh: text("refresh_token").map(Private::from),
        received: record::now(),
        lifetime: answer.get("expires_in").and_then(seconds),
        // RFC 6749, 5.1: what isn't said is as it was asked for.
        scopes: scopes.unwrap_or_else(|| requested.to_vec()),
    })
}

/// A number, or, as some servers have it, a number in a text.
fn seconds(value: &Value) -> Option<u64> {
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(text)
}

/// RFC 6749, 2.3.1: encoded as in a form before it becomes a part of `Basic`.
fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_read_as_others_write_it() {
        let asked = ["a".to_owned()];
        let tokens = read(
            &json!({"access_token": "t", "token_type": "bearer", "expires_in": "60"}),
            &asked,
        );
        let tokens = tokens.unwrap();
        assert_eq!(
            (tokens.lifetime, tokens.scopes.as_slice()),
            (Some(60), asked.as_slice())
        );
        let tokens = read(
            &json!({"access_token": "t", "token_type": "Bearer", "scope": "b  c"}),
            &asked,
        );
        let tokens = tokens.unwrap();
        assert_eq!(
            (tokens.lifetime, tokens.scopes),
            (None, vec!["b".to_owned(), "c".to_owned()])
        );
        for wrong in [
            json!({"token_type": "Bearer"}),
            json!({"access_token": "", "token_type": "Bearer"}),
            json!({"access_token": "t", "token_type": "DPoP"}),
            json!("t"),
        ] {
            assert!(read(&wrong, &asked).is_err(), "{wrong}");
        }
    }
}
