//! [`Card`]: a call of a tool, from the model's first word of it to its result.

use rtmcp_api::CallEnd;
use rtmcp_core::{Private, Timestamp};
use serde_json::{Map, Value};

use super::trouble::Trouble;

/// A call of a tool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// The call.
    pub call_id: String,
    /// The function as the model named it.
    pub function: String,
    /// The server that runs it, once that is known.
    pub server: Option<String>,
    /// The tool's name there.
    pub tool: Option<String>,
    /// The arguments, as JSON that is easy to read.
    pub arguments: Private<String>,
    /// Where it is.
    pub state: CardState,
    /// How far it is, where it says so.
    pub progress: Option<Progress>,
    /// What the model was told.
    pub output: Option<Private<String>>,
    /// The whole result, as JSON that is easy to read.
    pub result: Option<Private<String>>,
    /// What to do, where the tool couldn't be reached.
    pub advice: Option<String>,
    /// A stable word for how it ended.
    pub reason: String,
    /// When it was first seen to run.
    pub began: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// What somebody has to decide.
    pub question: Option<Question>,
}

/// Where a call of a tool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CardState {
    /// The model has asked for it.
    #[default]
    Seen,
    /// Somebody must decide about it.
    Asked,
    /// The tool works.
    Running,
    /// The tool answered.
    Answered,
    /// The tool answered with an error of its own.
    ToolError,
    /// It was never made.
    Refused,
    /// No answer came.
    Failed,
    /// Nobody decided in time, the tool took too long, or the session ended.
    Ended,
}

/// How far a tool is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// How far.
    pub done: f64,
    /// Of how much.
    pub total: Option<f64>,
    /// In words.
    pub message: Option<String>,
}

/// What somebody has to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Why somebody is asked.
    pub why: String,
    /// When it is too late.
    pub expires: Timestamp,
    /// A decision is on its way.
    pub deciding: bool,
    /// Why the decision didn't get through.
    pub trouble: Option<Trouble>,
}

impl CardState {
    /// A word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Asked => "asked",
            Self::Running => "running",
            Self::Answered => "answered",
            Self::ToolError => "tool_error",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Ended => "ended",
        }
    }

    /// Tells whether it is over.
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Seen | Self::Asked | Self::Running)
    }
}

impl Card {
    /// Returns the tool's name, or the function's where that is all that is known.
    pub fn title(&self) -> &str {
        self.tool.as_deref().unwrap_or(&self.function)
    }

    /// Says how it ended, in a few words.
    pub fn ending(&self) -> &'static str {
        match (self.state, self.reason.as_str()) {
            (CardState::Seen, _) => "asked for",
            (CardState::Asked, _) => "waits for you",
            (CardState::Running, _) => "running",
            (CardState::Answered, _) => "answered",
            (CardState::ToolError, _) => "answered with an error",
            (CardState::Refused, "denied") => "denied",
            (CardState::Refused, _) => "refused",
            (CardState::Failed, _) => "failed",
            (CardState::Ended, "expired") => "time was over",
            (CardState::Ended, _) => "stopped",
        }
    }

    /// Takes over arguments as the model wrote them.
    pub(super) fn set_written(&mut self, arguments: &str) {
        if !arguments.trim().is_empty() {
            let pretty = serde_json::from_str::<Value>(arguments)
                .and_then(|value| serde_json::to_string_pretty(&value));
            let pretty = pretty.unwrap_or_else(|_| arguments.to_owned());
            self.arguments = Private::new(pretty);
        }
    }

    /// Takes over where it runs, and with what.
    pub(super) fn set_place(
        &mut self,
        server: String,
        tool: String,
        arguments: &Private<Map<String, Value>>,
    ) {
        self.server = Some(server);
        self.tool = Some(tool);
        self.arguments = pretty(arguments.expose());
    }

    /// It is over.
    pub(super) fn finish(&mut self, end: CallEnd, reason: String) {
        self.state = match (end, reason.as_str()) {
            (CallEnd::Answered, "tool_error") => CardState::ToolError,
            (CallEnd::Answered, _) => CardState::Answered,
            (CallEnd::Refused, _) => CardState::Refused,
            (CallEnd::Failed, _) => CardState::Failed,
            (CallEnd::Ended, _) => CardState::Ended,
        };
        self.reason = reason;
        self.question = None;
        self.progress = None;
    }
}

/// Writes a value as JSON that is easy to read.
pub(super) fn pretty<T: serde::Serialize>(value: &T) -> Private<String> {
    Private::new(serde_json::to_string_pretty(value).unwrap_or_default())
}
