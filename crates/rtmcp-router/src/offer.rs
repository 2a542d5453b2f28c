//! [`OfferRules`]: which tools a session is given, and how.

use rtmcp_core::FunctionName;
use serde::{Deserialize, Serialize};

use crate::{name::ToolRef, pin::Pins};

/// Which tools a session is given, and how; for all servers together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferRules {
    /// Characters of a function's description: 1024 unless set, which is what chat takes. A longer
    /// one is cut at the end of a sentence.
    pub description_budget: usize,
    /// What the functions of a session may cost, in [estimated](crate::estimate_tokens) tokens:
    /// 8,000 unless set. Beyond it tools are found when they are needed.
    pub budget: usize,
    /// Whether tools are found when they are needed.
    pub discover: Discover,
    /// Tools that are offered by themselves all the same: a function's name, `server.tool`, or
    /// `server.*` for all of a server.
    pub always: Vec<String>,
    /// What becomes of a tool whose description reads like instructions to the model.
    pub suspicious: Suspicious,
    /// What was approved of each tool; none where tools need no approval.
    pub pins: Option<Pins>,
}

impl Default for OfferRules {
    fn default() -> Self {
        Self {
            description_budget: 1024,
            budget: 8000,
            discover: Discover::default(),
            always: Vec::new(),
            suspicious: Suspicious::default(),
            pins: None,
        }
    }
}

impl OfferRules {
    /// Tells whether the owner wants a tool to be listed in any case.
    pub(crate) fn is_always(&self, function: &FunctionName, at: &ToolRef) -> bool {
        self.always.iter().any(|named| {
            let rest = named.strip_prefix(at.server.as_str());
            let tool = rest.and_then(|rest| rest.strip_prefix('.'));
            named == function.as_str() || tool.is_some_and(|tool| tool == "*" || tool == at.tool)
        })
    }
}

/// Whether a session is given two functions to find and call tools with, instead of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discover {
    /// Where all tools together cost more than the budget, or are more than a session holds.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never: tools beyond what a session holds are left out.
    Off,
}

/// What becomes of a tool whose description reads like instructions to the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspicious {
    /// It is offered, and its report has a warning.
    #[default]
    Warn,
    /// It is left out.
    LeaveOut,
}
