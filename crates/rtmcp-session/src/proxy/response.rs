//! What a proxy does as a response begins and ends, and as something is refused.

use std::borrow::Cow;

use rtmcp_core::{EventId, Item, Response, ResponseId, ResponseStatus, event::server::ErrorBody};
use tracing::debug;

use super::{
    Proxy, ProxyEvent, ProxyTimer, Purpose,
    calls::Whose,
    session::TAG,
    text::{Edits, elements, get, get_str, members},
};
use crate::{
    CallState, HandOverReason, Trouble,
    arbiter::Started,
    error::{BUSY, EXPIRED, is_worth_a_retry},
    speech::turn_detection,
};

impl Proxy {
    pub(super) fn response_started(&mut self, text: &str, response: &Response) {
        self.flush_done(true);
        let tag = response.metadata.as_ref().and_then(|it| it.get(TAG));
        let tag = tag.map(|tag| EventId::from(tag.as_str()));
        let tag = tag.filter(|tag| self.is_our_id(tag));
        let new = self.begin(response, tag.as_ref());
        if new && self.arbiter.active() == Some(&response.id) {
            self.withhold(text, &response.id);
        } else {
            self.tell_response(text);
        }
    }

    /// Notes a response. Returns whether it is new.
    fn begin(&mut self, response: &Response, tag: Option<&EventId>) -> bool {
        let request = self.requests.sent.front();
        let expected = match request {
            Some(request) if tag.is_none() => !request.outside,
            _ => self.arbiter.expects(tag.map(EventId::as_str)),
        };
        let tag_text = tag.map(EventId::as_str);
        // Some endpoints don't name conversations at all.
        let unsaid = response.conversation_id.is_absent() && tag.is_none();
        let asked_outside = request.is_some_and(|request| request.outside);
        let outside = self.nulls.is_outside(response, tag_text, expected)
            || (unsaid && asked_outside && !self.arbiter.expects(None));
        if !self.responses.begin(&response.id, outside) {
            debug!("the beginning of a known response, passed over");
            return false;
        }
        let request = match tag {
            Some(_) => self.asked_with.take(),
            None => self.requests.answered(outside),
        };
        let asked_by_us = tag.is_some();
        if let Some(tag) = tag {
            self.sent.remove(tag);
        }
        let round = self.rounds.of(&response.id);
        (round.request, round.asked_by_us) = (request, asked_by_us);
        if outside {
            self.arbiter.started_outside(tag_text);
        } else {
            self.begin_in_conversation(&response.id, tag_text);
        }
        if !self.is_asking() {
            self.timers.stop(&ProxyTimer::ReplyUnanswered);
        }
        true
    }

    fn begin_in_conversation(&mut self, id: &ResponseId, tag: Option<&str>) {
        // An endpoint writes one answer at a time: the one before is over, though it didn't say.
        if let Some(before) = self.arbiter.active().cloned() {
            self.nothing_more_of(&before);
        }
        self.bears = false;
        self.natives.awaited = false;
        let started = self.arbiter.started(id, tag);
        self.timers.stop(&ProxyTimer::OwnReply);
        let due = self.now + self.options.response_silent;
        self.timers.set(ProxyTimer::ResponseSilent, due);
        if !self.arbiter.wants() {
            self.carried = None;
        }
        let interrupts = turn_detection(&self.remote, |it| it.interrupt_response);
        if started == Started::Asked && self.arbiter.is_person_speaking() && interrupts {
            // It crossed the person's first word on its way: the endpoint wouldn't stop it.
            self.cancel(Some(id.clone()));
            self.arbiter.unheard();
        }
    }

