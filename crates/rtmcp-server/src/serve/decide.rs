//! What a page does in a session: it decides about tools, and ends the call.

use axum::http::StatusCode;
use rtmcp_api::{Decision, ProblemCode};

use super::{body::Body, journal, recorder::Ending, refusal::Refusal, sessions::Named};

/// Lets a tool run, or doesn't.
pub(super) async fn decide(
    Named { session, call_id }: Named,
    Body(decision): Body<Decision>,
) -> Result<StatusCode, Refusal> {
    let Decision { approve, reason } = decision;
    if !session.decide(&call_id, approve, reason) {
        let message = "this call doesn't wait for a decision: it was decided, or its time is over";
        return Err(Refusal::new(ProblemCode::Decided, message));
    }
    journal::decided(&session, &call_id, approve);
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the call.
pub(super) async fn end(Named { session, .. }: Named) -> StatusCode {
    session.end(Ending::Asked);
    StatusCode::NO_CONTENT
}
