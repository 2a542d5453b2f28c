//! Tool results and progress.

use rmcp::model::{
    CallToolResult, ContentBlock, ProgressNotificationParam, ResourceContents, ServerResult,
};
use rtmcp_core::{Private, ResourceBody, ToolContent, ToolOutcome};
use serde_json::Value;

use crate::{call::Progress, failure::Failure};

/// The result of a tool call.
pub(crate) fn outcome(result: ServerResult) -> Result<ToolOutcome, Failure> {
    match result {
        ServerResult::CallToolResult(result) => Ok(from_result(result)),
        ServerResult::EmptyResult(_) | ServerResult::TaskAckResult(_) => Ok(ToolOutcome::default()),
        ServerResult::CustomResult(result) => lenient(result.0),
        _ => Err(Failure::NotMcp(
            "its answer to tools/call is no tool result",
        )),
    }
}

pub(crate) fn progress(params: &ProgressNotificationParam) -> Progress {
    Progress {
        progress: params.progress,
        total: params.total,
        message: params.message.clone().map(Private::new),
    }
}

fn from_result(result: CallToolResult) -> ToolOutcome {
    ToolOutcome {
        is_error: result.is_error.unwrap_or(false),
        content: result.content.into_iter().map(content).collect(),
        structured: result.structured_content.map(Private::new),
    }
}

fn content(block: ContentBlock) -> ToolContent {
    match block {
        ContentBlock::Text(text) => ToolContent::Text(Private::new(text.text)),
        ContentBlock::Image(image) => ToolContent::Image {
            mime: image.mime_type,
            data: Private::new(image.data),
        },
        ContentBlock::Audio(audio) => ToolContent::Audio {
            mime: audio.mime_type,
            data: Private::new(audio.data),
        },
        ContentBlock::Resource(embedded) => resource(embedded.resource),
        ContentBlock::ResourceLink(link) => ToolContent::Link {
            uri: link.uri,
            name: link.name,
            mime: link.mime_type,
        },
        _ => unreadable_part(),
    }
}

fn resource(contents: ResourceContents) -> ToolContent {
    match contents {
        ResourceContents::TextResourceContents {
            uri,
            mime_type,
            text,
            ..
        } => ToolContent::Resource {
            uri,
            mime: mime_type,
            body: ResourceBody::Text(Private::new(text)),
        },
        ResourceContents::BlobResourceContents {
            uri,
            mime_type,
            blob,
            ..
        } => ToolContent::Resource {
            uri,
            mime: mime_type,
            body: ResourceBody::Blob(Private::new(blob)),
        },
        _ => unreadable_part(),
    }
}

/// A result of which a part is wrong or of a kind that is newer than we are.
fn lenient(result: Value) -> Result<ToolOutcome, Failure> {
    let Value::Object(mut result) = result else {
        return Err(Failure::NotMcp(
            "its answer to tools/call is no tool result",
        ));
    };
    let parts = match result.remove("content") {
        Some(Value::Array(parts)) => parts,
        Some(Value::Null) | None => Vec::new(),
        Some(part) => vec![part],
    };
    let structured = result.remove("structuredContent");
    if parts.is_empty() && structured.is_none() && !result.contains_key("isError") {
        return Err(Failure::NotMcp(
            "its answer to tools/call is no tool result",
        ));
    }
    Ok(ToolOutcome {
        is_error: result.get("isError").and_then(Value::as_bool) == Some(true),
        content: parts.into_iter().map(lenient_part).collect(),
        structured: structured.map(Private::new),
    })
}

fn lenient_part(part: Value) -> ToolContent {
    if let Value::String(text) = part {
        return ToolContent::Text(Private::new(text));
    }
    serde_json::from_value(part).map_or_else(|_| unreadable_part(), content)
}

/// The model should know that something is missing.
fn unreadable_part() -> ToolContent {
    ToolContent::Text(Private::from("[a part of this result could not be read]"))
}

#[cfg(test)]
mod tests {
    use rmcp::model::CustomResult;
    use serde_json::json;

    use super::*;

    fn convert(result: Value) -> Result<ToolOutcome, Failure> {
        outcome(serde_json::from_value(result).unwrap())
    }

    fn text(content: &ToolContent) -> &str {
        match content {
            ToolContent::Text(text) => text.expose(),
            other => panic!("text instead of {other:?}"),
        }
    }

    #[test]
    fn every_kind_of_content_keeps_its_place() {
        let outcome = convert(json!({
            "content": [
                {"type": "text", "text": "hello", "annotations": {"priority": 1}, "_meta": {"x": 1}},
                {"type": "image", "mimeType": "image/png", "data": "aW1n"},
                {"type": "audio", "mimeType": "audio/wav", "data": "d2F2"},
                {"type": "resource", "resource": {"uri": "a://1", "mimeType": "text/plain", "text": "t"}},
                {"type": "resource", "resource": {"uri": "a://2", "blob": "YmxvYg=="}},
                {"type": "resource_link", "uri": "a://3", "name": "three", "unknown": true},
            ],
            "structuredContent": {"z": 1, "a": 2},
            "isError": false,
            "another": "field",
        }));
        let outcome = outcome.unwrap();
        assert!(!outcome.is_error);
        assert_eq!(text(&outcome.content[0]), "hello");
        let kinds: Vec<_> = outcome.content.iter().map(std::mem::discriminant).collect();
        assert_eq!(kinds.len(), 6);
        assert_eq!(kinds[3], kinds[4]);
        let structured = outcome.structured.unwrap();
        assert_eq!(structured.expose().to_string(), r#"{"z":1,"a":2}"#);
    }

    #[test]
    fn a_part_of_an_unknown_kind_costs_only_itself() {
        let outcome = convert(json!({
            "content": [{"type": "hologram", "data": 1}, {"type": "text", "text": "rest"}],
            "isError": true,
        }));
        let outcome = outcome.unwrap();
        assert!(outcome.is_error);
        assert_eq!(text(&outcome.content[1]), "rest");
        assert!(text(&outcome.content[0]).contains("could not be read"));
    }

    #[test]
    fn wrong_types_are_read_as_far_as_they_go() {
        let outcome = convert(json!({"content": "just words", "isError": "no"})).unwrap();
        assert_eq!(text(&outcome.content[0]), "just words");
        assert!(!outcome.is_error);
    }

    #[test]
    fn what_is_no_result_is_an_error() {
        let no_result = ServerResult::CustomResult(CustomResult::new(json!([1, 2])));
        assert!(matches!(outcome(no_result), Err(Failure::NotMcp(_))));
        assert!(convert(json!({"tools": []})).is_err());
    }
}
