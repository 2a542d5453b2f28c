//! What a session is told: events of the endpoint, wishes of the application, news of tools.

use std::time::Duration;

use rtmcp_core::{
    CallId, CallPolicy, Duplicates, ItemId, OnBargeIn, Private, ReplyMode, ResponseParams,
    ServerEvent, SessionConfig, session::FunctionTool,
};
use serde::{Deserialize, Serialize};

use crate::recorded::{heard, micros, wire};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The endpoint sent an event.
    #[serde(with = "wire")]
    Event(Box<ServerEvent>),
    /// The application wants something.
    Command(Command),
    /// A tool call moved on.
    Tool(CallId, ToolNews),
    /// The player of the model's speech moved on.
    Playback(Playback),
    /// The connection is gone; nothing can be sent any more. Another one may take over.
    Disconnected,
    /// The endpoint ended the connection in a way after which no other may be opened.
    Ended,
    /// The connection that [`Output::Connect`](crate::Output::Connect) asked for is open: what comes
    /// from now on comes from it, and nothing more of the one before. Given with the first
    /// connection too, where a hand-over is to come before it expires.
    Connected {
        /// What a clock on the wall shows, in seconds since 1970: so that the moment at which the
        /// endpoint ends the session has a meaning.
        at: Option<u64>,
    },
    /// The connection that [`Output::Connect`](crate::Output::Connect) asked for couldn't be opened,
    /// after all tries.
    NotConnected,
    /// Time passed; given when [`Session::deadline`](crate::Session::deadline) is reached.
    Tick,
}

impl From<ServerEvent> for Input {
    fn from(event: ServerEvent) -> Self {
        Self::Event(Box::new(event))
    }
}

impl From<Command> for Input {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}

/// What an application may want.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Pass on sound of the person: base64 in the session's input format.
    Audio(Private<String>),
    /// End the person's turn by hand and ask for a reply; where turn detection is off.
    CommitAudio,
    /// Drop the sound that isn't committed.
    ClearAudio,
    /// The person typed this; ask for a reply.
    SendText(Private<String>),
    /// Ask for a reply of its own, such as a greeting. Its metadata may have 15 pairs: the session
    /// adds the one by which it knows the response.
    Respond(Box<ResponseParams>),
    /// Stop the model's speech, also where it was asked for and hasn't begun.
    Interrupt,
    /// Stop what sounds of the model's speech, and leave what is being written, as
    /// `output_audio_buffer.clear` does: for another party that has cancelled it already.
    ClearPlayback,
    /// Change the session. Tools are left to [`Command::SetTools`].
    Configure(Box<SessionConfig>),
    /// Replace what the model may call; done at a moment when no response is being written, and
    /// only if it differs from what was set before.
    SetTools(Vec<FunctionTool>),
    /// Tell the model something out of any call, as a message of the system: that a server is gone,
    /// that something was asked. It is no turn of the person.
    Tell {
        /// What the model is told.
        text: Private<String>,
        /// What becomes of the conversation then.
        reply: ReplyMode,
    },
    /// End the session: every open call is answered first.
    Close,
}

/// How a tool call moved on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolNews {
    /// It runs, and must answer in this time.
    Running {
        /// From now.
        #[serde(with = "micros")]
        deadline: Duration,
        /// How it goes together with the conversation.
        #[serde(default = "policy_of_old")]
        policy: CallPolicy,
    },
    /// It runs, and says how far it is.
    Progress {
        /// The newest words of the server, where it has any: what the model is told at the soft
        /// deadline, as data.
        message: Option<Private<String>>,
    },
    /// Somebody must decide about it, in this time.
    AwaitingApproval {
        /// From now.
        #[serde(with = "micros")]
        expires: Duration,
        /// What the model is told of it, as a message of the system, so that it can say so or ask;
        /// nothing if there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notice: Option<Private<String>>,
    },
    /// It is over.
    Finished {
        /// How it ended.
        end: ToolEnd,
        /// What the model is told.
        output: Private<String>,
        /// Pictures that belong to the output, in order: the model sees each as a message behind it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        images: Vec<ToolImage>,
    },
}

impl ToolNews {
    /// A call that is over and gave no pictures.
    pub fn finished(end: ToolEnd, output: Private<String>) -> Self {
        Self::Finished {
            end,
            output,
            images: Vec::new(),
        }
    }
}

/// What held for every call before there were policies.
fn policy_of_old() -> CallPolicy {
    CallPolicy {
        on_barge_in: OnBargeIn::Finish,
        duplicates: Duplicates::Run,
        ..CallPolicy::default()
    }
}

/// A picture that a tool gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolImage {
    /// Its media type; endpoints take `image/png` and `image/jpeg`.
    pub mime: String,
    /// Base64.
    pub data: Private<String>,
}

/// How a tool call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolEnd {
    /// The tool answered, be it with an error of its own.
    Answered,
    /// It was never made: no such tool, bad arguments, or somebody said no.
    Refused,
    /// It was made, and no answer came.
    Failed,
}

/// How the player of the model's speech moved on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Playback {
    /// So much of an item has been heard.
    Progress {
        /// The message of the model.
        item_id: ItemId,
        /// From the beginning of the item.
        #[serde(with = "micros")]
        played: Duration,
    },
    /// An item was heard to its end.
    Finished {
        /// The message of the model.
        item_id: ItemId,
    },
    /// The player stopped, as [`Output::StopPlayback`](crate::Output::StopPlayback) asked; without
    /// this nothing is cut.
    Stopped {
        /// The item that was cut off, and how much of it was heard; none if nothing was playing.
        #[serde(with = "heard")]
        heard: Option<(ItemId, Duration)>,
    },
}
