//! Refreshing tokens, and keeping them.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use rtmcp_core::Private;
use rtmcp_mcp::{CallOptions, FileStore, MemoryStore, OAuthConfig, Pool, Status, StoreKey};
use rtmcp_mock::oauth::OAuth;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::visit::{Visit, until};
use crate::support::{call, call_with, ready, settled, soon};

fn weather() -> serde_json::Value {
    json!({"city": "Paris"})
}

#[tokio::test]
async fn a_token_that_is_about_to_end_is_refreshed_before_anybody_is_refused() {
    // Said to end in a second, and good for an hour: whoever waits for a 401 never refreshes.
    let oauth = OAuth::new().unasked().said_lifetime(Duration::from_secs(1));
    let visit = Visit::to(oauth).await;
    visit.sign_in().await;
    visit.ready().await;
    let refused = visit.server.stats().now().unauthorized;
    let before = visit.oauth.counts().refreshed;
    call(&visit.pool, "get_weather", weather()).await.unwrap();
    assert!(visit.oauth.counts().refreshed > before);
    assert_eq!(visit.server.stats().now().unauthorized, refused);
    assert_eq!(
        visit.oauth.counts().refused,
        0,
        "each refresh token is used once"
    );
}

#[tokio::test]
async fn calls_that_are_refused_together_refresh_once_and_are_repeated() {
    let visit = Visit::to(OAuth::new().unasked()).await;
    visit.sign_in().await;
    visit.ready().await;
    visit.oauth.revoke();
    let calls = (0..20).map(|_| call(&visit.pool, "get_weather", weather()));
    for result in join_all(calls).await {
        assert!(!result.unwrap().is_error);
    }
    let counts = visit.oauth.counts();
    assert_eq!((counts.refreshed, counts.refused), (1, 0));
    assert_eq!(visit.server.stats().tool("get_weather").finished, 20);
}

#[tokio::test]
async fn sessions_that_share_a_store_share_a_refresh() {
    let store = MemoryStore::default();
    let mut config = OAuthConfig::default();
    config.store = Arc::new(store.clone());
    let visit = Visit::with(OAuth::new().unasked(), config.clone()).await;
    visit.sign_in().await;
    visit.ready().await;
    let pools: Vec<Pool> = join_all((0..4).map(|_| {
        let mut server = crate::support::http(visit.server.url_mcp());
        server.auth = config.clone().into();
        ready(server)
    }))
    .await;
    assert_eq!(visit.oauth.counts().signed_in, 1);
    visit.oauth.revoke();
    let calls = pools
        .iter()
        .map(|pool| call(pool, "get_weather", weather()));
    for result in join_all(calls).await {
        assert!(!result.unwrap().is_error);
    }
    let counts = visit.oauth.counts();
    assert_eq!((counts.refreshed, counts.refused), (1, 0));
}

#[tokio::test]
async fn a_call_that_is_cancelled_while_it_refreshes_loses_no_token() {
    let visit = Visit::to(OAuth::new().unasked()).await;
    visit.sign_in().await;
    visit.ready().await;
    visit.oauth.revoke();
    let hold = visit.oauth.hold().await;
    let cancel = CancellationToken::new();
    let options = CallOptions {
        cancel: cancel.clone(),
        ..CallOptions::default()
    };
    let called = call_with(&visit.pool, "get_weather", weather(), options);
    let cancelling = async {
        // The first was the code.
        soon(visit.oauth.asked(2)).await;
        cancel.cancel();
    };
    let (result, ()) = tokio::join!(called, cancelling);
    assert!(result.unwrap_err().is_cancelled());
    drop(hold);
    call(&visit.pool, "get_weather", weather()).await.unwrap();
    let counts = visit.oauth.counts();
    assert_eq!((counts.signed_in, counts.refused), (1, 0), "{counts:?}");
}

#[tokio::test]
async fn a_refresh_that_is_refused_asks_the_person_again() {
    let visit = Visit::to(OAuth::new().unasked()).await;
    visit.sign_in().await;
    visit.ready().await;
    visit.oauth.revoke();
    visit.oauth.revoke_refresh();
    let error = call(&visit.pool, "get_weather", weather())
        .await
        .unwrap_err();
    assert!(error.needs_sign_in() && !error.may_have_run(), "{error}");
    until(&visit.pool, |status| {
        matches!(status, Status::NeedsSignIn(_))
    })
    .await;
    visit.sign_in().await;
    visit.ready().await;
    call(&visit.pool, "get_weather", weather()).await.unwrap();
    assert_eq!(visit.oauth.counts().registered, 1);
}

#[tokio::test]
async fn a_program_that_starts_again_needs_nobody_to_sign_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let config = || {
        let key = StoreKey::file(&folder.path().join("key")).unwrap();
        let store = FileStore::new(folder.path().join("tokens"), key).unwrap();
        let mut config = OAuthConfig::default();
        config.store = Arc::new(store);
        config
    };
    let visit = Visit::with(OAuth::new().unasked(), config()).await;
    visit.sign_in().await;
    visit.ready().await;
    visit.pool.shutdown().await;
    visit.oauth.revoke();

    let mut server = crate::support::http(visit.server.url_mcp());
    server.auth = config().into();
    let pool = ready(server.clone()).await;
    call(&pool, "get_weather", weather()).await.unwrap();
    // The refresh needed the client, the endpoint and the resource of the sign-in.
    let counts = visit.oauth.counts();
    assert_eq!(
        (counts.signed_in, counts.refreshed, counts.registered),
        (1, 1, 1)
    );

    let mut other = config();
    other.person = Some("somebody else".to_owned());
    server.auth = other.into();
    let pool = settled(server).await;
    let status = pool.status(&"mock".into());
    assert!(matches!(status, Some(Status::NeedsSignIn(_))), "{status:?}");
}

#[tokio::test]
async fn a_sign_in_by_another_program_is_noticed() {
    let store = MemoryStore::default();
    let mut config = OAuthConfig::default();
    config.store = Arc::new(store);
    let other = Visit::with(OAuth::new().unasked(), config.clone()).await;
    let mut server = crate::support::http(other.server.url_mcp());
    server.auth = config.into();
    let pool = settled(server).await;
    let status = pool.status(&"mock".into());
    assert!(matches!(status, Some(Status::NeedsSignIn(_))), "{status:?}");
    other.sign_in().await;
    until(&pool, |status| matches!(status, Status::Ready(_))).await;
    assert_eq!(other.oauth.counts().signed_in, 1);
}

#[tokio::test]
async fn a_store_that_fails_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    let store = |key: &str| {
        let key = StoreKey::parse(&Private::new(key.repeat(32))).unwrap();
        let mut config = OAuthConfig::default();
        config.store = Arc::new(FileStore::new(&tokens, key).unwrap());
        config
    };
    let visit = Visit::with(OAuth::new().unasked(), store("a0")).await;
    visit.sign_in().await;
    let mut server = crate::support::http(visit.server.url_mcp());
    server.auth = store("b1").into();
    let pool = settled(server).await;
    let status = pool.status(&"mock".into());
    let Some(Status::Down(error)) = status else {
        panic!("down instead of {status:?}");
    };
    assert!(
        error.to_string().contains("sealed with another key"),
        "{error}"
    );
}
