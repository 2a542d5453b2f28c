//! [`Problem`]: why OAuth gives us no token.

use std::fmt;

use super::store::StoreError;
use crate::Forbidden;

/// Nothing in it is private: of what others answer it holds an OAuth error code at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// What the configuration asks for can't be done.
    Config(&'static str),
    /// Neither the server nor its authorization server publishes what we need to know.
    NoMetadata,
    /// The server's metadata is about another server.
    OtherResource,
    /// The authorization server's metadata names another issuer.
    OtherIssuer,
    /// It answered the person's browser as somebody else, or didn't say who it is.
    WrongIssuer,
    /// The server names another authorization server than the configuration.
    NotTheIssuer,
    /// Its authorization server is on another host, and the configuration doesn't name it, so that our
    /// secret isn't sent there.
    UnnamedIssuer,
    /// It can't do PKCE with S256.
    NoPkce,
    /// It doesn't know us, and lets nobody register.
    NoRegistration,
    /// A URL leads where we don't go.
    Forbidden(Forbidden),
    /// Nobody answers.
    Unreachable,
    /// It answered with an error.
    Refused(ErrorCode),
    /// It answered, and not with what was asked for.
    Malformed(&'static str),
    /// The store of tokens failed.
    Store(String),
    /// The program's own credential failed.
    Credential,
    /// There is no such sign-in: it is done, or too old, or never began.
    NoSuchSignIn,
}

/// The code of an OAuth error, or the HTTP status where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorCode {
    Named(String),
    Status(u16),
}

impl ErrorCode {
    /// A code as RFC 6749 has them; whatever else stands there is not repeated.
    pub(crate) fn named(code: &str) -> Option<Self> {
        let is_code = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        let fits = (1..=40).contains(&code.len()) && code.chars().all(is_code);
        fits.then(|| Self::Named(code.to_owned()))
    }

    pub(crate) fn is(&self, code: &str) -> bool {
        matches!(self, Self::Named(named) if named == code)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(code) => f.write_str(code),
            Self::Status(status) => write!(f, "HTTP {status}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(what) => f.write_str(what),
            Self::NoMetadata => f.write_str(
                "it doesn't say where to sign in: if it needs a fixed token, use `bearer`",
            ),
            Self::OtherResource => f.write_str(
                "its metadata is about another server: check the URL, or tell its maker",
            ),
            Self::OtherIssuer => f.write_str(
                "the metadata of its authorization server names another issuer: tell its maker",
            ),
            Self::WrongIssuer => f.write_str(
                "somebody else than its authorization server answered: sign in again, and watch the address",
            ),
            Self::NotTheIssuer => f.write_str(
                "it names another authorization server than `oauth.issuer`: ask its owner which one is right",
            ),
            Self::UnnamedIssuer => f.write_str(
                "its authorization server is on another host, which isn't told a secret unless `oauth.issuer` names it",
            ),
            Self::NoPkce => f.write_str(
                "its authorization server doesn't support PKCE with S256, without which codes can be stolen",
            ),
            Self::NoRegistration => f.write_str(
                "its authorization server lets no client register: register by hand, and set `client_id`",
            ),
            Self::Forbidden(forbidden) => forbidden.fmt(f),
            Self::Unreachable => f.write_str("no answer from its authorization server: try again"),
            Self::Refused(code) => {
                write!(f, "its authorization server refused ({code}): sign in again, or check `client_id` and `scopes`")
            }
            Self::Malformed(what) => write!(f, "its authorization server is not as it should be: {what}"),
            Self::Store(what) => write!(f, "the tokens can't be kept: {what}"),
            Self::Credential => f.write_str("the program has no token for it: look at what keeps its credentials"),
            Self::NoSuchSignIn => f.write_str("there is no such sign-in, or no longer: start it again"),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}
