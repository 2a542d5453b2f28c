//! How a proxied conversation goes on over another connection to the endpoint, while the client
//! stays.
//!
//! The rules are those of a [`Session`](crate::Session): the moment, the replay and the exact losses
//! are the same code. What differs is that there is a client, which asks for things of its own:
//!
//! - what it sends in between is kept, in order, of sound the newest, and sent when the conversation
//!   is there; so is what it asked for and the endpoint hadn't answered;
//! - a response that was cut ends as failed. One that the client had asked for isn't asked for
//!   again; one that the endpoint had begun by itself, or that the proxy had asked for, is;
//! - sound that the endpoint hadn't made an item of is lost, and `audio_start_ms` begins at 0 again.

use rtmcp_core::{
    ClientEvent, EventId, Item, ItemId, Private, ServerEvent, SessionConfig,
    event::{client::ConversationItemCreate, server::ErrorBody},
};
use tracing::debug;

use super::{
    Proxy, ProxyClose, ProxyEvent, ProxyOutput, ProxyTimer, Purpose,
    text::{Edits, kind, quote},
};
use crate::{
    CallState, HandOver, HandOverReason, Handover, Loss,
    handover::{Awaited, Due, Moving},
    responses::Responses,
};

impl Proxy {
    /// Tells whether the conversation is replayed over another connection.
    pub(super) fn replays(&self) -> bool {
        self.options.handover == Handover::Replay && self.greeted
    }

    /// Tells whether there is a conversation that takes what is sent to it.
    pub(super) fn takes_items(&self) -> bool {
        let moving = self.passage.moving.as_ref();
        moving.is_none_or(|moving| moving.is_open)
    }

    /// Tells whether the conversation is on its way to another connection: what the client says is
    /// kept until it is there.
    pub fn is_moving(&self) -> bool {
        self.passage.moving.is_some()
    }

    /// A connection is open: the first one, or the one that was asked for.
    pub(super) fn connected(&mut self, at: Option<u64>) {
        if std::mem::take(&mut self.passage.is_asked) {
            if !self.is_moving() {
                self.leave(HandOverReason::Expiring);
            }
            self.passage.is_cut_off = false;
            let due = self.now + self.options.setup_unanswered;
            self.timers.set(ProxyTimer::Setup, due);
        }
        self.passage.opened = at.map(|at| (self.now, at));
        self.plan();
    }

    /// No connection can be had.
    pub(super) fn not_connected(&mut self) {
        self.passage.is_asked = false;
        self.passage.due = Due::Not;
        if self.is_moving() || !self.greeted {
            self.close(ProxyClose::EndpointGone, CallState::Orphaned);
        }
    }

    /// The connection is gone.
    pub(super) fn endpoint_gone(&mut self) {
        if !self.replays() {
            self.close(ProxyClose::EndpointGone, CallState::Orphaned);
        } else if !self.passage.is_cut_off {
            self.lose(HandOverReason::Dropped);
        }
    }

    /// The endpoint ended the connection for good; where that is because the time of its session is
    /// over, another one has been asked for.
    pub(super) fn endpoint_ended(&mut self) {
        if !self.passage.is_cut_off {
            self.close(ProxyClose::EndpointEnded, CallState::Orphaned);
        }
    }

    /// The connection is of no use any more: another one takes over.
    pub(super) fn lose(&mut self, why: HandOverReason) {
        if !self.passage.is_worth_another(self.now) {
            return self.close(ProxyClose::EndpointGone, CallState::Orphaned);
        }
        self.leave(why);
        self.passage.is_cut_off = true;
        self.connect();
    }

    /// Sets the timer for the time before the endpoint ends the session.
    pub(super) fn plan(&mut self) {
        if self.replays() && !self.is_moving() {
            let (end, before) = (self.remote.expires_at, self.options.handover_before);
            if let Some(due) = self.passage.plan(end, before) {
                self.timers.set(ProxyTimer::HandOver, due);
            }
        }
    }

    pub(super) fn hand_over_due(&mut self) {
        let latest = self.options.handover_latest;
        if let Some(latest) = self.passage.came_due(self.now, latest) {
            self.timers.set(ProxyTimer::HandOver, latest);
        }
    }

    /// Asks for another connection, if one is needed and the moment is right.
    pub(super) fn connect_if_due(&mut self) {
        if self.passage.due == Due::Now || (self.passage.due == Due::WhenIdle && self.is_idle()) {
            self.connect();
        }
    }

    /// Tells whether nobody speaks, and nothing is being written, wanted or waited for.
    pub(super) fn is_idle(&self) -> bool {
        let quiet = self.arbiter.is_idle() && self.ledger.open().is_empty() && !self.is_asking();
        quiet && self.requests.held.is_empty() && self.unasked.is_empty()
    }

    fn connect(&mut self) {
        if !std::mem::replace(&mut self.passage.is_asked, true) {
            self.outbox.push_back(ProxyOutput::Connect);
        }
    }

