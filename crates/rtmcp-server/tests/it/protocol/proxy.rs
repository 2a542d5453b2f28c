//! How a proxy treats each event, found by trying.

use std::collections::{BTreeMap, BTreeSet};

use rtmcp::{
    core::{Timestamp, ToolSpec, session::FunctionTool},
    session::{
        ToolEnd, ToolNews,
        proxy::{Native, NativeNews, Proxy, ProxyInput, ProxyOptions, ProxyOutput},
    },
};
use serde_json::{Value, json};

use super::examples;

/// What was seen to become of events of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It went on byte for byte.
    AsItIs,
    /// It went on with changes.
    Rewritten,
    /// It didn't go on, or not at once.
    Kept,
    /// It came of the proxy itself.
    Made,
}

pub(crate) type Fates = BTreeMap<String, BTreeSet<Fate>>;

/// What the proxy does, by kind.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Where nothing of rtmcp's is in the conversation.
    pub(crate) plain: Fates,
    /// Where rtmcp's tools are called.
    pub(crate) ours: Fates,
    /// Where MCP servers of the client are emulated.
    pub(crate) native: Fates,
}

pub(crate) fn found() -> Found {
    let mut found = Found::default();
    for event in examples("server") {
        Line::new(ProxyOptions::default(), &mut found.plain).endpoint(&event);
    }
    for event in examples("client") {
        Line::new(ProxyOptions::default(), &mut found.plain).client(&event);
    }
    a_call_of_ours(&mut found.ours);
    a_server_of_the_client(&mut found.native);
    found
}

/// A proxy between nobodies, and what became of what.
struct Line<'a> {
    proxy: Proxy,
    fates: &'a mut Fates,
    /// What the endpoint was told last that names tools.
    offered: Value,
    outputs: Vec<ProxyOutput>,
}

impl<'a> Line<'a> {
    fn new(options: ProxyOptions, fates: &'a mut Fates) -> Self {
        let proxy = Proxy::new(options);
        let (offered, outputs) = (Value::Null, Vec::new());
        Self {
            proxy,
            fates,
            offered,
            outputs,
        }
    }

    fn endpoint(&mut self, event: &Value) {
        let text = event.to_string();
        self.take(ProxyInput::Endpoint(&text), event["type"].as_str());
    }

    fn client(&mut self, event: &Value) {
        let text = event.to_string();
        self.take(ProxyInput::Client(&text), event["type"].as_str());
    }

    /// Gives the proxy one thing, and notes what became of it and what came of it.
    fn take(&mut self, input: ProxyInput<'_>, kind: Option<&str>) {
        let from_endpoint = matches!(input, ProxyInput::Endpoint(_));
        let mut fate = Fate::Kept;
        self.outputs = self.proxy.handle(Timestamp::ZERO, input).collect();
        for output in &self.outputs {
            let (text, to_client) = match output {
                ProxyOutput::Forward => {
                    fate = Fate::AsItIs;
                    continue;
                }
                ProxyOutput::ToClient(text) => (text, true),
                ProxyOutput::ToEndpoint(text) => (text, false),
                _ => continue,
            };
            let event: Value = serde_json::from_str(text.expose()).unwrap();
            if event.pointer("/session/tools").is_some() {
                self.offered = event.clone();
            }
            let said = event["type"].as_str().unwrap();
            if to_client == from_endpoint && kind == Some(said) && fate == Fate::Kept {
                fate = Fate::Rewritten;
            } else {
                self.fates
                    .entry(said.to_owned())
                    .or_default()
                    .insert(Fate::Made);
            }
        }
        if let Some(kind) = kind {
            self.fates.entry(kind.to_owned()).or_default().insert(fate);
        }
    }

    /// What the endpoint was told last.
    fn told_endpoint(&self) -> Value {
        let told = self.outputs.iter().rev().find_map(|output| match output {
            ProxyOutput::ToEndpoint(text) => Some(text.expose()),
            _ => None,
        });
        serde_json::from_str(told.unwrap()).unwrap()
    }

    /// An item comes into the conversation.
    fn item(&mut self, item: &Value, previous: &Value) {
        for kind in ["conversation.item.added", "conversation.item.done"] {
            self.endpoint(
                &json!({"type": kind, "event_id": "e", "previous_item_id": previous,
                "item": item}),
            );
        }
    }

    /// The model calls a function, in a response of its own.
    fn call(&mut self, response: &str, name: &str) {
        let call = json!({"type": "function_call", "id": "item_1", "call_id": "call_1",
            "name": name, "arguments": "{}", "status": "completed"});
        self.response("response.created", response, &json!([]));
        for kind in ["response.output_item.added", "response.output_item.done"] {
            if kind.ends_with("done") {
                self.item(&call, &Value::Null);
                for kind in ["delta", "done"] {
                    let kind = format!("response.function_call_arguments.{kind}");
                    self.endpoint(
                        &json!({"type": kind, "event_id": "e", "response_id": response,
                        "item_id": "item_1", "output_index": 0, "call_id": "call_1",
                        "name": name, "delta": "{}", "arguments": "{}"}),
                    );
                }
            }
            self.endpoint(
                &json!({"type": kind, "event_id": "e", "response_id": response,
                "output_index": 0, "item": call}),
            );
        }
        self.response("response.done", response, &json!([call]));
    }

