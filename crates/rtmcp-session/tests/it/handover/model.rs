//! What the model of an endpoint knows, thinks and writes.

use std::time::Duration;

use serde_json::{Value, json};

use super::endpoint::{Endpoint, Job};

/// How long the model takes for a word.
const WORD: Duration = Duration::from_millis(60);

/// What the model does in a response.
#[derive(Clone, Debug)]
enum Piece {
    Word(String),
    Call(u32, u32),
}

/// A response that is being written.
#[derive(Debug)]
pub(super) struct Writing {
    id: String,
    metadata: Value,
    pieces: Vec<Piece>,
    /// The message that is being spoken, and its words.
    message: Option<(String, String)>,
    output: Vec<Value>,
}

impl Endpoint {
    /// Begins an answer to all that waits for one.
    pub(super) fn answer(&mut self, metadata: Value) {
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
    pub(super) fn read(&mut self, item: &Value) {
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
    pub(super) fn write(&mut self) {
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

    pub(super) fn end(&mut self, status: &str) {
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
}

/// How a person asks a question.
pub(crate) fn question_words(question: u32) -> String {
    format!("question {question}")
}

/// How the model answers it.
pub(crate) fn answer_words(question: u32) -> String {
    format!("The answer to {question} is well known. ")
}

/// Returns the questions that a text answers to its end. It may go on after that, and be cut short
/// there: what was heard ends at a whole word.
pub(crate) fn answers_in(text: &str) -> impl Iterator<Item = u32> {
    let begun = text.split("The answer to ").skip(1);
    let whole = begun.filter_map(|it| it.split_once(" is well known."));
    whole.map(|(question, _)| question.parse().unwrap())
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
