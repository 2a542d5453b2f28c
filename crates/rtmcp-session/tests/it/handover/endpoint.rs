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

/// How many quiet pieces of sound of 100 ms end a turn.
const QUIET: u32 = 5;

/// How long the model takes for a word.
const WORD: Duration = Duration::from_millis(60);

/// How long it takes to write down what was said: longer than to begin an answer.
const TRANSCRIPTION: Duration = Duration::from_millis(700);

#[derive(Debug)]
enum Job {
    Write,
    Transcribe(String),
}

/// What the model does in a response.
#[derive(Clone, Debug)]
enum Piece {
    Word(String),
    Call(u32, u32),
}

#[derive(Debug)]
struct Writing {
    id: String,
    metadata: Value,
    pieces: Vec<Piece>,
    /// The message that is being spoken, and its words.
    message: Option<(String, String)>,
    output: Vec<Value>,
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
    writing: Option<Writing>,
    own_reply: bool,
    jobs: Vec<(Timestamp, Job)>,
    /// The speech that is no item yet: its id, where it begins, and what it asks.
    speech: Option<(String, u64, u32)>,
    /// Questions that were asked, and answered.
    asked: BTreeSet<u32>,
    answered: BTreeSet<u32>,
    /// The calls, with the questions that they are for, and those that have an output.
    calls: BTreeMap<String, u32>,
    outputs: BTreeSet<String>,
    known: BTreeSet<String>,
    quiet: u32,
    heard_ms: u64,
    made: u32,
    now: Timestamp,
    out: Vec<Value>,
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

    /// Begins an answer to all that waits for one.
    fn answer(&mut self, metadata: Value) {
        let id = self.name("resp");
        let (calls, words) = self.think();
        let words = words.iter().flat_map(|it| it.split_inclusive(' '));
        let words = words.map(|word| Piece::Word(word.to_owned()));
        let calls = calls
            .iter()
            .map(|(question, part)| Piece::Call(*question, *part));
        let mut pieces: Vec<Piece> = words.chain(calls).collect();
        pieces.reverse();
        self.out(
            json!({"type": "response.created", "response": {"id": id, "status": "in_progress",
            "conversation_id": format!("conv_{}", self.number), "metadata": metadata}}),
        );
        self.writing = Some(Writing {
            id,
            metadata,
            pieces,
            message: None,
            output: Vec::new(),
        });
        self.jobs.push((self.now + WORD, Job::Write));
    }

    /// Returns the calls and the answers that the conversation lacks.
    fn think(&self) -> (Vec<(u32, u32)>, Vec<String>) {
        let (mut calls, mut words) = (Vec::new(), Vec::new());
        for question in self.asked.difference(&self.answered).copied() {
            let of_it = |call: &&String| self.calls[*call] == question;
            let outputs = self.outputs.iter().filter(of_it).count();
            if outputs >= calls_for(question) as usize {
                words.push(answer_words(question));
            } else {
                let parts = (0..calls_for(question)).map(|part| (question, part));
                calls.extend(parts.filter(|part| !self.has_made(*part)));
            }
        }
        (calls, words)
    }

    fn has_made(&self, (question, part): (u32, u32)) -> bool {
        let name = format!("_{question}_{part}");
        self.calls.keys().any(|call| call.ends_with(&name))
    }

    /// Takes an item in: the model knows it from now on.
    fn read(&mut self, item: &Value) {
        let text = text_of(item);
        let call = item["call_id"].as_str().unwrap_or_default().to_owned();
        match (item["type"].as_str().unwrap(), item["role"].as_str()) {
            ("message", Some("user")) => {
                let written = text.strip_prefix("question ").map(|it| it.parse().unwrap());
                let heard = self.asks.get(item["id"].as_str().unwrap()).copied();
                self.asked.extend(heard.or(written));
            }
            ("message", _) => self.answered.extend(answers_in(&text)),
            ("function_call", _) => {
                let question = call.split('_').nth(2).unwrap().parse().unwrap();
                self.calls.insert(call, question);
                // What it is for shows what was asked, also where the question is lost.
                self.asked.insert(question);
            }
            _ => {
                self.outputs.insert(call);
            }
        }
    }

    /// Writes one piece of the answer.
    fn write(&mut self) {
        let Some(writing) = &mut self.writing else {
            return;
        };
        let Some(piece) = writing.pieces.pop() else {
            return self.end("completed");
        };
        self.jobs.push((self.now + WORD, Job::Write));
        match piece {
            Piece::Word(word) => self.say(&word),
            Piece::Call(question, part) => self.call(question, part),
        }
    }

