//! The 46 events that a server sends.

mod conversation;
mod input;
mod mcp;
mod output;
mod response;
mod session;

use crate::{EventId, event::events};

pub use conversation::{
    Conversation, ConversationCreated, ConversationItemAdded, ConversationItemCreated,
    ConversationItemDeleted, ConversationItemDone, ConversationItemRetrieved,
    ConversationItemTruncated,
};
pub use input::{
    InputAudioBufferCleared, InputAudioBufferCommitted, InputAudioBufferDtmfEventReceived,
    InputAudioBufferSpeechStarted, InputAudioBufferSpeechStopped, InputAudioBufferTimeoutTriggered,
    InputAudioTranscriptionCompleted, InputAudioTranscriptionDelta, InputAudioTranscriptionFailed,
    InputAudioTranscriptionSegment, LogProb, TranscriptionError, TranscriptionLanguage,
    TranscriptionUsage,
};
pub use mcp::{
    McpListToolsCompleted, McpListToolsFailed, McpListToolsInProgress,
    ResponseMcpCallArgumentsDelta, ResponseMcpCallArgumentsDone, ResponseMcpCallCompleted,
    ResponseMcpCallFailed, ResponseMcpCallInProgress,
};
pub use output::{
    OutputAudioBufferCleared, OutputAudioBufferStarted, OutputAudioBufferStopped,
    ResponseContentPartAdded, ResponseContentPartDone, ResponseOutputAudioDelta,
    ResponseOutputAudioDone, ResponseOutputAudioTranscriptDelta, ResponseOutputAudioTranscriptDone,
    ResponseOutputTextDelta, ResponseOutputTextDone,
};
pub use response::{
    ResponseCreated, ResponseDone, ResponseFunctionCallArgumentsDelta,
    ResponseFunctionCallArgumentsDone, ResponseOutputItemAdded, ResponseOutputItemDone,
};
pub use session::{Error, ErrorBody, RateLimit, RateLimitsUpdated, SessionCreated, SessionUpdated};

events! {
    /// What a server says.
    ServerEvent {
        /// The first event of a connection.
        SessionCreated = "session.created",
        /// Answers `session.update` with the whole session.
        SessionUpdated = "session.updated",
        /// Something went wrong; the session mostly goes on.
        Error = "error",
        /// What is left of the limits.
        RateLimitsUpdated = "rate_limits.updated",

        /// A conversation began.
        ConversationCreated = "conversation.created",
        /// An item was added, perhaps not whole yet.
        ConversationItemAdded = "conversation.item.added",
        /// An item was added; older servers send it instead of `added` and `done`.
        ConversationItemCreated = "conversation.item.created",
        /// An item is whole.
        ConversationItemDone = "conversation.item.done",
        /// Answers `conversation.item.retrieve`.
        ConversationItemRetrieved = "conversation.item.retrieved",
        /// Answers `conversation.item.truncate`.
        ConversationItemTruncated = "conversation.item.truncated",
        /// Answers `conversation.item.delete`.
        ConversationItemDeleted = "conversation.item.deleted",
        /// More words of the person.
        InputAudioTranscriptionDelta = "conversation.item.input_audio_transcription.delta",
        /// A segment of what a person said, with its speaker.
        InputAudioTranscriptionSegment = "conversation.item.input_audio_transcription.segment",
        /// All the words of the person.
        InputAudioTranscriptionCompleted = "conversation.item.input_audio_transcription.completed",
        /// What the person said couldn't be written down.
        InputAudioTranscriptionFailed = "conversation.item.input_audio_transcription.failed",

        /// The person began to speak.
        InputAudioBufferSpeechStarted = "input_audio_buffer.speech_started",
        /// The person stopped.
        InputAudioBufferSpeechStopped = "input_audio_buffer.speech_stopped",
        /// The sound became an item.
        InputAudioBufferCommitted = "input_audio_buffer.committed",
        /// The sound was dropped.
        InputAudioBufferCleared = "input_audio_buffer.cleared",
        /// The person was silent for too long.
        InputAudioBufferTimeoutTriggered = "input_audio_buffer.timeout_triggered",
        /// The person pressed a key of the telephone (SIP).
        InputAudioBufferDtmfEventReceived = "input_audio_buffer.dtmf_event_received",

        /// The endpoint began to play (WebRTC and SIP).
        OutputAudioBufferStarted = "output_audio_buffer.started",
        /// It played to the end.
        OutputAudioBufferStopped = "output_audio_buffer.stopped",
        /// It was cut off.
        OutputAudioBufferCleared = "output_audio_buffer.cleared",

        /// An answer began.
        ResponseCreated = "response.created",
        /// An answer ended, in whatever way.
        ResponseDone = "response.done",
        /// An item of an answer began.
        ResponseOutputItemAdded = "response.output_item.added",
        /// An item of an answer ended.
        ResponseOutputItemDone = "response.output_item.done",
        /// A part of a message began.
        ResponseContentPartAdded = "response.content_part.added",
        /// A part of a message ended.
        ResponseContentPartDone = "response.content_part.done",
        /// More text.
        ResponseOutputTextDelta = "response.output_text.delta",
        /// All the text.
        ResponseOutputTextDone = "response.output_text.done",
        /// More words of the speech.
        ResponseOutputAudioTranscriptDelta = "response.output_audio_transcript.delta",
        /// All the words of the speech.
        ResponseOutputAudioTranscriptDone = "response.output_audio_transcript.done",
        /// More sound.
        ResponseOutputAudioDelta = "response.output_audio.delta",
        /// No more sound.
        ResponseOutputAudioDone = "response.output_audio.done",
        /// More of the arguments of a call.
        ResponseFunctionCallArgumentsDelta = "response.function_call_arguments.delta",
        /// All of the arguments of a call.
        ResponseFunctionCallArgumentsDone = "response.function_call_arguments.done",

        /// The endpoint asks an MCP server for its tools.
        McpListToolsInProgress = "mcp_list_tools.in_progress",
        /// It has them.
        McpListToolsCompleted = "mcp_list_tools.completed",
        /// It can't have them.
        McpListToolsFailed = "mcp_list_tools.failed",
        /// More of the arguments of a call by the endpoint.
        ResponseMcpCallArgumentsDelta = "response.mcp_call_arguments.delta",
        /// All of the arguments of a call by the endpoint.
        ResponseMcpCallArgumentsDone = "response.mcp_call_arguments.done",
        /// The endpoint makes a call.
        ResponseMcpCallInProgress = "response.mcp_call.in_progress",
        /// Its call succeeded.
        ResponseMcpCallCompleted = "response.mcp_call.completed",
        /// Its call failed.
        ResponseMcpCallFailed = "response.mcp_call.failed",
    }
}

