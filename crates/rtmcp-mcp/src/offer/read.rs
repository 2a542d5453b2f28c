//! Running a call: of a tool of the server's, or of a function of ours that reads.

use rmcp::model::{
    CallToolResult, ContentBlock, EmbeddedResource, Resource, ResourceTemplate, Role, ServerResult,
};
use rtmcp_core::ToolOutcome;
use serde_json::{Map, Value, json};

use super::{Extra, Offer};
use crate::{
    client::{Client, Wanted, Work},
    convert,
    failure::Failure,
};

/// Runs a call on a connection whose functions are `offer`.
pub(crate) async fn run(
    client: &Client,
    offer: &Offer,
    work: &Work,
) -> Result<ToolOutcome, Failure> {
    let Some(extra) = offer.extra(&work.tool) else {
        let wanted = Wanted::Tool(work.tool.clone());
        let result = client.perform(work, &wanted, &work.args).await?;
        return convert::outcome(result);
    };
    match extra {
        Extra::ListResources => list(client, text(&work.args, "search")).await,
        Extra::ReadResource => {
            let Some(uri) = text(&work.args, "uri") else {
                return Ok(refused("`uri` is missing: name the resource to read"));
            };
            let wanted = Wanted::Resource(uri.to_owned());
            let result = client.perform(work, &wanted, &Map::new()).await?;
            contents(result)
        }
        Extra::GetPrompt => {
            let Some(name) = text(&work.args, "name") else {
                return Ok(refused("`name` is missing: name the prompt to get"));
            };
            let wanted = Wanted::Prompt(name.to_owned());
            let arguments = work.args.get("arguments").and_then(Value::as_object);
            let arguments = arguments.map(as_texts).unwrap_or_default();
            let result = client.perform(work, &wanted, &arguments).await?;
            messages(result)
        }
    }
}

async fn list(client: &Client, search: Option<&str>) -> Result<ToolOutcome, Failure> {
    let resources = client.resources().await?;
    // Many servers have none, and don't know the request.
    let templates = client.templates().await.unwrap_or_default();
    let words = search.unwrap_or_default().to_lowercase();
    let words: Vec<&str> = words.split_whitespace().collect();
    let resources = resources.iter().map(resource).filter(|it| has(it, &words));
    let templates = templates.iter().map(template).filter(|it| has(it, &words));
    let mut found = json!({"resources": resources.collect::<Vec<_>>()});
    let templates: Vec<Value> = templates.collect();
    if !templates.is_empty() {
        found["templates"] = Value::Array(templates);
    }
    Ok(from_result(CallToolResult::structured(found)))
}

fn resource(resource: &Resource) -> Value {
    let mut entry = json!({"uri": resource.uri, "name": resource.name});
    let title = resource.title.as_ref();
    add(&mut entry, "title", title);
    add(&mut entry, "description", resource.description.as_ref());
    add(&mut entry, "type", resource.mime_type.as_ref());
    entry
}

fn template(template: &ResourceTemplate) -> Value {
    let mut entry = json!({"uri_template": template.uri_template, "name": template.name});
    add(&mut entry, "title", template.title.as_ref());
    add(&mut entry, "description", template.description.as_ref());
    add(&mut entry, "type", template.mime_type.as_ref());
    entry
}

fn add(entry: &mut Value, key: &str, text: Option<&String>) {
    if let Some(text) = text {
        entry[key] = Value::String(text.clone());
    }
}

fn has(entry: &Value, words: &[&str]) -> bool {
    let texts = entry.as_object().into_iter().flatten();
    let texts = texts.filter_map(|(_, text)| text.as_str());
    let text = texts.collect::<Vec<_>>().join(" ").to_lowercase();
    words.iter().all(|word| text.contains(word))
}

/// The contents of a resource, as a tool would embed them.
fn contents(result: ServerResult) -> Result<ToolOutcome, Failure> {
    let ServerResult::ReadResourceResult(result) = result else {
        return Err(Failure::NotMcp("its answer to resources/read is none"));
    };
    let parts = result.contents.into_iter();
    let parts = parts.map(|contents| ContentBlock::Resource(EmbeddedResource::new(contents)));
    Ok(from_result(CallToolResult::success(parts.collect())))
}

/// The messages of a prompt: what a model is to answer in it is marked.
fn messages(result: ServerResult) -> Result<ToolOutcome, Failure> {
    let ServerResult::GetPromptResult(result) = result else {
        return Err(Failure::NotMcp("its answer to prompts/get is none"));
    };
    let parts = result
        .messages
        .into_iter()
        .map(|message| match (message.role, message.content) {
            (Role::Assistant, ContentBlock::Text(text)) => {
                ContentBlock::text(format!("[example answer] {}", text.text))
            }
            (_, content) => content,
        });
    Ok(from_result(CallToolResult::success(parts.collect())))
}

fn from_result(result: CallToolResult) -> ToolOutcome {
    // A tool result is one, whoever made it.
    convert::outcome(ServerResult::CallToolResult(result)).unwrap_or_default()
}

fn refused(words: &str) -> ToolOutcome {
    from_result(CallToolResult::error(vec![ContentBlock::text(words)]))
}

fn text<'a>(args: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    args.get(key)?.as_str()
}

/// The arguments of a prompt, which are texts; models write numbers as numbers.
fn as_texts(arguments: &Map<String, Value>) -> Map<String, Value> {
    let texts = arguments.iter().map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (name.clone(), Value::String(text))
    });
    texts.collect()
}
