//! Results of a stranger's tools: the first line is a budget in bytes, the rest the result as MCP has
//! it. What the model reads is never empty, never over the budget, and says where it was cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rtmcp_core::{Private, ResourceBody, ToolContent, ToolOutcome};
use serde_json::Value;

fuzz_target!(|text: &str| {
    let (budget, result) = text.split_once('\n').unwrap_or(("256", text));
    let budget = budget.trim().parse().unwrap_or(256_usize).clamp(256, 1 << 20);
    let outcome = outcome(result);
    let shaped = rtmcp_router::shape(&outcome, budget);
    let shown = shaped.text.expose();
    assert!(!shown.is_empty());
    assert!(shown.len() <= budget, "{} of {budget} bytes", shown.len());
    if let Some(cut) = shaped.cut {
        assert!(cut.kept < cut.total);
    }
});

/// A result as JSON; what is none is a text.
fn outcome(text: &str) -> ToolOutcome {
    let Ok(result @ Value::Object(_)) = serde_json::from_str::<Value>(text) else {
        return ToolOutcome::text(text);
    };
    let content = result["content"].as_array();
    ToolOutcome {
        is_error: result["isError"].as_bool().unwrap_or_default(),
        content: content.into_iter().flatten().map(part).collect(),
        structured: result.get("structuredContent").cloned().map(Private::new),
    }
}

fn part(part: &Value) -> ToolContent {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mime = |value: &Value| value["mimeType"].as_str().map(str::to_owned);
    match part["type"].as_str() {
        Some("image") => ToolContent::Image {
            mime: word(&part["mimeType"]),
            data: word(&part["data"]).into(),
        },
        Some("audio") => ToolContent::Audio {
            mime: word(&part["mimeType"]),
            data: word(&part["data"]).into(),
        },
        Some("resource_link") => ToolContent::Link {
            uri: word(&part["uri"]),
            name: word(&part["name"]),
            mime: mime(part),
        },
        Some("resource") => {
            let resource = &part["resource"];
            ToolContent::Resource {
                uri: word(&resource["uri"]),
                mime: mime(resource),
                body: match resource["blob"].as_str() {
                    Some(blob) => ResourceBody::Blob(blob.into()),
                    None => ResourceBody::Text(word(&resource["text"]).into()),
                },
            }
        }
        _ => ToolContent::Text(word(&part["text"]).into()),
    }
}