    fn say(&mut self, word: &str) {
        let response = self.writing.as_ref().unwrap().id.clone();
        if self.writing.as_ref().unwrap().message.is_none() {
            let id = self.name("item");
            let item = message(&id, "in_progress", json!([]));
            self.out(
                json!({"type": "response.output_item.added", "response_id": response,
                "item": item}),
            );
            self.add(item, "in_progress");
            self.writing.as_mut().unwrap().message = Some((id, String::new()));
        }
        let (id, text) = self.writing.as_mut().unwrap().message.as_mut().unwrap();
        text.push_str(word);
        let id = id.clone();
        self.out(json!({"type": "response.output_audio_transcript.delta",
            "response_id": response, "item_id": id, "content_index": 0, "delta": word}));
        self.out(
            json!({"type": "response.output_audio.delta", "response_id": response,
            "item_id": id, "content_index": 0, "delta": "A".repeat(6400)}),
        );
    }

    /// The message that is being spoken ends.
    fn message_ends(&mut self, status: &str) {
        let writing = self.writing.as_mut().unwrap();
        let Some((id, text)) = writing.message.take() else {
            return;
        };
        let response = writing.id.clone();
        let item = message(
            &id,
            status,
            json!([{"type": "output_audio", "transcript": text}]),
        );
        writing.output.push(item.clone());
        self.read(&item);
        if let Some(known) = self.find(&id) {
            *known = item.clone();
        }
        self.out(
            json!({"type": "response.output_audio.done", "response_id": response,
            "item_id": id, "content_index": 0}),
        );
        self.out(
            json!({"type": "response.output_item.done", "response_id": response,
            "item": item}),
        );
        self.out(json!({"type": "conversation.item.done", "item": item}));
    }

    fn call(&mut self, question: u32, part: u32) {
        self.message_ends("completed");
        let response = self.writing.as_ref().unwrap().id.clone();
        let call = format!("call_{}_{question}_{part}", self.number);
        let id = format!("i_{call}");
        let mut item = json!({"type": "function_call", "id": id, "status": "in_progress",
            "call_id": call, "name": "work", "arguments": ""});
        self.out(
            json!({"type": "response.output_item.added", "response_id": response,
            "item": item}),
        );
        self.add(item.clone(), "in_progress");
        item["status"] = json!("completed");
        item["arguments"] = json!(json!({"question": question}).to_string());
        *self.find(&id).unwrap() = item.clone();
        self.writing.as_mut().unwrap().output.push(item.clone());
        self.out(
            json!({"type": "response.output_item.done", "response_id": response,
            "item": item}),
        );
        self.out(json!({"type": "conversation.item.done", "item": item}));
    }

    fn end(&mut self, status: &str) {
        if self.writing.is_none() {
            return;
        }
        self.message_ends(if status == "completed" {
            status
        } else {
            "incomplete"
        });
        let writing = self.writing.take().unwrap();
        self.out(
            json!({"type": "response.done", "response": {"id": writing.id, "status": status,
            "conversation_id": format!("conv_{}", self.number), "metadata": writing.metadata,
            "output": writing.output}}),
        );
        if std::mem::take(&mut self.own_reply) {
            self.answer(Value::Null);
        }
    }

    fn add(&mut self, mut item: Value, status: &str) {
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

    fn find(&mut self, id: &str) -> Option<&mut Value> {
        self.conversation.iter_mut().rev().find(|it| it["id"] == id)
    }

    fn refuse(&mut self, code: &str, event_id: Option<String>) {
        self.out(
            json!({"type": "error", "error": {"type": "invalid_request_error",
            "code": code, "message": "no", "event_id": event_id}}),
        );
    }

    fn name(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_{}_{}", self.number, self.made)
    }

    fn out(&mut self, event: Value) {
        self.out.push(event);
    }
}

/// How a person asks a question.
pub(crate) fn question_words(question: u32) -> String {
    format!("question {question}")
}

/// How the model answers it.
pub(crate) fn answer_words(question: u32) -> String {
    format!("The answer to {question} is well known. ")
}

/// Returns the questions that a text answers to its end.
pub(crate) fn answers_in(text: &str) -> impl Iterator<Item = u32> {
    let begun = text.split("The answer to ").skip(1);
    let whole = begun.filter_map(|it| it.strip_suffix(" is well known. "));
    whole.map(|question| question.parse().unwrap())
}

/// How many tools the model needs for a question.
pub(crate) fn calls_for(question: u32) -> u32 {
    match question % 4 {
        2 => 1,
        3 => 2,
        _ => 0,
    }
}

/// Returns the words of an item.
pub(crate) fn text_of(item: &Value) -> String {
    let words = |part: &Value| {
        let words = part["text"].as_str().or(part["transcript"].as_str());
        words.unwrap_or_default().to_owned()
    };
    let parts = item["content"].as_array();
    parts.into_iter().flatten().map(words).collect()
}

fn message(id: &str, status: &str, content: Value) -> Value {
    json!({"type": "message", "role": "assistant", "id": id, "status": status,
        "content": content})
}
