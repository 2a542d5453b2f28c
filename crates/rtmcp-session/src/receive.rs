//! What a session does when the endpoint sends an event.

use std::time::Duration;

use rtmcp_core::{
    CallId, EventId, FunctionCall, Item, ItemId, ItemStatus, Nullable, Private, Response,
    ResponseId, ResponseStatus, Role, ServerEvent, SessionConfig, ToolCall, Unknown, decoded_len,
    event::{
        client::ConversationItemTruncate,
        server::{ErrorBody, ResponseOutputAudioDelta},
    },
};
use tracing::debug;

use crate::{
    CallState, CloseReason, Event, Output, Phase, Session, Trouble, session::TAG, timer::Timer,
};

/// Codes after which an endpoint doesn't go on.
const FATAL: &[&str] = &[
    "account_deactivated",
    "beta_api_shape_disabled",
    "insufficient_quota",
    "invalid_api_key",
    "model_not_found",
    "session_expired",
];

/// The code for a reply that was asked for while another one is being written.
const BUSY: &str = "conversation_already_has_active_response";

/// Codes and classes of errors that pass.
const PASSING: &[&str] = &["rate_limit_exceeded", "server_error"];

/// How often in a row a reply is asked for again after an error that should have passed.
const MOST_RETRIES: u32 = 5;

