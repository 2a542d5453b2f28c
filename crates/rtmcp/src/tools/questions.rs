//! Questions of servers, on their way from a call to its session.

use rtmcp_core::CallId;
use rtmcp_mcp::Elicitation;
use tokio::sync::mpsc;

use super::News;

/// Makes a place for the questions of a call, which become news of the session.
pub(super) fn follow(
    call_id: &CallId,
    news: mpsc::UnboundedSender<News>,
) -> mpsc::UnboundedSender<Elicitation> {
    let (sender, mut questions) = mpsc::unbounded_channel::<Elicitation>();
    let call_id = call_id.clone();
    tokio::spawn(async move {
        while let Some(question) = questions.recv().await {
            // A session that is gone drops the question, which cancels it.
            let _ = news.send(News::Asked(call_id.clone(), question.clone()));
            question.over().await;
            let _ = news.send(News::AnswerOver(question));
        }
    });
    sender
}
