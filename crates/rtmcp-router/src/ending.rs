//! How a call ends without a result, in words that the model can act on.

use std::time::Duration;

use rtmcp_core::{FunctionName, Private, ServerName};

use crate::route::Target;

/// How a call that was routed ends without a result of the tool.
///
/// With [`Refusal`](crate::Refusal) and [`Shaped`](crate::Shaped) these are all the words that the
/// model ever reads about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The hard deadline passed.
    TimedOut {
        /// How long the call ran.
        after: Duration,
    },
    /// A person said no.
    Denied {
        /// Why, where they said it.
        reason: Option<Private<String>>,
    },
    /// Nobody answered the question in time.
    ApprovalExpired {
        /// How long the question stood.
        after: Duration,
    },
    /// Somebody said yes, and meanwhile the server describes the tool otherwise.
    ToolChanged,
    /// The server could not be reached; the call was never sent.
    ServerDown {
        /// The server.
        server: ServerName,
    },
    /// The server failed so often that it isn't asked for a while; the call was never sent.
    ServerResting {
        /// The server.
        server: ServerName,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// The server had no free place for the call in its time; it was never sent.
    ServerBusy {
        /// The server.
        server: ServerName,
    },
    /// As many calls of the session run as may, and the call didn't get its turn in its time, or
    /// there was no room to wait; it was never sent.
    SessionBusy {
        /// How many calls of a session run at a time.
        limit: usize,
    },
    /// The connection broke after the call was sent.
    ConnectionLost {
        /// The server.
        server: ServerName,
    },
    /// The server answered with an error of the protocol instead of a result.
    ProtocolError {
        /// The JSON-RPC code, where there was one.
        code: Option<i64>,
        /// The server's words.
        message: Private<String>,
    },
    /// The call was withdrawn after it was sent.
    Cancelled,
    /// The call was withdrawn before it was sent.
    NotStarted,
}

impl Ending {
    /// Returns a stable word for logs and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TimedOut { .. } => "timed_out",
            Self::Denied { .. } => "denied",
            Self::ApprovalExpired { .. } => "approval_expired",
            Self::ToolChanged => "tool_changed",
            Self::ServerDown { .. } => "server_down",
            Self::ServerResting { .. } => "server_resting",
            Self::ServerBusy { .. } => "server_busy",
            Self::SessionBusy { .. } => "session_busy",
            Self::ConnectionLost { .. } => "connection_lost",
            Self::ProtocolError { .. } => "protocol_error",
            Self::Cancelled => "cancelled",
            Self::NotStarted => "not_started",
        }
    }

    /// Returns what the model reads: what happened, whether the tool may have taken effect, and
    /// what the model may do.
    pub fn output(&self, target: &Target) -> String {
        let function = &target.function;
        match self {
            Self::TimedOut { after } => format!(
                "`{function}` did not answer within {} and was stopped. {}",
                span(*after),
                aftermath(target)
            ),
            Self::Denied { reason } => declined(function, reason.as_ref()),
            Self::ApprovalExpired { after } => format!(
                "`{function}` was not run: nobody approved it within {}. Nothing was done. Tell the \
                 user; don't call it again unless they ask.",
                span(*after)
            ),
            Self::ToolChanged => format!(
                "`{function}` was not run: its server describes it otherwise than when it was \
                 approved. Nothing was done. Tell the user; call it again only if they still want it."
            ),
            Self::ServerDown { server } => format!(
                "`{function}` was not run: its server `{server}` can't be reached. Nothing was done. \
                 Tell the user; don't call it again unless they ask."
            ),
            Self::ServerResting { server, retry_in } => format!(
                "`{function}` was not run: its server `{server}` keeps failing, and is tried again \
                 in {} s. Nothing was done. Tell the user; any function of `{server}` would be \
                 refused until then.",
                retry_in.as_secs() + 1
            ),
            Self::ServerBusy { server } => format!(
                "`{function}` was not run: its server `{server}` is busy with other calls. Nothing \
                 was done. Tell the user; you may call it once more if they still need it."
            ),
            Self::SessionBusy { limit } => format!(
                "`{function}` was not run: {limit} functions of this conversation run at a time, and \
                 it got no turn. Nothing was done. Wait for the results of the others before you \
                 call more."
            ),
            Self::ConnectionLost { server } => format!(
                "The connection to `{server}` broke while `{function}` was running. {}",
                aftermath(target)
            ),
            Self::ProtocolError { code, message } => {
                let code = code.map_or_else(String::new, |code| format!(" {code}"));
                format!(
                    "The server answered `{function}` with error{code}: {}. Tell the user; repeat the \
                     call only if you can correct it.",
                    short(message.expose()).trim_end_matches('.')
                )
            }
            Self::Cancelled => format!("`{function}` was cancelled. {}", aftermath(target)),
            Self::NotStarted => {
                format!("`{function}` was cancelled before it started. Nothing was done.")
            }
        }
    }
}

fn declined(function: &FunctionName, reason: Option<&Private<String>>) -> String {
    let words = reason.map_or_else(String::new, |reason| {
        format!(" with the words \"{}\"", short(reason.expose()))
    });
    format!(
        "`{function}` was not run: the request was declined{words}. Respect that; don't call it \
         again unless the user asks."
    )
}

/// Says what an interrupted call may have left behind: a second payment is worse than a question.
fn aftermath(target: &Target) -> &'static str {
    if target.is_read_only() {
        "It only reads, so nothing was changed. Tell the user; you may call it once more if they \
         still need it."
    } else if target.annotations.idempotent == Some(true) {
        "It may or may not have taken effect. Tell the user; calling it again with the same \
         arguments does no further harm."
    } else {
        "It may or may not have taken effect. Tell the user; don't repeat the call unless they ask."
    }
}

fn span(span: Duration) -> String {
    if span.as_secs() == 0 {
        format!("{} ms", span.as_millis())
    } else if span.subsec_millis() == 0 {
        format!("{} s", span.as_secs())
    } else {
        format!("{:.1} s", span.as_secs_f64())
    }
}

/// Cuts other people's words to what is worth reading aloud.
fn short(words: &str) -> &str {
    let words = words.trim();
    words
        .char_indices()
        .nth(300)
        .map_or(words, |(end, _)| &words[..end])
}
