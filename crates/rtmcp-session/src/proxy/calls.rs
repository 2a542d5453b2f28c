//! The calls of our tools: nothing of them reaches the client.

use rtmcp_core::{
    CallId, ClientEvent, EventId, FunctionCall, FunctionCallOutput, Item, ItemId, ItemStatus,
    Private, ResponseId, ToolCall, event::client::ConversationItemCreate,
};
use tracing::debug;

use super::{Proxy, ProxyEvent, ProxyOutput, ProxyTimer, Purpose};
use crate::{CallState, ToolNews, ledger::Picture};

/// Who answers a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The client does.
    Client,
    /// A tool of ours does, and nobody sees it.
    Ours,
    /// An emulated server of the client does, and the client sees an `mcp_call`.
    Native,
}

impl Proxy {
    /// Tells whose a call is, and notes so.
    pub(super) fn whose(&mut self, response_id: &ResponseId, call: &FunctionCall) -> Whose {
        if self.is_ours(response_id, call) {
            Whose::Ours
        } else if self.is_native(response_id, call) {
            Whose::Native
        } else {
            Whose::Client
        }
    }

    fn is_ours(&mut self, response_id: &ResponseId, call: &FunctionCall) -> bool {
        let known = call.call_id.as_ref().filter(|id| !id.is_empty());
        if !known.is_some_and(|id| self.ours.contains(id)) {
            let theirs = known.is_some_and(|id| self.theirs.contains(id));
            let offer = self.rounds.offer(response_id);
            if theirs || !self.toolbox.is_ours(&call.name, offer) {
                return false;
            }
            self.ours.extend(known.cloned());
        }
        if let Some(id) = &call.id {
            self.items.hide(id);
        }
        true
    }

    /// Tells whether a call is answered here.
    pub(super) fn is_own(&self, call_id: &CallId) -> bool {
        self.ours.contains(call_id) || self.natives.has(call_id)
    }

    /// The model began to write a call.
    pub(super) fn call_began(&mut self, response_id: &ResponseId, call: &FunctionCall) -> Whose {
        let whose = self.whose(response_id, call);
        let call_id = call.call_id.as_ref().filter(|id| !id.is_empty());
        // Nobody could give the output of a call that isn't in the conversation.
        let Some(call_id) = call_id.filter(|_| !self.responses.is_outside(response_id)) else {
            return whose;
        };
        let writing = self.arbiter.active() == Some(response_id);
        let new = self.ledger.see(call_id, &call.name, response_id, writing);
        if new && whose != Whose::Client {
            self.notify_call(call_id, call.name.clone(), CallState::Seen);
        }
        self.mark(response_id, call, whose);
        whose
    }

    /// A call is whole, or ended early.
    pub(super) fn call_ended(
        &mut self,
        response_id: &ResponseId,
        call: &FunctionCall,
        output_index: u32,
    ) -> Whose {
        let whose = self.whose(response_id, call);
        let status = call.status.as_ref();
        let whole = status.is_none_or(|status| *status == ItemStatus::Completed);
        let Some(call_id) = call.call_id.clone().filter(|id| whole && !id.is_empty()) else {
            return whose;
        };
        if self.responses.is_outside(response_id) {
            return whose;
        }
        let writing = self.arbiter.active() == Some(response_id);
        let whole = ToolCall {
            call_id: call_id.clone(),
            response_id: response_id.clone(),
            item_id: call.id.clone().unwrap_or_default(),
            name: call.name.clone(),
            arguments: call.arguments.clone(),
        };
        self.arbiter.bears(response_id);
        if !self.ledger.dispatch(&whole, writing) {
            return whose;
        }
        self.mark(response_id, call, whose);
        if whose != Whose::Client {
            self.notify_call(&call_id, call.name.clone(), CallState::Dispatched);
        }
        match whose {
            Whose::Ours => {
                let due = self.now + self.options.tool_deadline;
                self.timers.call_runs(&call_id, due);
                self.outbox.push_back(ProxyOutput::CallTool(whole));
            }
            Whose::Native => self.native_whole(&whole, output_index),
            Whose::Client => {
                let due = self.now + self.options.unanswered;
                self.timers.set(ProxyTimer::ClientCall(call_id), due);
            }
        }
        whose
    }

    /// Notes whose calls a response makes.
    fn mark(&mut self, response_id: &ResponseId, call: &FunctionCall, whose: Whose) {
        let ours = whose != Whose::Client;
        let round = self.rounds.of(response_id);
        round.ours |= ours;
        round.clients |= !ours;
        if let Some(id) = call
            .id
            .as_ref()
            .filter(|id| ours && !round.items.contains(id))
        {
            round.items.push(id.clone());
        }
    }

