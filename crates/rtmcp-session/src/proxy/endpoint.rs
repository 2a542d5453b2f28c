//! What a proxy does with what the endpoint sends.

use std::borrow::Cow;

use rtmcp_core::{
    CallId, Item, ItemId, Nullable, Private, ResponseId, ServerEvent,
    event::server::{ResponseFunctionCallArgumentsDelta, ResponseFunctionCallArgumentsDone},
    kind_of,
};

use super::{
    Proxy, ProxyOutput, ProxyTimer,
    calls::Whose,
    text::{Edits, get, kind, made_whole, quote},
};
use tracing::debug;

use crate::{Handover, speech::turn_detection};

impl Proxy {
    /// What the model says goes on after a look at its kind. The rest is looked at where it may be
    /// about a call or an item of ours, or about who may speak.
    pub(super) fn endpoint(&mut self, text: &str) {
        if self.passage.is_cut_off() {
            return debug!("news of a connection that counts as gone, passed over");
        }
        let kind = kind(text).map(Cow::Borrowed).or_else(|| kind_of(text));
        let kind = kind.as_deref().unwrap_or_default();
        self.reveal_for(kind, text);
        match kind {
            "response.output_audio.delta"
            | "response.output_audio_transcript.delta"
            | "response.output_text.delta" => {
                self.last_sign = self.now;
                self.bears = true;
                self.forward();
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
            // What another conversation would have to know.
            "response.output_text.done"
            | "response.output_audio_transcript.done"
            | "conversation.item.truncated"
            | "conversation.item.input_audio_transcription.completed"
                if self.options.handover == Handover::Replay =>
            {
                self.look(text);
            }
            _ => {
                if kind.starts_with("response.") {
                    self.last_sign = self.now;
                }
                self.forward();
            }
        }
    }

    /// Acts on an event, and decides what the client sees of it.
    fn look(&mut self, text: &str) {
        self.last_sign = self.now;
        let event = read(text);
        self.remember_event(&event);
        match event {
            ServerEvent::SessionCreated(e) => self.greeted(text, *e.session),
            ServerEvent::SessionUpdated(e) => self.updated(text, *e.session),
            ServerEvent::Error(e) => self.error(e.error),
            ServerEvent::ConversationItemAdded(e) => {
                self.item(text, &e.item, &e.previous_item_id, false);
            }
            ServerEvent::ConversationItemCreated(e) => {
                self.item(text, &e.item, &e.previous_item_id, true);
            }
            ServerEvent::ConversationItemDone(e) => {
                self.item(text, &e.item, &e.previous_item_id, true);
            }
            ServerEvent::ConversationItemRetrieved(e) => self.retrieved(text, &e.item),
            ServerEvent::ConversationItemDeleted(e) => {
                self.pass_unless_hidden(Some(&e.item_id));
                self.items.remove(&e.item_id);
            }
            ServerEvent::InputAudioBufferCommitted(e) => {
                self.person_stopped_by(&e.item_id);
                self.items.place(&e.item_id, &e.previous_item_id);
                match self.placed(text, &e.item_id, &e.previous_item_id) {
                    None => self.forward(),
                    Some(shown) => self.send_down(shown),
                }
            }
            ServerEvent::InputAudioBufferCleared(_) => {
                self.person_stopped(false);
                self.forward();
            }
            ServerEvent::InputAudioBufferSpeechStarted(_) => {
                self.person_speaks();
                self.forward();
            }
            ServerEvent::InputAudioBufferSpeechStopped(e) => {
                self.ended_speech = Some(e.item_id);
                let own_reply = turn_detection(&self.remote, |it| it.create_response);
                self.person_stopped(own_reply);
                self.forward();
            }
            ServerEvent::ResponseCreated(e) => self.response_started(text, &e.response),
            ServerEvent::ResponseDone(e) => self.response_done(text, *e.response),
            ServerEvent::ResponseOutputItemAdded(e) => {
                self.output_item(text, &e.response_id, &e.item, None);
            }
            ServerEvent::ResponseOutputItemDone(e) => {
                self.output_item(text, &e.response_id, &e.item, Some(e.output_index));
            }
            ServerEvent::ResponseFunctionCallArgumentsDelta(e) => self.arguments(e),
            ServerEvent::ResponseFunctionCallArgumentsDone(e) => self.all_arguments(e),
            event => {
                self.watch_mcp(&event);
                self.forward();
            }
        }
    }

    /// An item of a response began, or ended: then its place is given.
    fn output_item(&mut self, text: &str, response: &ResponseId, item: &Item, end: Option<u32>) {
        let Item::FunctionCall(call) = item else {
            self.watch_mcp_call(item);
            self.reveal_of(response);
            return self.forward();
        };
        if self.whose(response, call) != Whose::Ours {
            self.reveal_of(response);
        }
        let whose = match end {
            Some(output_index) => self.call_ended(response, call, output_index),
            None => self.call_began(response, call),
        };
        match whose {
            Whose::Client => self.forward(),
            Whose::Ours => {}
            Whose::Native => {
                let call_id = call.call_id.clone().unwrap_or_default();
                let whole = end.is_some() && self.natives.is_whole(&call_id);
                if !(whole && self.keep_end(&call_id, text)) {
                    self.tell_native(&call_id, text);
                }
            }
        }
    }

    fn arguments(&mut self, e: ResponseFunctionCallArgumentsDelta) {
        if self.is_of_native(&e.call_id, &e.item_id) {
            self.reveal_of(&e.response_id);
            return self.tell_native_arguments(e);
        }
        let ours = self.ours.contains(&e.call_id) || self.items.is_hidden(e.item_id.as_str());
        if !ours {
            self.reveal_of(&e.response_id);
            self.forward();
        }
    }

    fn all_arguments(&mut self, e: ResponseFunctionCallArgumentsDone) {
        if self.is_of_native(&e.call_id, &e.item_id) {
            self.reveal_of(&e.response_id);
            return self.tell_all_native_arguments(e);
        }
        let by_name = self
            .toolbox
            .is_ours(&e.name, self.rounds.offer(&e.response_id));
        let theirs = self.theirs.contains(&e.call_id);
        let ours = self.ours.contains(&e.call_id) || self.items.is_hidden(e.item_id.as_str());
        if !ours && (theirs || !by_name) {
            self.reveal_of(&e.response_id);
            self.forward();
        }
    }

    fn is_of_native(&self, call_id: &CallId, item_id: &ItemId) -> bool {
        self.natives.has(call_id) || self.natives.has_item(item_id)
    }

    /// An item of the conversation came, or became whole.
    fn item(&mut self, text: &str, item: &Item, previous: &Nullable<ItemId>, done: bool) {
        let (whose, call_id) = match item {
            Item::FunctionCall(call) => {
                let writing = self.arbiter.active().cloned().unwrap_or_default();
                let whose = self.whose(&writing, call);
                let put_there =
                    { call.call_id.as_ref() }.is_some_and(|it| self.theirs.contains(it));
                if whose != Whose::Ours && !put_there {
                    self.reveal_of(&writing);
                }
                (whose, call.call_id.clone())
            }
            Item::FunctionCallOutput(output) => {
                let own = self.is_own(&output.call_id);
                if let Some(id) = item.id().filter(|_| own) {
                    self.items.hide(id);
                }
                self.output_came(&output.call_id);
                (if own { Whose::Ours } else { Whose::Client }, None)
            }
            _ if item
                .id()
                .is_some_and(|id| self.items.is_hidden(id.as_str())) =>
            {
                (Whose::Ours, None)
            }
            _ => (Whose::Client, None),
        };
        let call_id = call_id.unwrap_or_default();
        let mut shown = None;
        if let Some(id) = item.id() {
            if self.is_given(id) {
                return self.item_is_there(id);
            }
            self.items.place(id, previous);
            self.item_is_there(id);
            shown = self.placed(text, id, previous);
        }
        match (whose, shown) {
            (Whose::Ours, _) => {}
            (Whose::Client, None) => self.forward(),
            (Whose::Client, Some(shown)) => self.send_down(shown),
            (Whose::Native, shown) => {
                let shown = shown.as_deref().unwrap_or(text);
                if !(done && self.keep_end(&call_id, shown)) {
                    self.tell_native(&call_id, shown);
                }
            }
        }
    }

    fn retrieved(&mut self, text: &str, item: &Item) {
        match item {
            Item::FunctionCall(call)
                if call.call_id.as_ref().is_some_and(|id| self.natives.has(id)) =>
            {
                let call_id = call.call_id.clone().unwrap_or_default();
                self.tell_native(&call_id, text);
            }
            _ => self.pass_unless_hidden(item.id()),
        }
    }

    /// The endpoint has an item: a reply to it may be asked for, or may have been.
    pub(super) fn item_is_there(&mut self, id: &ItemId) {
        self.arbiter.acknowledged(id);
        self.unasked.remove(id);
    }

    /// Returns what the client is told of an item, behind the one before it that the client sees, if
    /// that isn't what the endpoint says.
    fn placed(&self, text: &str, id: &ItemId, previous: &Nullable<ItemId>) -> Option<String> {
        let instead = self.items.instead(id, previous)?;
        let named = get(text, &["previous_item_id"])?;
        let mut edits = Edits::new(text);
        let instead = instead.map_or_else(|| "null".to_owned(), |id| quote(id.as_str()));
        edits.replace(named, instead);
        edits.finish()
    }

    fn pass_unless_hidden(&mut self, id: Option<&ItemId>) {
        if !id.is_some_and(|id| self.items.is_hidden(id.as_str())) {
            self.forward();
        }
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

    /// The text of this input goes on, with its changes if there are any.
    pub(super) fn tell_edited(&mut self, edits: Edits<'_>) {
        match edits.finish() {
            None => self.forward(),
            Some(edited) => self.send_down(edited),
        }
    }

    pub(super) fn send_down(&mut self, text: String) {
        let text = Private::new(text);
        self.outbox.push_back(ProxyOutput::ToClient(text));
    }

    pub(super) fn tell_client(&mut self, event: impl Into<ServerEvent>) {
        self.send_down(event.into().encode());
    }
}

/// Reads an event. With half a character somewhere in it nothing could be read, and all would be shown.
fn read(text: &str) -> ServerEvent {
    match ServerEvent::decode(text) {
        ServerEvent::Unknown(unread) => match made_whole(text) {
            Some(whole) => ServerEvent::decode(&whole),
            None => ServerEvent::Unknown(unread),
        },
        event => event,
    }
}