impl Session {
    #[expect(
        clippy::too_many_lines,
        reason = "one arm an event: a table, not a flow"
    )]
    pub(crate) fn receive(&mut self, event: ServerEvent) {
        match event {
            ServerEvent::SessionCreated(e) => self.greeted(*e.session),
            ServerEvent::SessionUpdated(e) => self.updated(*e.session),
            ServerEvent::Error(e) => self.error(e.error),
            ServerEvent::Unknown(unknown) => self.not_understood(unknown),

            ServerEvent::ConversationItemAdded(e) => {
                self.item(&e.item, &e.previous_item_id, false);
            }
            ServerEvent::ConversationItemCreated(e) => {
                self.item(&e.item, &e.previous_item_id, true);
            }
            ServerEvent::ConversationItemDone(e) => self.item(&e.item, &e.previous_item_id, true),
            ServerEvent::ConversationItemDeleted(e) => self.transcript.remove(&e.item_id),
            ServerEvent::InputAudioBufferCommitted(e) => {
                self.committed(&e.item_id, &e.previous_item_id);
            }
            ServerEvent::InputAudioBufferCleared(_) => self.arbiter.person_stopped(false),
            ServerEvent::InputAudioTranscriptionDelta(e) => {
                if let Some(delta) = e.delta {
                    self.words(&e.item_id, Role::User, &delta);
                }
            }
            ServerEvent::InputAudioTranscriptionCompleted(e) => {
                self.all_words(&e.item_id, Role::User, e.transcript);
            }
            ServerEvent::InputAudioTranscriptionFailed(e) => {
                let message = e.error.message.unwrap_or_default();
                let item_id = e.item_id;
                self.notify(Event::TranscriptFailed { item_id, message });
            }

            ServerEvent::InputAudioBufferSpeechStarted(e) => self.speech_started(e.item_id),
            ServerEvent::InputAudioBufferSpeechStopped(e) => self.speech_stopped(e.item_id),

            ServerEvent::ResponseCreated(e) => self.response_started(&e.response),
            ServerEvent::ResponseDone(e) => self.response_done(*e.response),
            ServerEvent::ResponseOutputItemAdded(e) => self.item_began(&e.response_id, &e.item),
            ServerEvent::ResponseOutputItemDone(e) => self.maybe_call(&e.response_id, &e.item),
            ServerEvent::ResponseOutputTextDelta(e) => {
                self.model_words(&e.response_id, &e.item_id, &e.delta);
            }
            ServerEvent::ResponseOutputTextDone(e) => {
                self.all_model_words(&e.response_id, &e.item_id, e.text);
            }
            ServerEvent::ResponseOutputAudioTranscriptDelta(e) => {
                self.model_words(&e.response_id, &e.item_id, &e.delta);
            }
            ServerEvent::ResponseOutputAudioTranscriptDone(e) => {
                self.all_model_words(&e.response_id, &e.item_id, e.transcript);
            }
            ServerEvent::ResponseOutputAudioDelta(e) => self.sound(e),
            ServerEvent::ResponseOutputAudioDone(e) => {
                if self.heard.complete(&e.item_id) {
                    let item_id = e.item_id;
                    self.outbox.push_back(Output::PlayEnd { item_id });
                }
            }

            // Nothing follows from these: they repeat what other events say, confirm what was
            // asked, or tell of things that the endpoint does by itself.
            ServerEvent::RateLimitsUpdated(_)
            | ServerEvent::ConversationCreated(_)
            | ServerEvent::ConversationItemRetrieved(_)
            | ServerEvent::ConversationItemTruncated(_)
            | ServerEvent::InputAudioTranscriptionSegment(_)
            | ServerEvent::InputAudioBufferTimeoutTriggered(_)
            | ServerEvent::InputAudioBufferDtmfEventReceived(_)
            | ServerEvent::OutputAudioBufferStarted(_)
            | ServerEvent::OutputAudioBufferStopped(_)
            | ServerEvent::OutputAudioBufferCleared(_)
            | ServerEvent::ResponseContentPartAdded(_)
            | ServerEvent::ResponseContentPartDone(_)
            | ServerEvent::ResponseFunctionCallArgumentsDelta(_)
            | ServerEvent::ResponseFunctionCallArgumentsDone(_)
            | ServerEvent::McpListToolsInProgress(_)
            | ServerEvent::McpListToolsCompleted(_)
            | ServerEvent::McpListToolsFailed(_)
            | ServerEvent::ResponseMcpCallArgumentsDelta(_)
            | ServerEvent::ResponseMcpCallArgumentsDone(_)
            | ServerEvent::ResponseMcpCallInProgress(_)
            | ServerEvent::ResponseMcpCallCompleted(_)
            | ServerEvent::ResponseMcpCallFailed(_) => {}
        }
    }

    /// The endpoint greets: ask for the session that the owner wants.
    fn greeted(&mut self, config: SessionConfig) {
        self.remember(config);
        if self.phase != Phase::Connecting || self.setup.is_some() {
            return;
        }
        let mut wanted = self.options.config.clone();
        // The model is chosen by the address, and can't be changed any more.
        wanted.model = None;
        if !self.options.tools.is_empty() {
            let tools = self.options.tools.iter().cloned();
            wanted.tools = Some(tools.map(Into::into).collect());
        }
        self.setup = Some(self.update(wanted));
    }

    fn updated(&mut self, config: SessionConfig) {
        self.remember(config);
        if self.phase == Phase::Connecting && self.setup.is_some() {
            self.setup = None;
            self.phase = Phase::Ready;
            self.notify(Event::Ready {
                session_id: self.remote.id.clone(),
                model: self.remote.model.clone(),
            });
            self.catch_up();
        }
    }

    fn remember(&mut self, config: SessionConfig) {
        if let Some(format) = config.audio_output().and_then(|it| it.format.clone()) {
            self.heard.set_format(format);
        }
        self.remote = config;
    }

    fn error(&mut self, error: ErrorBody) {
        let code = error.code.as_deref().unwrap_or_default();
        let event_id = error.event_id.as_ref();
        if FATAL.contains(&code) {
            let (code, message) = (code.to_owned(), error.message);
            return self.close(CloseReason::Fatal { code, message });
        }
        if self.setup.is_some() && self.setup.as_ref() == event_id {
            let message = error.message;
            return self.close(CloseReason::ConfigRefused { message });
        }
        if code == BUSY {
            return self.ask_later(event_id);
        }
        if let Some((call_id, name)) = event_id.and_then(|id| self.ledger.refused(id)) {
            let message = error.message;
            self.notify_call(&call_id, name, CallState::Orphaned);
            return self.notify(Event::Trouble(Trouble::OutputRefused { call_id, message }));
        }
        let passing = PASSING.contains(&code) || PASSING.contains(&error.kind.as_str());
        if event_id.is_some() && passing && self.arbiter.refusals() < MOST_RETRIES {
            self.ask_later(event_id);
        } else if self.arbiter.refused(event_id) {
            self.timers.stop(&Timer::ReplyUnanswered);
        }
        self.commits.retain(|id| Some(id) != event_id);
        self.notify(Event::Trouble(Trouble::Endpoint {
            code: error.code,
            message: error.message,
        }));
    }

    /// A request for a reply was refused for now: its wish stays.
    fn ask_later(&mut self, event_id: Option<&EventId>) {
        if let Some(times) = self.arbiter.refused_for_now(event_id) {
            let wait = self.options.reply_retry * 2_u32.saturating_pow(times.clamp(1, 6) - 1);
            self.timers.set(Timer::ReplyRetry, self.now + wait);
        }
        if !self.arbiter.is_asking() {
            self.timers.stop(&Timer::ReplyUnanswered);
        }
    }

    fn not_understood(&mut self, unknown: Unknown) {
        debug!(kind = %unknown.kind, trouble = ?unknown.trouble, "unknown event");
        if let Some(trouble) = unknown.trouble {
            let kind = unknown.kind;
            self.notify(Event::Trouble(Trouble::NotUnderstood { kind, trouble }));
        }
    }

    /// An item of the conversation came, or became whole.
    fn item(&mut self, item: &Item, previous: &Nullable<ItemId>, done: bool) {
        let Some(item_id) = item.id() else { return };
        self.arbiter.acknowledged(item_id);
        if let Item::FunctionCallOutput(output) = item
            && let Some(ours) = self.ledger.acknowledged(&output.call_id)
        {
            // An endpoint may name the item as it likes.
            self.arbiter.acknowledged(&ours);
        }
        let Item::Message(message) = item else { return };
        self.transcript
            .place(item_id, message.role.clone(), previous);
        let line = self.transcript.fill(item_id, message, done);
        if let Some(line) = line.cloned() {
            self.notify_line(line);
        }
    }

    /// More words of the model; those outside the conversation are the application's own affair.
    fn model_words(&mut self, response: &ResponseId, item_id: &ItemId, words: &Private<String>) {
        if !self.out_of_band.contains(response) {
            self.words(item_id, Role::Assistant, words);
        }
    }

    fn all_model_words(&mut self, response: &ResponseId, item_id: &ItemId, text: Private<String>) {
        if !self.out_of_band.contains(response) {
            self.all_words(item_id, Role::Assistant, text);
        }
    }

    fn words(&mut self, item_id: &ItemId, role: Role, words: &Private<String>) {
        let line = self.transcript.grow(item_id, role, words.expose());
        if let Some(line) = line.cloned() {
            self.notify_line(line);
        }
    }

    fn all_words(&mut self, item_id: &ItemId, role: Role, text: Private<String>) {
        self.transcript.place(item_id, role, &Nullable::Absent);
        let line = self.transcript.set(item_id, text.into_exposed(), true);
        if let Some(line) = line.cloned() {
            self.notify_line(line);
        }
    }

    fn notify_line(&mut self, line: crate::Line) {
        self.notify(Event::Transcript {
            item_id: line.item_id,
            role: line.role,
            text: line.text,
            done: line.done,
        });
    }

    /// The person's sound became an item, by silence or by hand.
    fn committed(&mut self, item_id: &ItemId, previous: &Nullable<ItemId>) {
        self.transcript.place(item_id, Role::User, previous);
        if self.commits.pop_front().is_some() {
            self.arbiter.person_stopped(false);
            self.arbiter.want([item_id.clone()]);
        }
    }

    fn speech_started(&mut self, item_id: ItemId) {
        self.arbiter.person_speaks();
        self.timers.stop(&Timer::OwnReply);
        self.notify(Event::SpeechStarted { item_id });
        if self.turn_detection(|it| it.interrupt_response) {
            self.interrupt();
        }
    }

    fn speech_stopped(&mut self, item_id: ItemId) {
        let own_reply = self.turn_detection(|it| it.create_response);
        self.arbiter.person_stopped(own_reply);
        if own_reply {
            self.timers
                .set(Timer::OwnReply, self.now + self.options.own_reply);
        }
        self.notify(Event::SpeechStopped { item_id });
    }

    /// Reads a switch of turn detection; both are on where nothing is said.
    fn turn_detection(
        &self,
        switch: impl Fn(&rtmcp_core::session::TurnDetection) -> Option<bool>,
    ) -> bool {
        let input = self.remote.audio_input();
        match input.map(|input| &input.turn_detection) {
            Some(Nullable::Set(detection)) => switch(detection).unwrap_or(true),
            Some(Nullable::Null) => false,
            Some(Nullable::Absent) | None => true,
        }
    }

    fn response_started(&mut self, response: &Response) {
        let tag = response.metadata.as_ref().and_then(|it| it.get(TAG));
        let tag = tag.map(String::as_str);
        // The protocol's own sign of a response outside the conversation is an explicit null.
        if response.conversation_id.is_null() {
            self.out_of_band.insert(response.id.clone());
            self.arbiter.started_outside(tag);
        } else {
            let started = self.arbiter.started(&response.id, tag);
            debug!(response = %response.id, ?started, "response");
            self.timers.stop(&Timer::OwnReply);
        }
        if !self.arbiter.is_asking() {
            self.timers.stop(&Timer::ReplyUnanswered);
        }
        self.notify(Event::ResponseStarted {
            response_id: response.id.clone(),
        });
    }

    fn response_done(&mut self, response: Response) {
        let in_band = !self.out_of_band.remove(&response.id);
        if in_band {
            // Some endpoints send nothing of a call but its place in the whole response.
            if response.status == ResponseStatus::Completed {
                for item in &response.output {
                    self.maybe_call(&response.id, item);
                }
            }
            for (call_id, name) in self.ledger.end_response(&response.id) {
                self.notify_call(&call_id, name, CallState::Dropped);
            }
            if self.arbiter.ended(&response.id) {
                self.timers.stop(&Timer::ReplyRetry);
            }
            if !self.arbiter.is_asking() {
                self.timers.stop(&Timer::ReplyUnanswered);
            }
        }
        for item_id in self.heard.response_ended(&response.id) {
            self.outbox.push_back(Output::PlayEnd { item_id });
        }
        let details = response.status_details.unwrap_or_default();
        let error = details.error.unwrap_or_default();
        let reason = details.reason.or(error.code).or(error.kind);
        if response.status == ResponseStatus::Failed {
            self.notify(Event::Trouble(Trouble::ResponseFailed {
                response_id: response.id.clone(),
                code: reason.clone(),
                message: error.message.unwrap_or_default(),
            }));
        }
        self.notify(Event::ResponseEnded {
            response_id: response.id,
            status: response.status,
            reason,
            usage: response.usage.map(Box::new),
        });
    }

    fn item_began(&mut self, response_id: &ResponseId, item: &Item) {
        if self.out_of_band.contains(response_id) {
            return;
        }
        match item {
            Item::FunctionCall(call) => {
                let writing = self.arbiter.active() == Some(response_id);
                let Some(call_id) = &call.call_id else { return };
                if self.ledger.see(call_id, &call.name, response_id, writing) {
                    self.notify_call(call_id, call.name.clone(), CallState::Seen);
                }
            }
            Item::Message(message) => {
                if let Some(item_id) = item.id() {
                    let role = message.role.clone();
                    self.transcript.place(item_id, role, &Nullable::Absent);
                }
            }
            _ => {}
        }
    }

    /// Dispatches a call, if it is whole, new, and of the conversation.
    fn maybe_call(&mut self, response_id: &ResponseId, item: &Item) {
        let Item::FunctionCall(call) = item else {
            return;
        };
        let status = call.status.as_ref();
        let whole = status.is_none_or(|status| *status == ItemStatus::Completed);
        let Some(call_id) = call.call_id.clone().filter(|id| whole && !id.is_empty()) else {
            return;
        };
        if self.out_of_band.contains(response_id) {
            return;
        }
        let call = tool_call(call_id, response_id, call);
        let writing = self.arbiter.active() == Some(response_id);
        if !self.ledger.dispatch(&call, writing) {
            return;
        }
        let due = self.now + self.options.tool_deadline;
        let timer = Timer::ToolDeadline(call.call_id.clone());
        self.timers.set(timer, due);
        self.notify_call(&call.call_id, call.name.clone(), CallState::Dispatched);
        self.outbox.push_back(Output::CallTool(call));
    }

    fn sound(&mut self, delta: ResponseOutputAudioDelta) {
        let bytes = decoded_len(delta.delta.expose());
        let outside = self.out_of_band.contains(&delta.response_id);
        let (response, item_id) = (&delta.response_id, &delta.item_id);
        if self.heard.grow(response, item_id, bytes, outside) {
            self.outbox.push_back(Output::Play {
                item_id: delta.item_id,
                audio: delta.delta,
            });
        }
    }

    /// The player has stopped: cut every message back to what was heard.
    pub(crate) fn truncate(&mut self, heard: Option<&(ItemId, Duration)>) {
        for cut in self.heard.stopped(heard) {
            let event_id = Some(self.event_id());
            self.send(ConversationItemTruncate {
                event_id,
                item_id: cut.item_id.clone(),
                content_index: 0,
                audio_end_ms: u64::try_from(cut.heard.as_millis()).unwrap_or(u64::MAX),
                ..ConversationItemTruncate::default()
            });
            self.transcript.cut(&cut.item_id, cut.heard);
            let (item_id, heard) = (cut.item_id, cut.heard);
            self.notify(Event::Interrupted { item_id, heard });
        }
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
