//! [`Patience`]: calls that take so long that the model is told to say so.
//!
//! A tool that works for seconds leaves a silence in which people ask whether anybody is there. At a
//! call's soft deadline the model is asked for one short word that it still works, which may call
//! nothing and is no answer to anything. It is asked for only while nobody speaks and no reply is on
//! its way or about to be; otherwise there is no silence, and it is looked at again after the same
//! time. Each word about a call doubles the time to the next.

use std::{collections::BTreeMap, time::Duration};

use rtmcp_core::{
    CallId, EventId, Private, ResponseParams,
    event::client::ResponseCreate,
    session::{ToolChoice, ToolMode},
};
use tracing::debug;

use crate::{Session, scope::Scope, session::TAG, texts, timer::Timer};

/// The calls that run and have a soft deadline.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    calls: BTreeMap<CallId, Wait>,
}

#[derive(Debug)]
struct Wait {
    name: String,
    /// The time to the next word.
    spacing: Duration,
    /// The newest words of the server.
    progress: Option<Private<String>>,
    /// The time is over.
    due: bool,
}

impl Session {
    /// A call runs: it may take so long without a word.
    pub(crate) fn be_patient(&mut self, call_id: &CallId, name: &str, spacing: Option<Duration>) {
        let Some(spacing) = spacing.filter(|it| !it.is_zero()) else {
            return self.end_patience(call_id);
        };
        let wait = Wait {
            name: name.to_owned(),
            spacing,
            progress: None,
            due: false,
        };
        self.patience.calls.insert(call_id.clone(), wait);
        let timer = Timer::SoftDeadline(call_id.clone());
        self.timers.set(timer, self.now + spacing);
    }

    /// A running call has said how far it is.
    pub(crate) fn call_progresses(&mut self, call_id: &CallId, words: Option<Private<String>>) {
        let wait = self.patience.calls.get_mut(call_id);
        if let (Some(wait), Some(words)) = (wait, words) {
            wait.progress = Some(words);
        }
    }

    /// A call has taken so long.
    pub(crate) fn patience_over(&mut self, call_id: &CallId) {
        if let Some(wait) = self.patience.calls.get_mut(call_id) {
            wait.due = true;
        }
    }

    /// A call is over, or doesn't run any more.
    pub(crate) fn end_patience(&mut self, call_id: &CallId) {
        self.patience.calls.remove(call_id);
        self.timers.stop(&Timer::SoftDeadline(call_id.clone()));
    }

    /// Asks for a word about the calls that have taken so long, if there is a silence to fill.
    pub(crate) fn fill_silence(&mut self) {
        let quiet = self.arbiter.is_quiet() && !self.sounds();
        let mut words = Vec::new();
        for (call_id, wait) in &mut self.patience.calls {
            if !std::mem::take(&mut wait.due) {
                continue;
            }
            if quiet {
                words.push(texts::still_running(&wait.name, wait.progress.as_ref()));
                wait.spacing = wait.spacing.saturating_mul(2);
            }
            let timer = Timer::SoftDeadline(call_id.clone());
            self.timers.set(timer, self.now + wait.spacing);
        }
        if !words.is_empty() {
            debug!(calls = words.len(), "a silence is filled");
            self.ask_to_fill(&words.join(" "));
        }
    }

    fn ask_to_fill(&mut self, words: &str) {
        let instructions = format!("{words} {}", texts::SAY_SO);
        let params = ResponseParams {
            instructions: Some(self.instructed(&instructions)),
            tool_choice: Some(ToolChoice::Mode(ToolMode::None)),
            ..ResponseParams::default()
        };
        let event_id = EventId::from(self.next_id(Scope::Own.kind()));
        self.arbiter
            .ask_to_fill(&event_id, Box::new(params.clone()));
        self.request(event_id, Box::new(params));
    }

    /// Returns the instructions of the session, as far as they are known, with more behind them: those
    /// of one response stand in their place.
    pub(crate) fn instructed(&self, more: &str) -> Private<String> {
        let configs = [&self.remote, &self.options.config];
        let known = configs.iter().find_map(|it| it.instructions.as_ref());
        let known = known.map(|it| it.expose().trim()).unwrap_or_default();
        Private::new(match known {
            "" => more.to_owned(),
            known => format!("{known}\n\n{more}"),
        })
    }

    /// Sends a request for a reply, with the tag by which its response is known.
    pub(crate) fn request(&mut self, event_id: EventId, mut params: Box<ResponseParams>) {
        self.ledger.asked();
        let metadata = params.metadata.get_or_insert_default();
        metadata.insert(TAG.to_owned(), event_id.as_str().to_owned());
        let due = self.now + self.options.reply_unanswered;
        self.timers.set(Timer::ReplyUnanswered, due);
        self.send(ResponseCreate {
            event_id: Some(event_id),
            response: Some(params),
            ..ResponseCreate::default()
        });
    }

    /// Tells whether anything of the model sounds, or is about to.
    pub(crate) fn sounds(&self) -> bool {
        self.is_audible() || self.timers.is_set(&Timer::PlaybackUnbegun)
    }
}
