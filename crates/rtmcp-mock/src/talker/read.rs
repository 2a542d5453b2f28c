//! What there is to read: two resources, a template, and a prompt.

use rmcp::model::{
    GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Resource, ResourceContents,
    ResourceTemplate, Role,
};

use crate::sample::Reading;

/// The resources and prompts of the talker.
pub(super) struct Library;

impl Reading for Library {
    fn resources(&self) -> Vec<Resource> {
        vec![
            Resource::new("note://hours", "hours")
                .with_description("When the shop is open")
                .with_mime_type("text/plain"),
            Resource::new("note://logo", "logo").with_mime_type("image/png"),
        ]
    }

    fn templates(&self) -> Vec<ResourceTemplate> {
        vec![ResourceTemplate::new("note://order/{id}", "order")]
    }

    fn read(&self, uri: &str) -> Option<ResourceContents> {
        match uri {
            "note://hours" => Some(ResourceContents::text("Nine to five.", uri)),
            "note://logo" => Some(ResourceContents::blob("iVBORw0KGgo=", uri)),
            _ => {
                let order = uri.strip_prefix("note://order/")?;
                Some(ResourceContents::text(format!("Order {order}."), uri))
            }
        }
    }

    fn prompts(&self) -> Vec<Prompt> {
        let name = PromptArgument::new("name").with_required(true);
        vec![Prompt::new(
            "greet",
            Some("How to greet a customer"),
            Some(vec![name]),
        )]
    }

    fn prompt(&self, name: &str, arguments: &JsonObject) -> Option<GetPromptResult> {
        if name != "greet" {
            return None;
        }
        let who = arguments.get("name")?.as_str()?;
        Some(GetPromptResult::new(vec![
            PromptMessage::new_text(Role::User, format!("Greet {who}.")),
            PromptMessage::new_text(Role::Assistant, format!("Good morning, {who}!")),
        ]))
    }
}
