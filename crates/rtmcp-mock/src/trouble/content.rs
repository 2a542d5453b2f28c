//! Tools whose results, or schemas, are hard to take.

use rmcp::ErrorData;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Resource, object};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, refused, said};

/// The largest result that `huge` makes, so that a slip of the finger doesn't end the process.
const LARGEST: usize = 64 << 20;

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Echo {
    /// What to say back.
    text: String,
}

pub(super) fn echo(Parameters(Echo { text }): Parameters<Echo>) -> Answer {
    said(text)
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Huge {
    /// Length of the text, in bytes; at most 64 MiB.
    #[schemars(range(max = LARGEST))]
    bytes: usize,
}

pub(super) fn huge(Parameters(Huge { bytes }): Parameters<Huge>) -> Answer {
    if bytes > LARGEST {
        return refused(format!("That is too huge: at most {LARGEST} bytes."));
    }
    said("x".repeat(bytes))
}

pub(super) fn fail() -> Answer {
    refused("This tool always fails. Nothing was done.")
}

pub(super) fn protocol_error() -> Answer {
    let message = "this tool always answers with a JSON-RPC error";
    Err(ErrorData::internal_error(message, None))
}

/// What `wrong_type` promises: a number.
pub(super) fn promised() -> JsonObject {
    object(json!({
        "type": "object",
        "properties": { "temperature": { "type": "number" } },
        "required": ["temperature"],
    }))
}

pub(super) fn wrong_type() -> Answer {
    Ok(CallToolResult::structured(json!({ "temperature": "warm" })))
}

/// Allowed by JSON Schema, and not what a function's parameters may look like.
pub(super) fn odd_schema() -> JsonObject {
    object(json!({
        "$defs": { "node": { "properties": { "next": { "$ref": "#/$defs/node" } } } },
        "properties": {
            "anything": true,
            "nothing": false,
            "node": { "$ref": "#/$defs/node" },
        },
        "additionalProperties": true,
    }))
}

pub(super) fn arguments(arguments: JsonObject) -> Answer {
    said(Value::Object(arguments).to_string())
}

/// One red pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/// A millisecond of a tone, 8 kHz.
const WAV: &str =
    "UklGRjQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YRAAAAAAAEAfAADA4AAAQB8AAMDg";

pub(super) fn image() -> Answer {
    Ok(CallToolResult::success(vec![ContentBlock::image(
        PNG,
        "image/png",
    )]))
}

pub(super) fn audio() -> Answer {
    Ok(CallToolResult::success(vec![ContentBlock::audio(
        WAV,
        "audio/wav",
    )]))
}

pub(super) fn resource() -> Answer {
    let embedded = ContentBlock::embedded_text("sample://manual", "Turn it off and on again.");
    let link = Resource::new("sample://catalog", "catalog").with_mime_type("text/plain");
    let blocks = vec![embedded, ContentBlock::resource_link(link)];
    Ok(CallToolResult::success(blocks))
}
