//! [`Withheld`]: what the client isn't told of a response before something of it is for the client.
//!
//! A client may take the first end of a response for the end of the answer. So a response that calls
//! our tools and nothing else doesn't happen for it: the reply to those calls is what it asked for.
//! Whether a response is one of those is known at its end, so that its beginning waits until
//! something comes that the client sees, or until the client would give its request up. If no reply
//! follows after all, the response is told then.

use std::borrow::Cow;

use rtmcp_core::{Private, Response, ResponseId, ResponseStatus};

use super::{Proxy, ProxyOutput, ProxyTimer, text::get_str};

/// What is kept of responses that the client hasn't heard of.
#[derive(Debug, Default)]
pub(super) struct Withheld {
    /// The beginning of a response that is being written.
    begun: Option<(ResponseId, Private<String>)>,
    /// The beginning and the end of one that is over, and to which the reply is yet to come.
    over: Option<[Private<String>; 2]>,
}

impl Withheld {
    fn is_begun(&self, response: &ResponseId) -> bool {
        self.begun.as_ref().is_some_and(|(id, _)| id == response)
    }
}

impl Proxy {
    /// A response of the conversation began. It stands for the one before that wasn't told.
    pub(super) fn withhold(&mut self, text: &str, response: &ResponseId) {
        self.reveal();
        self.withheld.over = None;
        if self.toolbox.has_ours() {
            let text = self.as_shown(text);
            self.withheld.begun = Some((response.clone(), text));
            let due = self.now + self.options.withheld;
            self.timers.set(ProxyTimer::Withheld, due);
        } else {
            self.tell_response(text);
        }
    }

    /// Tells the client that the response which is being written has begun.
    pub(super) fn reveal(&mut self) {
        if let Some((_, text)) = self.withheld.begun.take() {
            self.timers.stop(&ProxyTimer::Withheld);
            self.outbox.push_back(ProxyOutput::ToClient(text));
        }
    }

    /// Tells the client that a response has begun.
    pub(super) fn reveal_of(&mut self, response: &ResponseId) {
        if self.withheld.is_begun(response) {
            self.reveal();
        }
    }

    /// Tells the client that a response has begun of which it is about to be told something.
    pub(super) fn reveal_for(&mut self, kind: &str, text: &str) {
        let Some((begun, _)) = &self.withheld.begun else {
            return;
        };
        let looked_at = matches!(
            kind,
            "response.created"
                | "response.done"
                | "response.output_item.added"
                | "response.output_item.done"
                | "response.function_call_arguments.delta"
                | "response.function_call_arguments.done"
        );
        if looked_at || !kind.starts_with("response.") {
            return;
        }
        let named = get_str(text, &["response_id"]);
        if named.is_none_or(|named| named == begun.as_str()) {
            self.reveal();
        }
    }

    /// Tells the client that a response ended, unless it hasn't heard of it and another one follows:
    /// the reply to its calls, or the same once more where it is `asked_again`.
    pub(super) fn tell_end(&mut self, text: &str, response: &Response, asked_again: bool) {
        let called =
            response.status == ResponseStatus::Completed && { self.rounds.find(&response.id) }
                .is_some_and(|it| it.ours && !it.clients && !it.silent);
        let follows = (called || asked_again) && !self.requests.is_asking();
        if !follows || !self.withheld.is_begun(&response.id) {
            self.reveal_of(&response.id);
            return self.tell_response(text);
        }
        let done = self.as_shown(text);
        let begun = self.withheld.begun.take();
        self.timers.stop(&ProxyTimer::Withheld);
        self.withheld.over = begun.map(|(_, created)| [created, done]);
    }

    /// Tells the client of the response that it hasn't heard of: no other takes its place. Returns
    /// whether there is one.
    pub(super) fn tell_over(&mut self) -> bool {
        let over = self.withheld.over.take();
        let told = over.into_iter().flatten().map(ProxyOutput::ToClient);
        let before = self.outbox.len();
        self.outbox.extend(told);
        self.outbox.len() > before
    }

    /// Tells the client of that response where nothing more is to come.
    pub(super) fn tell_over_if_idle(&mut self) {
        if self.withheld.over.is_some() && self.is_idle() {
            self.tell_over();
        }
    }

    fn as_shown(&self, text: &str) -> Private<String> {
        let shown = self.shown_response(text).map(Cow::Owned);
        shown.unwrap_or(Cow::Borrowed(text)).into_owned().into()
    }
}
