//! [`Line`]: a client, a proxy and an endpoint, text by text.

use std::time::Duration;

use rtmcp_core::{CallId, Timestamp, session::FunctionTool};
use rtmcp_session::{
    ToolEnd, ToolNews,
    proxy::{Proxy, ProxyEvent, ProxyInput, ProxyOptions, ProxyOutput},
};
use serde_json::{Value, json};

/// What the proxy did, one line each: `> text` to the endpoint, `< text` to the client, `call name
/// call_id`, `stop call_id`.
pub(crate) struct Line {
    pub(crate) proxy: Proxy,
    pub(crate) events: Vec<ProxyEvent>,
    pub(crate) now: Timestamp,
    /// The beginning of a response that the client hasn't seen: it is left out where it comes.
    begun: Option<String>,
}

impl Line {
    /// A line whose proxy has these tools.
    pub(crate) fn new(tools: &[&str]) -> Self {
        let tool = |name: &&str| FunctionTool {
            name: (*name).to_owned(),
            ..FunctionTool::default()
        };
        Self::with(ProxyOptions {
            tools: tools.iter().map(tool).collect(),
            ..ProxyOptions::default()
        })
    }

    pub(crate) fn with(options: ProxyOptions) -> Self {
        Self {
            proxy: Proxy::new(options),
            events: Vec::new(),
            now: Timestamp::ZERO,
            begun: None,
        }
    }

    /// A line with the tool `ours`, greeted, and told of it.
    pub(crate) fn ready() -> Self {
        let mut line = Self::new(&["ours"]);
        line.greet();
        line
    }

    /// Greets, and takes our tools.
    pub(crate) fn greet(&mut self) {
        let out = self.endpoint(
            r#"{"type":"session.created","session":{"type":"realtime","id":"s","tools":[]}}"#,
        );
        let [greeting, update] = &out[..] else {
            panic!("{out:?}")
        };
        assert!(greeting.starts_with("< "), "{greeting}");
        assert!(update.contains("session.update"), "{update}");
        let updated = self.endpoint(
            r#"{"type":"session.updated","session":{"type":"realtime","tools":[{"type":"function","name":"ours"}]}}"#,
        );
        assert_eq!(updated, nothing(), "the client hears nothing of our update");
    }

    pub(crate) fn client(&mut self, text: &str) -> Vec<String> {
        self.handle(ProxyInput::Client(text), '>', text)
    }

    pub(crate) fn endpoint(&mut self, text: &str) -> Vec<String> {
        self.handle(ProxyInput::Endpoint(text), '<', text)
    }

    pub(crate) fn tell(&mut self, input: ProxyInput<'_>) -> Vec<String> {
        self.handle(input, '?', "")
    }

    /// A tool answers.
    pub(crate) fn answers(&mut self, call_id: &str, output: &str) -> Vec<String> {
        let end = ToolEnd::Answered;
        let output = output.into();
        let news = ToolNews::finished(end, output);
        self.tell(ProxyInput::Tool(CallId::from(call_id), news))
    }

    pub(crate) fn pass(&mut self, ms: u64) -> Vec<String> {
        self.now += Duration::from_millis(ms);
        self.tell(ProxyInput::Tick)
    }

    /// What is told comes out on the other side as it went in.
    pub(crate) fn client_passes(&mut self, text: &str) {
        assert_eq!(self.client(text), [format!("> {text}")]);
    }

    pub(crate) fn endpoint_passes(&mut self, text: &str) {
        assert_eq!(self.endpoint(text), [format!("< {text}")]);
    }

    /// The endpoint begins a response of the conversation, of which the client sees nothing yet.
    pub(crate) fn begins(&mut self, response: &str) {
        let text = json!({"type": "response.created", "response": {"id": response,
            "conversation_id": "conv", "status": "in_progress", "output": [], "metadata": null}});
        let text = text.to_string();
        let shown = self.endpoint(&text);
        if shown.is_empty() {
            self.begun = Some(format!("< {text}"));
        } else {
            assert_eq!(shown, [format!("< {text}")]);
        }
    }

