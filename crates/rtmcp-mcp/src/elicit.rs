//! [`Elicitation`]: what a server asks the person while one of their calls runs.

mod ask;
mod form;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rtmcp_core::{Private, ServerName};
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

pub(crate) use self::ask::{ask, cancelled, declined};
pub use self::form::{BadAnswer, Form};

/// A question of a server to the person, in the course of a call of theirs.
///
/// Several may hold it, such as a page and the conversation: the first answer counts. A question
/// that everybody dropped is cancelled. The words are a stranger's: show who asks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Elicitation {
    /// Which server asks.
    pub server: ServerName,
    /// The tool in whose course it asks, by its name there.
    pub tool: String,
    /// What it asks, in words for a person.
    pub message: Private<String>,
    /// What an answer is.
    pub ask: Ask,
    /// How long it waits at most, from when it was asked.
    pub expires: Duration,
    reply: Arc<Mutex<Option<oneshot::Sender<Answer>>>>,
    over: CancellationToken,
}

/// What an answer to an [`Elicitation`] is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ask {
    /// Some fields to fill in.
    Form(Form),
    /// A page to visit: what happens there is between the person and the server. Accepting means
    /// that the person opens it, no more. Never fetch it, and show the whole address before.
    Url(Url),
}

/// What a person does with an [`Elicitation`].
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "complete by definition: MCP has these three actions"
)]
pub enum Answer {
    /// Answers it; with the fields of the form, or with none where a page is to be visited.
    Accept(Private<Map<String, Value>>),
    /// Says no; the tool may go on without.
    Decline,
    /// Doesn't say: closed the form, hung up, or took too long.
    Cancel,
}

impl Elicitation {
    pub(crate) fn new(
        server: ServerName,
        tool: String,
        message: Private<String>,
        ask: Ask,
        expires: Duration,
    ) -> (Self, oneshot::Receiver<Answer>, DropGuard) {
        let (reply, answer) = oneshot::channel();
        let over = CancellationToken::new();
        let elicitation = Self {
            server,
            tool,
            message,
            ask,
            expires,
            reply: Arc::new(Mutex::new(Some(reply))),
            over: over.clone(),
        };
        (elicitation, answer, over.drop_guard())
    }

    /// Answers the question. Fields of a form that are absent get their defaults.
    ///
    /// # Errors
    ///
    /// [`BadAnswer`] when a field isn't what the server asks for: the question stays open. Or when
    /// it is over: answered already, or its call has ended.
    pub fn answer(&self, answer: Answer) -> Result<(), BadAnswer> {
        let answer = match (answer, &self.ask) {
            (Answer::Accept(fields), Ask::Form(form)) => {
                Answer::Accept(Private::new(form.fill(fields.into_exposed())?))
            }
            (Answer::Accept(_), Ask::Url(_)) => Answer::Accept(Private::default()),
            (other, _) => other,
        };
        let reply = self.slot().take();
        let reply = reply.ok_or(BadAnswer::Over)?;
        reply.send(answer).map_err(|_| BadAnswer::Over)
    }

    /// Waits until no answer counts any more: there is one, its time is over, or its call is.
    pub async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Tells whether an answer still counts.
    pub fn is_open(&self) -> bool {
        self.slot().as_ref().is_some_and(|reply| !reply.is_closed())
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<oneshot::Sender<Answer>>> {
        self.reply.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
