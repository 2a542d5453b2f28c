//! Questions of servers, on their way from a call to its session.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use rtmcp_core::CallId;
use rtmcp_mcp::Elicitation;
use tokio::sync::mpsc;

use super::News;

/// Gives the questions of a session their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers(Arc<AtomicU64>);

/// Makes a place for the questions of a call, which become news of the session, one at a time.
pub(super) fn follow(
    call_id: &CallId,
    numbers: &Numbers,
    news: mpsc::UnboundedSender<News>,
) -> mpsc::UnboundedSender<Elicitation> {
    let (sender, mut questions) = mpsc::unbounded_channel::<Elicitation>();
    let (call_id, numbers) = (call_id.clone(), numbers.clone());
    tokio::spawn(async move {
        while let Some(question) = questions.recv().await {
            let number = numbers.0.fetch_add(1, Ordering::Relaxed) + 1;
            let id = format!("question-{number}");
            // A session that is gone has ended the call, and the question with it.
            let _ = news.send(News::Asked(id.clone(), call_id.clone(), question.clone()));
            question.over().await;
            let _ = news.send(News::AnswerOver(id));
        }
    });
    sender
}
