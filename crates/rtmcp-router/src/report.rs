//! What became of each tool: as the model sees it, with the reason.

use rtmcp_core::{FunctionName, ServerName};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{cost::estimate_tokens, name::ToolRef, policy::Approval};

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

impl Function<'_> {
    /// [Estimates](estimate_tokens) what the function costs in a session's list.
    pub fn tokens(&self) -> usize {
        let parameters = Value::Object(self.parameters.clone()).to_string();
        let words = self.description.map_or(0, estimate_tokens);
        FRAME + estimate_tokens(self.name.as_str()) + words + estimate_tokens(&parameters)
    }
}

/// What stands around each function of a list, in tokens.
pub(crate) const FRAME: usize = 12;

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

impl ToolReport {
    /// Reports a tool that the model doesn't see.
    pub(crate) fn left_out(at: ToolRef, why: String, approval: Approval) -> Self {
        Self {
            server: at.server,
            tool: at.tool,
            function: None,
            verdict: Verdict::LeftOut(why),
            approval,
            tokens: 0,
            listed: false,
            warnings: Vec::new(),
        }
    }
}

/// What the functions of a session cost, in [estimated](crate::estimate_tokens) tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ToolCost {
    /// What a session lists.
    pub listed: usize,
    /// What it would list, if it listed all.
    pub all: usize,
    /// What it may cost.
    pub budget: usize,
    /// Whether tools are found when they are needed, instead of being listed all.
    pub discovering: bool,
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
