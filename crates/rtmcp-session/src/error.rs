//! What a session does when the endpoint reports an error.

use std::time::Duration;

use rtmcp_core::{EventId, event::server::ErrorBody};
use tracing::debug;

use crate::{CallState, CloseReason, Event, HandOverReason, Session, Trouble, timer::Timer};

/// Codes after which an endpoint doesn't go on.
const FATAL: &[&str] = &[
    "account_deactivated",
    "beta_api_shape_disabled",
    "insufficient_quota",
    "invalid_api_key",
    "model_not_found",
    EXPIRED,
];

/// The code for a session whose time is over.
pub(crate) const EXPIRED: &str = "session_expired";

/// The code for a reply that was asked for while another one is being written.
pub(crate) const BUSY: &str = "conversation_already_has_active_response";

/// The code for a turn that was ended by hand and has no sound.
const NO_SOUND: &str = "input_audio_buffer_commit_empty";

/// The code for stopping an answer that is over, or hasn't begun.
const NOTHING_TO_CANCEL: &str = "response_cancel_not_active";

/// Codes and classes of errors that pass.
const PASSING: &[&str] = &["rate_limit_exceeded", "server_error"];

/// How often in a row a reply is asked for again after an error that should have passed.
const MOST_RETRIES: u32 = 5;

impl Session {
    pub(crate) fn error(&mut self, error: ErrorBody) {
        let code = error.code.as_deref().unwrap_or_default();
        let event_id = error.event_id.as_ref();
        if code == EXPIRED && self.outlives_the_endpoint() {
            return self.lose(HandOverReason::Expired);
        }
        if FATAL.contains(&code) {
            let (code, message) = (code.to_owned(), error.message);
            return self.close(CloseReason::Fatal { code, message });
        }
        // An endpoint that names no event means the one that is on its way, unless the error can't
        // be about it: another party of the conversation may have caused it.
        let others = [BUSY, NO_SOUND, NOTHING_TO_CANCEL].contains(&code);
        let unnamed = event_id.is_none() && !others;
        if self.setup.is_some() && (unnamed || self.setup.as_ref() == event_id) {
            let message = error.message;
            return self.close(CloseReason::ConfigRefused { message });
        }
        if code == BUSY {
            return self.ask_later(event_id);
        }
        if code == NOTHING_TO_CANCEL {
            return debug!("the answer that was to be stopped is over");
        }
        let awaited = self.awaited_refused(event_id, &error.message);
        if let Some((call_id, name, item_id)) = event_id.and_then(|id| self.ledger.refused(id)) {
            let message = error.message;
            self.arbiter.acknowledged(&item_id);
            self.notify_call(&call_id, name, CallState::Orphaned);
            return self.notify(Event::Trouble(Trouble::OutputRefused { call_id, message }));
        }
        if awaited {
            return;
        }
        let passing = self.is_worth_a_retry(code, &error.kind);
        if event_id.is_some() && passing {
            self.ask_later(event_id);
        } else if self.arbiter.refused(event_id) {
            self.timers.stop(&Timer::ReplyUnanswered);
        }
        if let Some(event_id) = event_id {
            self.history.refused(event_id);
            self.change_refused(event_id);
        }
        if self.commit_refused(code, event_id) {
            self.kept_sound.end_refused();
        }
        self.notify(Event::Trouble(Trouble::Endpoint {
            code: error.code,
            message: error.message,
        }));
    }

    /// Returns whether it was the end of a turn that was refused.
    fn commit_refused(&mut self, code: &str, event_id: Option<&EventId>) -> bool {
        let count = self.commits.len();
        match event_id {
            Some(event_id) => self.commits.retain(|id| id != event_id),
            None if code == NO_SOUND => drop(self.commits.pop_front()),
            None => {}
        }
        self.commits.len() < count
    }

    /// A request for a reply was refused for now: its wish stays.
    fn ask_later(&mut self, event_id: Option<&EventId>) {
        if let Some(times) = self.arbiter.refused_for_now(event_id) {
            self.retry_later(times);
        }
        if !self.arbiter.is_asking() {
            self.timers.stop(&Timer::ReplyUnanswered);
        }
    }

    /// Tells whether a fault passes, and hasn't come too often in a row.
    pub(crate) fn is_worth_a_retry(&self, code: &str, kind: &str) -> bool {
        is_worth_a_retry(code, kind, self.arbiter.refusals())
    }

    /// Waits before the next request: longer each time in a row.
    pub(crate) fn retry_later(&mut self, times: u32) {
        let wait = retry_wait(self.options.reply_retry, times);
        self.timers.set(Timer::ReplyRetry, self.now + wait);
    }
}

/// Tells whether a fault passes, and hasn't come too often in a row.
pub(crate) fn is_worth_a_retry(code: &str, kind: &str, refusals: u32) -> bool {
    let passing = PASSING.contains(&code) || PASSING.contains(&kind);
    passing && refusals < MOST_RETRIES
}

/// Returns how long to wait after so many refusals in a row.
pub(crate) fn retry_wait(first: Duration, times: u32) -> Duration {
    first * 2_u32.saturating_pow(times.clamp(1, 6) - 1)
}
