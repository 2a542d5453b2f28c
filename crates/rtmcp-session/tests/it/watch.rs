//! [`Watch`]: what crosses the line of one session, held against what the session guarantees.

use std::collections::{BTreeMap, BTreeSet};

use rtmcp_core::{
    CallId, ClientEvent, EventId, Item, Response, ResponseId, ResponseStatus, ServerEvent,
    Timestamp,
};
use rtmcp_session::Options;

use crate::endpoint::{Endpoint, fills_a_silence};

#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Requests for a word that only fills a silence.
    fills: BTreeSet<String>,
    /// Calls that were answered without being run, as the model had made them before.
    pub(crate) doubles: BTreeSet<CallId>,
    /// Outputs by call.
    pub(crate) outputs: BTreeMap<CallId, usize>,
    /// The calls that were dispatched.
    pub(crate) calls: BTreeSet<CallId>,
    /// A request needs no reason.
    pub(crate) free_requests: bool,
    /// Somebody else ends the person's turns by hand, and sees to their replies.
    pub(crate) leaves_turns: bool,
    /// The `response.create` that was sent and not answered, and when it was sent.
    asked: Option<(String, Timestamp)>,
    /// News that no known response has seen: whether the endpoint has acknowledged each.
    uncovered: BTreeMap<String, bool>,
    /// The response that last began.
    begun: Option<String>,
    /// What the response that last began has seen, and whether the person spoke over it.
    covered: BTreeMap<String, bool>,
    /// The response that is being written, as far as the session can know, and the last sign of it.
    writing: Option<(String, Timestamp)>,
    /// The person speaks, as far as the session can know, and since when.
    speaking: Option<Timestamp>,
}

impl Watch {
    /// A call is run.
    pub(crate) fn dispatched(&mut self, call_id: &CallId) {
        let first = self.calls.insert(call_id.clone());
        assert!(first, "{call_id} was dispatched twice");
    }

    /// Every dispatched call has its one output.
    pub(crate) fn assert_every_call_answered(&self) {
        for call_id in &self.calls {
            assert_eq!(self.outputs.get(call_id), Some(&1), "outputs of {call_id}");
        }
    }

    /// What goes up: one output a call, one request at a time, and none without a reason.
    pub(crate) fn up(&mut self, now: Timestamp, event: &ClientEvent) {
        match event {
            ClientEvent::ConversationItemCreate(e) => {
                if let Item::FunctionCallOutput(output) = &*e.item {
                    let call_id = output.call_id.clone();
                    let double = output.output.expose().starts_with("Not ");
                    if double && !self.calls.contains(&call_id) {
                        self.doubles.insert(call_id.clone());
                    } else {
                        assert!(self.calls.contains(&call_id), "{call_id} was never made");
                    }
                    let outputs = self.outputs.entry(call_id.clone()).or_default();
                    *outputs += 1;
                    assert_eq!(*outputs, 1, "outputs of {call_id}");
                }
                let id = e.item.id().unwrap().as_str().to_owned();
                self.uncovered.insert(id, false);
            }
            ClientEvent::ResponseCreate(e) => {
                let event_id = e.event_id.as_ref().unwrap().as_str().to_owned();
                let params = e.response.as_deref().unwrap();
                self.request(now, event_id, fills_a_silence(params));
            }
            ClientEvent::ResponseCancel(_) if self.speaking.is_some() => self.uncover(),
            _ => {}
        }
    }

    fn request(&mut self, now: Timestamp, event_id: String, fills: bool) {
        let limits = Options::default();
        if let Some((_, at)) = &self.asked {
            let lost = now - *at >= limits.reply_unanswered;
            assert!(lost, "two requests in flight");
        }
        if let Some((id, at)) = &self.writing {
            let silent = now - *at >= limits.response_silent;
            assert!(silent, "asked while {id} is being written");
        }
        if let Some(since) = self.speaking {
            let endless = now - since >= limits.speech_unended;
            assert!(endless, "asked while the person speaks");
        }
        if fills {
            let open = self.calls.iter().any(|it| !self.outputs.contains_key(it));
            assert!(open, "a silence is filled though no call is open");
            self.fills.insert(event_id.clone());
        } else {
            let reason = self.free_requests || !self.uncovered.is_empty();
            assert!(reason, "a reply to nothing new");
        }
        self.asked = Some((event_id, now));
    }

