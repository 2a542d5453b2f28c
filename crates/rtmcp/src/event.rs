//! [`Event`]: what happens in a session, for showing, logging and deciding.

use std::time::Duration;

use rtmcp_core::{CallId, FunctionName, ItemId, Private, ServerName, ToolOutcome};
use rtmcp_mcp::{Ask, LogLevel, Progress, ServerError, ToolsDiff};
use rtmcp_router::{ApprovalRequest, AuditLine, Channel, Cut, ShapedImage};
use rtmcp_session::ToolEnd;
use serde_json::{Map, Value};

use crate::{ConnectError, connect::remedy, record::Recorded};

/// Something that happened in a session.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The conversation moved on: words, turns, responses, calls, trouble.
    Session(rtmcp_session::Event),
    /// An MCP server is there, with so many tools for the model.
    ServerReady {
        /// The server.
        server: ServerName,
        /// How many tools it offers.
        tools: usize,
    },
    /// An MCP server can't be reached; it is tried again.
    ServerDown {
        /// The server.
        server: ServerName,
        /// Why, and what to do.
        error: ServerError,
    },
    /// Somebody must decide about a call: [`Handle::approve`](crate::Handle::approve) or
    /// [`Handle::deny`](crate::Handle::deny). The conversation goes on meanwhile.
    Approval {
        /// What is to be run.
        call: ToolStart,
        /// Why somebody is asked, in words.
        why: String,
        /// When the call is given up.
        expires: Duration,
        /// What exactly is asked, and who may decide: a [`Decision`](rtmcp_router::Decision) that
        /// says its hash can be about nothing else.
        request: Box<ApprovalRequest>,
    },
    /// A call doesn't wait for a decision any more: somebody decided, nobody did in time, it is over
    /// otherwise; or it never waited, as an earlier yes counts for it.
    ApprovalOver(Box<AuditLine>),
    /// Somebody who was to decide about a call couldn't be asked. Others still can.
    ApprovalNotAsked {
        /// The call.
        call_id: CallId,
        /// By which way.
        channel: Channel,
        /// Why not, for people.
        message: String,
    },
    /// A server's tools are others than before; the model has them with its next response.
    ToolsChanged {
        /// The server.
        server: ServerName,
        /// What came, went and changed, by the tools' names there.
        diff: ToolsDiff,
    },
    /// A server failed so often that it is left alone for a while: its calls are refused at once, in
    /// words that say when it is tried again.
    ServerResting {
        /// The server.
        server: ServerName,
        /// How often it failed.
        failures: u32,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// A server that was left alone works again.
    ServerRecovered {
        /// The server.
        server: ServerName,
    },
    /// Somebody must sign in to a server before its tools can be used.
    SignInNeeded {
        /// The server.
        server: ServerName,
    },
    /// A server logged something: the words of a stranger, for people who look for a fault.
    ServerLog {
        /// The server.
        server: ServerName,
        /// How grave it says that this is.
        level: LogLevel,
        /// The part of the server that says so.
        logger: Option<String>,
        /// What it says.
        message: Private<String>,
        /// How many messages before this one were left out, as they came too fast.
        left_out: u64,
    },
    /// A server asks the person something in the course of a call. The model asks them, and whoever
    /// has a screen shows it: [`Handle::answer`](crate::Handle::answer) takes the first answer.
    Elicitation(Question),
    /// A question doesn't wait for an answer any more: there is one, its time is over, or its call is.
    ElicitationOver {
        /// Its name.
        id: String,
    },
    /// A tool was called.
    ToolStarted(ToolStart),
    /// A tool says how far it is; the newest word, ten times a second at most.
    ToolProgress {
        /// The call.
        call_id: CallId,
        /// How far.
        progress: Progress,
    },
    /// A call is over. One that the session ends itself, as its time is over or the session is,
    /// shows only as [`session::Event::Call`](rtmcp_session::Event::Call).
    ToolFinished(ToolFinish),
    /// Speech of the model to be played now; see [`Playback`](crate::Playback).
    ///
    /// Over [WebRTC](crate::Transport::WebRtc) it is what the endpoint plays, as it comes over the
    /// network: 20 ms at a time, at the pace at which it sounds, with what was lost made up. In a
    /// call that somebody else speaks in they hear it, and it doesn't come here.
    Audio {
        /// The message that it belongs to.
        item_id: ItemId,
        /// In the session's output format: 16-bit little-endian mono PCM at 24 kHz, unless the
        /// configuration names another.
        bytes: Private<Vec<u8>>,
    },
    /// No more speech of a message will come. Over WebRTC, of a response: the endpoint plays
    /// responses, and the first message of each gives its name to all.
    AudioEnd {
        /// The message.
        item_id: ItemId,
    },
    /// So much of what the person said never reaches the endpoint, which takes nothing: of the sound
    /// that waits for it the oldest is dropped, and nothing but sound. Over WebRTC, what was said
    /// between two calls.
    SoundDropped {
        /// How long it sounded.
        span: Duration,
    },
    /// Stop playing, and drop what isn't played yet. Over WebRTC there is nothing to drop but what a
    /// loudspeaker holds: the endpoint has cut its speech, or was just asked to.
    AudioStop,
    /// The session was written down, as [`CallSetup::record`](crate::CallSetup::record) asked; just
    /// before its end.
    Recorded(Recorded),
    /// The session is over; nothing follows.
    Closed(Closed),
}

