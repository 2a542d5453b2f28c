//! [`SignInWanted`]: a server whose tools can be used once the person has signed in.

use rtmcp_api::SignIn;
use rtmcp_core::Timestamp;

use super::trouble::{Failure, Trouble};

/// A server whose tools can be used once the person has signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct SignInWanted {
    /// The server.
    pub server: String,
    /// Where it stands.
    pub stage: SignInStage,
}

/// Where a sign-in stands.
#[derive(Clone, Debug, PartialEq)]
pub enum SignInStage {
    /// The person hasn't begun.
    Wanted,
    /// The backend is asked where to go.
    Asking,
    /// The person goes there.
    Open {
        /// Where.
        url: String,
        /// Until when.
        expires: Timestamp,
    },
    /// It can't be begun.
    Failed(Trouble),
}

impl SignInWanted {
    pub(super) fn new(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            stage: SignInStage::Wanted,
        }
    }

    /// The backend says where to go, or why that isn't to be had.
    pub(super) fn answered(&mut self, now: Timestamp, answer: Result<SignIn, Failure>) {
        self.stage = match answer {
            Ok(SignIn { url, expires_ms }) if is_web(&url) => SignInStage::Open {
                url,
                expires: now + std::time::Duration::from_millis(expires_ms),
            },
            Ok(_) => SignInStage::Failed(Trouble::new(
                "The address to sign in at is none that can be opened here.",
                "Tell the owner of the server.",
            )),
            Err(failure) => SignInStage::Failed(failure.into()),
        };
    }
}

/// Tells whether an address leads to a page, and runs nothing in this one.
pub fn is_web(url: &str) -> bool {
    let lower = url.trim().to_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}

/// Returns the host that an address leads to, for people.
pub fn host(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, after)| after);
    let authority = after.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}
