//! How the sample tools are described and how they answer.

use rmcp::ErrorData;
use rmcp::model::{
    CallToolResult, ContentBlock, Implementation, JsonObject, ServerCapabilities, ServerConfig,
    Tool, ToolAnnotations,
};
use schemars::JsonSchema;
use serde::Serialize;

/// What a tool returns; `Err` is a JSON-RPC error, which the model never gets to read.
pub(crate) type Answer = Result<CallToolResult, ErrorData>;

/// A result for people and for programs: `text` can be read out, `value` is the same as data.
pub(crate) fn spoken(text: impl Into<String>, value: &impl Serialize) -> Answer {
    let value = serde_json::to_value(value)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let mut result = CallToolResult::structured(value);
    result.content = vec![ContentBlock::text(text)];
    Ok(result)
}

/// A result that is only text.
pub(crate) fn said(text: impl Into<String>) -> Answer {
    Ok(CallToolResult::success(vec![ContentBlock::text(text)]))
}

/// An `isError` result: the call was understood and can't be done; `text` says what would work.
pub(crate) fn refused(text: impl Into<String>) -> Answer {
    Ok(CallToolResult::error(vec![ContentBlock::text(text)]))
}

/// A tool that takes `In`, and a title for people.
pub(crate) fn tool<In: JsonSchema + 'static>(
    name: &'static str,
    title: &'static str,
    description: &'static str,
) -> Tool {
    Tool::new(name, description, JsonObject::new())
        .with_title(title)
        .with_input_schema::<In>()
}

/// Hints of a tool that changes nothing.
pub(crate) fn reads() -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(true)
        .destructive(false)
        .idempotent(true)
        .open_world(false)
}

/// Hints of a tool that changes something each time it is called.
pub(crate) fn writes(destructive: bool) -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(false)
        .destructive(destructive)
        .idempotent(false)
        .open_world(false)
}

/// How a sample server introduces itself.
pub(crate) fn introduction(
    capabilities: ServerCapabilities,
    name: &str,
    title: &str,
    instructions: &str,
) -> ServerConfig {
    ServerConfig::new(capabilities)
        .with_server_info(Implementation::new(name, env!("CARGO_PKG_VERSION")).with_title(title))
        .with_instructions(instructions)
}