/// Something that a server asks the person.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Its name in this session: `question-1`.
    pub id: String,
    /// The call in whose course the server asks.
    pub call_id: CallId,
    /// The server that asks.
    pub server: ServerName,
    /// The tool that was called, by its name there.
    pub tool: String,
    /// What it asks: the words of a stranger.
    pub message: Private<String>,
    /// What an answer is: some fields, or a page to visit.
    pub ask: Ask,
    /// How long it waits at most, from now.
    pub expires: Duration,
}

/// A call on its way to a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolStart {
    /// The call.
    pub call_id: CallId,
    /// The function that the model called.
    pub function: FunctionName,
    /// The server that runs it.
    pub server: ServerName,
    /// The tool's name there.
    pub tool: String,
    /// The checked arguments.
    pub arguments: Private<Map<String, Value>>,
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolFinish {
    /// The call.
    pub call_id: CallId,
    /// The function as the model named it.
    pub function: String,
    /// How it ended.
    pub end: ToolEnd,
    /// A stable word for how it ended: `answered`, `tool_error`, or the kind of the refusal or
    /// of the failure.
    pub kind: &'static str,
    /// What the model reads.
    pub output: Private<String>,
    /// What was cut of the result, where it was too long for the model.
    pub cut: Option<Cut>,
    /// The whole result, where there is one; what rules hide from logs is replaced.
    pub outcome: Option<ToolOutcome>,
    /// Pictures of the result that the model is shown.
    pub images: Vec<ShapedImage>,
    /// What people should know of the result, one sentence each.
    pub warnings: Vec<Private<String>>,
    /// Words for people on what to do, where the tool couldn't be reached.
    pub advice: Option<String>,
    /// From the call to its end, without the time that somebody took to decide.
    pub took: Duration,
}

impl ToolFinish {
    /// A call of which there are only words for the model.
    pub(crate) fn said(
        call_id: CallId,
        function: String,
        (end, kind): (ToolEnd, &'static str),
        output: Private<String>,
    ) -> Self {
        Self {
            call_id,
            function,
            end,
            kind,
            output,
            cut: None,
            outcome: None,
            images: Vec::new(),
            warnings: Vec::new(),
            advice: None,
            took: Duration::ZERO,
        }
    }
}

/// Why a session is over, in words that say what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closed {
    /// It was asked for.
    Asked,
    /// The call has ended: somebody in it has left, or it was ended by its name.
    Ended {
        /// What was seen.
        detail: String,
    },
    /// The connection to the endpoint is gone.
    Lost {
        /// What was seen.
        detail: String,
    },
    /// The connection to the endpoint is gone, and no other could be opened.
    NotRestored {
        /// What was seen of its end.
        detail: String,
        /// What kept a new one from opening.
        error: ConnectError,
    },
    /// The endpoint took the connection, and said an error instead of opening a session.
    NotOpened(ConnectError),
    /// The endpoint took the connection, and never opened a session.
    Silent,
    /// The endpoint refused the configuration.
    Refused {
        /// The endpoint's words.
        message: String,
    },
    /// The endpoint will not go on.
    Fatal {
        /// The endpoint's code.
        code: String,
        /// The endpoint's words.
        message: String,
    },
}

impl Closed {
    /// Tells whether the session ended otherwise than as sessions do: it was neither asked for nor
    /// the end of a call.
    pub fn is_failure(&self) -> bool {
        !matches!(self, Self::Asked | Self::Ended { .. })
    }
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Asked => f.write_str("the session was closed"),
            Self::Ended { detail } => write!(f, "the call has ended ({detail})"),
            Self::Lost { detail } => write!(
                f,
                "the connection to the Realtime endpoint was lost ({detail}): open a new session"
            ),
            Self::NotRestored { detail, error } => write!(
                f,
                "the connection to the Realtime endpoint was lost ({detail}), and no other could \
                 be opened: {error}"
            ),
            Self::NotOpened(error) => error.fmt(f),
            Self::Silent => f.write_str(
                "the Realtime endpoint took the connection and opened no session (does \
                 `realtime.url` lead to a Realtime endpoint, and is it well? try again)",
            ),
            Self::Refused { message } => write!(
                f,
                "the Realtime endpoint refused the session: {message} (change `[realtime]` or the \
                 tools, and open a new session)"
            ),
            Self::Fatal { code, message } => {
                let message = message.trim_end_matches('.');
                write!(
                    f,
                    "the Realtime endpoint ended the session: {message} ({code}: {})",
                    remedy(code)
                )
            }
        }
    }
}
