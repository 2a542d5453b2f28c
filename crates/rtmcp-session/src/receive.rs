//! What a session does when the endpoint sends an event.

use std::time::Duration;

use rtmcp_core::{
    Item, ItemId, Message, Nullable, Private, ResponseId, Role, ServerEvent, SessionConfig, Unknown,
};
use tracing::debug;

use crate::{Event, Handover, Phase, Session, Trouble, scope, timer::Timer};

impl Session {
    #[expect(
        clippy::too_many_lines,
        reason = "one arm an event: a table, not a flow"
    )]
    pub(crate) fn receive(&mut self, event: ServerEvent) {
        self.sign_of_life(&event);
        self.keep(&event);
        self.not_all_understood(&event);
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
            ServerEvent::ConversationItemRetrieved(e) => self.found(&e.item),
            ServerEvent::ConversationItemDeleted(e) => self.transcript.remove(&e.item_id),
            ServerEvent::InputAudioBufferCommitted(e) => {
                self.committed(&e.item_id, &e.previous_item_id);
            }
            ServerEvent::InputAudioBufferCleared(_) => self.person_stopped(false),
            ServerEvent::InputAudioTranscriptionDelta(e) => {
                if let Some(delta) = e.delta {
                    self.words(&e.item_id, Role::User, &delta);
                }
            }
            ServerEvent::InputAudioTranscriptionCompleted(e) => {
                self.kept_sound.worded(&e.item_id);
                self.all_words(&e.item_id, Role::User, e.transcript);
            }
            ServerEvent::InputAudioTranscriptionFailed(e) => {
                let message = e.error.message.unwrap_or_default();
                let item_id = e.item_id;
                self.notify(Event::TranscriptFailed { item_id, message });
            }

            ServerEvent::InputAudioBufferDtmfEventReceived(e) => {
                let (key, received_at) = (e.event, e.received_at);
                self.notify(Event::Dtmf { key, received_at });
            }
            ServerEvent::InputAudioBufferSpeechStarted(e) => {
                self.speech_started(e.item_id, e.audio_start_ms)
            }
            ServerEvent::InputAudioBufferSpeechStopped(e) => {
                self.speech_stopped(e.item_id, e.audio_end_ms)
            }

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
                self.responses.speaks(&e.response_id, &e.item_id);
                self.model_words(&e.response_id, &e.item_id, &e.delta);
            }
            ServerEvent::ResponseOutputAudioTranscriptDone(e) => {
                self.all_model_words(&e.response_id, &e.item_id, e.transcript);
            }
            ServerEvent::ResponseOutputAudioDelta(e) => self.sound(e),
            ServerEvent::ResponseOutputAudioDone(e) => self.sound_is_whole(e.item_id),
            ServerEvent::OutputAudioBufferStarted(e) => self.playback_started(e.response_id),
            ServerEvent::OutputAudioBufferStopped(e) => self.playback_ended(&e.response_id, false),
            ServerEvent::OutputAudioBufferCleared(e) => self.playback_ended(&e.response_id, true),
            ServerEvent::ConversationItemTruncated(e) => {
                self.truncated(e.item_id, Duration::from_millis(e.audio_end_ms));
            }

            // Nothing follows from these: they repeat what other events say, confirm what was
            // asked, or tell of things that the endpoint does by itself.
            ServerEvent::RateLimitsUpdated(_)
            | ServerEvent::ConversationCreated(_)
            | ServerEvent::InputAudioTranscriptionSegment(_)
            | ServerEvent::InputAudioBufferTimeoutTriggered(_)
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
        if !self.leads() {
            return self.ready();
        }
        if self.setup.is_some() {
            return;
        }
        match (self.phase, self.options.handover) {
            (Phase::Connecting, _) => {
                let mut wanted = self.options.config.clone();
                // The model is chosen by the address, and can't be changed any more.
                wanted.model = None;
                if !self.options.tools.is_empty() {
                    let tools = self.options.tools.iter().cloned();
                    wanted.tools = Some(tools.map(Into::into).collect());
                }
                self.settings.begin(wanted.clone());
                self.set_up(wanted);
            }
            (Phase::HandingOver, Handover::Rejoin) => self.rejoin(),
            (Phase::HandingOver, _) => self.set_up(self.settings.taken().clone()),
            (Phase::Ready | Phase::Closed, _) => {}
        }
    }

    fn set_up(&mut self, mut wanted: SessionConfig) {
        self.leave_voice(&mut wanted);
        self.setup = Some(self.update(wanted));
    }

    /// Doesn't ask for the voice that the session has: once it was heard, as where a call is joined,
    /// endpoints refuse to hear of it.
    fn leave_voice(&self, wanted: &mut SessionConfig) {
        let voice = self.remote.audio_output().and_then(|it| it.voice.as_ref());
        let output = wanted.audio.as_mut().and_then(|it| it.output.as_mut());
        if let Some(output) = output
            && output.voice.as_ref() == voice
        {
            output.voice = None;
        }
    }

    fn updated(&mut self, config: SessionConfig) {
        if self.setup.is_none() && self.leads() {
            self.settings.reported(&config, &self.remote);
        }
        self.remember(config);
        if self.turn_detection_is_off() {
            // Nobody is left to say that the person has stopped.
            self.person_stopped(false);
        }
        if self.setup.take().is_some() || !self.leads() {
            self.ready();
        }
    }

    /// The endpoint has taken the configuration.
    fn ready(&mut self) {
        if self.phase == Phase::HandingOver {
            self.go_on();
        } else if self.phase == Phase::Connecting {
            self.timers.stop(&Timer::Setup);
            self.phase = Phase::Ready;
            self.passage.serves(self.now);
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
        if let Some(format) = config.audio_input().and_then(|it| it.format.clone()) {
            self.kept_sound.set_format(format);
        }
        self.remote = config;
        self.plan();
    }

    fn not_understood(&mut self, unknown: Unknown) {
        debug!(kind = %unknown.kind, trouble = ?unknown.trouble, "unknown event");
        if let Some(trouble) = unknown.trouble {
            let kind = unknown.kind;
            self.notify(Event::Trouble(Trouble::NotUnderstood { kind, trouble }));
        }
    }

    /// Tells of fields that couldn't be read; the event goes on without them.
    fn not_all_understood(&mut self, event: &ServerEvent) {
        let fields = event.misread();
        if !fields.is_empty() {
            let trouble = format!("another type than expected: {}", fields.join(", "));
            let kind = event.kind().to_owned();
            self.notify(Event::Trouble(Trouble::NotUnderstood { kind, trouble }));
        }
    }

    /// An item of the conversation came, or became whole.
    pub(crate) fn item(&mut self, item: &Item, previous: &Nullable<ItemId>, done: bool) {
        if let Item::FunctionCallOutput(output) = item {
            self.output_came(&output.call_id);
        }
        let Some(item_id) = item.id() else { return };
        self.arbiter.acknowledged(item_id);
        // The words of a message that was replayed are older than that.
        if let Item::Message(message) = item
            && !self.passage.has_given(item_id)
        {
            self.message(item_id, message, previous, done);
        }
        self.awaited(item_id);
    }

    fn message(
        &mut self,
        item_id: &ItemId,
        message: &Message,
        previous: &Nullable<ItemId>,
        done: bool,
    ) {
        if scope::is_aside(item_id.as_str()) {
            return;
        }
        self.transcript
            .place(item_id, message.role.clone(), previous);
        let line = self.transcript.fill(item_id, message, done);
        if let Some(line) = line.cloned() {
            self.notify_line(line);
        }
    }

    /// More words of the model; those outside the conversation are the application's own affair.
    fn model_words(&mut self, response: &ResponseId, item_id: &ItemId, words: &Private<String>) {
        self.arbiter.bears(response);
        self.responses.says(response, item_id);
        if !self.responses.is_outside(response) {
            self.words(item_id, Role::Assistant, words);
        }
    }

    fn all_model_words(&mut self, response: &ResponseId, item_id: &ItemId, text: Private<String>) {
        self.arbiter.bears(response);
        self.responses.says(response, item_id);
        if !self.responses.is_outside(response) {
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
        if self.replays() {
            self.kept_sound.committed(item_id);
        }
        self.transcript.place(item_id, Role::User, previous);
        let known = !item_id.is_empty() && self.last_commit == *item_id;
        self.last_commit = item_id.clone();
        let by_silence = self.ended_speech.take_if(|ended| ended == item_id);
        if known || by_silence.is_some() {
            return;
        }
        self.person_stopped(false);
        if self.commits.pop_front().is_some() {
            self.arbiter.want([item_id.clone()]);
        }
    }
}
