//! What the client asks the model for, and what came of it.

use std::collections::{BTreeSet, VecDeque};

use rtmcp_core::{EventId, ItemId, Private, ResponseId};

use super::toolbox::Offer;

/// How many responses are remembered: more than can be in the making, with calls that take long.
const REMEMBERED: usize = 256;

/// Events of the client of one kind that an endpoint may leave unanswered, and their bytes; beyond
/// that the oldest are forgotten.
pub(super) const UNANSWERED: usize = 64;
pub(super) const UNANSWERED_BYTES: usize = 8 * 1024 * 1024;

/// Requests that may be kept back, and their bytes. One may be as large as events can be.
const HELD: usize = 16;
const HELD_BYTES: usize = 4 * 1024 * 1024;

/// A `response.create` of the client.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) event_id: Option<EventId>,
    /// It is for a response that is no part of the conversation.
    pub(super) outside: bool,
    /// What it offers the model, where it names tools.
    pub(super) offer: Option<Offer>,
    /// Its parameters, as the endpoint is given them.
    pub(super) params: Option<Private<String>>,
    /// The request itself, for another connection, where there may be one.
    pub(super) text: Option<Private<String>>,
    /// Outputs that the client's request is to bring the reply to.
    pub(super) covers: BTreeSet<ItemId>,
    /// It was kept back, so that the client may take another response for its own.
    pub(super) delayed: bool,
    /// Bytes of the client's text.
    pub(super) size: usize,
}

/// The requests of the client that aren't answered.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// At the endpoint.
    pub(super) sent: VecDeque<Request>,
    /// Kept back, with their texts.
    pub(super) held: VecDeque<(Request, Private<String>)>,
}

impl Requests {
    /// Tells whether a response of the conversation is asked for.
    pub(super) fn is_asking(&self) -> bool {
        self.sent.iter().any(|request| !request.outside)
    }

    /// Tells whether a request that was kept back is at the endpoint.
    pub(super) fn is_delayed(&self) -> bool {
        self.sent.iter().any(|request| request.delayed)
    }

    /// Tells whether there is no room for another request of so many bytes to be kept back.
    pub(super) fn holds_enough(&self, size: usize) -> bool {
        let bytes: usize = self.held.iter().map(|(_, text)| text.expose().len()).sum();
        let is_large = !self.held.is_empty() && bytes + size > HELD_BYTES;
        self.held.len() >= HELD || is_large
    }

    /// Takes the oldest request where an endpoint leaves many unanswered.
    pub(super) fn forgotten(&mut self) -> Option<Request> {
        let bytes: usize = self.sent.iter().map(|it| it.size).sum();
        let too_many = self.sent.len() > UNANSWERED || bytes > UNANSWERED_BYTES;
        (too_many && self.sent.len() > 1).then(|| self.sent.pop_front())?
    }

    /// Takes the request that a new response answers.
    pub(super) fn answered(&mut self, outside: bool) -> Option<Request> {
        let at = self.sent.iter().position(|it| it.outside == outside)?;
        self.sent.remove(at)
    }

    /// Takes the request that an event carried.
    pub(super) fn refused(&mut self, event_id: &EventId) -> Option<Request> {
        let is_it = |it: &Request| it.event_id.as_ref() == Some(event_id);
        let at = self.sent.iter().position(is_it)?;
        self.sent.remove(at)
    }
}

/// A response, and who wants what of it.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) response: ResponseId,
    /// The client's request that it answers.
    pub(super) request: Option<Request>,
    /// We asked for it.
    pub(super) asked_by_us: bool,
    /// It called tools of ours.
    pub(super) ours: bool,
    /// It called tools of the client.
    pub(super) clients: bool,
    /// The client wants no reply to what it called.
    pub(super) silent: bool,
    /// Our calls in it, and their outputs.
    pub(super) items: Vec<ItemId>,
}

/// The last responses.
#[derive(Debug, Default)]
pub(super) struct Rounds(VecDeque<Round>);

impl Rounds {
    /// Returns what is known of a response.
    pub(super) fn find(&self, response: &ResponseId) -> Option<&Round> {
        self.0.iter().rev().find(|it| it.response == *response)
    }

    /// Returns a response for changing it, one of which nothing is known if need be.
    pub(super) fn of(&mut self, response: &ResponseId) -> &mut Round {
        let at = self.0.iter().rposition(|it| it.response == *response);
        let at = at.unwrap_or_else(|| {
            if self.0.len() == REMEMBERED {
                self.0.pop_front();
            }
            self.0.push_back(Round {
                response: response.clone(),
                request: None,
                asked_by_us: false,
                ours: false,
                clients: false,
                silent: false,
                items: Vec::new(),
            });
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    /// Returns what the client's request for a response offers the model.
    pub(super) fn offer(&self, response: &ResponseId) -> Option<&Offer> {
        self.find(response)?.request.as_ref()?.offer.as_ref()
    }

    /// Wants no replies to what was called so far.
    pub(super) fn silence(&mut self) {
        self.0.iter_mut().for_each(|round| round.silent = true);
    }
}
