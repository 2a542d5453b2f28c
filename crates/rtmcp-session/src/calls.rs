//! What a session does with the calls that the model makes, and with news of the tools.

use std::time::Duration;

use rtmcp_core::{
    CallId, CallPolicy, EventId, FunctionCall, FunctionCallOutput, Item, ItemStatus, Private,
    ReplyMode, ResponseId, ToolCall, event::client::ConversationItemCreate,
};
use tracing::debug;

use crate::{CallState, Event, Output, Part, Session, ToolNews, Trouble, ledger::Double, texts};

impl Session {
    /// Dispatches a call, if it is whole, new, and of the conversation.
    pub(crate) fn maybe_call(&mut self, response_id: &ResponseId, item: &Item) {
        let Item::FunctionCall(call) = item else {
            return;
        };
        let status = call.status.as_ref();
        let whole = status.is_none_or(|status| *status == ItemStatus::Completed);
        let Some(call_id) = call.call_id.clone().filter(|id| whole && !id.is_empty()) else {
            return;
        };
        if self.responses.is_outside(response_id) {
            return;
        }
        let call = tool_call(call_id, response_id, call);
        let writing = self.arbiter.active() == Some(response_id);
        self.arbiter.bears(response_id);
        if !self.ledger.dispatch(&call, writing) {
            return self.known_call(&call);
        }
        let due = self.now + self.options.tool_deadline;
        self.timers.call_runs(&call.call_id, due);
        self.notify_call(&call.call_id, call.name.clone(), CallState::Dispatched);
        if !self.leads() {
            return;
        }
        match self.ledger.made(&call) {
            None => self.outbox.push_back(Output::CallTool(call)),
            Some(double) => self.answer_double(&call.call_id, &double),
        }
    }

    /// Says of a call that is a repetition what became of the first one. The model is asked for a
    /// reply to that once: it could repeat the call again and again.
    fn answer_double(&mut self, call_id: &CallId, double: &Double) {
        debug!(%call_id, of = %double.of, "a call that the model makes again isn't run");
        let text = match double.state {
            CallState::AwaitingApproval => texts::ALREADY_ASKED,
            state if state.is_end() => texts::ALREADY_ANSWERED,
            _ => texts::ALREADY_RUNNING,
        };
        let over = double.state.is_end();
        let mode = match double.again && !over {
            true => ReplyMode::Silent,
            false => ReplyMode::Reply,
        };
        self.ledger.reply_as(call_id, mode);
        self.answer(call_id, CallState::Refused, Private::from(text));
    }

    /// A call came again. In another response it can't be told from a repetition: it isn't run.
    fn known_call(&mut self, call: &ToolCall) {
        let response = self.ledger.response_of(&call.call_id);
        if self.leads() && response != Some(&call.response_id) {
            self.notify(Event::Trouble(Trouble::NotUnderstood {
                kind: "function_call".to_owned(),
                trouble: "a call_id that another response has used".to_owned(),
            }));
        }
    }

