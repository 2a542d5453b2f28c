//! What MCP servers ask the person of a call, answered on its page.

use axum::http::StatusCode;
use rtmcp::{Question, mcp};
use rtmcp_api::{Elicitation, ElicitationAction, ElicitationAnswer, ProblemCode};
use rtmcp_core::Private;

use super::{body::Body, refusal::Refusal, sessions::Named};

/// Takes the answer to a question.
pub(super) async fn answer(
    Named {
        session, question, ..
    }: Named,
    Body(answer): Body<ElicitationAnswer>,
) -> Result<StatusCode, Refusal> {
    let answer = match answer.action {
        ElicitationAction::Accept => mcp::Answer::Accept(answer.content),
        ElicitationAction::Decline => mcp::Answer::Decline,
        ElicitationAction::Cancel => mcp::Answer::Cancel,
    };
    session.answer(&question, answer).await.map_err(|error| {
        let code = match error {
            mcp::BadAnswer::Over => ProblemCode::Decided,
            _ => ProblemCode::BadRequest,
        };
        Refusal::new(code, error.to_string())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// A question, as a page shows it.
pub(super) fn shown(question: Question) -> Elicitation {
    let (schema, url) = match question.ask {
        mcp::Ask::Form(form) => (Some(Private::new(form.schema().clone())), None),
        mcp::Ask::Url(url) => (None, Some(Private::new(url.into()))),
        _ => (None, None),
    };
    Elicitation {
        id: question.id,
        call_id: question.call_id.to_string(),
        server: question.server.to_string(),
        tool: question.tool,
        message: question.message,
        schema,
        url,
        expires_ms: u64::try_from(question.expires.as_millis()).unwrap_or(u64::MAX),
    }
}
