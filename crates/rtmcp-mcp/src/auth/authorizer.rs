//! [`Authorizer`]: brings the token of each request to one server, over all its connections.

mod oauth;

use std::sync::Arc;

use rtmcp_core::Private;
use url::Url;

use self::oauth::OAuth;
use super::{
    challenge::Challenge,
    config::{Auth, Credential},
    problem::Problem,
    sign_in::SignIn,
};
use crate::{ServerConfig, failure::Failure};

/// Who we are to one server.
#[derive(Clone, Debug)]
pub(crate) enum Authorizer {
    Credential(Arc<dyn Credential>),
    OAuth(Arc<OAuth>),
}

/// A server's refusal of a request.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) challenge: Challenge,
    /// The token that the request had.
    pub(crate) token: Option<Private<String>>,
}

impl Authorizer {
    /// The authorizer that the configuration asks for; `None` where it asks for none.
    pub(crate) fn new(config: &ServerConfig, url: &Url) -> Result<Option<Self>, Failure> {
        if !matches!(config.auth, Auth::None) && config.bearer.is_some() {
            let problem = "either `bearer` or another way to sign in, not both";
            return Err(Failure::Config(problem.to_owned()));
        }
        match &config.auth {
            Auth::None => Ok(None),
            Auth::Credential(credential) => Ok(Some(Self::Credential(Arc::clone(credential)))),
            Auth::OAuth(oauth) => {
                let oauth = OAuth::new(oauth.as_ref().clone(), &config.guard, url);
                let oauth = oauth.map_err(Failure::Auth)?;
                Ok(Some(Self::OAuth(Arc::new(oauth))))
            }
        }
    }

    /// The token for the next request; `None` where there is none yet, and the server is to say
    /// what it wants.
    pub(crate) async fn token(&self) -> Result<Option<Private<String>>, Failure> {
        match self {
            Self::Credential(credential) => brought(credential.as_ref(), None).await.map(Some),
            Self::OAuth(oauth) => oauth.token().await,
        }
    }

    /// Another token, for repeating a request that was refused; `None` where another can't help.
    pub(crate) async fn refused(
        &self,
        refusal: &Refusal,
    ) -> Result<Option<Private<String>>, Failure> {
        match self {
            Self::Credential(credential) if refusal.status == 401 => {
                let token = brought(credential.as_ref(), refusal.token.as_ref()).await?;
                Ok((Some(&token) != refusal.token.as_ref()).then_some(token))
            }
            Self::Credential(_) => Ok(None),
            Self::OAuth(oauth) => oauth.refused(refusal).await,
        }
    }

    /// What to say of a request that was refused with the newest token there is.
    pub(crate) async fn given_up(&self, refusal: &Refusal) -> Failure {
        match self {
            Self::OAuth(oauth) => oauth.given_up(refusal).await,
            Self::Credential(_) => Failure::Unauthorized(refusal.status),
        }
    }

    /// Starts a person's sign-in.
    pub(crate) async fn sign_in(&self, redirect_uri: Url) -> Result<SignIn, Problem> {
        match self {
            Self::Credential(_) => Err(NOBODY_SIGNS_IN),
            Self::OAuth(oauth) => oauth.sign_in(redirect_uri).await,
        }
    }

    /// Tells whether this sign-in was started here.
    pub(crate) fn knows(&self, state: &str) -> bool {
        match self {
            Self::Credential(_) => false,
            Self::OAuth(oauth) => oauth.knows(state),
        }
    }

    /// Ends a person's sign-in.
    pub(crate) async fn finish(
        &self,
        state: &str,
        code: Result<&Private<String>, &str>,
        issuer: Option<&str>,
    ) -> Result<(), Problem> {
        match self {
            Self::Credential(_) => Err(Problem::NoSuchSignIn),
            Self::OAuth(oauth) => oauth.finish(state, code, issuer).await,
        }
    }
}

async fn brought(
    credential: &dyn Credential,
    refused: Option<&Private<String>>,
) -> Result<Private<String>, Failure> {
    let token = credential.token(refused).await;
    token.map_err(|_| Failure::Auth(Problem::Credential))
}

pub(crate) const NOBODY_SIGNS_IN: Problem =
    Problem::Config("it isn't configured for signing in: set `oauth = true`");
