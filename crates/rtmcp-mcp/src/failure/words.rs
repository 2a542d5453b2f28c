//! The words for a [`Failure`]: what happened and what to do.
//!
//! Nothing in them can be private: no argument, no result, no token, and of a URL neither userinfo
//! nor query.

use std::fmt;

use rtmcp_core::ServerName;

use super::{Failure, Place};

impl Failure {
    /// Writes what happened and what to do, for `server` at `place`.
    pub(crate) fn describe(
        &self,
        server: &ServerName,
        place: &Place,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        match self {
            Self::Config(problem) => write!(f, "server `{server}` can't be used: {problem}"),
            Self::Forbidden(forbidden) => {
                write!(f, "server `{server}` isn't reached: {forbidden}")
            }
            Self::NoSuchServer => {
                write!(f, "no server is called `{server}`: check the configuration")
            }
            Self::ShutDown => write!(f, "the connection to server `{server}` was shut down"),
            Self::Cancelled => write!(f, "the call to server `{server}` was cancelled"),
            Self::CallTimeout(limit) => write!(
                f,
                "server `{server}` did not finish the call within {limit:?}: raise `timeout` if the tool needs longer"
            ),
            Self::Busy(most) => write!(
                f,
                "server `{server}` was busy for all of the call's time: {most} calls run on it already (`max_calls`)"
            ),
            Self::Resting { rest, cause } => {
                write!(f, "server `{server}` keeps failing and is tried again in ")?;
                write!(f, "{} s", rest.as_secs() + 1)?;
                match cause {
                    Some(cause) => {
                        f.write_str(": ")?;
                        cause.describe(server, place, f)
                    }
                    None => Ok(()),
                }
            }
            Self::Stuck(time) => write!(
                f,
                "server `{server}` at {place} took requests and sent nothing for {time:?}: it is connected anew"
            ),
            Self::SignIn => write!(
                f,
                "server `{server}` wants somebody to sign in: use `rtmcp sign-in {server}`, or the page"
            ),
            Self::SignInForMore => write!(
                f,
                "server `{server}` wants a permission that isn't given yet: sign in again with `rtmcp sign-in {server}`, or on the page"
            ),
            Self::Auth(problem) => write!(f, "no token for server `{server}`: {problem}"),
            Self::Unauthorized(_)
            | Self::Status(_)
            | Self::Redirected(_)
            | Self::BothTransports { .. } => self.describe_refusal(server, place, f),
            Self::SessionLost | Self::EndlessList(..) | Self::Rpc(_) | Self::NotMcp(_) => {
                self.describe_answer(server, place, f)
            }
            Self::TooLarge(_) | Self::NeedsInput => self.describe_answer(server, place, f),
            _ => self.describe_loss(server, place, f),
        }
    }

    /// There was no connection, or it ended.
    fn describe_loss(
        &self,
        server: &ServerName,
        place: &Place,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        match self {
            Self::CommandNotFound => write!(
                f,
                "the command {place} of server `{server}` was not found: install it or give its full path"
            ),
            Self::Spawn(problem) => write!(
                f,
                "the command {place} of server `{server}` could not be started: {problem}"
            ),
            Self::Unreachable => write!(
                f,
                "no answer from {place}: is the server running and the URL right?"
            ),
            Self::Tls => write!(
                f,
                "no secure connection to {place}: does it serve https, with a certificate that this machine trusts?"
            ),
            Self::ConnectTimeout(limit) => write!(
                f,
                "server `{server}` at {place} was not ready within {limit:?}: is it overloaded? `connect_timeout` can be raised"
            ),
            Self::ListTimeout(limit) => write!(
                f,
                "server `{server}` at {place} did not list its tools within {limit:?}: is it overloaded? `list_timeout` can be raised"
            ),
            _ if place.is_program() => write!(
                f,
                "the command {place} of server `{server}` ended: run it by hand to see why (its stderr is in the debug log)"
            ),
            _ => write!(
                f,
                "server `{server}` at {place} broke the connection: look at its log, or try again"
            ),
        }
    }

    /// An HTTP server refused.
    fn describe_refusal(
        &self,
        server: &ServerName,
        place: &Place,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        match self {
            Self::Unauthorized(status) => write!(
                f,
                "the server refused the credentials ({status}): check `bearer` or `headers` of server `{server}`"
            ),
            Self::Status(status @ (404 | 405)) => write!(
                f,
                "{place} is not an MCP endpoint ({status}): check the path of the URL, try /mcp or /sse"
            ),
            Self::BothTransports { streamable, sse } => write!(
                f,
                "{place} is not an MCP endpoint (as Streamable HTTP: {}; as HTTP+SSE: {}): check the path of the URL, try /mcp or /sse",
                streamable.brief(),
                sse.brief()
            ),
            Self::Status(429) => write!(
                f,
                "server `{server}` at {place} wants fewer requests (429): wait, or ask for a higher limit"
            ),
            Self::Status(status) => write!(
                f,
                "server `{server}` at {place} answered with HTTP {status}: look at its log"
            ),
            Self::Redirected(Some(target)) => write!(
                f,
                "{place} redirects to {target}: put that URL into the configuration if you trust it"
            ),
            _ => write!(
                f,
                "{place} redirects elsewhere: find out where and use that URL"
            ),
        }
    }

    /// The server answered, and not with what was asked for.
    fn describe_answer(
        &self,
        server: &ServerName,
        place: &Place,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        match self {
            Self::SessionLost => write!(
                f,
                "server `{server}` at {place} lost the session: is it being restarted? try again"
            ),
            Self::EndlessList(what, limit) => write!(
                f,
                "server `{server}` lists {what} without end ({limit}): it is broken, report it to its maker"
            ),
            Self::Rpc(error) => write!(
                f,
                "server `{server}` refused the request with JSON-RPC error {}",
                error.code
            ),
            Self::TooLarge(limit) => write!(
                f,
                "server `{server}` sent more than {limit} bytes in one message: ask it for less at a time"
            ),
            Self::NotMcp(what) => write!(f, "{place} does not speak MCP as it should: {what}"),
            _ => write!(
                f,
                "the tool of server `{server}` asks for input that can't be given here: use another tool"
            ),
        }
    }

    /// The failure in a few words, for a message about two of them.
    fn brief(&self) -> String {
        match self {
            Self::Status(status) | Self::Unauthorized(status) => format!("HTTP {status}"),
            Self::NotMcp(what) => (*what).to_owned(),
            Self::Redirected(_) => "a redirect elsewhere".to_owned(),
            Self::Rpc(error) => format!("JSON-RPC error {}", error.code),
            _ => "no connection".to_owned(),
        }
    }
}
