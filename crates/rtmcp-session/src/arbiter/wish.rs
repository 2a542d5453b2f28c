//! [`Wish`]: a reply that is wanted, on its way, or being written.

use std::collections::BTreeSet;

use rtmcp_core::{EventId, ItemId, ReplyMode, ResponseId, ResponseParams};

use crate::scope::Scope;

/// A reply that is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wish {
    /// Items that the reply must have seen and that the endpoint hasn't acknowledged yet.
    pub(super) unseen: BTreeSet<ItemId>,
    /// What the application asks of this reply; such a wish stands for itself.
    pub(super) params: Option<Box<ResponseParams>>,
    /// The events that asked for such a reply: one that was given up may be answered after all.
    pub(super) asked_as: Vec<EventId>,
    /// How eagerly it is wanted.
    pub(super) mode: ReplyMode,
    /// It only fills a silence: where it can't be given at once, nobody wants it.
    pub(super) fills: bool,
}

impl Wish {
    /// Tells whether any response that starts now is the reply.
    pub(super) fn is_met(&self) -> bool {
        self.params.is_none() && self.unseen.is_empty()
    }

    /// Tells whether one of the events that asked for the reply is this one.
    pub(super) fn was_asked_as(&self, tag: Option<&str>) -> bool {
        self.asked_as.iter().any(|id| Some(id.as_str()) == tag)
    }

    /// Returns what is asked.
    pub(super) fn scope(&self) -> Scope {
        match &self.params {
            None => Scope::General,
            Some(params) if params.conversation.as_deref() == Some("none") => Scope::Outside,
            Some(_) => Scope::Own,
        }
    }
}

/// A `response.create` on its way.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) event_id: EventId,
    pub(super) wish: Wish,
    /// A response that somebody else started fulfils the wish: a refusal may drop it.
    pub(super) fulfilled: bool,
    /// The person has stopped the reply before it began.
    pub(super) stopped: bool,
    /// The response that may be the one that was asked for, at an endpoint that doesn't say. It
    /// is, if it ends before a refusal comes.
    pub(super) perhaps: Option<ResponseId>,
}

/// A response that is being written.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) id: ResponseId,
    /// The wish that it answers, where it answers one.
    pub(super) answers: Option<Wish>,
    /// The person has heard or read something of it, or it made a call.
    pub(super) begun: bool,
    /// The person has stopped it.
    pub(super) stopped: bool,
    /// It was cut off for a reply that can't wait.
    pub(super) cut: bool,
}

/// What a new response means to the wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// It is the one that was asked for.
    Asked,
    /// It is the one that was asked for, and the person has stopped it since.
    Stopped,
    /// The endpoint, or another client, started it.
    Other,
}

/// Returns the more eager of two modes.
pub(crate) fn more_eager(one: ReplyMode, other: ReplyMode) -> ReplyMode {
    let eagerness = |mode: &ReplyMode| match mode {
        ReplyMode::Silent => 0,
        ReplyMode::WhenIdle => 1,
        ReplyMode::Reply => 2,
        ReplyMode::Interrupt => 3,
    };
    std::cmp::max_by_key(one, other, eagerness)
}
