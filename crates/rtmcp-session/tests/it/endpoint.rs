//! A small Realtime endpoint: conversation, one response at a time, refusals, turn detection.

use std::collections::VecDeque;

use rtmcp_core::{ClientEvent, Item, ServerEvent};
use serde_json::{Value, json};

/// What the model does in a response, one step at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Speaks 100 ms.
    Speak,
    /// Begins a call.
    BeginCall,
    /// Ends the call that it began.
    EndCall,
}

/// An item, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    /// The person or a tool said something that wants a reply.
    pub(crate) news: bool,
}

#[derive(Debug)]
struct Writing {
    id: String,
    steps: VecDeque<Step>,
    call: Option<String>,
    output: Vec<Value>,
}

#[derive(Debug, Default)]
pub(crate) struct Endpoint {
    pub(crate) items: Vec<Entry>,
    /// How many items each response saw.
    pub(crate) responses: Vec<usize>,
    pub(crate) speech_bytes: u64,
    /// What the model will do in its next responses.
    pub(crate) plans: VecDeque<Vec<Step>>,
    pub(crate) echo_metadata: bool,
    calls: Vec<String>,
    writing: Option<Writing>,
    own_reply: bool,
    speaking: Option<String>,
    made: usize,
    out: Vec<ServerEvent>,
}

impl Endpoint {
    pub(crate) fn new(echo_metadata: bool) -> Self {
        let mut endpoint = Self {
            echo_metadata,
            ..Self::default()
        };
        endpoint.emit(json!({"type": "session.created", "session": {"type": "realtime"}}));
        endpoint
    }

    /// Takes what was sent since the last time.
    pub(crate) fn sent(&mut self) -> Vec<ServerEvent> {
        std::mem::take(&mut self.out)
    }

    pub(crate) fn take(&mut self, event: ClientEvent) {
        let event_id = event.event_id().map(|id| id.as_str().to_owned());
        match event {
            ClientEvent::SessionUpdate(e) => {
                let session = serde_json::to_value(&e.session).unwrap();
                self.emit(json!({"type": "session.updated", "session": session}));
            }
            ClientEvent::ConversationItemCreate(e) => self.create(&e.item, event_id),
            ClientEvent::ResponseCreate(e) => {
                let params = serde_json::to_value(&e.response).unwrap();
                if self.writing.is_some() {
                    self.refuse("conversation_already_has_active_response", event_id);
                } else {
                    self.start(if self.echo_metadata {
                        &params["metadata"]
                    } else {
                        &Value::Null
                    });
                }
            }
            ClientEvent::ResponseCancel(_) => self.end("cancelled"),
            ClientEvent::ConversationItemTruncate(e) => {
                assert!(
                    e.audio_end_ms * 48 <= self.speech_bytes,
                    "cut beyond the speech"
                );
            }
            _ => {}
        }
    }

    /// The person begins to speak: what is being written ends.
    pub(crate) fn person_speaks(&mut self) {
        if self.speaking.is_some() {
            return;
        }
        let id = self.make("item");
        self.emit(json!({"type": "input_audio_buffer.speech_started", "item_id": id}));
        self.speaking = Some(id);
        self.own_reply = false;
        self.end("cancelled");
    }

    /// The person stops: the sound becomes an item, and a reply is due.
    pub(crate) fn person_stops(&mut self) {
        let Some(id) = self.speaking.take() else {
            return;
        };
        self.emit(json!({"type": "input_audio_buffer.speech_stopped", "item_id": id}));
        self.emit(json!({"type": "input_audio_buffer.committed", "item_id": id}));
        self.add(
            json!({"type": "message", "role": "user", "id": id, "content": []}),
            true,
        );
        self.own_reply = true;
    }

    /// Does one thing of its own. Returns whether there was anything to do.
    pub(crate) fn step(&mut self) -> bool {
        if self.writing.is_none() {
            let due = std::mem::take(&mut self.own_reply);
            if due {
                self.start(&Value::Null);
            }
            return due;
        }
        let response = self.writing.as_ref().unwrap().id.clone();
        match self.writing.as_mut().unwrap().steps.pop_front() {
            None => self.end("completed"),
            Some(Step::Speak) => self.speak(&response),
            Some(Step::BeginCall) => {
                let call = self.make("call");
                self.emit(call_event("added", &response, &call, "in_progress"));
                self.writing.as_mut().unwrap().call = Some(call);
            }
            Some(Step::EndCall) => {
                if let Some(call) = self.writing.as_mut().unwrap().call.take() {
                    self.calls.push(call.clone());
                    let done = call_event("done", &response, &call, "completed");
                    self.writing
                        .as_mut()
                        .unwrap()
                        .output
                        .push(done["item"].clone());
                    self.emit(done);
                    let item = json!({"type": "function_call", "id": format!("i_{call}"),
                        "call_id": call, "name": "work", "arguments": "{}"});
                    self.add(item, false);
                }
            }
        }
        true
    }

    pub(crate) fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    fn speak(&mut self, response: &str) {
        self.speech_bytes += 4800;
        let item = format!("m_{response}");
        self.emit(
            json!({"type": "response.output_audio.delta", "response_id": response,
            "item_id": item, "delta": "A".repeat(6400)}),
        );
    }

    fn start(&mut self, metadata: &Value) {
        let id = self.make("resp");
        self.responses.push(self.items.len());
        self.own_reply = false;
        self.emit(json!({"type": "response.created",
            "response": {"id": id, "status": "in_progress", "metadata": metadata}}));
        let steps = self.plans.pop_front().unwrap_or_default().into();
        self.writing = Some(Writing {
            id,
            steps,
            call: None,
            output: Vec::new(),
        });
    }

    fn end(&mut self, status: &str) {
        let Some(writing) = self.writing.take() else {
            return;
        };
        if let Some(call) = writing.call {
            self.emit(call_event("done", &writing.id, &call, "incomplete"));
        }
        if status == "completed" {
            self.emit(
                json!({"type": "response.output_audio.done", "response_id": writing.id,
                "item_id": format!("m_{}", writing.id)}),
            );
        }
        self.emit(json!({"type": "response.done",
            "response": {"id": writing.id, "status": status, "output": writing.output}}));
    }

    fn create(&mut self, item: &Item, event_id: Option<String>) {
        if let Item::FunctionCallOutput(output) = item
            && !self
                .calls
                .iter()
                .any(|call| call == output.call_id.as_str())
        {
            return self.refuse("invalid_tool_call_id", event_id);
        }
        self.add(serde_json::to_value(item).unwrap(), true);
    }

    fn add(&mut self, item: Value, news: bool) {
        let previous = self.items.last().map(|entry| entry.id.clone());
        let id = item["id"].as_str().unwrap().to_owned();
        self.items.push(Entry { id, news });
        for kind in ["added", "done"] {
            self.emit(json!({"type": format!("conversation.item.{kind}"),
                "previous_item_id": previous, "item": item}));
        }
    }

    fn refuse(&mut self, code: &str, event_id: Option<String>) {
        self.emit(
            json!({"type": "error", "error": {"type": "invalid_request_error",
            "code": code, "message": "no", "event_id": event_id}}),
        );
    }

    fn make(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_{}", self.made)
    }

    fn emit(&mut self, event: Value) {
        self.out.push(ServerEvent::decode(&event.to_string()));
    }
}

fn call_event(kind: &str, response: &str, call: &str, status: &str) -> Value {
    json!({"type": format!("response.output_item.{kind}"), "response_id": response,
        "item": {"type": "function_call", "id": format!("i_{call}"), "status": status,
        "call_id": call, "name": "work", "arguments": "{}"}})
}
