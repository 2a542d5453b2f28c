//! Sign-ins that come to nothing, as they should.

use rtmcp_core::Private;
use rtmcp_mcp::{Guard, OAuthConfig, SignInAnswer, Status};
use rtmcp_mock::oauth::OAuth;

use super::visit::{Visit, back, browse, guarded};
use crate::support::settled;

#[tokio::test]
async fn an_answer_counts_once() {
    let visit = Visit::to(OAuth::new().unasked()).await;
    let sign_in = visit.pool.sign_in(&"mock".into(), &back()).await.unwrap();
    let answer = browse(sign_in.url).await;
    visit.finish(&answer).await.unwrap();
    assert!(visit.finish(&answer).await.unwrap_err().is_unknown());
    let other = SignInAnswer::new("made up", Private::from("x"), None);
    assert!(visit.finish(&other).await.unwrap_err().is_unknown());
    assert_eq!(visit.oauth.counts().signed_in, 1);
}

#[tokio::test]
async fn an_answer_of_somebody_else_is_not_believed() {
    let visit = Visit::to(OAuth::new().unasked()).await;
    for issuer in [Some("https://evil.example".to_owned()), None] {
        let sign_in = visit.pool.sign_in(&"mock".into(), &back()).await.unwrap();
        let mut answer = browse(sign_in.url).await;
        answer.issuer = issuer;
        let error = visit.finish(&answer).await.unwrap_err().to_string();
        assert!(error.contains("somebody else"), "{error}");
        assert!(visit.finish(&answer).await.unwrap_err().is_unknown());
    }
    assert_eq!(
        visit.oauth.counts().signed_in,
        0,
        "the code was sent nowhere"
    );
}

#[tokio::test]
async fn a_person_may_say_no() {
    let visit = Visit::to(OAuth::new()).await;
    let mut sign_in = visit.pool.sign_in(&"mock".into(), &back()).await.unwrap();
    sign_in.url.query_pairs_mut().append_pair("answer", "no");
    let answer = browse(sign_in.url).await;
    assert_eq!(answer.code, Err("access_denied".to_owned()));
    let error = visit.finish(&answer).await.unwrap_err().to_string();
    assert!(error.contains("access_denied"), "{error}");
    let status = visit.pool.status(&"mock".into());
    assert!(matches!(status, Some(Status::NeedsSignIn(_))), "{status:?}");
}

#[tokio::test]
async fn a_server_without_oauth_is_no_place_to_sign_in() {
    let visit = Visit::to(OAuth::new()).await;
    let error = visit
        .pool
        .sign_in(&"other".into(), &back())
        .await
        .unwrap_err();
    assert!(error.is_misconfigured(), "{error}");
    let mut config = crate::support::http(visit.server.url_mcp());
    config.bearer = Some(Private::from("x"));
    let pool = settled(config).await;
    let error = pool.sign_in(&"mock".into(), &back()).await.unwrap_err();
    assert!(error.to_string().contains("oauth = true"), "{error}");
}

#[tokio::test]
async fn a_stranger_s_server_leads_nobody_to_this_machine() {
    let oauth = OAuth::new().unasked();
    let (server, mut config) = guarded(&oauth, OAuthConfig::default()).await;
    // The server itself may be reached, what it names may not.
    let port = server.addr().port();
    let allow = rtmcp_mcp::AllowList::new([format!("127.0.0.1:{port}")]).unwrap();
    config.guard = Guard::strangers(allow);
    let pool = settled(config.clone()).await;
    pool.sign_in(&"mock".into(), &back()).await.unwrap();

    let evil = evil_metadata("http://127.0.0.1:1/").await;
    let mut config = crate::support::http(format!("{evil}/mcp"));
    config.auth = OAuthConfig::default().into();
    let allow = rtmcp_mcp::AllowList::new([evil.trim_start_matches("http://")]).unwrap();
    config.guard = Guard::strangers(allow);
    let pool = settled(config).await;
    let error = pool
        .sign_in(&"mock".into(), &back())
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("[safety]"), "{error}");
}

/// A server that names `issuer` as where to sign in.
async fn evil_metadata(issuer: &'static str) -> String {
    use axum::{Json, Router, http::StatusCode, routing::get};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let resource = format!("{own}/mcp");
    let metadata = serde_json::json!({"resource": resource, "authorization_servers": [issuer]});
    let app = Router::new()
        .route(
            "/.well-known/oauth-protected-resource/mcp",
            get(async move || Json(metadata)),
        )
        .fallback(async || StatusCode::UNAUTHORIZED);
    tokio::spawn(async move { axum::serve(listener, app).await });
    own
}
