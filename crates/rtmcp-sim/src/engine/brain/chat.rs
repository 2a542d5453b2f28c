//! A brain behind an OpenAI-compatible server.

use rtmcp_core::{
    ContentKind, FunctionCall, Item, McpCall, Message, Private, Role,
    session::{FunctionTool, ToolChoice},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::conversation::text_of;
use crate::engine::{Brain, EngineError, Prompt, Thinking, Thought, ready, remote::Remote};

/// Asks `POST {base}/v1/chat/completions` with the session's tools, as OpenAI, Ollama, llama.cpp,
/// vLLM and others serve it.
#[derive(Clone, Debug)]
pub struct Chat {
    remote: Remote,
    model: String,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Reply,
}

#[derive(Deserialize)]
struct Reply {
    content: Option<String>,
    tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
struct Call {
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    /// JSON text; some servers give the object itself.
    #[serde(default)]
    arguments: Value,
}

impl Chat {
    /// A brain at `base`, such as `http://127.0.0.1:11434` (with or without `/v1`).
    pub fn new(base: &str, model: &str, key: Option<Private<String>>) -> Self {
        Self {
            remote: Remote::new("chat brain", base, key),
            model: model.to_owned(),
        }
    }

    async fn ask(&self, prompt: &Prompt) -> Result<Vec<Thought>, EngineError> {
        let request = self.remote.post("chat/completions");
        let request = request.json(&self.body(prompt));
        let response = self.remote.send(request).await?;
        let completion: Completion = response.json().await.map_err(|_| {
            let trouble = "the answer is no chat completion; check that the URL is one of a model";
            self.remote.error(trouble)
        })?;
        let reply = completion.choices.into_iter().next();
        let reply =
            reply.ok_or_else(|| self.remote.error("the answer has no choices; try again"))?;
        Ok(reply.message.into_thoughts())
    }

    fn body(&self, prompt: &Prompt) -> Value {
        let mut body = json!({"model": self.model, "messages": messages(prompt)});
        if !prompt.tools.is_empty() {
            body["tools"] = prompt.tools.iter().map(tool).collect();
            if let Some(choice) = &prompt.tool_choice {
                body["tool_choice"] = tool_choice(choice);
            }
        }
        body
    }
}

impl Brain for Chat {
    fn think(&self, prompt: Prompt) -> Thinking<'_, Vec<Thought>> {
        Box::pin(async move { self.ask(&prompt).await })
    }

    fn prepare(&self) -> Thinking<'_, String> {
        ready(format!("{} at {}", self.model, self.remote.base()))
    }
}

impl Reply {
    fn into_thoughts(self) -> Vec<Thought> {
        let said = self.content.filter(|it| !it.trim().is_empty());
        let calls = self.tool_calls.unwrap_or_default();
        let calls = calls.into_iter().map(|call| Thought::Call {
            name: call.function.name,
            arguments: Private::new(match call.function.arguments {
                Value::String(text) => text,
                Value::Null => "{}".to_owned(),
                object => object.to_string(),
            }),
        });
        let said = said.map(|it| Thought::Say(it.into()));
        said.into_iter().chain(calls).collect()
    }
}

fn tool(tool: &FunctionTool) -> Value {
    let any = || json!({"type": "object", "properties": {}});
    let parameters = tool.parameters.clone().map_or_else(any, Value::Object);
    json!({"type": "function", "function": {
        "name": tool.name,
        "description": tool.description,
        "parameters": parameters,
    }})
}

fn tool_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Mode(mode) => json!(mode),
        ToolChoice::Named(named) => {
            json!({"type": "function", "function": {"name": named.name}})
        }
    }
}

/// The conversation in the words of chat, where each call is followed by its output at once.
fn messages(prompt: &Prompt) -> Vec<Value> {
    let instructions = prompt.instructions.expose();
    let mut messages = Vec::new();
    if !instructions.is_empty() {
        messages.push(json!({"role": "system", "content": instructions}));
    }
    let mut items = prompt.items.as_slice();
    while let Some((item, rest)) = items.split_first() {
        match item {
            Item::FunctionCall(_) => {
                let is_call = |it: &&Item| matches!(it, Item::FunctionCall(_));
                let count = items.iter().take_while(is_call).count();
                let (calls, after) = items.split_at(count);
                messages.extend(called(calls, &prompt.items));
                items = after;
                continue;
            }
            Item::McpCall(call) => messages.extend(called_there(call)),
            Item::Message(message) => messages.push(spoken(message)),
            _ => {}
        }
        items = rest;
    }
    messages
}

fn spoken(message: &Message) -> Value {
    let role = match message.role {
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::System | Role::Other(_) => "system",
    };
    let text = text_of(message);
    let pictures = message.content.iter().filter_map(|part| match part.kind {
        ContentKind::InputImage => part.image_url.as_ref(),
        _ => None,
    });
    let mut parts: Vec<Value> = pictures
        .map(|it| json!({"type": "image_url", "image_url": {"url": it.expose()}}))
        .collect();
    if parts.is_empty() {
        return json!({"role": role, "content": text});
    }
    parts.insert(0, json!({"type": "text", "text": text}));
    json!({"role": role, "content": parts})
}

fn called(calls: &[Item], items: &[Item]) -> Vec<Value> {
    let mut made = Vec::new();
    let mut outputs = Vec::new();
    for (nth, item) in calls.iter().enumerate() {
        if let Item::FunctionCall(call) = item {
            let id = call
                .call_id
                .as_ref()
                .map_or(format!("call_{nth}"), |it| it.as_str().to_owned());
            made.push(call_of(&id, &call.name, call.arguments.expose()));
            let output = output_of(call, items).unwrap_or("There is no result yet.");
            outputs.push(json!({"role": "tool", "tool_call_id": id, "content": output}));
        }
    }
    let mut messages = vec![json!({"role": "assistant", "tool_calls": made})];
    messages.extend(outputs);
    messages
}

fn called_there(call: &McpCall) -> Vec<Value> {
    let id = call.id.as_str();
    let error = call.error.as_ref().and_then(|it| it.message.as_ref());
    let output = call.output.as_ref().or(error).map(Private::expose);
    let made = call_of(id, &call.name, call.arguments.expose());
    vec![
        json!({"role": "assistant", "tool_calls": [made]}),
        json!({"role": "tool", "tool_call_id": id, "content": output}),
    ]
}

fn call_of(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn output_of<'a>(call: &FunctionCall, items: &'a [Item]) -> Option<&'a str> {
    items.iter().find_map(|item| match item {
        Item::FunctionCallOutput(it) if Some(&it.call_id) == call.call_id.as_ref() => {
            Some(it.output.expose().as_str())
        }
        _ => None,
    })
}
