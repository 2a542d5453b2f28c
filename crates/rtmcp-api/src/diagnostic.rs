//! [`Diagnostic`]: what happens in a session, as a page shows it.

use rtmcp_core::Private;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Approval, Elicitation, Remember};

/// Something that happened in a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Counts from 1 in each session, without gaps; the `id` of the event in the stream.
    pub seq: u64,
    /// Milliseconds since the session began.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// The backend sent this to the Realtime endpoint.
    Sent {
        /// The event.
        event: Private<Value>,
    },
    /// The Realtime endpoint sent this to the backend. Sound is left out.
    Received {
        /// The event.
        event: Private<Value>,
    },
    /// The session listens.
    Ready {
        /// The model that answers.
        model: Option<String>,
    },
    /// An MCP server is there.
    ServerReady {
        /// The server.
        server: String,
        /// How many tools it offers.
        tools: usize,
    },
    /// An MCP server can't be reached; it is tried again.
    ServerDown {
        /// The server.
        server: String,
        /// Why, and what to do.
        message: String,
    },
    /// The tools of an MCP server can be used once somebody has signed in to it:
    /// `POST /api/sessions/{id}/sign-in/{server}` begins that, where the visitor may.
    SignInNeeded {
        /// The server.
        server: String,
    },
    /// The tools of an MCP server are others than before; the model has them with its next response.
    ToolsChanged {
        /// The server.
        server: String,
        /// Tools that are new, by their names there.
        added: Vec<String>,
        /// Tools that are gone.
        removed: Vec<String>,
        /// Tools that are described otherwise.
        changed: Vec<String>,
    },
    /// An MCP server failed so often that it is left alone for a while.
    ServerResting {
        /// The server.
        server: String,
        /// How often it failed.
        failures: u32,
        /// When it is tried again, in milliseconds from now.
        retry_ms: u64,
    },
    /// An MCP server that was left alone works again.
    ServerRecovered {
        /// The server.
        server: String,
    },
    /// An MCP server logged something. The words are a stranger's.
    ServerLog {
        /// The server.
        server: String,
        /// How grave it says that this is: `debug`, `info`, `notice`, `warning`, `error`,
        /// `critical`, `alert` or `emergency`.
        level: String,
        /// The part of the server that says so.
        logger: Option<String>,
        /// What it says.
        message: Private<String>,
        /// How many messages before this one were left out, as they came too fast.
        left_out: u64,
    },
    /// An MCP server asks the person something.
    Elicitation(Elicitation),
    /// A question doesn't wait for an answer any more.
    ElicitationOver {
        /// The question.
        id: String,
    },
    /// Somebody must decide about a call.
    Approval(Approval),
    /// A call doesn't wait for a decision any more, or an earlier yes counts for it.
    ApprovalOver {
        /// The call.
        call_id: String,
        /// How it ended: `approved`, `denied`, `expired`, `withdrawn` or `remembered`.
        outcome: String,
        /// Who decided: `page`, `webhook`, `api`, `voice`, `dtmf` or `terminal`.
        channel: Option<String>,
        /// For what else the yes counts.
        remembered: Remember,
    },
    /// A tool runs.
    ToolStarted {
        /// The call.
        call_id: String,
        /// The server that runs it.
        server: String,
        /// The tool's name there.
        tool: String,
        /// The arguments.
        arguments: Private<Map<String, Value>>,
    },
    /// A tool says how far it is.
    ToolProgress {
        /// The call.
        call_id: String,
        /// How far.
        progress: f64,
        /// Of how much.
        total: Option<f64>,
        /// In words.
        message: Option<Private<String>>,
    },
    /// A call is over.
    ToolFinished {
        /// The call.
        call_id: String,
        /// The function as the model named it.
        function: String,
        /// How it ended.
        end: CallEnd,
        /// A stable word for how it ended: `answered`, `tool_error`, or the kind of the refusal,
        /// of the failure, or of the session's own end (`expired`, `cancelled`, `orphaned`).
        reason: String,
        /// What the model was told.
        output: Private<String>,
        /// The whole result, as the server gave it; what the owner hides from pages is replaced.
        result: Option<Private<Value>>,
        /// What the model was told of what was cut.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cut: Option<Private<String>>,
        /// How many pictures of the result the model was shown, from the first.
        #[serde(default)]
        images: usize,
        /// What people should know of the result, one sentence each.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Private<String>>,
        /// What to do, where the tool couldn't be reached.
        advice: Option<String>,
        /// How long the tool took, in milliseconds.
        took_ms: u64,
    },
    /// What came before isn't kept any more: a reader comes back too late for it. Its `seq` is that
    /// of the last event that is missing.
    Missed {
        /// How many events are missing.
        events: u64,
    },
    /// Something went wrong, and the session goes on.
    Trouble {
        /// What, and what to do.
        message: String,
    },
    /// The conversation is to go on over another connection to the endpoint, which is being opened.
    HandingOver {
        /// A stable word for why: `expiring`, as the endpoint would end the session soon, `dropped`,
        /// or `expired`.
        reason: String,
    },
    /// The conversation goes on.
    HandedOver {
        /// Why, as before.
        reason: String,
        /// How many items of the conversation the endpoint was given again.
        replayed: usize,
        /// What it doesn't know any more, in words; empty where it knows everything.
        lost: Vec<String>,
        /// All of it in one sentence.
        message: String,
    },
    /// The session is over; nothing follows.
    Closed {
        /// A stable word: `asked`, `lost`, `silent`, `refused`, `fatal`, `ended`, where the
        /// call has at the endpoint, `left`, where the browser was gone, or `shutdown`, where the
        /// backend ends.
        reason: String,
        /// Why, and what to do.
        message: String,
    },
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// The tool answered, be it with an error of its own.
    Answered,
    /// It was never made: no such tool, bad arguments, or somebody said no.
    Refused,
    /// It was made, and no answer came.
    Failed,
    /// Nobody decided in time, the tool took too long, or the session ended.
    Ended,
}
