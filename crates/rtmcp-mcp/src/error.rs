//! [`ServerError`] and [`CallError`]: opaque, with predicates, and words that say what to do.

use std::{fmt, time::Duration};

use rtmcp_core::{Private, ServerName};

use crate::failure::{Failure, Place, RpcError};

/// Why a server is down.
///
/// `Display` says what happened and what to do, without anything private.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerError {
    server: ServerName,
    place: Place,
    failure: Failure,
}

impl ServerError {
    pub(crate) fn new(server: ServerName, place: Place, failure: Failure) -> Self {
        Self {
            server,
            place,
            failure,
        }
    }

    pub(crate) fn failure(&self) -> &Failure {
        &self.failure
    }

    /// Returns the server's name.
    pub fn server(&self) -> &ServerName {
        &self.server
    }

    /// Tells whether there was no connection, or it broke or was not ready in time.
    pub fn is_unreachable(&self) -> bool {
        self.failure.is_loss()
    }

    /// Tells whether the server didn't get ready, or didn't list its tools, in time.
    pub fn is_timeout(&self) -> bool {
        matches!(
            self.failure,
            Failure::ConnectTimeout(_) | Failure::ListTimeout(_)
        )
    }

    /// Tells whether the server refused the credentials.
    pub fn is_unauthorized(&self) -> bool {
        matches!(
            self.failure,
            Failure::Unauthorized(_) | Failure::SignIn | Failure::SignInForMore
        )
    }

    /// Tells whether somebody must sign in, or once more for a further permission
    /// ([`Pool::sign_in`](crate::Pool::sign_in)).
    pub fn needs_sign_in(&self) -> bool {
        matches!(self.failure, Failure::SignIn | Failure::SignInForMore)
    }

    /// Tells whether its address isn't one that whoever named it may have reached.
    pub fn is_forbidden(&self) -> bool {
        matches!(self.failure, Failure::Forbidden(_))
    }

    /// Tells whether the configuration must change before trying again makes sense.
    pub fn is_misconfigured(&self) -> bool {
        self.failure.is_permanent() || matches!(self.failure, Failure::CommandNotFound)
    }

    /// Tells whether the server answered with a JSON-RPC error.
    pub fn is_protocol(&self) -> bool {
        matches!(self.failure, Failure::Rpc(_))
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.describe(&self.server, &self.place, f)
    }
}

impl fmt::Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerError({self})")
    }
}

impl std::error::Error for ServerError {}

/// Why a tool call has no result.
///
/// A tool that ran and reports a failure of its own is not an error here, but a
/// [`ToolOutcome`](rtmcp_core::ToolOutcome) with `is_error`. `Display` says what happened and what
/// to do, without anything private.
#[derive(Clone, PartialEq, Eq)]
pub struct CallError {
    cause: ServerError,
    may_have_run: bool,
}

impl CallError {
    pub(crate) fn new(cause: ServerError, may_have_run: bool) -> Self {
        Self {
            cause,
            may_have_run,
        }
    }

    /// The same, where an earlier try of the call may have run.
    pub(crate) fn after_dispatch(self) -> Self {
        Self {
            may_have_run: true,
            ..self
        }
    }

    /// Returns the server's name.
    pub fn server(&self) -> &ServerName {
        &self.cause.server
    }

    /// Tells whether the server may have acted on the call: if so, repeating it may do it twice.
    pub fn may_have_run(&self) -> bool {
        self.may_have_run
    }

    /// Tells whether the call's time ran out.
    pub fn is_timeout(&self) -> bool {
        matches!(self.cause.failure, Failure::CallTimeout(_))
    }

    /// Tells whether the caller cancelled the call.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.cause.failure, Failure::Cancelled)
    }

    /// Tells whether there is no connection to the server, or it broke during the call.
    pub fn is_unreachable(&self) -> bool {
        self.cause.is_unreachable()
    }

    /// Tells whether the server answered with a JSON-RPC error: no such tool, wrong arguments, or
    /// a fault of its own.
    pub fn is_protocol(&self) -> bool {
        self.cause.is_protocol()
    }

    /// Tells whether the server refused the credentials.
    pub fn is_unauthorized(&self) -> bool {
        self.cause.is_unauthorized()
    }

    /// Tells whether somebody must sign in, or once more for a further permission
    /// ([`Pool::sign_in`](crate::Pool::sign_in)).
    pub fn needs_sign_in(&self) -> bool {
        self.cause.needs_sign_in()
    }

    /// Tells whether the pool has no server of that name.
    pub fn is_unknown_server(&self) -> bool {
        matches!(self.cause.failure, Failure::NoSuchServer)
    }

    /// Returns when the server is tried again, where it failed so often that it isn't asked now.
    pub fn retry_in(&self) -> Option<Duration> {
        match &self.cause.failure {
            Failure::Resting { rest, .. } => Some(*rest),
            _ => None,
        }
    }

    /// Tells whether the call's time was over before the server had a free place for it.
    pub fn is_busy(&self) -> bool {
        matches!(self.cause.failure, Failure::Busy(_))
    }

    /// Returns the code of the JSON-RPC error, where the server sent one.
    pub fn code(&self) -> Option<i64> {
        self.rpc().map(|error| error.code)
    }

    /// Returns the message of the JSON-RPC error, where the server sent one.
    ///
    /// Made for the model, which can often repair its call from it. It may repeat arguments, so it
    /// is not part of `Display`.
    pub fn message(&self) -> Option<&Private<String>> {
        self.rpc().map(|error| &error.message)
    }

    fn rpc(&self) -> Option<&RpcError> {
        match &self.cause.failure {
            Failure::Rpc(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl fmt::Debug for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallError({self}; may have run: {})", self.may_have_run)
    }
}

impl std::error::Error for CallError {}