    pub(super) fn response_done(&mut self, text: &str, response: Response) {
        let outside = self.nulls.is_surely_outside(&response);
        for item in &response.output {
            let ours = match item {
                Item::FunctionCall(call) => self.whose(&response.id, call) == Whose::Ours,
                _ => false,
            };
            if !ours {
                self.reveal_of(&response.id);
            }
        }
        let mut asked_again = false;
        if self.responses.end(&response.id, outside) {
            asked_again = self.end(&response);
        } else {
            debug!("the end of a response that is over, passed over");
        }
        if self.natives.is_open(&response.id) {
            self.flush_done(true);
            self.natives.done = Some((response.id, text.into()));
        } else {
            self.tell_end(text, &response, asked_again);
        }
    }

    /// Does what the end of a response brings. Returns whether it is asked for again.
    fn end(&mut self, response: &Response) -> bool {
        // Some endpoints send nothing of a call but its place in the whole response.
        if response.status == ResponseStatus::Completed {
            for (item, output_index) in response.output.iter().zip(0..) {
                if let Item::FunctionCall(call) = item {
                    self.call_ended(&response.id, call, output_index);
                }
            }
        }
        let details = response.status_details.as_ref();
        let error = details.and_then(|details| details.error.as_ref());
        let code = error.and_then(|error| error.code.as_deref());
        let kind = error.and_then(|error| error.kind.as_deref());
        let (code, kind) = (code.unwrap_or_default(), kind.unwrap_or_default());
        if self.bears {
            self.arbiter.bears(&response.id);
        }
        if self.arbiter.active() == Some(&response.id) {
            let well = response.status == ResponseStatus::Completed;
            self.passage.proved_good(well);
        }
        let mut asked_again = false;
        if response.status == ResponseStatus::Failed
            && is_worth_a_retry(code, kind, self.arbiter.refusals())
            && self
                .rounds
                .find(&response.id)
                .is_some_and(|it| it.asked_by_us)
            && let Some(times) = self.arbiter.failed(&response.id)
        {
            self.retry_later(times);
            self.asked_with = { self.rounds.find(&response.id) }.and_then(|it| it.request.clone());
            self.carry_again();
            asked_again = true;
        }
        self.nothing_more_of(&response.id);
        asked_again
    }

    /// Nothing more comes of a response, as the endpoint says or as must be supposed.
    pub(super) fn nothing_more_of(&mut self, response: &ResponseId) {
        for (call_id, name) in self.ledger.end_response(response) {
            if self.is_own(&call_id) {
                self.notify_call(&call_id, name, CallState::Dropped);
                self.tell_dropped(&call_id);
            }
        }
        if self.arbiter.ended(response) {
            self.timers.stop(&ProxyTimer::ReplyRetry);
        }
        if self.arbiter.active().is_none() {
            self.timers.stop(&ProxyTimer::ResponseSilent);
        }
        if !self.is_asking() {
            self.timers.stop(&ProxyTimer::ReplyUnanswered);
        }
    }

    /// Nothing has come of the response that is being written for as long as one may think.
    pub(super) fn response_silent(&mut self) {
        let due = self.last_sign + self.options.response_silent;
        if due > self.now {
            self.timers.set(ProxyTimer::ResponseSilent, due);
        } else if let Some(response) = self.arbiter.active().cloned() {
            debug!(%response, "a response that fell silent is given up");
            self.nothing_more_of(&response);
        }
    }

    /// Tells the client of a response.
    pub(super) fn tell_response(&mut self, text: &str) {
        match self.shown_response(text) {
            None => self.forward(),
            Some(shown) => self.send_down(shown),
        }
    }

    /// Returns a response without our tag and our calls, if it has any.
    pub(super) fn shown_response(&self, text: &str) -> Option<String> {
        let mut edits = Edits::new(text);
        let tag = get_str(text, &["response", "metadata", TAG]);
        let tagged = tag.is_some_and(|tag| self.is_our_id(&EventId::from(&*tag)));
        if let Some(metadata) = get(text, &["response", "metadata"]).filter(|_| tagged) {
            if members(metadata).all(|pair| pair.key == TAG) {
                edits.replace(metadata, "null".to_owned());
            } else {
                edits.keep_members(metadata, |pair| pair.key != TAG);
            }
        }
        if let Some(output) = get(text, &["response", "output"]) {
            let shown: Vec<Cow<'_, str>> = elements(output)
                .filter_map(|element| self.shown_element(element))
                .collect();
            if !elements(output).eq(shown.iter().map(Cow::as_ref)) {
                edits.replace(output, format!("[{}]", shown.join(",")));
            }
        }
        edits.finish()
    }

