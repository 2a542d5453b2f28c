//! When a proxy has the model asked for a reply, and by whom.
//!
//! A response may call tools of both parties. There is one reply, once both have given their
//! outputs: the client's request for it is kept back as long as calls of ours are open, and where
//! the client asks for nothing, the proxy does.

use std::collections::BTreeSet;

use rtmcp_core::{
    CallId, ClientEvent, EventId, ItemId, Private, ResponseId, event::client::ResponseCancel,
};

use super::{
    Proxy, ProxyTimer, Purpose,
    client::{event_id, item_id},
    requests::{Request, Round},
    session::TAG,
    text::{elements, get, members, quote},
};
use crate::{CallState, error::retry_wait};

/// Metadata that a response may have.
const METADATA_PAIRS: usize = 16;

impl Proxy {
    /// Does what has become possible.
    pub(super) fn settle(&mut self) {
        if self.is_moving() {
            return;
        }
        self.catch_up();
        self.connect_if_due();
        self.offer_changed();
        self.want_settled();
        self.release_held();
        self.ask();
        self.tell_over_if_idle();
    }

    /// Wants a reply to every batch of calls that is over.
    fn want_settled(&mut self) {
        for settled in self.ledger.take_settled() {
            let (response, mut unseen) = (settled.response, settled.unseen);
            unseen.extend(self.show(&response, settled.images));
            let Some(round) = self.rounds.find(&response) else {
                continue;
            };
            if !round.ours || round.silent {
                continue;
            }
            self.carried = carried_on(round);
            self.natives.owed |= self.natives.called_in(&response);
            if !round.clients {
                self.arbiter.want(unseen);
            } else if self.requests.held.is_empty() {
                self.unasked.extend(unseen);
                let due = self.now + self.options.unasked;
                self.timers.set(ProxyTimer::Unasked, due);
            }
        }
    }

    /// Tells whether a request of the client must wait.
    pub(super) fn must_wait(&self) -> bool {
        !self.requests.held.is_empty()
            || self.requests.is_delayed()
            || self.arbiter.is_asking()
            || self.is_writing_ours()
            || self.is_waiting_with_client()
    }

    /// Sends the oldest request that was kept back, as soon as it can be answered.
    fn release_held(&mut self) {
        let quiet = self.arbiter.active().is_none() && !self.is_asking();
        if !quiet || self.is_waiting_with_client() {
            return;
        }
        if let Some((mut request, text)) = self.requests.held.pop_front() {
            request.delayed = true;
            request.text = self.replays().then(|| text.clone());
            self.client_asks(request);
            self.send_up(text.into_exposed());
        }
    }

    /// A request of the client goes to the endpoint: it stands for the reply that is waited for.
    pub(super) fn client_asks(&mut self, mut request: Request) {
        if !request.outside {
            self.reveal();
            self.tell_over();
            self.timers.stop(&ProxyTimer::Unasked);
            request.covers = std::mem::take(&mut self.unasked);
            let due = self.now + self.options.reply_unanswered;
            self.timers.set(ProxyTimer::ReplyUnanswered, due);
        }
        self.requests.sent.push_back(request);
        while let Some(request) = self.requests.forgotten() {
            self.client_refused(request);
        }
    }

    /// A request of the client was refused: what it was to bring a reply to waits for another.
    pub(super) fn client_refused(&mut self, request: Request) {
        if !request.covers.is_empty() {
            self.unasked.extend(request.covers);
            let due = self.now + self.options.unasked;
            self.timers.set(ProxyTimer::Unasked, due);
        }
    }

    /// The client has asked for nothing: the proxy does.
    pub(super) fn nobody_asked(&mut self) {
        let unseen = std::mem::take(&mut self.unasked);
        self.arbiter.want(unseen);
    }

    /// Wants no reply to anything that is over.
    pub(super) fn forgo_reply(&mut self) {
        self.timers.stop(&ProxyTimer::Unasked);
        self.unasked = BTreeSet::new();
        self.arbiter.forgo();
    }

    /// Nothing came of what was asked.
    pub(super) fn unanswered(&mut self) {
        self.arbiter.unanswered();
        self.carry_again();
        for request in std::mem::take(&mut self.requests.sent) {
            self.client_refused(request);
        }
    }

    /// What a reply was asked with serves once more.
    pub(super) fn carry_again(&mut self) {
        let asked_with = self.asked_with.take();
        self.carried = self.carried.take().or(asked_with);
    }

    /// Waits before the next request: longer each time in a row.
    pub(super) fn retry_later(&mut self, times: u32) {
        let wait = retry_wait(self.options.reply_retry, times);
        self.timers.set(ProxyTimer::ReplyRetry, self.now + wait);
    }

