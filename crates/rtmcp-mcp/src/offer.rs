//! [`Offer`]: what a server has for the model: its tools, and functions that read its resources and
//! prompts where its owner wants them.
//!
//! A voice model does best with few functions: one that finds resources by words, one that reads one,
//! and one for all prompts, whose description lists them.

mod read;

use std::fmt::Write;

use rmcp::model::Prompt;
use rtmcp_core::{ToolAnnotations, ToolSpec};
use serde_json::{Map, Value, json};

pub(crate) use self::read::run;

/// All functions of a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Offer {
    pub(crate) tools: Vec<ToolSpec>,
    /// Which of them are ours, by their names.
    extras: Vec<(String, Extra)>,
}

/// A function of ours on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    ListResources,
    ReadResource,
    GetPrompt,
}

impl Offer {
    pub(crate) fn new(tools: Vec<ToolSpec>, has_resources: bool, prompts: &[Prompt]) -> Self {
        let mut offer = Self {
            tools,
            extras: Vec::new(),
        };
        if has_resources {
            offer.add(Extra::ListResources, list_resources());
            offer.add(Extra::ReadResource, read_resource());
        }
        if !prompts.is_empty() {
            offer.add(Extra::GetPrompt, get_prompt(prompts));
        }
        offer
    }

    /// Functions that were kept: they can be offered, and are told apart once the server is there.
    pub(crate) fn kept(tools: Vec<ToolSpec>) -> Self {
        let extras = Vec::new();
        Self { tools, extras }
    }

    /// Which function of ours has this name; none for a tool of the server's.
    pub(crate) fn extra(&self, name: &str) -> Option<Extra> {
        let mut extras = self.extras.iter();
        extras.find(|(own, _)| own == name).map(|(_, extra)| *extra)
    }

    fn add(&mut self, extra: Extra, mut spec: ToolSpec) {
        let is_taken = |name: &str| self.tools.iter().any(|tool| tool.name == name);
        let mut name = spec.name.clone();
        let mut number = 2;
        while is_taken(&name) {
            name = format!("{}_{number}", spec.name);
            number += 1;
        }
        self.extras.push((name.clone(), extra));
        spec.name = name;
        self.tools.push(spec);
    }
}

fn list_resources() -> ToolSpec {
    let schema = json!({
        "type": "object",
        "properties": {"search": {
            "type": "string",
            "description": "Words that the name, the description or the address must have; all \
                            resources without it",
        }},
    });
    let description = "List the resources of this server that can be read: documents, records and \
                       the like. Returns the address (URI) of each.";
    reading("list_resources", "List resources", description, schema)
}

fn read_resource() -> ToolSpec {
    let schema = json!({
        "type": "object",
        "properties": {"uri": {"type": "string", "description": "The address of the resource"}},
        "required": ["uri"],
    });
    let description = "Read a resource of this server, by the address that listing gives.";
    reading("read_resource", "Read a resource", description, schema)
}

fn get_prompt(prompts: &[Prompt]) -> ToolSpec {
    let names: Vec<&str> = prompts.iter().map(|prompt| prompt.name.as_str()).collect();
    let schema = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "enum": names},
            "arguments": {
                "type": "object",
                "description": "The prompt's own arguments",
                "additionalProperties": {"type": "string"},
            },
        },
        "required": ["name"],
    });
    let mut description = "Get a text that this server has prepared for a task:".to_owned();
    for prompt in prompts {
        describe(&mut description, prompt);
    }
    reading("get_prompt", "Get a prompt", &description, schema)
}

/// A line for a prompt, such as `- review (code, language?): Reviews code.`
fn describe(text: &mut String, prompt: &Prompt) {
    let arguments = prompt.arguments.iter().flatten().map(|argument| {
        let optional = argument.required != Some(true);
        let mark = if optional { "?" } else { "" };
        format!("{}{mark}", argument.name)
    });
    let arguments: Vec<String> = arguments.collect();
    // Writing to a text can't fail.
    let _ = write!(text, "\n- {}", prompt.name);
    if !arguments.is_empty() {
        let _ = write!(text, " ({})", arguments.join(", "));
    }
    if let Some(words) = prompt.description.as_ref().or(prompt.title.as_ref()) {
        let first = words.lines().next().unwrap_or_default();
        let first: String = first.chars().take(WORDS).collect();
        let _ = write!(text, ": {first}");
    }
}

fn reading(name: &str, title: &str, description: &str, schema: Value) -> ToolSpec {
    let input_schema = match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    ToolSpec {
        name: name.to_owned(),
        title: Some(title.to_owned()),
        description: Some(description.to_owned()),
        input_schema,
        output_schema: None,
        annotations: ToolAnnotations {
            read_only: Some(true),
            destructive: Some(false),
            idempotent: Some(true),
            open_world: None,
        },
        app_only: false,
    }
}

/// Characters of a prompt's description that the model sees.
const WORDS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(value: Value) -> Prompt {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn functions_for_resources_and_prompts_never_clash_with_tools() {
        let own = ["read_resource", "read_resource_2", "get_prompt"];
        let own = own.map(|name| ToolSpec {
            name: name.to_owned(),
            ..ToolSpec::default()
        });
        let prompts = [prompt(json!({"name": "greet"}))];
        let offer = Offer::new(own.into(), true, &prompts);
        let names: Vec<&str> = offer.tools.iter().map(|tool| tool.name.as_str()).collect();
        let expected = [
            "read_resource",
            "read_resource_2",
            "get_prompt",
            "list_resources",
            "read_resource_3",
            "get_prompt_2",
        ];
        assert_eq!(names, expected);
        assert_eq!(offer.extra("read_resource"), None);
        assert_eq!(offer.extra("read_resource_3"), Some(Extra::ReadResource));
        assert_eq!(offer.extra("get_prompt_2"), Some(Extra::GetPrompt));
    }

    #[test]
    fn prompts_are_listed_in_the_description() {
        let prompts = [
            prompt(json!({
                "name": "review",
                "description": "Reviews code.\nAt length.",
                "arguments": [{"name": "code", "required": true}, {"name": "language"}],
            })),
            prompt(json!({"name": "greet"})),
        ];
        let spec = get_prompt(&prompts);
        let description = spec.description.unwrap();
        assert!(description.ends_with("\n- review (code, language?): Reviews code.\n- greet"));
        let names = &spec.input_schema["properties"]["name"]["enum"];
        assert_eq!(*names, json!(["review", "greet"]));
    }
}
