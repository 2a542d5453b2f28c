//! [`Far`]: a small endpoint that speaks in texts, and minds what it is told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

/// What the model does in a response, one step at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Say,
    CallOurs,
    CallTheirs,
    /// A tool of an emulated server, which runs at once.
    LookUp,
    /// One that needs approval.
    Change,
}

#[derive(Debug)]
struct Writing {
    id: String,
    steps: VecDeque<Step>,
    output: Vec<Value>,
    metadata: Value,
}

#[derive(Debug, Default)]
pub(crate) struct Far {
    pub(crate) plans: VecDeque<Vec<Step>>,
    /// Outputs by call.
    pub(crate) outputs: BTreeMap<String, usize>,
    /// Every text that came, in order.
    pub(crate) taken: Vec<String>,
    /// How many items each response saw.
    seen: usize,
    items: Vec<String>,
    /// The places of the outputs of our calls.
    news: Vec<usize>,
    calls: BTreeSet<String>,
    writing: Option<Writing>,
    speaking: Option<String>,
    owes: bool,
    made: usize,
    pub(crate) out: VecDeque<String>,
}

impl Far {
    pub(crate) fn new() -> Self {
        let mut far = Self::default();
        far.greet();
        far
    }

    /// Its connection is gone, and with it the conversation; the next one is empty.
    pub(crate) fn forget(&mut self) {
        let (plans, made) = (std::mem::take(&mut self.plans), self.made);
        *self = Self {
            plans,
            made,
            ..Self::default()
        };
    }

    /// The next connection is open.
    pub(crate) fn greet(&mut self) {
        self.emit(json!({"type": "session.created", "session": {"type": "realtime", "tools": []}}));
    }

    pub(crate) fn take(&mut self, text: String) {
        let event: Value = serde_json::from_str(&text).unwrap();
        self.taken.push(text);
        let event_id = event["event_id"].clone();
        match event["type"].as_str().unwrap() {
            "session.update" => {
                let session = event["session"].clone();
                self.emit(json!({"type": "session.updated", "session": session}));
            }
            "conversation.item.create" => self.create(&event["item"], &event_id),
            "response.create" if self.writing.is_some() => {
                self.refuse("conversation_already_has_active_response", &event_id);
            }
            "response.create" => self.begin(event["response"]["metadata"].clone()),
            "response.cancel" if self.writing.is_some() => self.end("cancelled"),
            "response.cancel" => self.refuse("response_cancel_not_active", &event_id),
            _ => {}
        }
    }

    /// The model goes on. Returns whether it had anything to do.
    pub(crate) fn step(&mut self) -> bool {
        if self.writing.is_none() && self.owes && self.speaking.is_none() {
            self.owes = false;
            self.begin(Value::Null);
            return true;
        }
        let Some(writing) = &mut self.writing else {
            return false;
        };
        let response = writing.id.clone();
        match writing.steps.pop_front() {
            None => self.end("completed"),
            Some(Step::Say) => self.emit(json!({"type": "response.output_audio.delta",
                "response_id": response, "delta": "AAAA"})),
            Some(step) => self.call(step, &response),
        }
        true
    }

    pub(crate) fn person_speaks(&mut self) {
        if self.speaking.is_none() {
            let id = self.make("speech");
            self.emit(json!({"type": "input_audio_buffer.speech_started", "item_id": id}));
            self.speaking = Some(id);
            if self.writing.is_some() {
                self.end("cancelled");
            }
        }
    }

    pub(crate) fn person_stops(&mut self) {
        if let Some(id) = self.speaking.take() {
            self.emit(json!({"type": "input_audio_buffer.speech_stopped", "item_id": id}));
            let previous = self.items.last().cloned();
            self.emit(
                json!({"type": "input_audio_buffer.committed", "item_id": id,
                "previous_item_id": previous}),
            );
            self.add(json!({"type": "message", "role": "user", "id": id, "content": []}));
            self.owes = true;
        }
    }

    pub(crate) fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// Every output of a call of ours was seen by a response that began after it.
    pub(crate) fn has_seen_all(&self) -> bool {
        self.news.iter().all(|at| *at < self.seen)
    }

