//! The decision about one call: run it, ask first, or refuse.

use std::{sync::Arc, time::Duration};

use rtmcp_core::{CallPolicy, FunctionName, Private, ServerName, ToolAnnotations};
use serde_json::{Map, Value};

use crate::{
    pin::ToolHash,
    policy::{Approval, Asking},
    refusal::Refusal,
    shape::{Shaped, Shaping},
};

/// The decision about one call.
#[derive(Clone, Debug, PartialEq)]
pub enum Route {
    /// Run it.
    To(Target),
    /// Ask a person, and run it when they agree.
    Ask(Target),
    /// It is answered already: the function is the router's own.
    Answer(Box<Shaped>),
    /// Don't run it; [`Refusal::output`] is what the model reads.
    Refuse(Refusal),
}

/// Where a call goes and under what rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The name of its result, for reading more of it: `result-3`; no other result of the session has it.
    pub handle: String,
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
    /// Names the tool as its server described it when the call was made.
    pub pin: ToolHash,
    /// Why a person is asked, or isn't.
    pub approval: Approval,
    /// Who may decide, and for what else a yes may count.
    pub asking: Asking,
    /// The hard deadline of the call.
    pub timeout: Duration,
    /// How long a question to a person stays open.
    pub approval_expires: Duration,
    /// How the result becomes what the model reads.
    pub shaping: Arc<Shaping>,
    /// How the call goes together with the conversation.
    pub policy: CallPolicy,
    /// A call that may have been made can be made again without harm.
    pub repeatable: bool,
}

impl Target {
    /// Tells whether the server says that the tool changes nothing.
    pub fn is_read_only(&self) -> bool {
        !self.annotations.writes()
    }
}
