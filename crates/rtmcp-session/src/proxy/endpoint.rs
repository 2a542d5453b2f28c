//! What a proxy does with what the endpoint sends.

use std::borrow::Cow;

use rtmcp_core::{
    Item, ItemId, Nullable, Private, ServerEvent,
    event::server::{ResponseFunctionCallArgumentsDelta, ResponseFunctionCallArgumentsDone},
    kind_of,
};

use super::{
    Proxy, ProxyOutput, ProxyTimer,
    text::{Edits, get, get_str, kind, quote},
};
use crate::speech::turn_detection;

impl Proxy {
    /// What the model says goes on after a look at its kind. The rest is looked at where it may be
    /// about a call or an item of ours, or about who may speak.
    pub(super) fn endpoint(&mut self, text: &str) {
        let kind = kind(text).map(Cow::Borrowed).or_else(|| kind_of(text));
        let kind = kind.as_deref().unwrap_or_default();
        match kind {
            "response.output_audio.delta"
            | "response.output_audio_transcript.delta"
            | "response.output_text.delta" => {
                self.last_sign = self.now;
                self.bears = true;
                self.pass_on();
            }
            "session.created"
            | "session.updated"
            | "error"
            | "conversation.item.added"
            | "conversation.item.created"
            | "conversation.item.done"
            | "conversation.item.retrieved"
            | "conversation.item.deleted"
            | "input_audio_buffer.committed"
            | "input_audio_buffer.cleared"
            | "input_audio_buffer.speech_started"
            | "input_audio_buffer.speech_stopped"
            | "response.created"
            | "response.done"
            | "response.output_item.added"
            | "response.output_item.done"
            | "response.function_call_arguments.delta"
            | "response.function_call_arguments.done"
            | "response.mcp_call.in_progress"
            | "response.mcp_call.completed"
            | "response.mcp_call.failed"
            | "mcp_list_tools.completed"
            | "mcp_list_tools.failed" => self.look(text),
            _ => {
                if kind.starts_with("response.") {
                    self.last_sign = self.now;
                }
                self.pass_on();
            }
        }
    }

    /// Acts on an event, and decides what the client sees of it.
    fn look(&mut self, text: &str) {
        self.last_sign = self.now;
        match ServerEvent::decode(text) {
            ServerEvent::SessionCreated(e) => self.greeted(text, *e.session),
            ServerEvent::SessionUpdated(e) => self.updated(text, *e.session),
            ServerEvent::Error(e) => self.error(e.error),
            ServerEvent::ConversationItemAdded(e) => self.item(text, &e.item, &e.previous_item_id),
            ServerEvent::ConversationItemCreated(e) => {
                self.item(text, &e.item, &e.previous_item_id);
            }
            ServerEvent::ConversationItemDone(e) => self.item(text, &e.item, &e.previous_item_id),
            ServerEvent::ConversationItemRetrieved(e) => self.pass_unless_hidden(e.item.id()),
            ServerEvent::ConversationItemDeleted(e) => {
                self.pass_unless_hidden(Some(&e.item_id));
                self.items.remove(&e.item_id);
            }
            ServerEvent::InputAudioBufferCommitted(e) => {
                self.person_stopped_by(&e.item_id);
                self.items.place(&e.item_id, &e.previous_item_id);
                self.pass_placed(text, &e.item_id, &e.previous_item_id);
            }
            ServerEvent::InputAudioBufferCleared(_) => {
                self.person_stopped(false);
                self.pass_on();
            }
            ServerEvent::InputAudioBufferSpeechStarted(_) => {
                self.person_speaks();
                self.pass_on();
            }
            ServerEvent::InputAudioBufferSpeechStopped(e) => {
                self.ended_speech = Some(e.item_id);
                let own_reply = turn_detection(&self.remote, |it| it.create_response);
                self.person_stopped(own_reply);
                self.pass_on();
            }
            ServerEvent::ResponseCreated(e) => self.response_started(text, &e.response),
            ServerEvent::ResponseDone(e) => self.response_done(text, *e.response),
            ServerEvent::ResponseOutputItemAdded(e) => match &e.item {
                Item::FunctionCall(call) if self.call_began(&e.response_id, call) => {}
                item => self.pass_item_of_response(item),
            },
            ServerEvent::ResponseOutputItemDone(e) => match &e.item {
                Item::FunctionCall(call) if self.call_ended(&e.response_id, call) => {}
                item => self.pass_item_of_response(item),
            },
            ServerEvent::ResponseFunctionCallArgumentsDelta(e) => self.arguments(&e),
            ServerEvent::ResponseFunctionCallArgumentsDone(e) => self.all_arguments(&e),
            event => {
                self.watch_mcp(&event);
                self.pass_on();
            }
        }
    }

