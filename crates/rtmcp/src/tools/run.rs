//! [`run`]: one routed call, to its end.

use rtmcp_core::{Private, ResourceBody, ToolContent, ToolOutcome};
use rtmcp_mcp::{CallError, CallOptions, Pool};
use rtmcp_router::{Ending, Reader, Router, Shaped, Target};
use rtmcp_session::ToolEnd;
use tokio::task::spawn_blocking;

/// Runs one routed call to its end.
///
/// It always comes back, with words for the model whatever happened; dropping it cancels the call.
pub async fn run(pool: &Pool, router: &Router, target: &Target, options: CallOptions) -> Ran {
    let arguments = target.arguments.expose().clone();
    let called = pool.call(&target.server, &target.tool, arguments, options);
    match called.await {
        Ok(outcome) => Ran {
            end: ToolEnd::Answered,
            kind: if outcome.is_error {
                "tool_error"
            } else {
                "answered"
            },
            shaped: shaped(router, target, outcome).await,
            advice: None,
        },
        Err(error) => {
            let ending = ending(&error, target);
            Ran {
                end: ToolEnd::Failed,
                kind: ending.kind(),
                shaped: Shaped::said(ending.output(target)),
                advice: Some(error.to_string()),
            }
        }
    }
}

/// From so many bytes on a result is shaped beside the tasks that carry sound: a megabyte takes longer
/// than speech waits for.
const LARGE: usize = 32 * 1024;

/// Makes of a result what the model reads.
async fn shaped(router: &Router, target: &Target, outcome: ToolOutcome) -> Shaped {
    if size(&outcome) < LARGE {
        return router.shape(target, &outcome);
    }
    let (router, target) = (router.clone(), target.clone());
    let shaping = spawn_blocking(move || router.shape(&target, &outcome));
    match shaping.await {
        Ok(shaped) => shaped,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The program ends, and nobody reads it any more.
        Err(_) => Shaped::said("The program is ending; the result was not read."),
    }
}

/// About how large a result is. What is structured is said in words as well, or its size isn't known.
fn size(outcome: &ToolOutcome) -> usize {
    let part = |it: &ToolContent| match it {
        ToolContent::Text(text) => text.expose().len(),
        ToolContent::Image { data, .. } | ToolContent::Audio { data, .. } => data.expose().len(),
        ToolContent::Resource { body, .. } => match body {
            ResourceBody::Text(text) | ResourceBody::Blob(text) => text.expose().len(),
        },
        ToolContent::Link { .. } => 0,
    };
    if outcome.content.is_empty() && outcome.structured.is_some() {
        return LARGE;
    }
    outcome.content.iter().map(part).sum()
}

/// How a call went.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// How it ended.
    pub end: ToolEnd,
    /// A stable word for how it ended.
    pub kind: &'static str,
    /// What becomes of the result, or the words for the model where there is none.
    pub shaped: Shaped,
    /// Words for people on what to do, where there is no result.
    pub advice: Option<String>,
}

impl Ran {
    /// A call that was never made.
    pub(super) fn ended(ending: &Ending, target: &Target) -> Self {
        Self {
            end: ToolEnd::Refused,
            kind: ending.kind(),
            shaped: Shaped::said(ending.output(target)),
            advice: None,
        }
    }
}

/// Says how a call without a result ended.
fn ending(error: &CallError, target: &Target) -> Ending {
    let server = target.server.clone();
    if error.is_cancelled() {
        return if error.may_have_run() {
            Ending::Cancelled
        } else {
            Ending::NotStarted
        };
    }
    if error.is_protocol() {
        let message = error.message().map_or("", |it| it.expose());
        let redaction = &target.shaping.redaction;
        return Ending::ProtocolError {
            code: error.code(),
            message: Private::new(redaction.text(Reader::Model, message).into_owned()),
        };
    }
    if let Some(retry_in) = error.retry_in() {
        return Ending::ServerResting { server, retry_in };
    }
    if error.is_busy() {
        return Ending::ServerBusy { server };
    }
    match (error.is_timeout(), error.may_have_run()) {
        (_, false) => Ending::ServerDown { server },
        (true, true) => Ending::TimedOut {
            after: target.timeout,
        },
        (false, true) => Ending::ConnectionLost { server },
    }
}
