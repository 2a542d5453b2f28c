//! What a session does as a response begins, makes calls, and ends.

use rtmcp_core::{Item, Nullable, Response, ResponseId, ResponseStatus, ServerEvent};
use tracing::debug;

use crate::{
    CallState, Event, Output, Session, Trouble, arbiter::Started, scope::Scope, session::TAG,
    timer::Timer,
};

/// What it means when a response names null for its conversation.
///
/// It is the protocol's own sign of a response outside the conversation; but some endpoints say
/// null of every response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// Nothing is known yet.
    #[default]
    Unclear,
    /// It belongs to none: others have named theirs.
    MeanNone,
    /// Nothing: a response that was one of the conversation for sure said it.
    MeanNothing,
}

impl Nulls {
    /// Tells whether a response is no part of the conversation. `expected` says whether the next one
    /// must be a part of it.
    pub(crate) fn is_outside(
        &mut self,
        response: &Response,
        tag: Option<&str>,
        expected: bool,
    ) -> bool {
        match (&response.conversation_id, *self) {
            (Nullable::Set(_), _) => {
                *self = Self::MeanNone;
                false
            }
            (Nullable::Null, Self::MeanNone) => true,
            (Nullable::Null, Self::Unclear) => {
                if expected {
                    *self = Self::MeanNothing;
                }
                !expected
            }
            (Nullable::Absent, _) | (Nullable::Null, Self::MeanNothing) => {
                tag.and_then(Scope::of) == Some(Scope::Outside)
            }
        }
    }

    /// Tells whether a response of whose beginning nothing is known is no part of the conversation.
    pub(crate) fn is_surely_outside(self, response: &Response) -> bool {
        self == Self::MeanNone && response.conversation_id.is_null()
    }
}

/// The phase of a message in which the model tells what it does, before it answers; models that have
/// phases keep the two apart by themselves.
const COMMENTARY: &str = "commentary";

impl Session {
    pub(crate) fn response_started(&mut self, response: &Response) {
        let tag = response.metadata.as_ref().and_then(|it| it.get(TAG));
        let tag = tag.map(String::as_str);
        let outside = self.is_outside(response, tag);
        if !self.responses.begin(&response.id, outside) {
            debug!(response = %response.id, "the beginning of a known response, passed over");
            return;
        }
        if outside {
            self.arbiter.started_outside(tag);
        } else {
            self.response_of_the_conversation(&response.id, tag);
        }
        if !self.arbiter.is_asking() {
            self.timers.stop(&Timer::ReplyUnanswered);
        }
        self.notify(Event::ResponseStarted {
            response_id: response.id.clone(),
        });
    }

    fn response_of_the_conversation(&mut self, id: &ResponseId, tag: Option<&str>) {
        // An endpoint writes one answer at a time: the one before is over, though it didn't say.
        if let Some(before) = self.arbiter.active().cloned() {
            self.nothing_more_of(&before);
            // What its calls gave may be what this one answers.
            self.want_settled();
        }
        let started = self.arbiter.started(id, tag);
        self.ledger.response_began(started == Started::Asked);
        if !self.arbiter.is_filling() {
            self.said = None;
        }
        self.kept_sound.answering();
        debug!(response = %id, ?started, "response");
        self.timers.stop(&Timer::OwnReply);
        self.last_sign = self.now;
        let due = self.now + self.options.response_silent;
        self.timers.set(Timer::ResponseSilent, due);
        let spoken_over =
            self.arbiter.is_person_speaking() && self.turn_detection(|it| it.interrupt_response);
        match started {
            Started::Stopped => self.responses.cut(id),
            // The endpoint stops its own answers when the person speaks up, but this one crossed
            // the person's first word on its way.
            Started::Asked if spoken_over => {
                self.cancel(Some(id.clone()));
                if self.plays() {
                    self.responses.cut(id);
                } else {
                    self.clear_playback();
                }
                self.arbiter.unheard();
            }
            Started::Asked | Started::Other => {}
        }
    }

    /// Tells whether a response is no part of the conversation.
    fn is_outside(&mut self, response: &Response, tag: Option<&str>) -> bool {
        let expected = self.arbiter.expects(tag);
        self.nulls.is_outside(response, tag, expected)
    }

