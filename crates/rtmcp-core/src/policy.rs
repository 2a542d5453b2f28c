//! [`CallPolicy`]: how a running tool call and the conversation treat each other.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a running tool call and the conversation treat each other.
///
/// It is decided once, before the call runs, by whoever knows the owner's rules; a session acts on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallPolicy {
    /// After how long the model is told to say that the tool still works; never when absent.
    pub soft_deadline: Option<Duration>,
    /// What becomes of the conversation when the call is over.
    pub reply: ReplyMode,
    /// What becomes of the call when the person interrupts.
    pub on_barge_in: OnBargeIn,
    /// What becomes of a second call that is the same.
    pub duplicates: Duplicates,
}

/// What becomes of the conversation when a call is over and its output is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyMode {
    /// The model is asked for a reply, as soon as nobody speaks.
    #[default]
    Reply,
    /// Nothing is asked for: the model knows the output when it speaks next.
    Silent,
    /// The model is asked for a reply when the conversation is idle: also what sounds has ended, and
    /// no other call runs.
    WhenIdle,
    /// What the model says at that moment is cut, and it is asked for a reply at once. A person who
    /// speaks isn't interrupted.
    Interrupt,
}

/// What becomes of a running call when the person interrupts the model's turn that made it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBargeIn {
    /// It runs on, and its output is given without asking for a reply: fit for tools that only read.
    Silent,
    /// It runs on, and its output gets its reply as if nothing had happened.
    Finish,
    /// It runs on, and its output is reported with the model's next turn, or when the conversation is
    /// idle: fit for tools that change something.
    #[default]
    Report,
    /// It is cancelled, on the server too, and its output says so.
    Cancel,
}

/// What becomes of a call of the same function with the same arguments that the model makes in its
/// next response, while the first one runs or was just answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// It isn't run: its output says what became of the first one. Fit for tools that change
    /// something.
    #[default]
    Answer,
    /// It runs like any other: fit for tools that only read.
    Run,
}
