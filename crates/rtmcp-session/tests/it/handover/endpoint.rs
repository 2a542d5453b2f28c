//! An endpoint that has a conversation, hears questions, answers each, and forgets all at its end.
//!
//! Questions are numbered. Sound says which one it asks in its first characters, and the model's
//! answer names it, so that what was asked, answered and lost can be told apart.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use rtmcp_core::{ClientEvent, Item, ServerEvent, Timestamp};
use serde_json::{Value, json};

use super::model::{Writing, question_words};

/// How many quiet pieces of sound of 100 ms end a turn.
const QUIET: u32 = 5;

/// How long it takes to write down what was said: longer than to begin an answer.
const TRANSCRIPTION: Duration = Duration::from_millis(700);

#[derive(Debug)]
pub(super) enum Job {
    Write,
    Transcribe(String),
}

#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Names all that this one makes.
    pub(crate) number: u32,
    pub(crate) session: Value,
    pub(crate) conversation: Vec<Value>,
    /// What each spoken item asks.
    pub(crate) asks: BTreeMap<String, u32>,
    /// Doesn't write down what is said.
    pub(crate) deaf: bool,
    pub(super) writing: Option<Writing>,
    pub(super) own_reply: bool,
    pub(super) jobs: Vec<(Timestamp, Job)>,
    /// The speech that is no item yet: its id, where it begins, and what it asks.
    pub(super) speech: Option<(String, u64, u32)>,
    /// Questions that were asked, and answered.
    pub(super) asked: BTreeSet<u32>,
    pub(super) answered: BTreeSet<u32>,
    /// The calls, with the questions that they are for, and those that have an output.
    pub(super) calls: BTreeMap<String, u32>,
    pub(super) outputs: BTreeSet<String>,
    pub(super) known: BTreeSet<String>,
    pub(super) quiet: u32,
    pub(super) heard_ms: u64,
    pub(super) made: u32,
    pub(super) now: Timestamp,
    pub(super) out: Vec<Value>,
}

impl Endpoint {
    pub(crate) fn new(number: u32, now: Timestamp, expires_at: Option<u64>) -> Self {
        let mut endpoint = Self {
            number,
            session: json!({"type": "realtime", "id": format!("sess_{number}"),
                "expires_at": expires_at}),
            conversation: Vec::new(),
            asks: BTreeMap::new(),
            deaf: false,
            writing: None,
            own_reply: false,
            jobs: Vec::new(),
            speech: None,
            asked: BTreeSet::new(),
            answered: BTreeSet::new(),
            calls: BTreeMap::new(),
            outputs: BTreeSet::new(),
            known: BTreeSet::new(),
            quiet: 0,
            heard_ms: 0,
            made: 0,
            now,
            out: Vec::new(),
        };
        let session = endpoint.session.clone();
        endpoint.out(json!({"type": "session.created", "session": session}));
        endpoint
    }

    /// Takes what was said since the last time.
    pub(crate) fn said(&mut self) -> Vec<ServerEvent> {
        let out = std::mem::take(&mut self.out);
        let decode = |event: Value| ServerEvent::decode(&event.to_string());
        out.into_iter().map(decode).collect()
    }

