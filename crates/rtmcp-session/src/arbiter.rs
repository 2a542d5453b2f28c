//! [`Arbiter`]: when the model is asked for a reply.
//!
//! An endpoint refuses `response.create` while a response is being written, and starts responses
//! by itself when the person has spoken. So that a wanted reply is neither lost nor doubled:
//!
//! - at most one `response.create` is in flight;
//! - wanted replies to tool outputs and to typed text become one;
//! - a response that somebody else started counts as the wanted reply exactly if the endpoint had
//!   acknowledged every item that the reply must have seen before it started;
//! - a refusal puts the wish back.

use std::collections::{BTreeSet, VecDeque};

use rtmcp_core::{EventId, ItemId, ResponseId, ResponseParams};

/// A reply that is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wish {
    /// Items that the reply must have seen and that the endpoint hasn't acknowledged yet.
    unseen: BTreeSet<ItemId>,
    /// What the application asks of this reply; such a wish stands for itself.
    params: Option<Box<ResponseParams>>,
}

impl Wish {
    /// Tells whether any response that starts now is the reply.
    fn is_met(&self) -> bool {
        self.params.is_none() && self.unseen.is_empty()
    }

    /// Tells whether the reply is wanted outside the conversation.
    fn is_outside(&self) -> bool {
        let params = self.params.as_ref();
        params.is_some_and(|params| params.conversation.as_deref() == Some("none"))
    }
}

/// A `response.create` on its way.
#[derive(Debug)]
struct Asked {
    event_id: EventId,
    wish: Wish,
    /// A response that somebody else started fulfils the wish: a refusal may drop it.
    fulfilled: bool,
    /// The response that may be the one that was asked for, at an endpoint that doesn't say. It
    /// is, if it ends before a refusal comes.
    perhaps: Option<ResponseId>,
}

/// What a new response means to the wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// It is the one that was asked for.
    Asked,
    /// The endpoint, or another client, started it.
    Other,
}

/// Decides when the model is asked.
#[derive(Debug, Default)]
pub(crate) struct Arbiter {
    active: Option<ResponseId>,
    asked: Option<Asked>,
    /// The one wish for a reply in general.
    wanted: Option<Wish>,
    /// Wishes of the application that each stand for themselves.
    special: VecDeque<Wish>,
    person_speaks: bool,
    /// The person has spoken, and the endpoint is about to answer by itself.
    own_reply_due: bool,
    /// A refused wish waits for its time.
    waits: bool,
    refusals: u32,
    /// The endpoint gives `metadata` back, so that our responses can be told from others.
    echoes_tags: bool,
}

impl Arbiter {
    /// Wants a reply that has seen these items.
    pub(crate) fn want(&mut self, unseen: impl IntoIterator<Item = ItemId>) {
        let wish = self.wanted.get_or_insert_default();
        wish.unseen.extend(unseen);
    }

    /// Wants a reply of its own.
    pub(crate) fn want_special(&mut self, params: Box<ResponseParams>) {
        self.special.push_back(Wish {
            unseen: BTreeSet::new(),
            params: Some(params),
        });
    }

    /// Takes the wish whose time has come, to be sent as the event `event_id`. Call only when
    /// [`may_ask`](Self::may_ask).
    pub(crate) fn ask(&mut self, event_id: &EventId) -> Option<Option<Box<ResponseParams>>> {
        let wish = self.special.pop_front().or_else(|| self.wanted.take())?;
        let params = wish.params.clone();
        self.asked = Some(Asked {
            event_id: event_id.clone(),
            wish,
            fulfilled: false,
            perhaps: None,
        });
        Some(params)
    }

    /// Tells whether a reply is wanted and may be asked for now.
    pub(crate) fn may_ask(&self) -> bool {
        let wanted = self.wanted.is_some() || !self.special.is_empty();
        let quiet = !self.person_speaks && !self.own_reply_due && !self.waits;
        wanted && quiet && self.active.is_none() && self.asked.is_none()
    }

    /// The endpoint has taken an item.
    pub(crate) fn acknowledged(&mut self, item_id: &ItemId) {
        let asked = self.asked.as_mut().map(|asked| &mut asked.wish);
        for wish in self.wanted.iter_mut().chain(asked) {
            wish.unseen.remove(item_id);
        }
    }