    /// Leaves the connection, as it is lost or another one is there.
    fn leave(&mut self, why: HandOverReason) {
        self.passage.due = Due::Not;
        (self.passage.opened, self.passage.planned) = (None, None);
        if self.passage.moving.is_none() {
            self.passage.moving = Some(Moving::new(why));
            self.notify(ProxyEvent::HandingOver { why });
        }
        self.flush_done(true);
        let lost = self.leave_responses();
        self.timers.keep(ProxyTimer::outlives_a_connection);
        self.leave_requests();
        self.sent.clear();
        self.settings.take_asked().for_each(drop);
        self.passage.given.clear();
        self.ended_speech = None;
        if let Some(moving) = &mut self.passage.moving {
            moving.begin_again();
            moving.lost.extend(lost);
        }
    }

    /// What was being written ends. Returns what is lost with it.
    fn leave_responses(&mut self) -> Vec<Loss> {
        self.reveal();
        let outside: Vec<_> = self.responses.outside().cloned().collect();
        let active = self.arbiter.active().cloned();
        for response in outside.iter().chain(&active) {
            let (event_id, id) = (self.event_id(), quote(response.as_str()));
            self.send_down(format!(
                r#"{{"type":"response.done","event_id":"{event_id}","response":{{"object":"realtime.response","id":{id},"status":"failed","status_details":{{"type":"failed","error":{{"type":"server_error","code":"connection_lost"}}}},"output":[],"usage":null}}}}"#
            ));
        }
        let calls = active
            .as_ref()
            .is_some_and(|it| self.ledger.has_calls_of(it));
        self.arbiter.leave(calls);
        if let Some(active) = active {
            self.nothing_more_of(&active);
        }
        self.responses = Responses::default();
        let lost = outside.into_iter();
        lost.map(|response_id| Loss::Response { response_id })
            .collect()
    }

    /// What the client asked for, and the endpoint hasn't answered, is asked of the next one.
    fn leave_requests(&mut self) {
        let updates = self.updates.drain(..).filter_map(|update| update.text);
        let requests = self.requests.sent.drain(..).map(|it| (it.covers, it.text));
        let mut texts: Vec<Private<String>> = updates.collect();
        for (covers, text) in requests {
            self.unasked.extend(covers);
            texts.extend(text);
        }
        for text in texts.into_iter().rev() {
            self.kept.push_front(text);
        }
    }

    /// Keeps what the client says while there is no conversation; of too much sound the oldest goes.
    pub(super) fn keep_of_client(&mut self, text: &str) {
        let is_sound = |text: &str| kind(text) == Some("input_audio_buffer.append");
        if is_sound(text) {
            self.kept_sound += text.len();
        }
        self.kept.push_back(text.into());
        while self.kept_sound > self.options.held_audio_bytes {
            let oldest = self.kept.iter().position(|text| is_sound(text.expose()));
            let Some(text) = oldest.and_then(|at| self.kept.remove(at)) else {
                break;
            };
            self.kept_sound -= text.expose().len();
            debug!("sound dropped: there is no connection");
        }
    }

    /// Keeps what an event says for another connection.
    pub(super) fn remember_event(&mut self, event: &ServerEvent) {
        let outside = crate::reply::response_of(event);
        let outside = outside.is_some_and(|it| self.responses.is_outside(it));
        if self.options.handover == Handover::Replay && !outside {
            self.history.feed(event);
        }
    }

    /// Keeps an item that is sent for another connection.
    pub(super) fn remember_item(&mut self, event_id: Option<EventId>, item: &str) {
        if self.options.handover == Handover::Replay
            && let Ok(item) = serde_json::from_str::<Item>(item)
        {
            let event_id = event_id.unwrap_or_else(|| self.event_id());
            self.history.sent(&event_id, &item);
        }
    }

    /// Keeps a change of the session for another connection.
    pub(super) fn remember_update(&mut self, event_id: &EventId, session: &str) {
        if self.options.handover == Handover::Replay {
            let change: SessionConfig = serde_json::from_str(session).unwrap_or_default();
            self.settings.ask(event_id.clone(), change);
        }
    }

    /// The new connection greets: it is set up as the one before was.
    pub(super) fn greeted_again(&mut self, config: SessionConfig) {
        self.remote = config;
        let mut wanted = self.settings.taken().clone();
        wanted.tools = None;
        let wanted = SessionConfig {
            kind: SessionConfig::realtime().kind,
            ..wanted
        };
        let text = serde_json::to_string(&wanted).unwrap_or_default();
        let client = &self.toolbox.client;
        let tools = self.toolbox.written(client);
        let tools = tools.unwrap_or_else(|| client.array().to_owned());
        let mut edits = Edits::new(&text);
        edits.set(&text, "tools", &tools);
        let session = edits.finish().unwrap_or_default();
        self.changed = false;
        let event_id = self.event_id();
        self.sent.insert(event_id.clone(), Purpose::Setup);
        self.send_up(format!(
            r#"{{"type":"session.update","event_id":"{event_id}","session":{session}}}"#
        ));
    }

