//! Tools: how an MCP server describes them, how the model calls them, what comes back.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{CallId, ItemId, Private, ResponseId, limits};

/// The name of a function as a Realtime model sees it: `^[a-zA-Z0-9_-]{1,64}$`.
///
/// A session whose tool list holds any other name is refused whole, so the constructor is the
/// only door.
///
/// # Example
///
/// ```
/// use rtmcp_core::FunctionName;
///
/// assert!(FunctionName::new("get_weather").is_ok());
/// assert!(FunctionName::new("files/read").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionName(Arc<str>);

impl FunctionName {
    /// Checks and wraps a name.
    ///
    /// # Errors
    ///
    /// [`BadFunctionName`] when the name is empty, longer than 64 characters, or has a character
    /// other than an ASCII letter, a digit, `_` or `-`.
    pub fn new(name: &str) -> Result<Self, BadFunctionName> {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > limits::FUNCTION_NAME_CHARS || !name.chars().all(good) {
            return Err(BadFunctionName(name.to_owned()));
        }
        Ok(Self(Arc::from(name)))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for FunctionName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FunctionName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A name that no Realtime endpoint accepts for a function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` can't be a function name: use 1 to 64 letters, digits, `_` or `-` (no dots, slashes or spaces)"
)]
pub struct BadFunctionName(pub String);

/// A tool as its MCP server describes it.
///
/// Schemas stay as they came, in the order their author wrote them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolSpec {
    /// The name on the server.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What the tool does, for the model.
    pub description: Option<String>,
    /// JSON Schema of the arguments.
    pub input_schema: Map<String, Value>,
    /// JSON Schema of the structured result, where the server promises one.
    pub output_schema: Option<Map<String, Value>>,
    /// What the server says about the tool's effects.
    pub annotations: ToolAnnotations,
    /// The tool is meant for the view of an app alone, and never for a model: its
    /// `_meta.ui.visibility` is `["app"]`.
    pub app_only: bool,
}

/// What a server says of a tool's effects; hints from a stranger, not guarantees.
///
/// `None` means that the server didn't say, and then the cautious default of MCP holds: not read
/// only, destructive, not idempotent, open world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ToolAnnotations {
    /// The tool changes nothing.
    #[serde(rename = "readOnlyHint", skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// The tool may destroy something; only meaningful when it isn't read only.
    #[serde(rename = "destructiveHint", skip_serializing_if = "Option::is_none")]
    pub destructive: Option<bool>,
    /// Calling it again with the same arguments changes nothing more.
    #[serde(rename = "idempotentHint", skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<bool>,
    /// The tool reaches a world of unknown things, such as the web.
    #[serde(rename = "openWorldHint", skip_serializing_if = "Option::is_none")]
    pub open_world: Option<bool>,
}

impl ToolAnnotations {
    /// Tells whether the tool may change something: everything that doesn't say it is read only.
    pub fn writes(self) -> bool {
        self.read_only != Some(true)
    }
}

/// A function call of the model, complete and ready to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Links the call to its output.
    pub call_id: CallId,
    /// The response that made the call.
    pub response_id: ResponseId,
    /// The conversation item that holds the call.
    pub item_id: ItemId,
    /// The function as the model named it; it may not exist.
    pub name: String,
    /// The arguments as the model wrote them: JSON text, unchecked.
    pub arguments: Private<String>,
}

/// What came back from a tool that ran.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolOutcome {
    /// The tool ran and reports a failure of its own.
    pub is_error: bool,
    /// The parts of the result in order.
    pub content: Vec<ToolContent>,
    /// The structured result, where the tool gave one.
    pub structured: Option<Private<Value>>,
}

impl ToolOutcome {
    /// A result of one text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            content: vec![ToolContent::Text(Private::new(text.into()))],
            ..Self::default()
        }
    }
}

/// One part of a tool's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolContent {
    /// Words for the model.
    Text(Private<String>),
    /// A picture, as base64.
    Image {
        /// Media type, such as `image/png`.
        mime: String,
        /// Base64.
        data: Private<String>,
    },
    /// A sound, as base64.
    Audio {
        /// Media type, such as `audio/wav`.
        mime: String,
        /// Base64.
        data: Private<String>,
    },
    /// A resource that came along whole.
    Resource {
        /// Where it lives.
        uri: String,
        /// Media type, where known.
        mime: Option<String>,
        /// What it holds.
        body: ResourceBody,
    },
    /// A resource that can be fetched.
    Link {
        /// Where it lives.
        uri: String,
        /// Its name.
        name: String,
        /// Media type, where known.
        mime: Option<String>,
    },
}

/// What an embedded resource holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceBody {
    /// Text.
    Text(Private<String>),
    /// Bytes, as base64.
    Blob(Private<String>),
}
