//! [`Responses`]: what is known of the last responses, so that news of them that come twice, too
//! late or in another order change nothing.

use std::collections::VecDeque;

use rtmcp_core::ResponseId;

/// How many responses are remembered. One is written at a time, a few more outside the
/// conversation; news that are older than this many responses don't come.
const REMEMBERED: usize = 64;

/// One response.
#[derive(Debug)]
struct Known {
    id: ResponseId,
    begun: bool,
    /// It is no part of the conversation: its calls can't be answered.
    outside: bool,
    /// It was cut off: what still comes of it isn't heard.
    cut: bool,
    over: bool,
}

/// The last responses. Those without an id can't be told apart, and always count as new.
#[derive(Debug, Default)]
pub(crate) struct Responses {
    known: VecDeque<Known>,
}

impl Responses {
    /// Notes that a response began. Returns whether that is news.
    pub(crate) fn begin(&mut self, id: &ResponseId, outside: bool) -> bool {
        let known = self.known(id);
        if known.begun && !id.is_empty() {
            return false;
        }
        known.cut &= !known.begun;
        (known.begun, known.over, known.outside) = (true, false, outside);
        true
    }

    /// Notes that a response ended. Returns whether that is news.
    pub(crate) fn end(&mut self, id: &ResponseId, outside: bool) -> bool {
        let known = self.known(id);
        if known.over && !id.is_empty() {
            return false;
        }
        if !known.begun {
            known.outside = outside;
        }
        (known.begun, known.over) = (true, true);
        true
    }

    /// Notes that a response was cut off.
    pub(crate) fn cut(&mut self, id: &ResponseId) {
        self.known(id).cut = true;
    }

    /// Tells whether a response is outside the conversation.
    pub(crate) fn is_outside(&self, id: &ResponseId) -> bool {
        self.find(id).is_some_and(|known| known.outside)
    }

    /// Tells whether a response was cut off.
    pub(crate) fn is_cut(&self, id: &ResponseId) -> bool {
        self.find(id).is_some_and(|known| known.cut)
    }

    /// Tells whether a response has ended.
    pub(crate) fn is_over(&self, id: &ResponseId) -> bool {
        self.find(id).is_some_and(|known| known.over)
    }

    fn find(&self, id: &ResponseId) -> Option<&Known> {
        // Most news are of the last response.
        self.known.iter().rev().find(|known| known.id == *id)
    }

    fn known(&mut self, id: &ResponseId) -> &mut Known {
        let at = self.known.iter().rposition(|known| known.id == *id);
        let at = at.unwrap_or_else(|| {
            if self.known.len() == REMEMBERED {
                self.known.pop_front();
            }
            self.known.push_back(Known {
                id: id.clone(),
                begun: false,
                outside: false,
                cut: false,
                over: false,
            });
            self.known.len() - 1
        });
        &mut self.known[at]
    }
}
