//! Signing in to a server, and what becomes of the tokens.

mod keeping;
mod programs;
mod refusing;
mod visit;

use rtmcp_mcp::{Notice, OAuthConfig, Pool, ServerState, Status};
use rtmcp_mock::oauth::OAuth;
use serde_json::json;

use self::visit::{Visit, back, guarded};
use crate::support::{call, soon, text};

#[tokio::test]
async fn a_person_signs_in_and_the_tools_come() {
    let visit = Visit::to(OAuth::new().unasked()).await;
    let mut changes = visit.pool.changes();
    let down = soon(changes.next()).await.unwrap();
    assert!(matches!(down.what, ServerState::Down { error } if error.needs_sign_in()));

    let refused = call(&visit.pool, "get_weather", json!({"city": "Paris"})).await;
    let refused = refused.unwrap_err();
    assert!(
        refused.needs_sign_in() && !refused.may_have_run(),
        "{refused}"
    );
    assert!(refused.to_string().contains("rtmcp sign-in"), "{refused}");

    visit.sign_in().await;
    let ready = soon(changes.next()).await.unwrap();
    assert!(matches!(ready.what, ServerState::Ready { tools } if !tools.is_empty()));
    let outcome = call(&visit.pool, "get_weather", json!({"city": "Paris"}))
        .await
        .unwrap();
    assert!(text(&outcome).contains("Paris"));
    assert_eq!(visit.oauth.counts().registered, 1);
}

#[tokio::test]
async fn people_are_told_that_somebody_must_sign_in() {
    let (server, config) = guarded(&OAuth::new().unasked(), OAuthConfig::default()).await;
    let pool = Pool::new(vec![config]);
    let mut notices = pool.notices();
    let notice = soon(notices.next()).await;
    let expected = Notice::SignInNeeded {
        server: "mock".into(),
    };
    assert_eq!(notice, Some(expected));
    let status = pool.status(&"mock".into());
    assert!(matches!(status, Some(Status::NeedsSignIn(_))), "{status:?}");
    drop(server);
}

#[tokio::test]
async fn what_is_asked_for_is_this_server_alone_with_pkce() {
    let visit = Visit::to(OAuth::new().unasked()).await;
    let sign_in = visit.pool.sign_in(&"mock".into(), &back()).await.unwrap();
    let query: std::collections::HashMap<_, _> = sign_in.url.query_pairs().collect();
    assert_eq!(query["resource"], visit.server.url_mcp());
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["code_challenge"].len(), 43);
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["redirect_uri"], back().as_str());
    assert_eq!(query["state"], sign_in.state);
    // The server's own, and with it what a refresh token takes.
    assert_eq!(query["scope"], "shop offline_access");
    let other = visit.pool.sign_in(&"mock".into(), &back()).await.unwrap();
    assert_ne!(other.state, sign_in.state);
    assert_eq!(
        visit.oauth.counts().registered,
        1,
        "a registration is used again"
    );
}

#[tokio::test]
async fn one_permission_more_is_asked_for_with_those_that_are_there() {
    let visit = Visit::to(OAuth::new().unasked()).await;
    visit.sign_in().await;
    visit.ready().await;
    let mut notices = visit.pool.notices();
    visit.oauth.require("refunds");
    let error = call(&visit.pool, "get_weather", json!({"city": "Paris"}))
        .await
        .unwrap_err();
    assert!(error.needs_sign_in(), "{error}");
    let notice = soon(notices.next()).await;
    assert!(
        matches!(notice, Some(Notice::SignInNeeded { .. })),
        "{notice:?}"
    );
    let status = visit.pool.status(&"mock".into());
    assert!(matches!(status, Some(Status::Ready(_))), "{status:?}");

    let url = visit.sign_in().await;
    let scope = url
        .query_pairs()
        .find(|(name, _)| name == "scope")
        .unwrap()
        .1;
    assert_eq!(scope, "shop offline_access refunds");
    call(&visit.pool, "get_weather", json!({"city": "Paris"}))
        .await
        .unwrap();
}