    /// What the last response has seen must be seen by another one.
    fn uncover(&mut self) {
        self.uncovered.append(&mut self.covered);
    }

    /// What comes down: acknowledgements, answers and refusals.
    pub(crate) fn down(&mut self, now: Timestamp, event: &ServerEvent, endpoint: &Endpoint) {
        match event {
            ServerEvent::ConversationItemAdded(e) => {
                if let Some(acknowledged) = self.uncovered.get_mut(e.item.id().unwrap().as_str()) {
                    *acknowledged = true;
                }
            }
            ServerEvent::InputAudioBufferSpeechStarted(_) => self.speaking = Some(now),
            ServerEvent::InputAudioBufferSpeechStopped(_) => self.speaking = None,
            ServerEvent::InputAudioBufferCommitted(e) => {
                let id = e.item_id.as_str();
                if endpoint.by_hand.contains(id) {
                    self.speaking = None;
                    if !self.leaves_turns {
                        self.uncovered.insert(id.to_owned(), false);
                    }
                }
            }
            ServerEvent::ResponseCreated(e) => self.created(now, &e.response, endpoint),
            ServerEvent::ResponseOutputAudioDelta(e) => self.sign_of(now, &e.response_id),
            ServerEvent::ResponseOutputAudioTranscriptDelta(e) => self.sign_of(now, &e.response_id),
            ServerEvent::OutputAudioBufferStarted(e) => self.sign_of(now, &e.response_id),
            ServerEvent::ResponseOutputItemAdded(e) => self.sign_of(now, &e.response_id),
            ServerEvent::ResponseOutputItemDone(e) => self.sign_of(now, &e.response_id),
            ServerEvent::ResponseDone(e) => self.done(&e.response, endpoint),
            ServerEvent::Error(e) => {
                let event_id = e.error.event_id.as_ref().map(EventId::as_str);
                if e.error.code.as_deref() != Some("input_audio_buffer_commit_empty") {
                    self.asked
                        .take_if(|(asked, _)| event_id.is_none_or(|id| id == asked));
                }
            }
            _ => {}
        }
    }

    fn created(&mut self, now: Timestamp, response: &Response, endpoint: &Endpoint) {
        let tag = response.metadata.as_ref().and_then(|it| it.get("rtmcp"));
        self.asked.take_if(|(asked, _)| tag == Some(asked));
        if endpoint.manners.conversations && response.conversation_id.is_null() {
            return;
        }
        let id = response.id.as_str();
        if self.begun.as_deref() == Some(id) {
            return;
        }
        self.begun = Some(id.to_owned());
        self.writing = Some((id.to_owned(), now));
        if tag.is_some_and(|tag| self.fills.contains(tag)) {
            return;
        }
        self.covered = self.uncovered.extract_if(.., |_, it| *it).collect();
    }

    fn done(&mut self, response: &Response, endpoint: &Endpoint) {
        let id = response.id.as_str();
        let ended = self.writing.take_if(|(writing, _)| writing == id);
        if ended.is_some() && response.status == ResponseStatus::Failed {
            self.uncover();
            // The person's own words count as well, and only the endpoint knows them.
            self.uncovered.insert(format!("failed {id}"), true);
        }
        // Where tags don't come back, the end of a response is the end of doubt.
        if !endpoint.manners.metadata {
            self.asked = None;
        }
    }

    fn sign_of(&mut self, now: Timestamp, response: &ResponseId) {
        if let Some((writing, at)) = &mut self.writing
            && writing == response.as_str()
        {
            *at = now;
        }
    }
}
