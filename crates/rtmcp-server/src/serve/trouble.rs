//! What pages are told when an endpoint or a server doesn't do its part.

use rtmcp::{Closed, ConnectError, mcp::ServerError, session::Trouble};
use rtmcp_api::ProblemCode;

use super::{refusal::Refusal, scrub::Scrub};

/// An endpoint that opens no session. Its address stays with the owner; the page knows its name.
pub(super) fn endpoint(name: &str, error: &ConnectError, scrub: &Scrub) -> Refusal {
    let message = said(&format!("the Realtime endpoint `{name}`"), error);
    Refusal::new(code(error), scrub.clean(message))
}

/// How a session ended, without the address of its endpoint.
pub(super) fn end(closed: &Closed) -> String {
    let name = "the Realtime endpoint";
    match closed {
        Closed::NotOpened(error) => said(name, error),
        Closed::NotRestored { detail, error } => format!(
            "the connection to {name} was lost ({detail}), and no other could be opened: {}",
            said(name, error)
        ),
        closed => closed.to_string(),
    }
}

fn code(error: &ConnectError) -> ProblemCode {
    use ConnectError as E;

    match error {
        E::Unauthorized { .. } | E::UnprintableKey => ProblemCode::BadKey,
        E::Attached { .. } => ProblemCode::Attached,
        E::BadOffer { .. } => ProblemCode::BadRequest,
        E::NoSocket { .. } => ProblemCode::Internal,
        _ => ProblemCode::Endpoint,
    }
}

fn said(name: &str, error: &ConnectError) -> String {
    use ConnectError as E;

    match error {
        E::Unauthorized { message, .. } => {
            format!("{name} refuses the key: {message} (check the key, or use another one)")
        }
        E::UnprintableKey => {
            format!("the key of {name} has characters that no key has (copy it again)")
        }
        E::NoQuota { message, .. } => {
            format!("{name} takes no call now: {message} (look at the quota and limits of the key)")
        }
        E::RateLimited { message, .. } => {
            format!("{name} takes no call just now: {message} (try again in a moment)")
        }
        E::TurnedAway { code, message, .. } => {
            format!("{name} opened no session: {message} ({code})")
        }
        E::Unreachable { detail, .. } => {
            format!(
                "{name} can't be reached: {} (is it running?)",
                plain(detail)
            )
        }
        E::TooSlow { after, .. } => format!("{name} did not answer within {after:?} (try again)"),
        E::Tls { detail, .. } => format!("{name} can't be trusted or speaks no TLS: {detail}"),
        E::NotFound { model, message, .. } => format!("{name} has no model `{model}`: {message}"),
        E::Refused {
            status, message, ..
        } => format!("{name} took no call (status {status}): {message}"),
        E::NoCall { message, .. } => {
            format!("{name} has no such call: {message} (has it ended? make a new one)")
        }
        E::Attached { .. } => {
            "another session leads this call already (end that one first)".to_owned()
        }
        E::Incomplete { missing, .. } => {
            format!("{name} answered without {missing} (is it a Realtime endpoint?)")
        }
        E::BadOffer { detail } => format!(
            "`sdp` can't be answered: {detail} (send what `createOffer` of the browser made)"
        ),
        E::NoSocket { .. } => {
            "the backend can't answer calls (its owner sees why in the log)".to_owned()
        }
        _ => format!("{name} opened no session (try again)"),
    }
}

/// What the system says, without its number for it.
fn plain(detail: &str) -> &str {
    detail.split(" (os error").next().unwrap_or(detail)
}

/// An MCP server that doesn't list its tools.
pub(super) fn server(error: &ServerError, scrub: &Scrub) -> Refusal {
    Refusal::new(ProblemCode::McpServer, scrub.clean(error.to_string()))
}

/// What a session goes on in spite of.
pub(super) fn words(trouble: &Trouble) -> Option<String> {
    let coded = |message: &str, code: Option<&str>| match code {
        Some(code) => format!("{} ({code})", message.trim_end_matches('.')),
        None => message.to_owned(),
    };
    Some(match trouble {
        Trouble::Endpoint { code, message } => {
            let message = coded(message, code.as_deref());
            format!("the Realtime endpoint reports: {message}")
        }
        Trouble::ResponseFailed { code, message, .. } => {
            let message = coded(message, code.as_deref());
            format!("the model couldn't finish its answer: {message}")
        }
        Trouble::OutputRefused { call_id, message } => format!(
            "the Realtime endpoint would not take the result of `{call_id}`, and the model doesn't \
             know it: {message}"
        ),
        Trouble::NotUnderstood { kind, trouble } => {
            format!("an event `{kind}` was passed over, as it isn't understood: {trouble}")
        }
        _ => return None,
    })
}