    /// The new connection is set up: it is given what was said.
    pub(super) fn replay(&mut self, config: SessionConfig) {
        self.timers.stop(&ProxyTimer::Setup);
        self.remote = config;
        if !self.is_moving() || self.takes_items() {
            return;
        }
        let open = self.ledger.open();
        let replay = self.history.replay(|call_id| open.contains(call_id));
        self.unseen = self
            .history
            .unacknowledged()
            .iter()
            .filter_map(Item::id)
            .cloned()
            .collect();
        for item in replay.items {
            let event_id = self.event_id();
            let item_id = item.id().cloned().unwrap_or_default();
            if let Item::FunctionCallOutput(output) = &item {
                self.ledger.carry(&output.call_id, &event_id);
            }
            self.sent.insert(event_id.clone(), Purpose::Replay);
            let create = ConversationItemCreate {
                event_id: Some(event_id.clone()),
                item: Box::new(item),
                ..ConversationItemCreate::default()
            };
            self.send_up(ClientEvent::from(create).encode());
            self.passage.given.insert(item_id.clone());
            if let Some(moving) = &mut self.passage.moving {
                moving.awaited.push_back(Awaited {
                    event_id,
                    item_id,
                    missing: None,
                });
            }
        }
        if let Some(moving) = &mut self.passage.moving {
            moving.not_given = replay.lost;
            moving.is_open = true;
        }
        self.arrive_if_known();
    }

    /// The conversation has an item. Returns whether the client knows it from the one before.
    pub(super) fn is_given(&mut self, item_id: &ItemId) -> bool {
        if let Some(moving) = &mut self.passage.moving {
            let at = moving.awaited.iter().position(|it| it.item_id == *item_id);
            if at.and_then(|at| moving.awaited.remove(at)).is_some() {
                moving.replayed += 1;
                self.arrive_if_known();
            }
        }
        self.passage.given.contains(item_id) && !self.unseen.contains(item_id)
    }

    /// The new connection refused an item, or how it was to be set up.
    pub(super) fn replay_refused(&mut self, event_id: &EventId, error: ErrorBody) {
        let Some(moving) = &mut self.passage.moving else {
            return;
        };
        let is_it = |it: &Awaited| it.event_id == *event_id;
        let at = moving.awaited.iter().position(is_it);
        let Some(refused) = at.and_then(|at| moving.awaited.remove(at)) else {
            return;
        };
        let (item_id, message) = (refused.item_id, error.message);
        self.history.forget(&item_id);
        moving.not_given.push(Loss::Refused { item_id, message });
        self.arrive_if_known();
    }

    /// The endpoint says nothing more of what it was given.
    pub(super) fn replay_unanswered(&mut self) {
        if let Some(moving) = &mut self.passage.moving {
            let unanswered = moving.awaited.drain(..).map(|it| it.item_id);
            let lost = unanswered.map(|item_id| Loss::Unacknowledged { item_id });
            moving.not_given.extend(lost);
        }
        self.arrive_if_known();
    }

    /// Goes on once the endpoint has said what it has, and waits for its next word otherwise.
    fn arrive_if_known(&mut self) {
        let arrived = |moving: &mut Moving| moving.is_open && moving.awaited.is_empty();
        match self.passage.moving.take_if(arrived) {
            Some(moving) => self.arrive(moving),
            None => {
                let due = self.now + self.options.handover_unanswered;
                self.timers.set(ProxyTimer::ReplayUnanswered, due);
            }
        }
    }

    fn arrive(&mut self, moving: Moving) {
        self.timers.stop(&ProxyTimer::ReplayUnanswered);
        self.history.replayed(&self.passage.given);
        self.arbiter.all_seen();
        self.passage.serves(self.now);
        self.plan();
        let mut lost = moving.not_given;
        lost.extend(moving.lost);
        debug!(why = ?moving.why, replayed = moving.replayed, lost = lost.len(), "handed over");
        self.notify(ProxyEvent::HandedOver(Box::new(HandOver {
            why: moving.why,
            session_id: self.remote.id.clone(),
            replayed: moving.replayed,
            lost,
        })));
        self.has_arrived = true;
    }

    /// Does what the client wanted while there was no conversation.
    pub(super) fn catch_up(&mut self) {
        if !std::mem::take(&mut self.has_arrived) {
            return;
        }
        self.kept_sound = 0;
        for text in std::mem::take(&mut self.kept) {
            let first = self.outbox.len();
            self.client(text.expose());
            // It isn't the text of this input that goes on.
            for output in self.outbox.iter_mut().skip(first) {
                if *output == ProxyOutput::Forward {
                    *output = ProxyOutput::ToEndpoint(text.clone());
                }
            }
        }
    }
}
