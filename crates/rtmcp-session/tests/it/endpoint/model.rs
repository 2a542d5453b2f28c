//! What the model of an endpoint does in its responses, one step at a time.

use serde_json::{Value, json};

use super::{Endpoint, Step, Writing};

impl Endpoint {
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
            Some(Step::Fail) => self.end("failed"),
            Some(Step::Vanish) => {
                self.writing = None;
                self.speech_is_whole(&response);
            }
            Some(Step::BeginCall) => {
                let call = self.make("call");
                self.emit(call_event("added", &response, &call, "in_progress"));
                self.writing.as_mut().unwrap().call = Some(call);
            }
            Some(Step::EndCall) => {
                if let Some(call) = self.writing.as_mut().unwrap().call.take() {
                    self.writing.as_mut().unwrap().begun = true;
                    self.calls.push(call.clone());
                    let done = call_event("done", &response, &call, "completed");
                    self.writing
                        .as_mut()
                        .unwrap()
                        .output
                        .push(done["item"].clone());
                    self.emit(done);
                    let item = json!({"type": "function_call", "id": format!("i_{call}"),
                        "call_id": call, "name": "work", "arguments": arguments(&call)});
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
        let item = format!("m_{response}");
        *self.speech.entry(item.clone()).or_default() += 4800;
        self.writing.as_mut().unwrap().begun = true;
        if let Some(outlet) = &mut self.outlet {
            outlet.grow(response, 100);
            let sound = outlet.words.sound;
            self.emit(
                json!({"type": "response.output_audio_transcript.delta", "response_id": response,
                "item_id": item, "delta": "word "}),
            );
            self.say_what_sounds();
            if !sound {
                return;
            }
        }
        self.emit(
            json!({"type": "response.output_audio.delta", "response_id": response,
            "item_id": item, "delta": "A".repeat(6400)}),
        );
    }

    pub(super) fn start(&mut self, metadata: &Value) {
        let id = self.make("resp");
        self.responses.push(self.items.len());
        (self.own_reply, self.whole) = (false, false);
        self.emit(json!({"type": "response.created",
            "response": {"id": id, "conversation_id": self.conversation(),
            "status": "in_progress", "metadata": metadata}}));
        let steps = self.plans.pop_front().unwrap_or_default().into();
        self.writing = Some(Writing {
            id,
            steps,
            call: None,
            output: Vec::new(),
            place: self.responses.len() - 1,
            begun: false,
        });
    }

    pub(super) fn end(&mut self, status: &str) {
        let Some(writing) = self.writing.take() else {
            return;
        };
        self.whole = status == "completed";
        if let Some(call) = writing.call {
            self.emit(call_event("done", &writing.id, &call, "incomplete"));
        }
        if status == "completed" {
            self.emit(
                json!({"type": "response.output_audio.done", "response_id": writing.id,
                "item_id": format!("m_{}", writing.id)}),
            );
        }
        if status == "failed" && !writing.begun {
            // Nobody has been answered.
            self.responses[writing.place] = 0;
        }
        let error = (status == "failed").then(|| json!({"error": {"code": "server_error"}}));
        self.emit(
            json!({"type": "response.done", "response": {"id": writing.id,
            "conversation_id": self.conversation(), "status": status, "status_details": error,
            "output": writing.output}}),
        );
        self.speech_is_whole(&writing.id);
    }

    fn speech_is_whole(&mut self, response: &str) {
        if let Some(outlet) = &mut self.outlet {
            outlet.complete(response);
        }
    }
}

pub(super) fn call_event(kind: &str, response: &str, call: &str, status: &str) -> Value {
    json!({"type": format!("response.output_item.{kind}"), "response_id": response,
        "item": {"type": "function_call", "id": format!("i_{call}"), "status": status,
        "call_id": call, "name": "work", "arguments": arguments(call)}})
}

/// Every other call is the same as the one before it but one.
fn arguments(call: &str) -> String {
    let number = call.rsplit('_').next().unwrap().parse().unwrap_or(0_u32);
    format!(r#"{{"order":{}}}"#, number % 3)
}
