//! [`Arbiter`]: when the model is asked for a reply.
//!
//! An endpoint refuses `response.create` while a response is being written, and starts responses
//! by itself when the person has spoken. So that a wanted reply is neither lost nor doubled:
//!
//! - at most one `response.create` is in flight;
//! - wanted replies to tool outputs and to typed text become one;
//! - a response that somebody else started counts as the wanted reply exactly if the endpoint had
//!   acknowledged every item that the reply must have seen before it started;
//! - a reply that an application asks for in words of its own counts as nothing but itself, also
//!   where another party of the conversation asked for it;
//! - a refusal, and a fault before the first word, put the wish back;
//! - a wish that can wait is asked for when the conversation is idle, and one that can't wait cuts
//!   what the model says; of wishes that become one, the most eager counts;
//! - a word that only fills a silence is asked for once, when nothing else is, and counts as
//!   nothing.

mod eager;
mod leave;
mod wish;

use std::collections::VecDeque;

use rtmcp_core::{EventId, ItemId, ReplyMode, ResponseId, ResponseParams};

use crate::{Part, scope::Scope};
use wish::{Active, Asked, Wish};

pub(crate) use wish::{Started, more_eager};

/// Decides when the model is asked.
#[derive(Debug, Default)]
pub(crate) struct Arbiter {
    active: Option<Active>,
    asked: Option<Asked>,
    /// The one wish for a reply in general.
    wanted: Option<Wish>,
    /// Wishes of the application that each stand for themselves.
    special: VecDeque<Wish>,
    person_speaks: bool,
    /// The person has spoken, and the endpoint is about to answer by itself.
    own_reply_due: bool,
    /// The person has spoken, and no response has begun since, in time or late.
    person_waits: bool,
    /// A refused wish waits for its time.
    waits: bool,
    refusals: u32,
    /// The endpoint gives `metadata` back, so that our responses can be told from others.
    echoes_tags: bool,
    /// Another party sees to it that the person is answered.
    accompanies: bool,
}

impl Arbiter {
    /// An arbiter without wishes.
    pub(crate) fn new(part: Part) -> Self {
        Self {
            accompanies: part == Part::Companion,
            ..Self::default()
        }
    }

    /// Wants a reply that has seen these items.
    pub(crate) fn want(&mut self, unseen: impl IntoIterator<Item = ItemId>) {
        self.want_as(ReplyMode::Reply, unseen);
    }

    /// Wants a reply of its own.
    pub(crate) fn want_special(&mut self, params: Box<ResponseParams>) {
        self.special.push_back(Wish {
            params: Some(params),
            ..Wish::default()
        });
    }

    /// Wants no reply in general any more, unless it was asked for.
    pub(crate) fn forgo(&mut self) {
        self.wanted = None;
    }

    /// Tells whether a reply in general is wanted that wasn't asked for yet.
    pub(crate) fn wants(&self) -> bool {
        self.wanted.is_some()
    }

    /// Takes the wish whose time has come, to be sent as the event `event_id`. Call only when
    /// [`next`](Self::next) gives a scope.
    pub(crate) fn ask(&mut self, event_id: &EventId) -> Option<Option<Box<ResponseParams>>> {
        let mut wish = self.special.pop_front().or_else(|| self.wanted.take())?;
        let params = wish.params.clone();
        if params.is_some() {
            wish.asked_as.push(event_id.clone());
        }
        self.asked = Some(Asked {
            event_id: event_id.clone(),
            wish,
            fulfilled: false,
            stopped: false,
            perhaps: None,
        });
        Some(params)
    }

    /// Returns what is asked for next, if anything may be asked for now. `idle` says that nothing of
    /// the model sounds, and that nothing is expected of tools.
    pub(crate) fn next(&self, idle: bool) -> Option<Scope> {
        if !self.may_ask() {
            return None;
        }
        let due = |wish: &&Wish| idle || wish.mode != ReplyMode::WhenIdle;
        let wanted = self.wanted.as_ref().filter(due);
        let next = self.special.front().or(wanted);
        next.map(Wish::scope)
    }

    /// Tells whether the endpoint would take a request, as far as is known, and nobody speaks.
    fn may_ask(&self) -> bool {
        let waits = self.person_speaks || self.own_reply_due || self.waits;
        !waits && self.active.is_none() && self.asked.is_none()
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
        // The endpoint's own reply to the person answers a wish that nobody had to utter.
        self.own_reply_due = false;
        let own_reply = std::mem::take(&mut self.person_waits);
        let mut answers = (own_reply && !self.accompanies).then(Wish::default);
        let of_its_own = tag.and_then(Scope::of) == Some(Scope::Own);
        let mut started = Started::Other;
        self.echoes_tags |= tag.is_some();
        if self.is_asked(tag) {
            let asked = self.asked.take();
            let stopped = asked.as_ref().is_some_and(|asked| asked.stopped);
            started = if stopped {
                Started::Stopped
            } else {
                Started::Asked
            };
            let unfulfilled = asked.filter(|asked| !asked.fulfilled);
            answers = unfulfilled.map(|asked| asked.wish).or(answers);
        } else if let Some(asked) = &mut self.asked {
            if asked.wish.was_asked_as(tag) {
                asked.fulfilled = true;
                answers = Some(asked.wish.clone());
            }
            asked.fulfilled |= asked.wish.is_met() && !of_its_own;
            if !self.echoes_tags {
                asked.perhaps = Some(response.clone());
                if !asked.wish.fills || answers.is_none() {
                    answers = Some(asked.wish.clone());
                }
                if asked.stopped {
                    started = Started::Stopped;
                }
            }
        }
        if let Some(at) = self.special.iter().position(|it| it.was_asked_as(tag)) {
            answers = self.special.remove(at);
        }
        let fills = started == Started::Asked && answers.as_ref().is_some_and(|it| it.fills);
        if own_reply && fills {
            // What only fills a silence is no answer to the person.
            self.want([]);
        }
        let special = answers.as_ref().is_some_and(|it| it.params.is_some()) || of_its_own;
        if !special && self.wanted.take_if(|wanted| wanted.is_met()).is_some() {
            answers.get_or_insert_default();
        }
        self.active = Some(Active {
            id: response.clone(),
            answers,
            begun: false,
            stopped: started == Started::Stopped,
            cut: false,
        });
        started
    }