/// Declares a struct of this side: every one has the server's id for the event first.
macro_rules! server_events {
    ($( $(#[$doc:meta])* $name:ident { $($fields:tt)* } )*) => {
        $crate::shape::wire! { $( $(#[$doc])* $name {
            /// The server's id for this event.
            event_id: $crate::EventId,
            $($fields)*
        } )* }
    };
}

use server_events;

impl ServerEvent {
    /// Returns the id that the server gave the event; only a telephone key has none.
    pub fn event_id(&self) -> Option<&EventId> {
        macro_rules! ids {
            ($($variant:ident)*) => {
                match self {
                    $( Self::$variant(e) => Some(&e.event_id), )*
                    Self::InputAudioBufferDtmfEventReceived(_) | Self::Unknown(_) => None,
                }
            };
        }
        ids! {
            SessionCreated SessionUpdated Error RateLimitsUpdated ConversationCreated
            ConversationItemAdded ConversationItemCreated ConversationItemDone
            ConversationItemRetrieved ConversationItemTruncated ConversationItemDeleted
            InputAudioTranscriptionDelta InputAudioTranscriptionSegment
            InputAudioTranscriptionCompleted InputAudioTranscriptionFailed
            InputAudioBufferSpeechStarted InputAudioBufferSpeechStopped InputAudioBufferCommitted
            InputAudioBufferCleared InputAudioBufferTimeoutTriggered OutputAudioBufferStarted
            OutputAudioBufferStopped OutputAudioBufferCleared ResponseCreated ResponseDone
            ResponseOutputItemAdded ResponseOutputItemDone ResponseContentPartAdded
            ResponseContentPartDone ResponseOutputTextDelta ResponseOutputTextDone
            ResponseOutputAudioTranscriptDelta ResponseOutputAudioTranscriptDone
            ResponseOutputAudioDelta ResponseOutputAudioDone ResponseFunctionCallArgumentsDelta
            ResponseFunctionCallArgumentsDone McpListToolsInProgress McpListToolsCompleted
            McpListToolsFailed ResponseMcpCallArgumentsDelta ResponseMcpCallArgumentsDone
            ResponseMcpCallInProgress ResponseMcpCallCompleted ResponseMcpCallFailed
        }
    }
}
