//! [`Visit`]: a server behind a sign-in, a pool, and a browser.

use reqwest::{Client, redirect};
use rtmcp_mcp::{OAuthConfig, Pool, ServerConfig, SignInAnswer, SignInError, Status};
use rtmcp_mock::{
    oauth::OAuth,
    serve::{Running, Server},
    shop::Shop,
};
use url::Url;

use crate::support::{http, settled, soon};

/// A server that wants a sign-in, and a pool that has met it.
pub(super) struct Visit {
    pub(super) oauth: OAuth,
    pub(super) server: Running,
    pub(super) pool: Pool,
}

impl Visit {
    pub(super) async fn to(oauth: OAuth) -> Self {
        Self::with(oauth, OAuthConfig::default()).await
    }

    pub(super) async fn with(oauth: OAuth, config: OAuthConfig) -> Self {
        let (server, config) = guarded(&oauth, config).await;
        let pool = settled(config).await;
        Self {
            oauth,
            server,
            pool,
        }
    }

    /// Signs in as a person does. Returns where they were sent.
    pub(super) async fn sign_in(&self) -> Url {
        let sign_in = self.pool.sign_in(&"mock".into(), &back()).await.unwrap();
        let answer = browse(sign_in.url.clone()).await;
        self.finish(&answer).await.unwrap();
        sign_in.url
    }

    pub(super) async fn finish(&self, answer: &SignInAnswer) -> Result<(), SignInError> {
        self.pool
            .finish_sign_in(answer)
            .await
            .map(|server| assert_eq!(server.as_str(), "mock"))
    }

    pub(super) async fn ready(&self) {
        until(&self.pool, |status| matches!(status, Status::Ready(_))).await;
    }
}

/// A shop behind `oauth`, and how to reach it.
pub(super) async fn guarded(oauth: &OAuth, config: OAuthConfig) -> (Running, ServerConfig) {
    let server = Server::new(Shop::new()).oauth(oauth.clone());
    let server = server.bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let mut reached = http(server.url_mcp());
    reached.auth = config.into();
    (server, reached)
}

/// Where the browser comes back to.
pub(super) fn back() -> Url {
    "http://127.0.0.1:1/callback".parse().unwrap()
}

/// Goes where a browser is sent, and returns with what it would bring.
pub(super) async fn browse(url: Url) -> SignInAnswer {
    let browser = Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap();
    let answer = browser.get(url).send().await.unwrap();
    let location: Url = answer.headers()["location"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(location.as_str().starts_with(back().as_str()));
    SignInAnswer::from_query(location.query().unwrap()).unwrap()
}

/// Waits until the server is so.
pub(super) async fn until(pool: &Pool, is_so: impl Fn(&Status) -> bool) {
    let mut changes = pool.changes();
    soon(async {
        while !pool
            .status(&"mock".into())
            .is_some_and(|status| is_so(&status))
        {
            changes.next().await.unwrap();
        }
    })
    .await;
}