    /// The client gives a call of its own its output.
    pub(super) fn client_answers(&mut self, call_id: &CallId, text: &str, item: &str) {
        self.timers.stop(&ProxyTimer::ClientCall(call_id.clone()));
        let event_id = event_id(text).unwrap_or_else(|| self.event_id());
        let item_id = item_id(item).unwrap_or_else(|| self.item_id());
        let carried = Some((event_id, item_id));
        self.ledger.end(call_id, CallState::Answered, carried);
    }

    /// Tells whether a response of the conversation is asked for, by whomever.
    pub(super) fn is_asking(&self) -> bool {
        self.arbiter.is_asking() || self.requests.is_asking()
    }

    pub(super) fn is_writing_ours(&self) -> bool {
        let active = self.arbiter.active();
        let round = active.and_then(|active| self.rounds.find(active));
        round.is_some_and(|round| round.asked_by_us)
    }

    /// Tells whether calls of ours are open that were made together with calls of the client.
    fn is_waiting_with_client(&self) -> bool {
        self.ledger.open().iter().any(|call_id| {
            let response = self.ledger.response_of(call_id);
            let round = response.and_then(|response| self.rounds.find(response));
            self.is_own(call_id) && round.is_some_and(|round| round.clients)
        })
    }

    /// Asks for a reply, if one is wanted and may be asked for.
    fn ask(&mut self) {
        let next = self.arbiter.next(true);
        if next.is_none() || self.requests.is_asking() || !self.requests.held.is_empty() {
            return;
        }
        let event_id = self.event_id();
        if self.arbiter.ask(&event_id).is_none() {
            return;
        }
        let due = self.now + self.options.reply_unanswered;
        self.timers.set(ProxyTimer::ReplyUnanswered, due);
        self.natives.replying = std::mem::take(&mut self.natives.owed);
        self.asked_with = self.carried.take();
        let params = { self.asked_with.as_ref() }.and_then(|it| it.params.as_ref());
        let response = request(params.map(Private::expose), &event_id);
        let id = quote(event_id.as_str());
        let purpose = Purpose::Reply {
            carried: params.is_some(),
        };
        self.sent.insert(event_id, purpose);
        self.send_up(format!(
            r#"{{"type":"response.create","event_id":{id},"response":{response}}}"#
        ));
    }

    /// Ends a response of ours that nobody would listen to.
    pub(super) fn cancel(&mut self, response_id: Option<ResponseId>) {
        let event_id = self.event_id();
        self.sent.insert(event_id.clone(), Purpose::Other);
        let cancel = ResponseCancel {
            event_id: Some(event_id),
            response_id,
            ..ResponseCancel::default()
        };
        self.send_up(ClientEvent::from(cancel).encode());
    }
}

/// Returns what the reply to calls is asked with: what the client asked of the response that made
/// them, but for a forced call, which has been made.
///
/// A response that was given its own input needs the calls and their outputs in it.
fn carried_on(round: &Round) -> Option<Request> {
    let request = round.request.as_ref()?;
    let params = request.params.as_ref()?;
    let mut kept = Vec::new();
    for member in members(params.expose()) {
        match member.key {
            "tool_choice" | "conversation" => {}
            "input" => {
                let reference = |id: &ItemId| {
                    let id = quote(id.as_str());
                    format!(r#"{{"type":"item_reference","id":{id}}}"#)
                };
                let given = elements(member.value).map(str::to_owned);
                let input: Vec<_> = given.chain(round.items.iter().map(reference)).collect();
                kept.push(format!(r#""input":[{}]"#, input.join(",")));
            }
            _ => kept.push(member.whole.to_owned()),
        }
    }
    Some(Request {
        offer: request.offer.clone(),
        params: Some(Private::new(format!("{{{}}}", kept.join(",")))),
        ..Request::default()
    })
}

/// Writes the parameters of a request with the tag by which its response is known.
fn request(params: Option<&String>, event_id: &EventId) -> String {
    let tag = format!("{}:{}", quote(TAG), quote(event_id.as_str()));
    let params = params.map_or("{}", String::as_str);
    let metadata = get(params, &["metadata"]).unwrap_or("{}");
    let pairs = members(metadata).map(|pair| pair.whole);
    let pairs = pairs.take(METADATA_PAIRS - 1).chain([tag.as_str()]);
    let metadata = format!(r#""metadata":{{{}}}"#, pairs.collect::<Vec<_>>().join(","));
    let others = members(params).filter(|member| member.key != "metadata");
    let others = others.map(|member| member.whole);
    let all: Vec<&str> = others.chain([metadata.as_str()]).collect();
    format!("{{{}}}", all.join(","))
}
