//! Whether a person is asked before a tool runs, and why; by whom it is decided, and for how long.

mod condition;
mod rule;
mod tests;

use std::{collections::BTreeSet, fmt, time::Duration};

use rtmcp_core::ToolAnnotations;
use serde::{Deserialize, Serialize};

pub use condition::{Condition, Test};
pub use rule::{ApprovalRules, ApproveRule, Ask, Hint};
pub(crate) use rule::{Rules, Subject, check};

use crate::config::{Approve, ServerRules};

/// Whether a person is asked before a tool runs, and where that comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// A person is asked before every call; of a tool whose rules look at the arguments, before
    /// some.
    pub asks: bool,
    /// What decided it.
    pub because: ApprovalReason,
}

impl Default for Approval {
    /// A tool of which nothing is known.
    fn default() -> Self {
        Self {
            asks: true,
            because: ApprovalReason::Unsaid,
        }
    }
}

/// What decides whether a person is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalReason {
    /// The owner set `never` or `always`.
    Configured,
    /// The server says whether the tool is read only.
    Annotation,
    /// The server doesn't say, so the tool counts as one that writes.
    Unsaid,
    /// A rule of the owner.
    Rule {
        /// Which one, from 1 in the order of the configuration.
        number: usize,
        /// What it says of the arguments, such as `cents above 10000`.
        when: Option<String>,
    },
    /// It depends on the arguments of each call.
    Arguments {
        /// The rules that look at them, from 1 in the order of the configuration.
        rules: Vec<usize>,
    },
}

/// A way by which somebody decides about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The page of the person in the call.
    Page,
    /// A program of the owner's that is asked over HTTP.
    Webhook,
    /// The application that leads the session.
    Api,
    /// The words of the person in the call.
    Voice,
    /// The telephone keys of the person in the call.
    Dtmf,
    /// The terminal that the session runs in.
    Terminal,
}

impl Channel {
    /// The channels that may decide where nobody says which: all but what the person in the call
    /// says or presses, which anybody near the telephone could.
    pub const DEFAULT: [Self; 4] = [Self::Page, Self::Webhook, Self::Api, Self::Terminal];

    /// Returns the word for it in configurations, requests and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Webhook => "webhook",
            Self::Api => "api",
            Self::Voice => "voice",
            Self::Dtmf => "dtmf",
            Self::Terminal => "terminal",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// For what else a yes counts, until the session is over. The greater one includes the lesser.
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

/// How a person is asked about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Who may decide.
    pub channels: BTreeSet<Channel>,
    /// For what else a yes may count at the most.
    pub remember: Remember,
    /// How long the question stays open.
    pub expires: Duration,
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
        let verb = if self.asks {
            "asks"
        } else {
            "runs without asking"
        };
        match &self.because {
            ApprovalReason::Configured => write!(f, "{verb} (configured)"),
            ApprovalReason::Annotation if self.asks => {
                f.write_str("asks (the server says that it writes)")
            }
            ApprovalReason::Unsaid if self.asks => {
                f.write_str("asks (the server doesn't say that it only reads)")
            }
            ApprovalReason::Annotation | ApprovalReason::Unsaid => {
                f.write_str("runs without asking (the server says that it only reads)")
            }
            ApprovalReason::Rule { number, when: None } => write!(f, "{verb} (rule {number})"),
            ApprovalReason::Rule {
                number,
                when: Some(when),
            } => write!(f, "{verb} (rule {number}, {when})"),
            ApprovalReason::Arguments { rules } => {
                let verb = if self.asks { "may ask" } else { verb };
                let rules: Vec<String> = rules.iter().map(ToString::to_string).collect();
                let (noun, rules) = match rules.as_slice() {
                    [one] => ("rule", one.clone()),
                    several => ("rules", several.join(", ")),
                };
                write!(f, "{verb}, by the arguments ({noun} {rules})")
            }
        }
    }
}
