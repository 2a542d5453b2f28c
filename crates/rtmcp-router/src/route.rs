//! The decision about one call: run it, ask first, or refuse.

use std::time::Duration;

use rtmcp_core::{FunctionName, Private, ServerName, ToolAnnotations};
use serde_json::{Map, Value};

use crate::{policy::Approval, refusal::Refusal};

/// The decision about one call.
#[derive(Clone, Debug, PartialEq)]
pub enum Route {
    /// Run it.
    To(Target),
    /// Ask a person, and run it when they agree.
    Ask(Target),
    /// Don't run it; [`Refusal::output`] is what the model reads.
    Refuse(Refusal),
}

/// Where a call goes and under what rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The function, by the name that it has now; the model may have used another.
    pub function: FunctionName,
    /// The server that answers.
    pub server: ServerName,
    /// The tool's name there.
    pub tool: String,
    /// The arguments, checked against the tool's schema.
    pub arguments: Private<Map<String, Value>>,
    /// What the server says of the tool's effects.
    pub annotations: ToolAnnotations,
    /// Why a person is asked, or isn't.
    pub approval: Approval,
    /// The hard deadline of the call.
    pub timeout: Duration,
    /// How long a question to a person stays open.
    pub approval_expires: Duration,
    /// The most that the model reads of the result, in bytes.
    pub output_budget: usize,
}

impl Target {
    /// Tells whether the server says that the tool changes nothing.
    pub fn is_read_only(&self) -> bool {
        !self.annotations.writes()
    }
}