    pub(crate) fn tool_news(&mut self, call_id: &CallId, news: ToolNews) {
        if !self.leads() {
            return debug!(%call_id, "news of a call of the other party, passed over");
        }
        match news {
            ToolNews::Running { deadline, policy } => self.call_runs(call_id, deadline, policy),
            ToolNews::Progress { message } => self.call_progresses(call_id, message),
            ToolNews::AwaitingApproval { expires, notice } => {
                if self.advance(call_id, CallState::AwaitingApproval) {
                    self.timers.call_waits(call_id, self.now + expires);
                    self.end_patience(call_id);
                    if let Some(notice) = notice {
                        self.tell(notice, ReplyMode::Reply);
                    }
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

    fn call_runs(&mut self, call_id: &CallId, deadline: Duration, policy: CallPolicy) {
        let Some(name) = self.ledger.run(call_id, policy) else {
            return debug!(%call_id, "a call that is over is said to run");
        };
        self.timers.call_runs(call_id, self.now + deadline);
        self.be_patient(call_id, &name, policy.soft_deadline);
        self.notify_call(call_id, name, CallState::Running);
        if self.ledger.is_to_be_cancelled(call_id) {
            self.cancel_call(call_id);
        }
    }

    fn advance(&mut self, call_id: &CallId, state: CallState) -> bool {
        let Some(name) = self.ledger.advance(call_id, state) else {
            debug!(%call_id, ?state, "news of a call that is over");
            return false;
        };
        self.notify_call(call_id, name, state);
        true
    }

    /// A call's time is over. A companion only ceases to wait for it: it may be answered yet.
    pub(crate) fn expire_call(&mut self, call_id: &CallId, text: &str) {
        if !self.leads() {
            return self.ledger.unwatch(call_id);
        }
        self.answer(call_id, CallState::Expired, Private::from(text));
        self.outbox.push_back(Output::CancelTool(call_id.clone()));
    }

    /// Gives a call its one output. A call that has one already keeps it.
    pub(crate) fn answer(&mut self, call_id: &CallId, state: CallState, output: Private<String>) {
        let (event_id, item_id) = (self.event_id(), self.item_id());
        let carried = Some((event_id.clone(), item_id.clone()));
        let Some(name) = self.ledger.end(call_id, state, carried) else {
            debug!(%call_id, ?state, "a second end of a call, passed over");
            return;
        };
        self.timers.call_ended(call_id);
        self.end_patience(call_id);
        let item = FunctionCallOutput {
            id: Some(item_id),
            call_id: call_id.clone(),
            output,
            ..FunctionCallOutput::default()
        };
        self.give(event_id, item.into());
        self.notify_call(call_id, name, state);
    }

    /// Has the conversation take an item, once it is one that can.
    pub(crate) fn give(&mut self, event_id: EventId, item: Item) {
        if self.survives() {
            self.history.sent(&event_id, &item);
        }
        if !self.takes_items() {
            return self.keep_back(&item);
        }
        self.send(ConversationItemCreate {
            event_id: Some(event_id),
            item: Box::new(item),
            ..ConversationItemCreate::default()
        });
    }

    /// The conversation has an output of a call: ours, or what the other party gave.
    pub(crate) fn output_came(&mut self, call_id: &CallId) {
        if self.leads() {
            if let Some(ours) = self.ledger.acknowledged(call_id) {
                // An endpoint may name the item as it likes.
                self.arbiter.acknowledged(&ours);
            }
        } else if let Some(name) = self.ledger.answered_by_another(call_id) {
            self.timers.call_ended(call_id);
            self.notify_call(call_id, name, CallState::Answered);
        }
    }

    /// Ends every open call as the session ends; outputs are sent while they can be. What the other
    /// party of the conversation works on goes on.
    pub(crate) fn end_calls(&mut self, reachable: bool) {
        for call_id in self.open_calls() {
            if !self.leads() {
                self.ledger.unwatch(&call_id);
                continue;
            }
            if reachable {
                let asked = self.ledger.state(&call_id) == Some(CallState::AwaitingApproval);
                let text = if asked {
                    texts::CLOSING_UNDECIDED
                } else {
                    texts::CLOSING
                };
                let output = Private::from(text);
                self.answer(&call_id, CallState::Cancelled, output);
            } else if let Some(name) = self.ledger.end(&call_id, CallState::Orphaned, None) {
                self.notify_call(&call_id, name, CallState::Orphaned);
            }
            self.outbox.push_back(Output::CancelTool(call_id));
        }
    }

    pub(crate) fn leads(&self) -> bool {
        self.options.part == Part::Lead
    }

    pub(crate) fn notify_call(&mut self, call_id: &CallId, name: String, state: CallState) {
        let call_id = call_id.clone();
        self.notify(Event::Call {
            call_id,
            name,
            state,
        });
    }
}

fn tool_call(call_id: CallId, response_id: &ResponseId, call: &FunctionCall) -> ToolCall {
    ToolCall {
        call_id,
        response_id: response_id.clone(),
        item_id: call.id.clone().unwrap_or_default(),
        name: call.name.clone(),
        arguments: call.arguments.clone(),
    }
}
