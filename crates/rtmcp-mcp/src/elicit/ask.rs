//! From a server's question to the person's answer, and back.

use rmcp::model::{ElicitResult, ElicitationAction};
use rtmcp_core::Private;
use serde_json::{Map, Value};
use tokio::time::timeout;
use url::Url;

use super::{Answer, Ask, Elicitation, Form};
use crate::{ServerConfig, inbox::Caller};

/// Asks whoever made the call. Nobody there, or a question that can't be put, is declined; no answer
/// in time is cancelled.
pub(crate) async fn ask(config: &ServerConfig, caller: &Caller, params: &Value) -> ElicitResult {
    let Some(questions) = caller.elicitations.as_ref().filter(|_| config.elicitation) else {
        return declined();
    };
    let Some(ask) = wanted(params) else {
        tracing::debug!("a question has neither fields nor a page, or too many: declined");
        return declined();
    };
    let message = params.get("message").and_then(Value::as_str);
    let message = message.unwrap_or_default().chars().take(LENGTH).collect();
    if !caller.may_be_asked() {
        tracing::debug!("one question more than a call may ask: declined");
        return declined();
    }
    let (elicitation, answer, _over) = Elicitation::new(
        config.name.clone(),
        caller.tool.clone(),
        Private::new(message),
        ask,
        config.answer_timeout,
    );
    let _stopped = caller.clock.stop();
    if questions.send(elicitation).is_err() {
        return declined();
    }
    match timeout(config.answer_timeout, answer).await {
        Ok(Ok(Answer::Accept(fields))) => accepted(fields, params),
        Ok(Ok(Answer::Decline)) => declined(),
        Ok(Ok(Answer::Cancel) | Err(_)) | Err(_) => cancelled(),
    }
}

pub(crate) fn declined() -> ElicitResult {
    ElicitResult::new(ElicitationAction::Decline)
}

pub(crate) fn cancelled() -> ElicitResult {
    ElicitResult::new(ElicitationAction::Cancel)
}

fn accepted(fields: Private<Map<String, Value>>, params: &Value) -> ElicitResult {
    let result = ElicitResult::new(ElicitationAction::Accept);
    if params.get("url").is_some() {
        return result;
    }
    result.with_content(Value::Object(fields.into_exposed()))
}

/// What an answer is; none if the question has no form that we know, or one that is too long.
fn wanted(params: &Value) -> Option<Ask> {
    match params.get("mode").and_then(Value::as_str) {
        None | Some("form") => {
            let schema = params.get("requestedSchema")?;
            if schema.to_string().len() > FORM_BYTES {
                return None;
            }
            let schema = schema.as_object()?;
            Some(Ask::Form(Form::new(schema.clone())))
        }
        Some("url") => {
            let url = params.get("url")?.as_str()?;
            let url = Url::parse(url).ok().filter(|_| url.len() <= FORM_BYTES)?;
            // Anything else would make a page of ours run what a stranger wrote.
            matches!(url.scheme(), "http" | "https").then_some(Ask::Url(url))
        }
        Some(_) => None,
    }
}

/// More than anybody listens to.
const LENGTH: usize = 2000;

/// Bytes of the fields of a question, or of the address of a page. The fields become a part of the
/// session's functions while the question is open, so that the model reads all of them.
const FORM_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_that_nobody_could_fill_in_is_no_question() {
        let fields = |count: usize| {
            let field = json!({"type": "string", "default": "x"});
            let fields = (0..count).map(|at| (format!("field{at}"), field.clone()));
            let schema = json!({"type": "object", "properties": fields.collect::<Map<_, _>>()});
            wanted(&json!({"message": "?", "requestedSchema": schema}))
        };
        assert!(fields(100).is_some());
        assert!(fields(100_000).is_none());
        let page = |length| {
            let url = format!("https://shop.example/{}", "a".repeat(length));
            wanted(&json!({"mode": "url", "url": url}))
        };
        assert!(page(100).is_some());
        assert!(page(FORM_BYTES).is_none());
    }
}
