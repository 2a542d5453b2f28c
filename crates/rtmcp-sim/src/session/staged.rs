//! [`Staged`]: what is made to happen in a session that wouldn't by itself.

use rtmcp_core::{ResponseId, Timestamp};

use super::{Session, answer::Ending};

/// What is made to happen in a session.
pub(crate) enum Staged {
    /// A sound that is taken for a turn, though there are no words in it; it isn't answered yet.
    /// Nothing where the client says what a turn is.
    Murmur,
    /// The turn is answered.
    Reply,
    /// A response comes to this end, after so many deltas or when it has no more.
    Fate {
        response: ResponseId,
        deltas: u32,
        ending: Ending,
    },
}

impl Session {
    pub(super) fn stage(&mut self, now: Timestamp, staged: Staged) {
        let answers = self.settings.turns().is_some_and(|it| it.respond);
        match staged {
            Staged::Murmur if answers && !self.input.is_speech() => {
                let at_ms = self.input.position_ms();
                self.speech_started(now, at_ms);
                self.end_turn(at_ms);
            }
            Staged::Reply if answers => self.reply(),
            Staged::Murmur | Staged::Reply => {}
            Staged::Fate {
                response,
                deltas,
                ending,
            } => self.set_fate(&response, deltas, ending),
        }
    }
}
