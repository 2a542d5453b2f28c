//! MCP clients behind rtmcp's own words: a pool of servers, their transports, calls and deadlines.
//!
//! It knows nothing of Realtime sessions or of what a model may call; it runs one tool on one
//! server and says what came of it. Start with [`Pool`].
//!
//! ```no_run
//! use std::time::Duration;
//! use rtmcp_mcp::{CallOptions, Pool, ServerConfig};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let shop = ServerConfig::http("shop", "http://127.0.0.1:8091/mcp".parse()?);
//! let pool = Pool::new(vec![shop]);
//! pool.settled(Duration::from_secs(5)).await;
//!
//! let mut args = serde_json::Map::new();
//! args.insert("city".to_owned(), "Paris".into());
//! let options = CallOptions { timeout: Duration::from_secs(10), ..CallOptions::default() };
//! let outcome = pool.call(&"shop".into(), "get_weather", args, options).await?;
//! assert!(!outcome.is_error);
//! pool.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # How a server is kept
//!
//! Each server has a task of its own that connects, lists the tools, and waits for the connection
//! to be lost; then it starts over.
//!
//! ```text
//!  Connecting ──▶ Ready ──(connection or session lost)──▶ Down ──(wait, or a call)──▶ Ready
//!       └───────(refused, too slow, no MCP)───────────────▶ ┘
//! ```
//!
//! A call on a server that is down has it tried at once, and shares that attempt with all others
//! that wait. A call whose session turned out to be lost is repeated on the new one, because the
//! server surely didn't act on it; any other call that broke off is not
//! ([`CallError::may_have_run`]).
//!
//! # Logs
//!
//! This crate logs nothing private. `rmcp`, on which it is built, does: at `info` and below it logs
//! whole messages. Programs should filter it with [`QUIET_RMCP`].

mod auth;
mod breaker;
mod cache;
mod call;
mod client;
mod clock;
mod config;
mod connect;
mod convert;
mod diff;
mod elicit;
mod error;
mod failure;
mod host;
mod http;
mod inbox;
mod loss;
mod notice;
mod offer;
mod pool;
mod slot;
mod sse;
mod status;
mod supervisor;
mod tap;

pub use auth::{
    Auth, Credential, CredentialError, FileStore, Grant, IdentityProvider, Lease, MemoryStore,
    OAuthConfig, SignIn, SignInAnswer, SignInError, Signer, SigningKey, SigningKeyError,
    StoreError, StoreKey, TokenKey, TokenStore,
};
pub use call::{CallOptions, Progress};
pub use config::{Endpoint, HttpTransport, ServerConfig};
pub use diff::ToolsDiff;
pub use elicit::{Answer, Ask, BadAnswer, Elicitation, Form};
pub use error::{CallError, ServerError};
pub use http::{AllowError, AllowList, BadHeader, Forbidden, Guard};
pub use notice::{LogLevel, Notice, Notices, UnknownLevel};
pub use pool::{Changes, Pool};
pub use status::{ReadyInfo, ServerChange, ServerState, Status};

/// What fuzz targets reach, and nobody else should.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    pub use crate::http::{ReadEvent, read_events};
}

/// A `tracing` filter directive that keeps arguments and results out of a program's logs.
pub const QUIET_RMCP: &str = "rmcp=off";