    /// A response makes a whole call; returns what comes of its last event.
    pub(crate) fn calls(&mut self, response: &str, name: &str, call: &str) -> Vec<String> {
        for text in call_texts(response, name, call) {
            let out = self.endpoint(&text);
            if text.contains("output_item.done") {
                return out;
            }
            let expected = match name {
                "ours" => nothing(),
                _ => vec![format!("< {text}")],
            };
            assert_eq!(out, expected);
        }
        nothing()
    }

    /// The endpoint ends a response with these calls.
    pub(crate) fn ends(&mut self, response: &str, calls: &[(&str, &str)]) -> Vec<String> {
        let calls = calls
            .iter()
            .map(|(name, call)| call_item(name, call, "completed"));
        let text = json!({"type": "response.done", "response": {"id": response,
            "conversation_id": "conv", "status": "completed",
            "output": calls.collect::<Vec<_>>(), "metadata": null}});
        self.endpoint(&text.to_string())
    }

    /// The endpoint acknowledges what was sent as an item. Returns what the client sees of it.
    pub(crate) fn acknowledge(&mut self, sent: &str) -> Vec<String> {
        let item = &sent_value(sent)["item"];
        let text =
            json!({"type": "conversation.item.added", "previous_item_id": null, "item": item});
        self.endpoint(&text.to_string())
    }

    /// The endpoint begins the response that was asked for, and a message in it.
    pub(crate) fn begins_as_asked(&mut self, sent: &str, response: &str) -> Vec<String> {
        let metadata = &sent_value(sent)["response"]["metadata"];
        let text = json!({"type": "response.created", "response": {"id": response,
            "conversation_id": "conv", "status": "in_progress", "output": [],
            "metadata": metadata}});
        assert_eq!(self.endpoint(&text.to_string()), nothing());
        let message = json!({"type": "response.output_item.added", "response_id": response,
            "item": {"type": "message", "role": "assistant"}});
        self.endpoint(&message.to_string())
    }

    fn handle(&mut self, input: ProxyInput<'_>, to: char, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for output in self.proxy.handle(self.now, input) {
            lines.push(match output {
                ProxyOutput::Forward => format!("{to} {text}"),
                ProxyOutput::ToEndpoint(text) => format!("> {}", text.expose()),
                ProxyOutput::ToClient(text) => format!("< {}", text.expose()),
                ProxyOutput::CallTool(call) => format!("call {} {}", call.name, call.call_id),
                ProxyOutput::CancelTool(call_id) => format!("stop {call_id}"),
                ProxyOutput::Notify(event) => {
                    self.events.push(event);
                    continue;
                }
                other => format!("{other:?}"),
            });
        }
        let begun = lines.iter().position(|it| Some(it) == self.begun.as_ref());
        if let Some(at) = begun {
            lines.remove(at);
            self.begun = None;
        }
        lines
    }
}

pub(crate) fn nothing() -> Vec<String> {
    Vec::new()
}

/// Reads what was sent.
pub(crate) fn sent_value(sent: &str) -> Value {
    serde_json::from_str(&sent[2..]).unwrap()
}

pub(crate) fn call_item(name: &str, call: &str, status: &str) -> Value {
    json!({"id": format!("item_{call}"), "object": "realtime.item", "type": "function_call",
        "status": status, "name": name, "call_id": call, "arguments": "{}"})
}

/// All that an endpoint says of a call.
pub(crate) fn call_texts(response: &str, name: &str, call: &str) -> [String; 6] {
    let item = format!("item_{call}");
    let event = |kind: &str, status: &str| {
        json!({"type": kind, "response_id": response,
        "output_index": 0, "item": call_item(name, call, status)})
    };
    let arguments = |kind: &str, key: &str| {
        json!({"type": kind, "response_id": response,
        "output_index": 0, "item_id": item, "call_id": call, "name": name, key: "{}"})
    };
    [
        event("response.output_item.added", "in_progress"),
        event("conversation.item.added", "in_progress"),
        arguments("response.function_call_arguments.delta", "delta"),
        arguments("response.function_call_arguments.done", "arguments"),
        event("conversation.item.done", "completed"),
        event("response.output_item.done", "completed"),
    ]
    .map(|event| event.to_string())
}
