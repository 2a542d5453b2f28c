//! [`Near`]: a client that minds what it sees, and behaves as clients do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

#[derive(Debug, Default)]
pub(crate) struct Near {
    /// What it sent, in order, and whether that goes on unchanged.
    pub(crate) sent: Vec<(String, bool)>,
    /// Every text that it got, in order.
    pub(crate) got: Vec<String>,
    /// Its calls that it hasn't answered.
    pub(crate) calls: Vec<String>,
    /// Requests that were ended by its own stop.
    pub(crate) stopped: usize,
    /// Calls of its servers that wait for its approval.
    pub(crate) requests: Vec<String>,
    /// Calls of its servers that have ended.
    over: BTreeSet<String>,
    /// Errors that it got, by code.
    pub(crate) errors: Vec<String>,
    items: BTreeSet<String>,
    /// Speech that became an item, which may not have come any more.
    heard_of: BTreeSet<String>,
    active: Option<String>,
    /// Responses that ended.
    ended: BTreeSet<String>,
    asked: bool,
    made: usize,
}

impl Near {
    pub(crate) fn get(&mut self, text: &str) {
        let event: Value = serde_json::from_str(text).unwrap();
        self.got.push(text.to_owned());
        assert_hidden(&event);
        match event["type"].as_str().unwrap() {
            "response.created" => {
                assert_eq!(self.active, None, "one response at a time");
                self.active = event["response"]["id"].as_str().map(str::to_owned);
                self.asked = false;
            }
            "response.done" => {
                let id = event["response"]["id"].as_str().map(str::to_owned);
                assert_eq!(self.active, id, "what ends has begun");
                self.active = None;
                let new = id.as_ref().is_some_and(|id| self.ended.insert(id.clone()));
                assert!(new, "a response ends once");
                let made_up = id.is_some_and(|id| id.starts_with("proxy_resp"));
                self.stopped += usize::from(made_up);
            }
            "response.output_item.done" => {
                let item = &event["item"];
                match item["type"].as_str().unwrap() {
                    "mcp_call" => self.ended(item),
                    _ => {
                        assert_eq!(item["name"], "theirs");
                        self.calls
                            .push(item["call_id"].as_str().unwrap().to_owned());
                    }
                }
            }
            "conversation.item.added" => {
                self.knows(&event["previous_item_id"]);
                let id = event["item"]["id"].as_str().unwrap().to_owned();
                assert!(self.items.insert(id), "an item is added once");
            }
            "conversation.item.done" | "input_audio_buffer.committed" => {
                self.knows(&event["previous_item_id"]);
                if let Some(id) = event["item_id"].as_str() {
                    self.heard_of.insert(id.to_owned());
                }
                if event["item"]["type"] == "mcp_approval_request" {
                    let id = event["item"]["id"].as_str().unwrap();
                    self.requests.push(id.to_owned());
                }
            }
            "response.mcp_call.completed" | "response.mcp_call.failed" => {
                let id = event["item_id"].as_str().unwrap().to_owned();
                assert!(
                    self.items.contains(&id) && self.over.insert(id),
                    "it ends once"
                );
            }
            "error" => {
                let code = event["error"]["code"].as_str().unwrap().to_owned();
                self.asked &= code != "conversation_already_has_active_response";
                let made_up = event["event_id"].as_str().unwrap().starts_with("proxy_");
                self.stopped += usize::from(made_up);
                self.errors.push(code);
            }
            _ => {}
        }
    }

    /// Tells whether it may ask for a response.
    pub(crate) fn may_ask(&self) -> bool {
        self.active.is_none() && !self.asked
    }

    pub(crate) fn asks(&mut self) -> String {
        self.asked = true;
        self.send(json!({"type": "response.create", "n": 1.0}), true)
    }

    pub(crate) fn stops(&mut self) -> String {
        self.send(json!({"type": "response.cancel"}), true)
    }

    pub(crate) fn speaks(&mut self) -> String {
        let audio = json!({"type": "input_audio_buffer.append", "audio": "AAAA"});
        self.send(audio, true)
    }

    pub(crate) fn types(&mut self) -> String {
        let id = self.make("typed");
        let item = json!({"type": "message", "role": "user", "id": id,
            "content": [{"type": "input_text", "text": "hello"}]});
        self.send(
            json!({"type": "conversation.item.create", "item": item}),
            true,
        )
    }

    pub(crate) fn offers(&mut self) -> String {
        let tools = json!([{"type": "function", "name": "theirs"}]);
        let update = json!({"type": "session.update", "session": {"tools": tools}});
        self.send(update, false)
    }

    /// Answers its oldest call.
    pub(crate) fn answers(&mut self) -> Option<String> {
        if self.calls.is_empty() {
            return None;
        }
        let (call, id) = (self.calls.remove(0), self.make("answer"));
        let item = json!({"type": "function_call_output", "id": id, "call_id": call,
            "output": ""});
        let create = json!({"type": "conversation.item.create", "item": item});
        Some(self.send(create, true))
    }

    /// Names its server.
    pub(crate) fn names_server(&mut self) -> String {
        let server = json!({"type": "mcp", "server_label": "docs",
            "server_url": "https://docs.example", "require_approval": {"never": {"read_only": true}}});
        let update = json!({"type": "session.update", "session": {"tools": [server]}});
        self.send(update, false)
    }

    /// Decides about its oldest request.
    pub(crate) fn decides(&mut self, approve: bool) -> Option<String> {
        if self.requests.is_empty() {
            return None;
        }
        let item = json!({"type": "mcp_approval_response", "approve": approve,
            "approval_request_id": self.requests.remove(0)});
        let create = json!({"type": "conversation.item.create", "item": item});
        Some(self.send(create, false))
    }

    /// A call of its server is whole, or will never be.
    fn ended(&self, item: &Value) {
        let has_result = !item["output"].is_null() || !item["error"].is_null();
        let id = item["id"].as_str().unwrap();
        assert_eq!(has_result, self.over.contains(id), "{item}");
    }

    fn send(&mut self, mut event: Value, unchanged: bool) -> String {
        event["event_id"] = json!(self.make("client"));
        let text = event.to_string();
        self.sent.push((text.clone(), unchanged));
        text
    }

    fn knows(&self, previous: &Value) {
        if let Some(previous) = previous.as_str() {
            let known = self.items.contains(previous) || self.heard_of.contains(previous);
            assert!(known, "{previous} is not known");
        }
    }

    fn make(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_{}", self.made)
    }
}

/// Nothing of our tools, calls, items and requests is there.
fn assert_hidden(event: &Value) {
    let mut event = event.clone();
    event["event_id"] = Value::Null;
    let text = event.to_string();
    for word in ["ours", "proxy_it", "proxy_ev", "rtmcp"] {
        assert!(!text.contains(word), "{text}");
    }
}