    /// Returns what the client sees of an item of a response.
    fn shown_element<'a>(&self, element: &'a str) -> Option<Cow<'a, str>> {
        let id = get_str(element, &["id"]).unwrap_or_default();
        let call_id = get_str(element, &["call_id"]).unwrap_or_default();
        if self.items.is_hidden(&id) || self.ours.contains(&*call_id) {
            return None;
        }
        let native = self.natives.shown(&call_id);
        Some(native.map_or(Cow::Borrowed(element), Cow::Owned))
    }

    /// Something was refused. What is ours the client never hears of.
    pub(super) fn error(&mut self, error: ErrorBody) {
        let code = error.code.as_deref().unwrap_or_default();
        let event_id = error.event_id.as_ref();
        if code == EXPIRED && self.replays() {
            return self.lose(HandOverReason::Expired);
        }
        if let Some(purpose) = event_id.and_then(|id| self.sent.remove(id)) {
            return self.ours_refused(purpose, error);
        }
        if event_id.is_none() && code == BUSY && self.arbiter.is_asking() {
            // An endpoint that names no event means the one that is on its way.
            if !self.requests.is_asking() {
                return self.ask_later(None);
            }
        }
        let request = match event_id {
            Some(event_id) => self.requests.refused(event_id),
            None if code == BUSY => self.requests.answered(false),
            None => None,
        };
        if let Some(request) = request {
            self.client_refused(request);
        }
        let about_session = error
            .param
            .as_deref()
            .is_some_and(|it| it.starts_with("session"));
        if event_id.is_some() || about_session {
            self.update_refused(event_id);
        }
        self.forward();
    }

    fn ours_refused(&mut self, purpose: Purpose, error: ErrorBody) {
        let code = error.code.as_deref().unwrap_or_default();
        let event_id = error.event_id.as_ref();
        match purpose {
            Purpose::CallOutput => {
                let refused = event_id.and_then(|id| self.ledger.refused(id));
                if let Some((call_id, name, item_id)) = refused {
                    self.item_is_there(&item_id);
                    self.notify_call(&call_id, name, CallState::Orphaned);
                    let message = error.message;
                    let trouble = Trouble::OutputRefused { call_id, message };
                    return self.notify(ProxyEvent::Trouble(trouble));
                }
            }
            Purpose::Reply { carried } => {
                let refusals = self.arbiter.refusals();
                if code == BUSY || is_worth_a_retry(code, &error.kind, refusals) {
                    return self.ask_later(event_id);
                }
                if self.arbiter.refused(event_id) {
                    self.asked_with = None;
                    self.timers.stop(&ProxyTimer::ReplyUnanswered);
                    if carried {
                        // What the client asked of one response may not do for another.
                        self.arbiter.want([]);
                    }
                }
            }
            Purpose::Tools => self.update_refused(event_id),
            Purpose::Setup => self.lose(HandOverReason::Dropped),
            Purpose::Replay => {
                if let Some(event_id) = error.event_id.clone() {
                    self.replay_refused(&event_id, error);
                }
                return;
            }
            // The response that was to be stopped is over.
            Purpose::Other => return,
        }
        self.notify(ProxyEvent::Trouble(Trouble::Endpoint {
            code: error.code,
            message: error.message,
        }));
    }

    /// A request of ours was refused for now: its wish stays.
    fn ask_later(&mut self, event_id: Option<&EventId>) {
        self.carry_again();
        if let Some(times) = self.arbiter.refused_for_now(event_id) {
            self.retry_later(times);
        }
        if !self.is_asking() {
            self.timers.stop(&ProxyTimer::ReplyUnanswered);
        }
    }
}
