//! Who decides about tools: the page of a call, and a webhook by the token that it was given. And the
//! end of a call, which the page decides, too.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use rtmcp::router::{self, BadDigest, Channel, DecideError, Digest};
use rtmcp_api::{Approval, Decision, ProblemCode, Remember, Verdict};
use rtmcp_core::Private;

use super::{Shared, body::Body, journal, recorder::Ending, refusal::Refusal, sessions::Named};

/// Lists the calls that wait for a decision.
pub(super) async fn list(Named { session, .. }: Named) -> Json<Vec<Approval>> {
    Json(session.approvals())
}

/// Lets a tool run, or doesn't.
pub(super) async fn decide(
    Named {
        session, call_id, ..
    }: Named,
    Body(decision): Body<Decision>,
) -> Result<StatusCode, Refusal> {
    let who = format!("visitor {}", session.visitor.tag());
    let approve = decision.approve;
    let decision = router::Decision {
        hash: digest(decision.hash.as_deref())?,
        allow: approve,
        remember: remember(decision.remember),
        who: Some(Private::new(who)),
        reason: decision.reason,
        ..router::Decision::yes(call_id.clone(), Channel::Page)
    };
    session.decide(decision).await.map_err(refusal)?;
    journal::decided(&session, &call_id, approve);
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the answer of a webhook that comes after its reply.
pub(super) async fn answer(
    State(backend): State<Shared>,
    Path(token): Path<Private<String>>,
    Body(verdict): Body<Verdict>,
) -> Result<StatusCode, Refusal> {
    // Which call it is, the token says.
    let decision = router::Decision {
        hash: digest(verdict.hash.as_deref())?,
        allow: verdict.approve,
        remember: remember(verdict.remember),
        who: verdict.who,
        reason: verdict.reason,
        ..router::Decision::yes("", Channel::Webhook)
    };
    let tickets = &backend.config.approvals.tickets;
    let decided = tickets.decide(token.expose(), decision).await;
    decided.map_err(refusal)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the call.
pub(super) async fn end(Named { session, .. }: Named) -> StatusCode {
    session.end(Ending::Asked);
    StatusCode::NO_CONTENT
}

fn digest(text: Option<&str>) -> Result<Option<Digest>, Refusal> {
    let digest = text.map(str::parse).transpose();
    digest.map_err(|error: BadDigest| Refusal::bad(format!("`hash`: {error}")))
}

const fn remember(remember: Remember) -> router::Remember {
    match remember {
        Remember::No => router::Remember::No,
        Remember::Arguments => router::Remember::Arguments,
        Remember::Tool => router::Remember::Tool,
    }
}

fn refusal(error: DecideError) -> Refusal {
    let code = match error {
        DecideError::OtherArguments => ProblemCode::OtherArguments,
        DecideError::Channel { .. } => ProblemCode::Forbidden,
        DecideError::Remember { .. } => ProblemCode::BadRequest,
        _ => ProblemCode::Decided,
    };
    Refusal::new(code, error.to_string())
}
