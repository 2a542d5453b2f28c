//! Results of tools as MCP writes them.

use rtmcp_core::{Private, ResourceBody, ToolContent, ToolOutcome};
use serde_json::{Value, json};

/// Returns a result as MCP writes it.
pub(crate) fn whole(outcome: &ToolOutcome) -> Value {
    json!({
        "isError": outcome.is_error,
        "content": outcome.content.iter().map(part).collect::<Vec<_>>(),
        "structuredContent": outcome.structured.as_ref().map(Private::expose),
    })
}

fn part(part: &ToolContent) -> Value {
    match part {
        ToolContent::Text(text) => json!({ "type": "text", "text": text.expose() }),
        ToolContent::Image { mime, data } => {
            json!({ "type": "image", "mimeType": mime, "data": data.expose() })
        }
        ToolContent::Audio { mime, data } => {
            json!({ "type": "audio", "mimeType": mime, "data": data.expose() })
        }
        ToolContent::Resource { uri, mime, body } => {
            let (field, text) = match body {
                ResourceBody::Text(text) => ("text", text),
                ResourceBody::Blob(blob) => ("blob", blob),
            };
            let resource = json!({ "uri": uri, "mimeType": mime, field: text.expose() });
            json!({ "type": "resource", "resource": resource })
        }
        ToolContent::Link { uri, name, mime } => {
            json!({ "type": "resource_link", "uri": uri, "name": name, "mimeType": mime })
        }
    }
}
