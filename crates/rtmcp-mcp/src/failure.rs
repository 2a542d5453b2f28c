//! [`Failure`]: what can go wrong between us and a server.

mod words;

use std::{fmt, sync::Arc, time::Duration};

use rtmcp_core::Private;

use crate::{Forbidden, auth::Problem};

/// A fault of a connection, a handshake or a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The configuration can't work; the text says which part, never its secret value.
    Config(String),
    /// The pool has no such server.
    NoSuchServer,
    /// The pool was shut down.
    ShutDown,
    /// The program of a stdio server isn't there.
    CommandNotFound,
    /// The program of a stdio server couldn't be started.
    Spawn(String),
    /// No connection: nothing listens there, or the name has no address.
    Unreachable,
    /// Something listens there, and no secure connection came of it.
    Tls,
    /// The connection ended.
    Closed,
    /// The connection was not ready in time.
    ConnectTimeout(Duration),
    /// The tool list was not complete in time.
    ListTimeout(Duration),
    /// A list, of tools or the like, has no end that we would wait for.
    EndlessList(&'static str, &'static str),
    /// The address isn't one that whoever named it may have reached.
    Forbidden(Forbidden),
    /// 401 or 403.
    Unauthorized(u16),
    /// Somebody must sign in.
    SignIn,
    /// Somebody must sign in once more, for something that isn't granted yet.
    SignInForMore,
    /// There is no token, and no person who could help by signing in.
    Auth(Problem),
    /// The HTTP server refused with another status.
    Status(u16),
    /// The HTTP server points elsewhere, and we don't carry credentials there.
    Redirected(Option<String>),
    /// The server forgot our session.
    SessionLost,
    /// The server answered with a JSON-RPC error.
    Rpc(RpcError),
    /// The answer isn't MCP.
    NotMcp(&'static str),
    /// The answer is larger than we take.
    TooLarge(usize),
    /// The tool asks the person or the host for something that isn't supported.
    NeedsInput,
    /// Neither HTTP transport worked.
    BothTransports {
        streamable: Box<Self>,
        sse: Box<Self>,
    },
    /// The call took too long.
    CallTimeout(Duration),
    /// The call's time was over before one of so many places was free.
    Busy(usize),
    /// The server failed so often that it isn't asked for this long.
    Resting {
        rest: Duration,
        /// How it failed last, where there is no connection.
        cause: Option<Box<Self>>,
    },
    /// Nothing came from the server for this long, though it was asked.
    Stuck(Duration),
    /// The caller cancelled the call.
    Cancelled,
}

/// A JSON-RPC error as the server sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RpcError {
    pub(crate) code: i64,
    /// May repeat the arguments, so it is as private as they are.
    pub(crate) message: Private<String>,
}

impl Failure {
    /// Tells whether trying again can't help until someone changes the configuration.
    pub(crate) fn is_permanent(&self) -> bool {
        match self {
            Self::Config(_) | Self::ShutDown => true,
            Self::Forbidden(forbidden) => forbidden.is_permanent(),
            _ => false,
        }
    }

    /// Tells whether a Streamable HTTP probe that ended so may have met an HTTP+SSE server.
    pub(crate) fn suggests_sse(&self) -> bool {
        let Self::Status(status) = self else {
            return false;
        };
        // Proxy authentication, a timeout and a rate limit say nothing about the transport.
        (400..500).contains(status) && !matches!(status, 407 | 408 | 429)
    }

    /// Tells whether the server surely didn't act on the request that failed so.
    pub(crate) fn precedes_processing(&self) -> bool {
        match self {
            Self::Unreachable | Self::Tls | Self::SessionLost | Self::Unauthorized(_) => true,
            Self::Redirected(_) | Self::Config(_) | Self::Forbidden(_) => true,
            Self::Busy(_) | Self::Resting { .. } => true,
            Self::SignIn | Self::SignInForMore | Self::Auth(_) => true,
            Self::Status(status) => (400..500).contains(status),
            // Parse error, invalid request, method not found, invalid parameters.
            Self::Rpc(error) => matches!(error.code, -32700 | -32602..=-32600),
            _ => false,
        }
    }

    /// Tells whether it shows that the server isn't well, apart from a loss of the connection.
    pub(crate) fn is_trouble(&self) -> bool {
        matches!(self, Self::Status(500..) | Self::TooLarge(_))
    }

    /// Tells whether the same request has a chance a moment later.
    pub(crate) fn is_passing(&self) -> bool {
        self.is_loss() || matches!(self, Self::Status(502..=504))
    }

    /// Tells whether the connection, rather than the request, is what failed.
    pub(crate) fn is_loss(&self) -> bool {
        match self {
            Self::BothTransports { sse, .. } => sse.is_loss(),
            Self::Resting { cause, .. } => cause.as_ref().is_some_and(|it| it.is_loss()),
            Self::Unreachable | Self::Tls | Self::Closed | Self::SessionLost => true,
            Self::CommandNotFound | Self::Spawn(_) => true,
            Self::ConnectTimeout(_) | Self::ListTimeout(_) | Self::Stuck(_) => true,
            _ => false,
        }
    }
}

/// Where a server is, in words that hold no secret: a URL without userinfo, query and fragment, or
/// the name of a program without its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Url(Arc<str>),
    Program(Arc<str>),
    Nowhere,
}

impl Place {
    pub(crate) fn of(endpoint: &crate::Endpoint) -> Self {
        match endpoint {
            crate::Endpoint::Http { url, .. } => Self::Url(public_url(url).into()),
            crate::Endpoint::Stdio { command, .. } => Self::Program(command.as_str().into()),
        }
    }

    pub(crate) fn is_program(&self) -> bool {
        matches!(self, Self::Program(_))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url),
            Self::Program(command) => write!(f, "`{command}`"),
            Self::Nowhere => f.write_str("nowhere"),
        }
    }
}

/// A URL without the parts that may hold a secret.
pub(crate) fn public_url(url: &url::Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Both fail only for URLs that can't hold userinfo.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}