    pub(crate) fn response_done(&mut self, response: Response) {
        let outside = self.nulls.is_surely_outside(&response);
        if !self.responses.end(&response.id, outside) {
            debug!(response = %response.id, "the end of a response that is over, passed over");
            return;
        }
        // Some endpoints send nothing of a call but its place in the whole response.
        if response.status == ResponseStatus::Completed {
            for item in &response.output {
                self.maybe_call(&response.id, item);
            }
        }
        let details = response.status_details.unwrap_or_default();
        let error = details.error.unwrap_or_default();
        let fault = [error.code.as_deref(), error.kind.as_deref()].map(Option::unwrap_or_default);
        let failed = response.status == ResponseStatus::Failed;
        if failed
            && self.is_worth_a_retry(fault[0], fault[1])
            && let Some(times) = self.arbiter.failed(&response.id)
        {
            self.retry_later(times);
        }
        let whole = response.status == ResponseStatus::Completed;
        if self.arbiter.active() == Some(&response.id) {
            self.kept_sound.answered(whole);
            self.passage.proved_good(whole);
        }
        self.nothing_more_of(&response.id);
        let reason = details.reason.or(error.code).or(error.kind);
        if failed {
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

    /// Nothing more comes of a response, as the endpoint says or as must be supposed.
    pub(crate) fn nothing_more_of(&mut self, response: &ResponseId) {
        for (call_id, name) in self.ledger.end_response(response) {
            self.notify_call(&call_id, name, CallState::Dropped);
        }
        if self.arbiter.ended(response) {
            self.timers.stop(&Timer::ReplyRetry);
        }
        if self.arbiter.active().is_none() {
            self.timers.stop(&Timer::ResponseSilent);
        }
        if !self.arbiter.is_asking() {
            self.timers.stop(&Timer::ReplyUnanswered);
        }
        self.speech_is_written(response);
        for item_id in self.heard.response_ended(response) {
            self.outbox.push_back(Output::PlayEnd { item_id });
        }
    }

    /// Nothing has come of the response that is being written for as long as one may think.
    pub(crate) fn response_silent(&mut self) {
        let due = self.last_sign + self.options.response_silent;
        if due > self.now {
            self.timers.set(Timer::ResponseSilent, due);
        } else if let Some(response) = self.arbiter.active().cloned() {
            debug!(%response, "a response that fell silent is given up");
            self.nothing_more_of(&response);
        }
    }

    /// Notes that the response that is being written lives, if the event is of it.
    pub(crate) fn sign_of_life(&mut self, event: &ServerEvent) {
        let response = response_of(event);
        if response.is_some() && response == self.arbiter.active() {
            self.last_sign = self.now;
        }
    }

    pub(crate) fn item_began(&mut self, response_id: &ResponseId, item: &Item) {
        if self.responses.is_outside(response_id) {
            return;
        }
        match item {
            Item::FunctionCall(call) => {
                let writing = self.arbiter.active() == Some(response_id);
                let Some(call_id) = call.call_id.as_ref().filter(|id| !id.is_empty()) else {
                    return;
                };
                if self.ledger.see(call_id, &call.name, response_id, writing) {
                    self.notify_call(call_id, call.name.clone(), CallState::Seen);
                }
            }
            Item::Message(message) => {
                if let Some(item_id) = item.id() {
                    let phase = message.extra.0.get("phase").and_then(|it| it.as_str());
                    if phase == Some(COMMENTARY) {
                        self.responses.comments(response_id, item_id);
                    }
                    let role = message.role.clone();
                    self.transcript.place(item_id, role, &Nullable::Absent);
                }
            }
            _ => {}
        }
    }
}

/// Returns the response that an event tells of, other than its beginning and end.
pub(crate) fn response_of(event: &ServerEvent) -> Option<&ResponseId> {
    macro_rules! of_a_response {
        ($($kind:ident)*) => {
            match event {
                $( ServerEvent::$kind(e) => Some(&e.response_id), )*
                _ => None,
            }
        };
    }
    of_a_response! {
        ResponseOutputItemAdded ResponseOutputItemDone
        ResponseContentPartAdded ResponseContentPartDone
        ResponseOutputTextDelta ResponseOutputTextDone
        ResponseOutputAudioDelta ResponseOutputAudioDone
        ResponseOutputAudioTranscriptDelta ResponseOutputAudioTranscriptDone
        ResponseFunctionCallArgumentsDelta ResponseFunctionCallArgumentsDone
        ResponseMcpCallArgumentsDelta ResponseMcpCallArgumentsDone
        OutputAudioBufferStarted
    }
}