    /// Every call that isn't the client's own has one output.
    pub(crate) fn assert_answered(&self) {
        for call in self.calls.iter().filter(|call| !call.starts_with("theirs")) {
            assert_eq!(self.outputs.get(call), Some(&1), "{call}");
        }
    }

    fn begin(&mut self, metadata: Value) {
        let id = self.make("resp");
        let steps = self.plans.pop_front().unwrap_or_default().into();
        self.seen = self.items.len();
        self.emit(json!({"type": "response.created", "response": {"id": id,
            "conversation_id": "conv", "status": "in_progress", "output": [],
            "metadata": metadata, "n": 1.0}}));
        self.writing = Some(Writing {
            id,
            steps,
            output: Vec::new(),
            metadata,
        });
    }

    fn end(&mut self, status: &str) {
        if let Some(writing) = self.writing.take() {
            self.emit(
                json!({"type": "response.done", "response": {"id": writing.id,
                "conversation_id": "conv", "status": status, "output": writing.output,
                "metadata": writing.metadata}}),
            );
        }
    }

    fn call(&mut self, step: Step, response: &str) {
        let name = match step {
            Step::CallOurs => "ours",
            Step::LookUp => "look_up",
            Step::Change => "change",
            Step::CallTheirs | Step::Say => "theirs",
        };
        let call = self.make(&format!("{name}_call"));
        let id = format!("{call}_item");
        let item = |status: &str| {
            json!({"type": "function_call", "id": id, "call_id": call, "name": name,
                "status": status, "arguments": "{}"})
        };
        let previous = self.items.last().cloned();
        let of = json!({"response_id": response, "item_id": id, "call_id": call});
        let event = |kind: &str, key: &str, value: Value| {
            let mut event = json!({"type": kind});
            let event_map = event.as_object_mut().unwrap();
            event_map.extend(of.as_object().unwrap().clone());
            event_map.insert(key.to_owned(), value);
            if kind.starts_with("conversation") {
                event_map.insert("previous_item_id".to_owned(), json!(previous));
            }
            event
        };
        let events = [
            event("response.output_item.added", "item", item("in_progress")),
            event("conversation.item.added", "item", item("in_progress")),
            event(
                "response.function_call_arguments.delta",
                "delta",
                json!("{}"),
            ),
            event("response.function_call_arguments.done", "name", json!(name)),
            event("response.output_item.done", "item", item("completed")),
            event("conversation.item.done", "item", item("completed")),
        ];
        self.items.push(id.clone());
        for event in events {
            self.emit(event);
        }
        let whole = item("completed");
        self.calls.insert(call);
        if let Some(writing) = &mut self.writing {
            writing.output.push(whole);
        }
    }

    fn create(&mut self, item: &Value, event_id: &Value) {
        if item["type"] == "function_call" {
            self.calls
                .insert(item["call_id"].as_str().unwrap().to_owned());
        } else if let Some(call) = item["call_id"].as_str() {
            if !self.calls.contains(call) {
                return self.refuse("invalid_tool_call_id", event_id);
            }
            *self.outputs.entry(call.to_owned()).or_default() += 1;
            if !call.starts_with("theirs") {
                self.news.push(self.items.len());
            }
        }
        self.add(item.clone());
    }

    fn add(&mut self, item: Value) {
        let previous = self.items.last().cloned();
        self.items.push(item["id"].as_str().unwrap().to_owned());
        for kind in ["added", "done"] {
            self.emit(json!({"type": format!("conversation.item.{kind}"),
                "previous_item_id": previous, "item": item}));
        }
    }

    fn refuse(&mut self, code: &str, event_id: &Value) {
        self.emit(
            json!({"type": "error", "error": {"type": "invalid_request_error",
            "code": code, "message": "no", "event_id": event_id}}),
        );
    }

    fn make(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_{}", self.made)
    }

    fn emit(&mut self, mut event: Value) {
        let id = self.make("server");
        event["event_id"] = json!(id);
        self.out.push_back(event.to_string());
    }
}
