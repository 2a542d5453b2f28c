//! Calls that wait for a decision, and decisions.

use rtmcp_core::Private;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A call that waits for a decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// The call.
    pub call_id: String,
    /// A short number, by which the person can name it among those that wait.
    pub number: u64,
    /// The server that would run it.
    pub server: String,
    /// The tool's name there.
    pub tool: String,
    /// The arguments.
    pub arguments: Private<Map<String, Value>>,
    /// Names the server, the tool and these arguments: a [`Decision`] that says it can be about
    /// nothing else.
    pub hash: String,
    /// Why somebody is asked.
    pub why: String,
    /// For what else a yes may count at the most.
    pub may_remember: Remember,
    /// Who may decide: `page`, `webhook`, `api`, `voice`, `dtmf`, `terminal`.
    pub channels: Vec<String>,
    /// When the call is given up, in milliseconds from now.
    pub expires_ms: u64,
}

/// For what else a yes counts, until the session is over.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Remember {
    /// For this call alone.
    #[default]
    No,
    /// For calls of the same tool with the same arguments.
    Arguments,
    /// For calls of the same tool that the same rule asks about, with any arguments.
    Tool,
}

impl Remember {
    /// Tells whether it counts for this call alone.
    pub fn is_no(&self) -> bool {
        *self == Self::No
    }
}

/// Decides about a call that waits for a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Whether it may run.
    pub approve: bool,
    /// Why not, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Private<String>>,
    /// What it is about: the [hash](Approval::hash) that was shown with the arguments. A decision
    /// about other arguments than those that wait is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// For what else a yes counts: no more than [`Approval::may_remember`].
    #[serde(default, skip_serializing_if = "Remember::is_no")]
    pub remember: Remember,
}

/// Decides in the place of a webhook, with the token that it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Whether the call may run.
    pub approve: bool,
    /// Why not, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Private<String>>,
    /// What it is about: the hash of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// For what else a yes counts: no more than the request says.
    #[serde(default, skip_serializing_if = "Remember::is_no")]
    pub remember: Remember,
    /// Who decided, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Private<String>>,
}