    /// Returns when something is due.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.jobs.iter().map(|(due, _)| *due).min()
    }

    /// Does what is due.
    pub(crate) fn work(&mut self, now: Timestamp) {
        self.now = now;
        while let Some(at) = self.jobs.iter().position(|(due, _)| *due <= now) {
            match self.jobs.remove(at).1 {
                Job::Write => self.write(),
                Job::Transcribe(item) => self.transcribe(&item),
            }
        }
    }

    pub(crate) fn take(&mut self, now: Timestamp, event: ClientEvent) {
        self.now = now;
        let event_id = event.event_id().map(|id| id.as_str().to_owned());
        match event {
            ClientEvent::SessionUpdate(e) => {
                let update = serde_json::to_value(&e.session).unwrap();
                for (name, value) in update.as_object().unwrap() {
                    self.session[name] = value.clone();
                }
                let session = self.session.clone();
                self.out(json!({"type": "session.updated", "session": session}));
            }
            ClientEvent::ConversationItemCreate(e) => self.create(&e.item, event_id),
            ClientEvent::ConversationItemTruncate(e) => self.truncate(e.item_id.as_str()),
            ClientEvent::InputAudioBufferAppend(e) => self.hear(e.audio.expose()),
            ClientEvent::InputAudioBufferCommit(_) => self.commit(event_id),
            ClientEvent::ResponseCreate(e) => {
                if self.writing.is_some() {
                    let code = "conversation_already_has_active_response";
                    return self.refuse(code, event_id);
                }
                let metadata = serde_json::to_value(&e.response.unwrap().metadata).unwrap();
                self.answer(metadata);
            }
            ClientEvent::ResponseCancel(_) if self.writing.is_some() => self.end("cancelled"),
            ClientEvent::ResponseCancel(_) => self.refuse("response_cancel_not_active", event_id),
            other => panic!("the endpoint doesn't know {}", other.kind()),
        }
    }

    /// Every call of the conversation that is whole has its output.
    pub(crate) fn assert_every_call_answered(&self) {
        for item in &self.conversation {
            let is_call = item["type"] == "function_call" && item["status"] == "completed";
            let call = item["call_id"].as_str().unwrap_or_default();
            assert!(
                !is_call || self.outputs.contains(call),
                "{call} has no output"
            );
        }
    }

    /// The end of its time.
    pub(crate) fn expire(&mut self) {
        self.refuse("session_expired", None);
    }

    fn create(&mut self, item: &Item, event_id: Option<String>) {
        let item = serde_json::to_value(item).unwrap();
        if item["type"] == "function_call_output" {
            let call = item["call_id"].as_str().unwrap();
            if !self.calls.contains_key(call) {
                return self.refuse("invalid_tool_call_id", event_id);
            }
            assert!(!self.outputs.contains(call), "a second output: {item}");
        }
        self.add(item, "completed");
    }

    /// What was heard is left, and its words are gone.
    fn truncate(&mut self, item_id: &str) {
        let message = self.find(item_id);
        assert!(message.is_some(), "{item_id} isn't here");
        message.unwrap()["content"] = json!([{"type": "output_audio"}]);
        let event = json!({"type": "conversation.item.truncated", "item_id": item_id});
        self.out(event);
    }

    /// Hears 100 ms: of a question, where it says so.
    fn hear(&mut self, sound: &str) {
        self.heard_ms += 100;
        let question = sound.strip_prefix('S').map(|it| it[..5].parse().unwrap());
        let detection = self.session["audio"]["input"].get("turn_detection");
        let detects = detection != Some(&Value::Null);
        match (question, &self.speech) {
            (Some(question), None) => {
                let id = self.name("item");
                self.quiet = 0;
                let begin = self.heard_ms - 100;
                self.speech = Some((id.clone(), begin, question));
                if detects {
                    self.out(json!({"type": "input_audio_buffer.speech_started",
                        "item_id": id, "audio_start_ms": begin}));
                    self.end("cancelled");
                }
            }
            (Some(question), Some((.., asked))) => assert_eq!(question, *asked, "one at a time"),
            (None, Some(_)) if detects => {
                self.quiet += 1;
                if self.quiet >= QUIET {
                    self.turn_ends();
                }
            }
            (None, _) => {}
        }
    }

    fn turn_ends(&mut self) {
        let id = self.speech.as_ref().unwrap().0.clone();
        let end = self.heard_ms;
        self.out(
            json!({"type": "input_audio_buffer.speech_stopped", "item_id": id,
            "audio_end_ms": end}),
        );
        self.hear_turn();
        if self.writing.is_none() {
            self.answer(Value::Null);
        } else {
            self.own_reply = true;
        }
    }

    fn commit(&mut self, event_id: Option<String>) {
        if self.speech.is_none() {
            return self.refuse("input_audio_buffer_commit_empty", event_id);
        }
        self.hear_turn();
    }

    /// The sound becomes an item.
    fn hear_turn(&mut self) {
        let (id, _, question) = self.speech.take().unwrap();
        self.asks.insert(id.clone(), question);
        self.out(json!({"type": "input_audio_buffer.committed", "item_id": id}));
        let content = json!([{"type": "input_audio", "transcript": null}]);
        self.add(
            json!({"type": "message", "role": "user", "id": id, "content": content}),
            "completed",
        );
        if !self.deaf {
            self.jobs
                .push((self.now + TRANSCRIPTION, Job::Transcribe(id)));
        }
    }

    fn transcribe(&mut self, id: &str) {
        let question = self.asks[id];
        let words = question_words(question);
        if let Some(item) = self.find(id) {
            item["content"][0]["transcript"] = json!(words);
        }
        self.out(
            json!({"type": "conversation.item.input_audio_transcription.completed",
            "item_id": id, "content_index": 0, "transcript": words}),
        );
    }

    pub(super) fn add(&mut self, mut item: Value, status: &str) {
        let previous = self.conversation.last().map(|it| it["id"].clone());
        item["status"] = json!(status);
        let id = item["id"].as_str().unwrap().to_owned();
        assert!(self.known.insert(id), "{item} is known");
        self.read(&item);
        self.conversation.push(item.clone());
        self.out(
            json!({"type": "conversation.item.added", "previous_item_id": previous,
            "item": item}),
        );
        if status == "completed" {
            self.out(
                json!({"type": "conversation.item.done", "previous_item_id": previous,
                "item": item}),
            );
        }
    }

    pub(super) fn find(&mut self, id: &str) -> Option<&mut Value> {
        self.conversation.iter_mut().rev().find(|it| it["id"] == id)
    }

    pub(super) fn refuse(&mut self, code: &str, event_id: Option<String>) {
        self.out(
            json!({"type": "error", "error": {"type": "invalid_request_error",
            "code": code, "message": "no", "event_id": event_id}}),
        );
    }

    pub(super) fn name(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_{}_{}", self.number, self.made)
    }

    pub(super) fn out(&mut self, event: Value) {
        self.out.push(event);
    }
}
