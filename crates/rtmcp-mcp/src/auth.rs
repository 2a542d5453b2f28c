//! Who we are to an MCP server: OAuth 2.1, or a credential of the program's own, asked for each request.
//!
//! ```text
//!   request ──▶ token there, not about to expire? ──▶ Authorization: Bearer … ──▶ 2xx
//!                     │ about to                                                └▶ 401, 403
//!                     ▼                                                              │
//!                  refresh (one at a time, whoever asks)                             ▼
//!                                                         refresh or ask anew, and repeat it once
//!                                                                                    │ can't
//!                                                                                    ▼
//!                                    Status::NeedsSignIn ──▶ Pool::sign_in ──▶ the person's browser
//!                                          ▲                                         │
//!                                          └──── Pool::finish_sign_in ◀── code ──────┘
//! ```
//!
//! What is found out is checked before it is used: where the metadata of a server may lead
//! ([`Guard`](crate::Guard)), whether it speaks of this server (RFC 9728), whether the
//! authorization server is who it says it is (RFC 8414, RFC 9207), and each token is asked for this
//! server alone (RFC 8707), with a proof that the code came back to who asked for it (PKCE, S256).

mod assertion;
mod authorizer;
mod challenge;
mod config;
mod crypto;
mod discovery;
mod grant;
mod metadata;
mod problem;
mod record;
mod registration;
mod sign_in;
mod store;
mod token;
mod web;

pub(crate) use self::{
    authorizer::{Authorizer, NOBODY_SIGNS_IN, Refusal},
    challenge::Challenge,
    problem::Problem,
};
pub use self::{
    config::{
        Auth, Credential, CredentialError, Grant, IdentityProvider, OAuthConfig, Signer,
        SigningKey, SigningKeyError,
    },
    sign_in::{SignIn, SignInAnswer, SignInError},
    store::{FileStore, Lease, MemoryStore, StoreError, StoreKey, TokenKey, TokenStore},
};
