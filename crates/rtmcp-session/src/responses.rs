//! [`Responses`]: what is known of the last responses, so that news of them that come twice, too
//! late or in another order change nothing.

use std::collections::VecDeque;

use rtmcp_core::{ItemId, ResponseId};

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
    /// The message that it last spoke.
    speech: Option<ItemId>,
    /// It has spoken, and the endpoint hasn't said that this was heard, or was cut.
    unheard: bool,
    /// All that it spoke was heard, or was cut.
    silent: bool,
    /// The message that it last had words of.
    says: Option<ItemId>,
    /// The message that it says is no more than a comment on what it does.
    comment: Option<ItemId>,
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

    /// Returns those outside the conversation that are being written.
    pub(crate) fn outside(&self) -> impl Iterator<Item = &ResponseId> {
        let written = |it: &&Known| it.outside && it.begun && !it.over;
        self.known.iter().filter(written).map(|known| &known.id)
    }

    /// Tells whether a response was cut off.
    pub(crate) fn is_cut(&self, id: &ResponseId) -> bool {
        self.find(id).is_some_and(|known| known.cut)
    }

    /// Tells whether a response has ended.
    pub(crate) fn is_over(&self, id: &ResponseId) -> bool {
        self.find(id).is_some_and(|known| known.over)
    }

    /// Notes speech of a response.
    pub(crate) fn speaks(&mut self, id: &ResponseId, item_id: &ItemId) {
        let known = self.known(id);
        known.unheard = true;
        if known.speech.as_ref() != Some(item_id) {
            known.speech = Some(item_id.clone());
        }
    }

    /// Notes words of a response, written or spoken.
    pub(crate) fn says(&mut self, id: &ResponseId, item_id: &ItemId) {
        let known = self.known(id);
        if known.says.as_ref() != Some(item_id) {
            known.says = Some(item_id.clone());
        }
    }

    /// Notes that a message of a response only comments on what the model does.
    pub(crate) fn comments(&mut self, id: &ResponseId, item_id: &ItemId) {
        self.known(id).comment = Some(item_id.clone());
    }

    /// Returns the last message of a response, unless it is a mere comment.
    pub(crate) fn said(&self, id: &ResponseId) -> Option<&ItemId> {
        let known = self.find(id)?;
        known
            .says
            .as_ref()
            .filter(|it| known.comment.as_ref() != Some(it))
    }

    /// Notes that what a response spoke was heard, or was cut. Of one that isn't over more may be
    /// heard after a pause, but for what was cut.
    pub(crate) fn silence(&mut self, id: &ResponseId, cut: bool) {
        let known = self.known(id);
        known.unheard = false;
        known.silent |= cut || known.over;
    }

    /// Tells whether nothing more can be heard of a response.
    pub(crate) fn is_silent(&self, id: &ResponseId) -> bool {
        let known = self.find(id).filter(|_| !id.is_empty());
        known.is_some_and(|known| known.over && known.silent)
    }

    /// Tells whether a response has spoken, and the endpoint hasn't said that this was heard, or was
    /// cut.
    pub(crate) fn is_unheard(&self, id: &ResponseId) -> bool {
        self.find(id).is_some_and(|known| known.unheard)
    }

    /// Tells whether speech may sound of which the endpoint has said nothing yet.
    pub(crate) fn may_sound(&self) -> bool {
        let mut spoken = self.known.iter().rev().filter(|it| it.speech.is_some());
        spoken.next().is_some_and(|known| known.unheard)
    }

    /// Tells whether one response is known to have come before another one.
    pub(crate) fn is_older(&self, id: &ResponseId, than: &ResponseId) -> bool {
        let place = |id: &ResponseId| self.known.iter().rposition(|known| known.id == *id);
        let (one, other) = (place(id), place(than));
        one.is_some_and(|one| other.is_some_and(|other| one < other))
    }

    /// Returns the response that spoke a message.
    pub(crate) fn of_speech(&self, item_id: &ItemId) -> Option<&ResponseId> {
        let mut known = self.known.iter().rev();
        let found = known.find(|known| known.speech.as_ref() == Some(item_id));
        found.map(|known| &known.id)
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
                speech: None,
                unheard: false,
                silent: false,
                says: None,
                comment: None,
            });
            self.known.len() - 1
        });
        &mut self.known[at]
    }
}
