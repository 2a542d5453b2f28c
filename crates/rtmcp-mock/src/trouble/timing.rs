//! Tools that answer late, never, or to nobody.

use std::time::Duration;

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::answer::{Answer, refused, said};
use crate::serve::Link;

/// Progress notifications of one slow call.
const STEPS: u32 = 10;

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Slow {
    /// How long to take, in milliseconds.
    ms: u32,
}

pub(super) async fn slow(
    Parameters(Slow { ms }): Parameters<Slow>,
    context: RequestContext<RoleServer>,
) -> Answer {
    let token = context.meta.get_progress_token();
    let step = Duration::from_millis(ms.into()) / STEPS;
    for done in 1..=STEPS {
        tokio::time::sleep(step).await;
        let Some(token) = token.clone() else { continue };
        let progress = ProgressNotificationParam::new(token, done.into()).with_total(STEPS.into());
        // A client that has gone needs no progress; the call ends by its cancellation.
        let _ = context.peer.notify_progress(progress).await;
    }
    said(format!("Done after {ms} milliseconds."))
}

pub(super) async fn hang() -> Answer {
    std::future::pending().await
}

pub(super) async fn drop_session(context: RequestContext<RoleServer>) -> Answer {
    if Link::of(&context).is_some_and(|link| link.forget_session()) {
        said("This session is unknown from now on.")
    } else {
        refused("This call came without a session to forget.")
    }
}

pub(super) async fn close(context: RequestContext<RoleServer>) -> Answer {
    if let Some(link) = Link::of(&context) {
        link.forget_session();
        link.cut().await;
    }
    std::future::pending().await
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Announce {
    /// How many notifications to send.
    times: u32,
}

pub(super) async fn announce(
    Parameters(Announce { times }): Parameters<Announce>,
    context: RequestContext<RoleServer>,
) -> Answer {
    for _ in 0..times {
        let told = context.peer.notify_tool_list_changed().await;
        told.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    }
    said(format!("Announced {times} times."))
}
