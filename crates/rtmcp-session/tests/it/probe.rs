//! A session without a world: events by hand, and what came of them.

use std::time::Duration;

use rtmcp_core::{CallId, ClientEvent, Item, ServerEvent, Timestamp};
use rtmcp_session::{Event, Input, Options, Output, Session, ToolEnd, ToolNews};
use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) session: Session,
    pub(crate) now: Timestamp,
    pub(crate) did: Vec<Output>,
}

impl Probe {
    /// A session that hasn't heard anything yet.
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    /// A session of another kind.
    pub(crate) fn with(options: Options) -> Self {
        Self {
            session: Session::new(options),
            now: Timestamp::ZERO,
            did: Vec::new(),
        }
    }

    /// A session that is ready.
    pub(crate) fn ready() -> Self {
        let mut probe = Self::new();
        probe.event(&json!({"type": "session.created", "session": {}}));
        probe.event(&json!({"type": "session.updated", "session": {}}));
        probe.did.clear();
        probe
    }

    pub(crate) fn tell(&mut self, input: impl Into<Input>) {
        let outputs = self.session.handle(self.now, input.into());
        self.did.extend(outputs);
    }

    pub(crate) fn event(&mut self, event: &Value) {
        self.tell(ServerEvent::decode(&event.to_string()));
    }

    /// Lets time pass, and wakes the session when it wants to be.
    pub(crate) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some((due, _)) = self.session.deadline().filter(|(due, _)| *due <= end) {
            self.now = self.now.max(due);
            self.tell(Input::Tick);
        }
        self.now = end;
    }

    /// A response of the conversation begins.
    pub(crate) fn created(&mut self, id: &str) {
        self.event(&json!({"type": "response.created",
            "response": {"id": id, "conversation_id": "conv"}}));
    }

    /// The response that was asked for last begins.
    pub(crate) fn created_as_asked(&mut self, id: &str) {
        let tag = self.requests().pop().unwrap();
        self.created_with_tag(id, &tag);
    }

    pub(crate) fn created_with_tag(&mut self, id: &str, tag: &str) {
        self.event(&json!({"type": "response.created", "response": {"id": id,
            "conversation_id": "conv", "metadata": {"rtmcp": tag}}}));
    }

    pub(crate) fn done(&mut self, id: &str, status: &str) {
        self.event(&json!({"type": "response.done",
            "response": {"id": id, "conversation_id": "conv", "status": status}}));
    }

    /// A whole call.
    pub(crate) fn call(&mut self, response: &str, call: &str) {
        self.event(
            &json!({"type": "response.output_item.done", "response_id": response,
            "item": function_call(call)}),
        );
    }

    pub(crate) fn speech(&mut self, response: &str, item: &str) {
        self.event(
            &json!({"type": "response.output_audio.delta", "response_id": response,
            "item_id": item, "delta": "A".repeat(6400)}),
        );
    }

    pub(crate) fn speech_started(&mut self) {
        self.event(&json!({"type": "input_audio_buffer.speech_started", "item_id": "said"}));
    }

    pub(crate) fn speech_stopped(&mut self) {
        self.event(&json!({"type": "input_audio_buffer.speech_stopped", "item_id": "said"}));
    }

    /// The endpoint has the item that was sent last.
    pub(crate) fn acknowledge(&mut self) {
        let item = self.sent().filter_map(|event| match event {
            ClientEvent::ConversationItemCreate(e) => Some(serde_json::to_value(&e.item).unwrap()),
            _ => None,
        });
        let item = item.last().unwrap();
        self.event(&json!({"type": "conversation.item.added", "item": item}));
    }

    pub(crate) fn finish(&mut self, call: &str) {
        let (end, output) = (ToolEnd::Answered, "done".into());
        self.tell(Input::Tool(
            CallId::from(call),
            ToolNews::finished(end, output),
        ));
    }

    pub(crate) fn refuse(&mut self, code: &str, event_id: Option<&str>) {
        self.event(
            &json!({"type": "error", "error": {"type": "invalid_request_error",
            "code": code, "message": "no", "event_id": event_id}}),
        );
    }

    pub(crate) fn sent(&self) -> impl Iterator<Item = &ClientEvent> {
        self.did.iter().filter_map(|output| match output {
            Output::Send(event) => Some(&**event),
            _ => None,
        })
    }

    /// What was sent, by kind.
    pub(crate) fn kinds(&self) -> Vec<&str> {
        self.sent().map(ClientEvent::kind).collect()
    }

    /// The ids of the requests for a reply, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        let requests = self.sent().filter_map(|event| match event {
            ClientEvent::ResponseCreate(e) => Some(e.event_id.as_ref().unwrap().to_string()),
            _ => None,
        });
        requests.collect()
    }

    /// The calls that were dispatched, in order.
    pub(crate) fn calls(&self) -> Vec<&str> {
        let calls = self.did.iter().filter_map(|output| match output {
            Output::CallTool(call) => Some(call.call_id.as_str()),
            _ => None,
        });
        calls.collect()
    }

    /// The calls that outputs were sent for, in order.
    pub(crate) fn answered(&self) -> Vec<&str> {
        let answered = self.sent().filter_map(|event| match event {
            ClientEvent::ConversationItemCreate(e) => match &*e.item {
                Item::FunctionCallOutput(output) => Some(output.call_id.as_str()),
                _ => None,
            },
            _ => None,
        });
        answered.collect()
    }

    /// Where the model's speech was cut, by item, in milliseconds.
    pub(crate) fn cuts(&self) -> Vec<(&str, u64)> {
        let cuts = self.sent().filter_map(|event| match event {
            ClientEvent::ConversationItemTruncate(e) => Some((e.item_id.as_str(), e.audio_end_ms)),
            _ => None,
        });
        cuts.collect()
    }

    /// How many pieces of speech were handed to the player.
    pub(crate) fn played(&self) -> usize {
        let is_play = |output: &&Output| matches!(output, Output::Play { .. });
        self.did.iter().filter(is_play).count()
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.did.iter().filter_map(|output| match output {
            Output::Notify(event) => Some(event),
            _ => None,
        })
    }
}

pub(crate) fn function_call(call: &str) -> Value {
    json!({"type": "function_call", "id": format!("i_{call}"), "status": "completed",
        "call_id": call, "name": "work", "arguments": "{}"})
}