    pub(super) fn tool_news(&mut self, call_id: &CallId, news: ToolNews) {
        if !self.is_own(call_id) {
            return debug!(%call_id, "news of a call that nobody made, passed over");
        }
        match news {
            ToolNews::Running {
                deadline,
                policy: _,
            } => {
                if self.advance(call_id, CallState::Running) {
                    self.timers.call_runs(call_id, self.now + deadline);
                }
            }
            ToolNews::Progress { message: _ } => {}
            ToolNews::AwaitingApproval { expires, notice: _ } => {
                if self.advance(call_id, CallState::AwaitingApproval) {
                    self.timers.call_waits(call_id, self.now + expires);
                }
            }
            ToolNews::Finished {
                end,
                output,
                images,
            } => {
                if self.ledger.open().contains(call_id) {
                    self.ledger.keep_images(call_id, images);
                }
                self.answer(call_id, end.into(), output);
            }
        }
    }

    pub(super) fn advance(&mut self, call_id: &CallId, state: CallState) -> bool {
        let Some(name) = self.ledger.advance(call_id, state) else {
            debug!(%call_id, ?state, "news of a call that is over");
            return false;
        };
        self.notify_call(call_id, name, state);
        true
    }

    /// A call's time is over.
    pub(super) fn expire_call(&mut self, call_id: &CallId, text: &str) {
        if self.natives.has(call_id) {
            self.native_expired(call_id, text);
        } else {
            self.answer(call_id, CallState::Expired, Private::from(text));
        }
        let stop = ProxyOutput::CancelTool(call_id.clone());
        self.outbox.push_back(stop);
    }

    /// A client that never answers its call isn't waited for any longer.
    pub(super) fn client_call_unanswered(&mut self, call_id: &CallId) {
        self.ledger.end(call_id, CallState::Orphaned, None);
    }

    /// Gives a call of ours its one output. A call that has one already keeps it.
    pub(super) fn answer(&mut self, call_id: &CallId, state: CallState, output: Private<String>) {
        let (event_id, item_id) = (self.event_id(), self.item_id());
        let carried = Some((event_id.clone(), item_id.clone()));
        let Some(name) = self.ledger.end(call_id, state, carried) else {
            return debug!(%call_id, ?state, "a second end of a call, passed over");
        };
        self.timers.call_ended(call_id);
        let item = FunctionCallOutput {
            id: Some(item_id),
            call_id: call_id.clone(),
            output,
            ..FunctionCallOutput::default()
        };
        let response = self.ledger.response_of(call_id).cloned();
        self.give_hidden(
            response.as_ref(),
            event_id,
            item.into(),
            Purpose::CallOutput,
        );
        self.notify_call(call_id, name, state);
    }

    /// Has the conversation take an item of which the client hears nothing, as a part of what a
    /// response called.
    fn give_hidden(
        &mut self,
        response: Option<&ResponseId>,
        event_id: EventId,
        item: Item,
        purpose: Purpose,
    ) {
        if let Some(id) = item.id() {
            self.items.hide(id);
            if let Some(response) = response {
                self.rounds.of(response).items.push(id.clone());
            }
        }
        self.sent.insert(event_id.clone(), purpose);
        if self.replays() {
            self.history.sent(&event_id, &item);
        }
        let create = ConversationItemCreate {
            event_id: Some(event_id),
            item: Box::new(item),
            ..ConversationItemCreate::default()
        };
        if self.takes_items() {
            self.send_up(ClientEvent::from(create).encode());
        }
    }

    /// Shows the model the pictures of calls that are over. Returns the items that carry them.
    pub(super) fn show(&mut self, response: &ResponseId, pictures: Vec<Picture>) -> Vec<ItemId> {
        let mut shown = Vec::new();
        for picture in pictures {
            let (event_id, item_id) = (self.event_id(), self.item_id());
            let mut message = picture.into_message();
            message.id = Some(item_id.clone());
            self.give_hidden(Some(response), event_id, message.into(), Purpose::Other);
            shown.push(item_id);
        }
        shown
    }

    /// The conversation has an output of a call.
    pub(super) fn output_came(&mut self, call_id: &CallId) {
        if let Some(item_id) = self.ledger.acknowledged(call_id) {
            // An endpoint may name the item as it likes.
            self.item_is_there(&item_id);
        }
    }

    /// Ends every open call of ours as the proxy ends: nobody can be told any more.
    pub(super) fn end_calls(&mut self, state: CallState) {
        let open: Vec<CallId> = self.ledger.open().iter().cloned().collect();
        for call_id in open {
            let name = self.ledger.end(&call_id, state, None);
            if let Some(name) = name.filter(|_| self.is_own(&call_id)) {
                self.notify_call(&call_id, name, state);
                self.outbox.push_back(ProxyOutput::CancelTool(call_id));
            }
        }
    }

    pub(super) fn notify_call(&mut self, call_id: &CallId, name: String, state: CallState) {
        let call_id = call_id.clone();
        self.notify(ProxyEvent::Call {
            call_id,
            name,
            state,
        });
    }
}
