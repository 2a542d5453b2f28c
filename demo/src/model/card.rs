//! [`Card`]: a call of a tool, from the model's first word of it to its result.

use rtmcp_api::{Approval, CallEnd, Remember};
use rtmcp_core::{Private, Timestamp};
use serde_json::{Map, Value};

use super::trouble::{Trouble, sentence};

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
    /// What the model was told of what was cut.
    pub cut: Option<Private<String>>,
    /// How many pictures of the result the model was shown.
    pub images: usize,
    /// What one should know of the result.
    pub warnings: Vec<Private<String>>,
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
    /// Who decided, and what for.
    pub decided: Option<String>,
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
    /// By this number the person can name it aloud.
    pub number: u64,
    /// Names exactly what is shown: a decision is about that and nothing else.
    pub hash: String,
    /// For what else a yes may count at the most.
    pub may_remember: Remember,
    /// How it can be decided elsewhere than on the page, in words.
    pub elsewhere: Option<String>,
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

    /// Somebody must decide about it.
    pub(super) fn ask(&mut self, asked: &Approval, expires: Timestamp) {
        self.set_place(asked.server.clone(), asked.tool.clone(), &asked.arguments);
        self.state = CardState::Asked;
        self.question = Some(Question {
            why: sentence(&asked.why),
            expires,
            number: asked.number,
            hash: asked.hash.clone(),
            may_remember: asked.may_remember,
            elsewhere: elsewhere(&asked.channels),
            deciding: false,
            trouble: None,
        });
    }

    /// Nobody has to decide about it any more.
    pub(super) fn decide(&mut self, outcome: &str, channel: Option<&str>, remembered: Remember) {
        self.question = None;
        let way = channel.map(way).unwrap_or_default();
        let lasts = match remembered {
            Remember::No => "",
            Remember::Arguments => ", for these arguments in this session",
            Remember::Tool => ", for this tool in this session",
        };
        self.decided = match outcome {
            "approved" => Some(format!("Allowed{way}{lasts}.")),
            "remembered" => Some(format!("Allowed earlier{way}{lasts}.")),
            "denied" => Some(format!("Denied{way}.")),
            _ => None,
        };
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

/// Says how else than on the page somebody can decide.
fn elsewhere(channels: &[String]) -> Option<String> {
    let ways = channels
        .iter()
        .filter_map(|channel| match channel.as_str() {
            "voice" => Some("by saying so"),
            "dtmf" => Some("with the keys of a telephone"),
            "webhook" => Some("where the owner is asked"),
            _ => None,
        });
    let ways: Vec<&str> = ways.collect();
    (!ways.is_empty()).then(|| format!("It can also be decided {}.", ways.join(", or ")))
}

fn way(channel: &str) -> &'static str {
    match channel {
        "page" => " on the page",
        "voice" => " aloud",
        "dtmf" => " with the keys of a telephone",
        "webhook" | "api" => " elsewhere",
        _ => "",
    }
}

/// Writes a value as JSON that is easy to read.
pub(super) fn pretty<T: serde::Serialize>(value: &T) -> Private<String> {
    Private::new(serde_json::to_string_pretty(value).unwrap_or_default())
}
