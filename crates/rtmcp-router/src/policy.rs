//! Whether a person is asked before a tool runs, and why.

use std::fmt;

use rtmcp_core::ToolAnnotations;
use serde::Serialize;

use crate::config::{Approve, ServerRules};

/// Whether a person is asked before a tool runs, and where that comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// A person is asked before every call.
    pub asks: bool,
    /// What decided it.
    pub because: ApprovalReason,
}

/// What decides whether a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalReason {
    /// The owner set `never` or `always`.
    Configured,
    /// The server says whether the tool is read only.
    Annotation,
    /// The server doesn't say, so the tool counts as one that writes.
    Unsaid,
}

impl Approval {
    /// Decides for one tool: the tool's rule, else the server's, else [`Approve::Writes`].
    pub(crate) fn decide(rules: &ServerRules, tool: &str, annotations: ToolAnnotations) -> Self {
        let exception = rules.tools.get(tool).and_then(|t| t.approve);
        match exception.or(rules.approve).unwrap_or_default() {
            Approve::Never => Self::configured(false),
            Approve::Always => Self::configured(true),
            Approve::Writes => Self {
                asks: annotations.writes(),
                because: match annotations.read_only {
                    Some(_) => ApprovalReason::Annotation,
                    None => ApprovalReason::Unsaid,
                },
            },
        }
    }

    const fn configured(asks: bool) -> Self {
        Self {
            asks,
            because: ApprovalReason::Configured,
        }
    }
}

impl fmt::Display for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.asks, self.because) {
            (true, ApprovalReason::Configured) => "asks (configured)",
            (true, ApprovalReason::Annotation) => "asks (the server says that it writes)",
            (true, ApprovalReason::Unsaid) => "asks (the server doesn't say that it only reads)",
            (false, ApprovalReason::Configured) => "runs without asking (configured)",
            (false, _) => "runs without asking (the server says that it only reads)",
        })
    }
}