    /// A response of the conversation began; `tag` is the event that its metadata names.
    pub(crate) fn started(&mut self, response: &ResponseId, tag: Option<&str>) -> Started {
        self.active = Some(response.clone());
        self.own_reply_due = false;
        self.echoes_tags |= tag.is_some();
        let ours = self.is_asked(tag);
        if ours {
            self.asked = None;
            self.refusals = 0;
        }
        if let Some(asked) = &mut self.asked {
            asked.fulfilled |= asked.wish.is_met();
            asked.perhaps = (!self.echoes_tags).then(|| response.clone());
        }
        if self.wanted.as_ref().is_some_and(Wish::is_met) {
            self.wanted = None;
        }
        if ours { Started::Asked } else { Started::Other }
    }

    /// A response outside the conversation began.
    pub(crate) fn started_outside(&mut self, tag: Option<&str>) {
        self.echoes_tags |= tag.is_some();
        let unsaid = tag.is_none() && !self.echoes_tags;
        let outside = self
            .asked
            .as_ref()
            .is_some_and(|asked| asked.wish.is_outside());
        if self.is_asked(tag) || (unsaid && outside) {
            self.asked = None;
            self.refusals = 0;
        }
    }

    /// A response ended. Returns whether it was the one being written.
    pub(crate) fn ended(&mut self, response: &ResponseId) -> bool {
        let was_active = self.active.as_ref() == Some(response);
        if was_active {
            self.active = None;
            self.waits = false;
        }
        let asked = &mut self.asked;
        if asked
            .take_if(|asked| asked.perhaps.as_ref() == Some(response))
            .is_some()
        {
            self.refusals = 0;
        }
        was_active
    }

    /// The request `event_id` was refused for now, such as because a response is active: the wish
    /// stays.
    ///
    /// Returns how often in a row if no active response is known, so that nothing but time can
    /// bring the next chance.
    pub(crate) fn refused_for_now(&mut self, event_id: Option<&EventId>) -> Option<u32> {
        let asked = self.take_asked(event_id)?;
        self.put_back(asked);
        if self.active.is_some() {
            return None;
        }
        self.waits = true;
        self.refusals = self.refusals.saturating_add(1);
        Some(self.refusals)
    }

    /// The request `event_id` was refused for good. Returns whether it was ours.
    pub(crate) fn refused(&mut self, event_id: Option<&EventId>) -> bool {
        event_id.is_some() && self.take_asked(event_id).is_some()
    }

    /// Nothing came of the request in flight: the wish stays.
    pub(crate) fn unanswered(&mut self) {
        if let Some(asked) = self.asked.take() {
            self.put_back(asked);
        }
    }

    /// The time of a refused wish has come.
    pub(crate) fn retry(&mut self) {
        self.waits = false;
    }

    /// The person began to speak.
    pub(crate) fn person_speaks(&mut self) {
        self.person_speaks = true;
        self.own_reply_due = false;
    }

    /// The person stopped; `own_reply` says whether the endpoint answers by itself.
    pub(crate) fn person_stopped(&mut self, own_reply: bool) {
        self.person_speaks = false;
        self.own_reply_due = own_reply;
    }

    /// The endpoint didn't answer by itself after all.
    pub(crate) fn own_reply_missing(&mut self) {
        self.own_reply_due = false;
    }

    /// Returns the response being written.
    pub(crate) fn active(&self) -> Option<&ResponseId> {
        self.active.as_ref()
    }

    /// Returns how often in a row requests were refused for now.
    pub(crate) fn refusals(&self) -> u32 {
        self.refusals
    }

    /// Tells whether the person speaks.
    pub(crate) fn is_person_speaking(&self) -> bool {
        self.person_speaks
    }

    /// Tells whether nobody speaks, and no reply is being written, wanted or on its way.
    pub(crate) fn is_idle(&self) -> bool {
        let wanted = self.wanted.is_some() || !self.special.is_empty();
        let coming = self.own_reply_due || self.asked.is_some() || self.active.is_some();
        !wanted && !coming && !self.person_speaks
    }

    /// Tells whether a `response.create` is in flight.
    pub(crate) fn is_asking(&self) -> bool {
        self.asked.is_some()
    }

    /// Tells whether a response is surely the one that was asked for.
    fn is_asked(&self, tag: Option<&str>) -> bool {
        let asked = self.asked.as_ref().map(|asked| asked.event_id.as_str());
        tag.is_some() && asked == tag
    }

    fn take_asked(&mut self, event_id: Option<&EventId>) -> Option<Asked> {
        // An endpoint that names no event can only mean the one request in flight.
        let asked = self.asked.as_ref()?;
        let meant = event_id.is_none_or(|id| *id == asked.event_id);
        if meant { self.asked.take() } else { None }
    }

    fn put_back(&mut self, asked: Asked) {
        if asked.wish.params.is_some() {
            self.special.push_front(asked.wish);
        } else if !asked.fulfilled {
            self.want(asked.wish.unseen);
        }
    }
}