    fn response(&mut self, kind: &str, id: &str, output: &Value) {
        self.endpoint(
            &json!({"type": kind, "event_id": "e", "response": {"id": id,
            "object": "realtime.response", "conversation_id": "conv_1",
            "status": "completed", "output": output}}),
        );
    }

    fn greeted(&mut self) {
        let session = |tools: Value| {
            json!({"type": "realtime", "id": "sess_1", "object": "realtime.session",
                "tools": tools})
        };
        let event = |kind: &str, tools: Value| json!({"type": kind, "event_id": "e", "session": session(tools)});
        self.endpoint(&event("session.created", json!([])));
        self.client(&json!({"type": "session.update",
            "session": {"type": "realtime", "tools": []}}));
        let offered = self.offered["session"]["tools"].clone();
        self.endpoint(&event("session.updated", offered));
    }
}

/// The model calls a tool that the client never heard of.
fn a_call_of_ours(fates: &mut Fates) {
    let ours = FunctionTool {
        name: "ours".to_owned(),
        ..FunctionTool::default()
    };
    let options = ProxyOptions {
        tools: vec![ours],
        ..ProxyOptions::default()
    };
    for refused in [true, false] {
        let mut line = Line::new(options.clone(), fates);
        line.greeted();
        line.call("resp_1", "ours");
        let (end, output) = (ToolEnd::Answered, "done".into());
        let news = ToolNews::finished(end, output);
        line.take(ProxyInput::Tool("call_1".into(), news), None);
        let given = line.told_endpoint();
        if refused {
            line.endpoint(&json!({"type": "error", "event_id": "e", "error": {
                "type": "invalid_request_error", "message": "no", "event_id": given["event_id"]}}));
        } else {
            line.item(&given["item"], &json!("item_1"));
        }
        // Whoever asks while the reply to our output is on its way has to wait.
        line.client(&json!({"type": "response.create"}));
    }
    let mut line = Line::new(options, fates);
    line.greeted();
    line.call("resp_1", "ours");
    // What is about an item that the client doesn't see, or comes behind it.
    let item =
        |id: &str, role: &str| json!({"type": "message", "id": id, "role": role, "content": []});
    line.item(&item("item_2", "user"), &json!("item_1"));
    line.client(
        &json!({"type": "conversation.item.create", "previous_item_id": "item_1",
        "item": item("item_4", "user")}),
    );
    for kind in ["retrieve", "truncate", "delete"] {
        line.client(&json!({"type": format!("conversation.item.{kind}"), "item_id": "item_1"}));
    }
    line.endpoint(
        &json!({"type": "conversation.item.created", "event_id": "e",
        "previous_item_id": "item_1", "item": item("item_5", "user")}),
    );
    line.endpoint(
        &json!({"type": "input_audio_buffer.committed", "event_id": "e",
        "item_id": "item_3", "previous_item_id": "item_1"}),
    );
    line.endpoint(
        &json!({"type": "conversation.item.retrieved", "event_id": "e",
        "item": item("item_1", "user")}),
    );
    line.endpoint(
        &json!({"type": "conversation.item.deleted", "event_id": "e",
        "item_id": "item_1"}),
    );
    line.client(&json!({"type": "response.cancel"}));
    line.client(&json!({"type": "response.create", "response": {
        "tools": [{"type": "function", "name": "theirs"}]}}));
}

/// The client names MCP servers, and the endpoint can't run their tools.
fn a_server_of_the_client(fates: &mut Fates) {
    let options = ProxyOptions {
        native: Native::Emulate,
        ..ProxyOptions::default()
    };
    for is_good in [true, false] {
        let mut line = Line::new(options.clone(), fates);
        line.greeted();
        line.client(
            &json!({"type": "session.update", "session": {"type": "realtime", "tools": [
            {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example/mcp",
                "require_approval": "never"}]}}),
        );
        let import = line.outputs.iter().find_map(|output| match output {
            ProxyOutput::Import(import) => Some(import.import),
            _ => None,
        });
        let Some(import) = import else { continue };
        let tools = vec![ToolSpec {
            name: "buy".to_owned(),
            ..ToolSpec::default()
        }];
        line.take(
            ProxyInput::Native(NativeNews::Imported { import, tools }),
            None,
        );
        let name = line.offered["session"]["tools"][0]["name"].clone();
        let name = name.as_str().unwrap_or("buy").to_owned();
        line.endpoint(&json!({"type": "session.updated", "event_id": "e",
            "session": line.offered["session"].clone()}));
        line.call("resp_1", &name);
        let result = match is_good {
            true => Ok("bought".into()),
            false => Err(rtmcp::core::McpError::default()),
        };
        let call_id = "call_1".into();
        line.take(
            ProxyInput::Native(NativeNews::Finished { call_id, result }),
            None,
        );
    }
    let mut line = Line::new(options, fates);
    line.greeted();
    line.client(
        &json!({"type": "session.update", "session": {"type": "realtime", "tools": [
        {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example/mcp"}]}}),
    );
    line.take(
        ProxyInput::Native(NativeNews::NotImported { import: 0 }),
        None,
    );
    line.take(
        ProxyInput::Native(NativeNews::NotImported { import: 1 }),
        None,
    );
}
