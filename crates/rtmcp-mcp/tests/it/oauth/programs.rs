//! Credentials that the program brings, for each request.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::future::BoxFuture;
use rtmcp_core::Private;
use rtmcp_mcp::{Auth, Credential, CredentialError, OAuthConfig};
use rtmcp_mock::{oauth::OAuth, serve::Server, shop::Shop};
use serde_json::json;

use super::visit::{Visit, back, browse};
use crate::support::{call, http, ready, settled};

/// Brings the first token until that is refused, then the second.
#[derive(Debug, Default)]
struct Rotating {
    asked: AtomicUsize,
    second: bool,
}

impl Credential for Rotating {
    fn token<'a>(
        &'a self,
        refused: Option<&'a Private<String>>,
    ) -> BoxFuture<'a, Result<Private<String>, CredentialError>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let token = match refused {
            Some(_) if self.second => Ok(Private::from("second")),
            Some(refused) => Ok(refused.clone()),
            None => Ok(Private::from("first")),
        };
        Box::pin(std::future::ready(token))
    }
}

#[tokio::test]
async fn a_program_s_own_token_is_asked_for_each_request_and_again_after_a_401() {
    let server = Server::new(Shop::new()).bearer("second");
    let server = server.bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let credential = Arc::new(Rotating {
        second: true,
        ..Rotating::default()
    });
    let mut config = http(server.url_mcp());
    config.auth = Auth::Credential(credential.clone());
    let pool = ready(config.clone()).await;
    let before = credential.asked.load(Ordering::Relaxed);
    call(&pool, "get_weather", json!({"city": "Paris"}))
        .await
        .unwrap();
    assert_eq!(credential.asked.load(Ordering::Relaxed), before + 2);

    config.auth = Auth::Credential(Arc::new(Rotating::default()));
    let pool = settled(config).await;
    let down = crate::support::down(&pool);
    assert!(down.contains("401"), "{down}");
}

#[tokio::test]
async fn two_ways_to_sign_in_are_one_too_many() {
    let mut config = http("http://127.0.0.1:1/mcp");
    config.bearer = Some(Private::from("x"));
    config.auth = OAuthConfig::default().into();
    let pool = settled(config).await;
    let down = crate::support::down(&pool);
    assert!(down.contains("not both"), "{down}");
}

#[tokio::test]
async fn nothing_shows_a_token() {
    let visit = Visit::to(OAuth::new().unasked()).await;
    let sign_in = visit.pool.sign_in(&"mock".into(), &back()).await.unwrap();
    let answer = browse(sign_in.url.clone()).await;
    let mut config = OAuthConfig::default();
    config.client_secret = Some(Private::from("mock-secret"));
    let shown = format!(
        "{sign_in:?} {answer:?} {config:?} {:?} {:?}",
        visit.pool, visit.oauth
    );
    visit.finish(&answer).await.unwrap();
    let shown = shown + &format!("{:?}", visit.pool);
    for secret in [
        "mock-code",
        "mock-access",
        "mock-refresh",
        "mock-secret",
        "challenge",
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
