//! Signing in to a server of the pool: [`Pool::sign_in`] and [`Pool::finish_sign_in`].

use rtmcp_core::ServerName;
use url::Url;

use super::Pool;
use crate::{
    Auth, Grant, SignIn, SignInAnswer, SignInError, Signer,
    auth::{Authorizer, NOBODY_SIGNS_IN, Problem},
    slot::Slot,
};

impl Pool {
    /// Starts a person's sign-in to a server: they open [`SignIn::url`] in their browser, and it
    /// comes back to `redirect_uri` with what [`finish_sign_in`](Self::finish_sign_in) takes.
    ///
    /// Can be done at any time, also while the server is connected: then later requests have what
    /// was granted last. Any number of sign-ins may be under way.
    ///
    /// # Errors
    ///
    /// [`SignInError`] when the server isn't one to sign in to, or its authorization server can't be
    /// found or doesn't let us in.
    pub async fn sign_in(
        &self,
        server: &ServerName,
        redirect_uri: &Url,
    ) -> Result<SignIn, SignInError> {
        let failed = |problem| SignInError::new(server.clone(), problem);
        let slot = self.slot(server);
        let slot = slot.ok_or_else(|| failed(Problem::Config("there is no such server")))?;
        let authorizer = authorizer(slot).ok_or_else(|| failed(NOBODY_SIGNS_IN))?;
        authorizer
            .sign_in(redirect_uri.clone())
            .await
            .map_err(failed)
    }

    /// Returns who signs in to a server; `None` where nobody does.
    pub fn signer(&self, server: &ServerName) -> Option<Signer> {
        match &self.slot(server)?.config().auth {
            Auth::OAuth(oauth) if matches!(oauth.grant, Grant::Person) => Some(oauth.signer),
            _ => None,
        }
    }

    /// Ends a sign-in with what the authorization server sent back. The server is connected at once,
    /// and its tools come as a change.
    ///
    /// Each sign-in ends once, however it ends. Returns the server.
    ///
    /// # Errors
    ///
    /// [`SignInError`] when the person was refused, the answer is somebody else's, or there is no
    /// such sign-in, or no longer.
    pub async fn finish_sign_in(&self, answer: &SignInAnswer) -> Result<ServerName, SignInError> {
        let known = self.slots.iter().find_map(|slot| {
            let authorizer = authorizer(slot)?;
            authorizer
                .knows(&answer.state)
                .then_some((slot, authorizer))
        });
        let Some((slot, authorizer)) = known else {
            let server = ServerName::from("?");
            return Err(SignInError::new(server, Problem::NoSuchSignIn));
        };
        let code = answer.code.as_ref().map_err(String::as_str);
        let issuer = answer.issuer.as_deref();
        let finished = authorizer.finish(&answer.state, code, issuer).await;
        finished.map_err(|problem| SignInError::new(slot.name().clone(), problem))?;
        slot.signed_in();
        Ok(slot.name().clone())
    }
}

fn authorizer(slot: &Slot) -> Option<Authorizer> {
    slot.connector.authorizer().ok().flatten()
}
