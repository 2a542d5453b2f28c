//! Wishes that wait for an idle moment, that can't wait, and that only fill a silence.

use rtmcp_core::{EventId, ItemId, ReplyMode, ResponseId, ResponseParams};

use super::{Arbiter, more_eager, wish::Asked, wish::Wish};

impl Arbiter {
    /// Wants a reply that has seen these items, so eagerly.
    pub(crate) fn want_as(&mut self, mode: ReplyMode, unseen: impl IntoIterator<Item = ItemId>) {
        if mode == ReplyMode::Silent {
            return;
        }
        let first = || Wish {
            mode,
            ..Wish::default()
        };
        let wish = self.wanted.get_or_insert_with(first);
        wish.mode = more_eager(wish.mode, mode);
        wish.unseen.extend(unseen);
    }

    /// Tells whether the reply that is asked for next can't wait for what sounds.
    pub(crate) fn is_urgent(&self) -> bool {
        let urgent = |wish: &Wish| wish.mode == ReplyMode::Interrupt;
        self.special.is_empty() && self.wanted.as_ref().is_some_and(urgent)
    }

    /// Returns the response that must end so that a reply can be asked for that can't wait, once.
    /// Nobody who speaks is interrupted, nor is the answer that the person waits for.
    pub(crate) fn to_cut(&self) -> Option<&ResponseId> {
        let waits = self.person_speaks || self.own_reply_due;
        let active = self.active.as_ref().filter(|it| !it.cut && !it.stopped);
        let active = active.filter(|_| !waits && self.is_urgent());
        active.map(|active| &active.id)
    }

    /// The response being written is cut off for a reply that can't wait. That reply stands for it
    /// as well; what an application asked for in its own words is asked for again, unless some of it
    /// was heard.
    pub(crate) fn cut(&mut self) {
        let Some(active) = &mut self.active else {
            return;
        };
        active.cut = true;
        let begun = active.begun;
        let wish = active.answers.take();
        if let Some(wish) = wish.filter(|it| it.params.is_none() || !begun) {
            self.put_back(wish);
        }
    }

    /// Tells whether a word may be asked for that only fills a silence: nobody speaks, and no reply
    /// is being written, on its way, or about to be asked for.
    pub(crate) fn is_quiet(&self) -> bool {
        let waits = |wish: &Wish| wish.mode == ReplyMode::WhenIdle;
        let wanted = self.wanted.as_ref().is_some_and(|wish| !waits(wish));
        self.may_ask() && self.special.is_empty() && !wanted
    }

    /// A word that only fills a silence is asked for as the event `event_id`. Call only when it
    /// [is quiet](Self::is_quiet).
    pub(crate) fn ask_to_fill(&mut self, event_id: &EventId, params: Box<ResponseParams>) {
        let wish = Wish {
            params: Some(params),
            asked_as: vec![event_id.clone()],
            fills: true,
            ..Wish::default()
        };
        self.asked = Some(Asked {
            event_id: event_id.clone(),
            wish,
            fulfilled: false,
            stopped: false,
            perhaps: None,
        });
    }

    /// Tells whether the response being written only fills a silence.
    pub(crate) fn is_filling(&self) -> bool {
        let answers = self.active.as_ref().and_then(|it| it.answers.as_ref());
        answers.is_some_and(|it| it.fills)
    }
}
