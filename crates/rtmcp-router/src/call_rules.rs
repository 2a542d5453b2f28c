//! [`CallRules`]: what a running call and the conversation owe each other, as the owner wants it.

use std::time::Duration;

use rtmcp_core::{CallPolicy, Duplicates, OnBargeIn, ReplyMode, ToolAnnotations};
use serde::{Deserialize, Serialize};

/// After how long the model is told to say that a tool still works, unless the owner says otherwise:
/// people ask whether anybody is there after some five seconds of silence.
pub const SOFT_DEADLINE: Duration = Duration::from_secs(4);

/// How calls go together with the conversation; what is `None` follows from what is said more
/// generally: by the server's rules, and in the end by the tool's annotations.
///
/// | the annotations say | `on_barge_in` | `retry` | `duplicates` |
/// |---|---|---|---|
/// | read only | [`Silent`](OnBargeIn::Silent) | where safe: yes | [`Run`](Duplicates::Run) |
/// | idempotent | [`Finish`](OnBargeIn::Finish) | where safe: yes | [`Answer`](Duplicates::Answer) |
/// | neither | [`Report`](OnBargeIn::Report) | where safe: no | [`Answer`](Duplicates::Answer) |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallRules {
    /// After how long the model is told to say that the tool still works: 4 s unless set.
    pub soft_deadline: Option<SoftDeadline>,
    /// What becomes of the conversation when the call is over: the model is asked for a reply unless
    /// something else is set.
    pub reply: Option<ReplyMode>,
    /// What becomes of the call when the person interrupts. A call is only ever cancelled where it
    /// is set.
    pub on_barge_in: Option<OnBargeIn>,
    /// Whether a call that was lost on its way is made again.
    pub retry: Option<Retry>,
    /// What becomes of a second call that is the same.
    pub duplicates: Option<Duplicates>,
}

impl CallRules {
    /// Returns these rules, and where they say nothing those of the server.
    pub(crate) fn or(self, server: Self) -> Self {
        Self {
            soft_deadline: self.soft_deadline.or(server.soft_deadline),
            reply: self.reply.or(server.reply),
            on_barge_in: self.on_barge_in.or(server.on_barge_in),
            retry: self.retry.or(server.retry),
            duplicates: self.duplicates.or(server.duplicates),
        }
    }

    /// Decides for a tool that says this of its effects.
    pub(crate) fn policy(self, annotations: ToolAnnotations) -> CallPolicy {
        let (reads, idempotent) = effects(annotations);
        CallPolicy {
            soft_deadline: self.soft_deadline.unwrap_or_default().after(),
            reply: self.reply.unwrap_or_default(),
            on_barge_in: self.on_barge_in.unwrap_or(match (reads, idempotent) {
                (true, _) => OnBargeIn::Silent,
                (false, true) => OnBargeIn::Finish,
                (false, false) => OnBargeIn::Report,
            }),
            duplicates: self.duplicates.unwrap_or(if reads {
                Duplicates::Run
            } else {
                Duplicates::Answer
            }),
        }
    }

    /// Tells whether a call that may have been made can be made again.
    pub(crate) fn repeatable(self, annotations: ToolAnnotations) -> bool {
        let (reads, idempotent) = effects(annotations);
        (reads || idempotent) && self.retry.unwrap_or_default() == Retry::WhereSafe
    }

    /// Tells whether there is a deadline of no time.
    pub(crate) fn has_zero_deadline(self) -> bool {
        self.soft_deadline == Some(SoftDeadline::After(Duration::ZERO))
    }
}

/// Tells whether a tool says that it only reads, and that it may be repeated.
fn effects(annotations: ToolAnnotations) -> (bool, bool) {
    (!annotations.writes(), annotations.idempotent == Some(true))
}

/// When the model is told to say that a tool still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoftDeadline {
    /// Never.
    Off,
    /// When the tool has run so long; and again later, at doubled spacing.
    After(Duration),
}

impl SoftDeadline {
    /// Returns how long a tool runs before the model is told, if it ever is.
    pub fn after(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::After(span) => Some(span),
        }
    }
}

impl Default for SoftDeadline {
    fn default() -> Self {
        Self::After(SOFT_DEADLINE)
    }
}

/// Whether a call that was lost on its way is made again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Where the tool's annotations say that it does no harm: those that only read, and those that
    /// are idempotent.
    #[default]
    WhereSafe,
    /// Never, whatever the annotations say.
    Never,
}