    /// Something came of a response that the person can hear or read, or a call.
    pub(crate) fn bears(&mut self, response: &ResponseId) {
        if let Some(active) = self.active.as_mut().filter(|it| it.id == *response) {
            active.begun = true;
        }
    }

    /// Tells whether a response that says of no conversation that it writes to it is one of the
    /// conversation all the same: as its tag says, or as the next one must be.
    pub(crate) fn expects(&self, tag: Option<&str>) -> bool {
        let unsaid = tag.is_none() && !self.echoes_tags;
        match (tag.and_then(Scope::of), &self.asked) {
            (Some(scope), _) => scope != Scope::Outside,
            (None, Some(asked)) if unsaid => asked.wish.scope() != Scope::Outside,
            (None, _) => self.person_waits,
        }
    }

    /// A response outside the conversation began.
    pub(crate) fn started_outside(&mut self, tag: Option<&str>) {
        self.echoes_tags |= tag.is_some();
        let unsaid = tag.is_none() && !self.echoes_tags;
        let asked = self.asked.as_ref();
        let outside = asked.is_some_and(|asked| asked.wish.scope() == Scope::Outside);
        if self.is_asked(tag) || (unsaid && outside) {
            self.asked = None;
            self.refusals = 0;
        }
        self.special.retain(|wish| !wish.was_asked_as(tag));
    }

    /// A response ended well, or was ended. Returns whether it was the one being written.
    pub(crate) fn ended(&mut self, response: &ResponseId) -> bool {
        let was_active = self.end(response).is_some();
        if was_active {
            self.refusals = 0;
        }
        was_active
    }

    /// A response failed by a fault that passes: the wish that it was to answer stays, unless an
    /// answer was begun. Returns how often in a row, if it is worth another try.
    pub(crate) fn failed(&mut self, response: &ResponseId) -> Option<u32> {
        let active = self.end(response)?;
        let wish = active.answers.filter(|it| !active.begun && !it.fills)?;
        self.put_back(wish);
        self.waits = true;
        self.refusals = self.refusals.saturating_add(1);
        Some(self.refusals)
    }

    fn end(&mut self, response: &ResponseId) -> Option<Active> {
        let ended = self.active.take_if(|active| active.id == *response);
        if ended.is_some() {
            self.waits = false;
        }
        let is_it = |asked: &mut Asked| asked.perhaps.as_ref() == Some(response);
        self.asked.take_if(is_it);
        ended
    }

    /// The response being written can't be heard, as the person speaks: its wish stays.
    pub(crate) fn unheard(&mut self) {
        let active = self.active.as_mut();
        if let Some(wish) = active.and_then(|active| active.answers.take()) {
            self.put_back(wish);
        }
    }

    /// The person stops the reply that was asked for. Returns whether there is one.
    pub(crate) fn stop(&mut self) -> bool {
        if let Some(active) = &mut self.active {
            active.stopped = true;
        }
        let asked = self.asked.as_mut();
        asked.is_some_and(|asked| {
            asked.stopped = true;
            true
        })
    }

    /// The request `event_id` was refused for now, such as because a response is active: the wish
    /// stays.
    ///
    /// Returns how often in a row if no active response is known, so that nothing but time can
    /// bring the next chance.
    pub(crate) fn refused_for_now(&mut self, event_id: Option<&EventId>) -> Option<u32> {
        let asked = self.take_asked(event_id)?;
        let fills = asked.wish.fills;
        self.ask_again(asked);
        if self.active.is_some() || fills {
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
            self.ask_again(asked);
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
        self.person_waits |= own_reply;
    }

    /// The endpoint didn't answer by itself after all.
    pub(crate) fn own_reply_missing(&mut self) {
        self.own_reply_due = false;
    }

    /// Returns the response being written.
    pub(crate) fn active(&self) -> Option<&ResponseId> {
        self.active.as_ref().map(|active| &active.id)
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

    fn ask_again(&mut self, asked: Asked) {
        if !asked.fulfilled {
            self.put_back(asked.wish);
        }
    }

    fn put_back(&mut self, wish: Wish) {
        if wish.fills {
            return;
        }
        if wish.params.is_some() {
            self.special.push_front(wish);
        } else {
            self.want_as(wish.mode, wish.unseen);
        }
    }
}
