//! What became of each tool: as the model sees it, with the reason.

use rtmcp_core::{FunctionName, ServerName};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::policy::Approval;

/// A function as it is offered to the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Function<'a> {
    /// The name that the model calls.
    pub name: &'a FunctionName,
    /// What it does, in the words of the server or of the route.
    pub description: Option<&'a str>,
    /// The JSON Schema of its arguments; always an object schema with `properties`.
    pub parameters: &'a Map<String, Value>,
}

/// What became of one tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToolReport {
    /// The server that offers the tool.
    pub server: ServerName,
    /// The tool's name there.
    pub tool: String,
    /// The name that the model sees; `None` when the tool is left out.
    pub function: Option<FunctionName>,
    /// Whether and how the model sees the tool.
    pub verdict: Verdict,
    /// Whether a person is asked.
    pub approval: Approval,
    /// What the function costs in a session's list of tools, in
    /// [estimated](crate::estimate_tokens) tokens; nothing where the tool is left out.
    pub tokens: usize,
    /// Whether a session lists the function; where it doesn't, it is found when it is needed.
    pub listed: bool,
    /// What the owner should look at, each a sentence.
    pub warnings: Vec<String>,
}

/// Whether and how the model sees a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As the server describes it.
    Ok,
    /// With changes, each a sentence for people.
    Repaired(Vec<String>),
    /// Not at all, for this reason.
    LeftOut(String),
}

impl Verdict {
    /// Tells whether the model sees the tool.
    pub fn is_offered(&self) -> bool {
        !matches!(self, Self::LeftOut(_))
    }
}