    fn arguments(&mut self, e: &ResponseFunctionCallArgumentsDelta) {
        let ours = self.ours.contains(&e.call_id) || self.items.is_hidden(e.item_id.as_str());
        if !ours {
            self.pass_on();
        }
    }

    fn all_arguments(&mut self, e: &ResponseFunctionCallArgumentsDone) {
        let by_name = self
            .toolbox
            .is_ours(&e.name, self.rounds.offer(&e.response_id));
        let theirs = self.theirs.contains(&e.call_id);
        let ours = self.ours.contains(&e.call_id) || self.items.is_hidden(e.item_id.as_str());
        if !ours && (theirs || !by_name) {
            self.pass_on();
        }
    }

    /// An item of the conversation came, or became whole.
    fn item(&mut self, text: &str, item: &Item, previous: &Nullable<ItemId>) {
        let ours = match item {
            Item::FunctionCall(call) => {
                let writing = self.arbiter.active().cloned().unwrap_or_default();
                self.is_ours(&writing, call)
            }
            Item::FunctionCallOutput(output) => {
                let ours = self.ours.contains(&output.call_id);
                if let Some(id) = item.id().filter(|_| ours) {
                    self.items.hide(id);
                }
                self.output_came(&output.call_id);
                ours
            }
            _ => false,
        };
        let Some(id) = item.id() else {
            if !ours {
                self.pass_on();
            }
            return;
        };
        self.items.place(id, previous);
        self.item_is_there(id);
        if !self.items.is_hidden(id.as_str()) {
            self.pass_placed(text, id, previous);
        }
    }

    /// The endpoint has an item: a reply to it may be asked for, or may have been.
    pub(super) fn item_is_there(&mut self, id: &ItemId) {
        self.arbiter.acknowledged(id);
        self.unasked.remove(id);
    }

    /// Tells the client of an item, behind the one before it that the client sees.
    fn pass_placed(&mut self, text: &str, id: &ItemId, previous: &Nullable<ItemId>) {
        let mut edits = Edits::new(text);
        if let Some(instead) = self.items.instead(id, previous)
            && let Some(named) = get(text, &["previous_item_id"])
        {
            let instead = instead.map_or_else(|| "null".to_owned(), |id| quote(id.as_str()));
            edits.replace(named, instead);
        }
        self.tell_edited(edits);
    }

    fn pass_unless_hidden(&mut self, id: Option<&ItemId>) {
        if !id.is_some_and(|id| self.items.is_hidden(id.as_str())) {
            self.pass_on();
        }
    }

    fn pass_item_of_response(&mut self, item: &Item) {
        self.watch_mcp_call(item);
        self.pass_on();
    }

    /// The person began to speak.
    fn person_speaks(&mut self) {
        self.arbiter.person_speaks();
        self.timers.stop(&ProxyTimer::OwnReply);
        let due = self.now + self.options.speech_unended;
        self.timers.set(ProxyTimer::SpeechUnended, due);
    }

    /// The person doesn't speak any more; `own_reply` says whether the endpoint answers by itself.
    pub(super) fn person_stopped(&mut self, own_reply: bool) {
        self.timers.stop(&ProxyTimer::SpeechUnended);
        self.arbiter.person_stopped(own_reply);
        if own_reply {
            let due = self.now + self.options.own_reply;
            self.timers.set(ProxyTimer::OwnReply, due);
        }
    }

    /// What the person said became an item: by silence, which was told, or by hand.
    fn person_stopped_by(&mut self, item_id: &ItemId) {
        if self
            .ended_speech
            .take_if(|ended| ended == item_id)
            .is_none()
        {
            self.person_stopped(false);
        }
    }

    /// The text of this input goes on.
    pub(super) fn pass_on(&mut self) {
        self.outbox.push_back(ProxyOutput::Forward);
    }

    /// The text of this input goes on, with its changes if there are any.
    pub(super) fn tell_edited(&mut self, edits: Edits<'_>) {
        match edits.finish() {
            None => self.pass_on(),
            Some(edited) => self.to_client(edited),
        }
    }

    pub(super) fn to_client(&mut self, text: String) {
        let text = Private::new(text);
        self.outbox.push_back(ProxyOutput::ToClient(text));
    }

    pub(super) fn tell_client(&mut self, event: impl Into<ServerEvent>) {
        self.to_client(event.into().encode());
    }
}

/// Tells whether an element of a response's output is an item of these.
pub(super) fn is_item(element: &str, key: &str, known: impl Fn(&str) -> bool) -> bool {
    get_str(element, &[key]).is_some_and(|id| known(&id))
}
