//! [`Fault`]: why a client's event is refused, with the published codes.

use rtmcp_core::{EventId, event::server::ErrorBody};

use crate::faults::Trouble;

/// Why a client's event is refused, or why a session ends.
///
/// The code is what clients act on. The message may quote ids and names of the client's own event,
/// as the real one does, and goes to that client only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    code: &'static str,
    message: String,
    param: Option<String>,
}

impl Fault {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            param: None,
        }
    }

    #[must_use]
    pub(crate) fn at(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// A field holds what can't be.
    pub(crate) fn invalid_value(param: &str, message: impl Into<String>) -> Self {
        Self::new("invalid_value", message).at(param)
    }

    /// A field isn't there.
    pub(crate) fn missing(param: &str) -> Self {
        let message = format!("Missing required parameter: '{param}'.");
        Self::new("missing_required_parameter", message).at(param)
    }

    /// A field isn't known.
    pub(crate) fn unknown_parameter(param: &str) -> Self {
        let message = format!("Unknown parameter: '{param}'.");
        Self::new("unknown_parameter", message).at(param)
    }

    /// An item isn't in the conversation.
    pub(crate) fn item_not_found(param: &str, id: &str) -> Self {
        let message = format!("Item with id '{id}' not found in the conversation.");
        Self::new("item_not_found", message).at(param)
    }

    /// A function's output has no call.
    pub(crate) fn invalid_tool_call_id(id: &str) -> Self {
        let message = format!("Tool call ID '{id}' not found in conversation.");
        Self::new("invalid_tool_call_id", message).at("item.call_id")
    }

    /// A response is being written.
    pub(crate) fn active_response(id: &str) -> Self {
        let message = format!(
            "Conversation already has an active response in progress: {id}. \
             Wait until the response is finished before creating a new one."
        );
        Self::new("conversation_already_has_active_response", message)
    }

    /// No response is being written.
    pub(crate) fn cancel_not_active() -> Self {
        let message = "Cancellation failed: no active response found";
        Self::new("response_cancel_not_active", message)
    }

    /// There is too little sound for an item.
    pub(crate) fn commit_empty(buffer_ms: f64) -> Self {
        let message = format!(
            "Error committing input audio buffer: buffer too small. Expected at least 100ms of \
             audio, but buffer only has {buffer_ms:.2}ms of audio."
        );
        Self::new("input_audio_buffer_commit_empty", message)
    }

    /// The session lasted too long.
    pub(crate) fn session_expired(seconds: u64) -> Self {
        let length = match (seconds / 60, seconds % 60) {
            (1, 0) => "1 minute".to_owned(),
            (minutes, 0) => format!("{minutes} minutes"),
            _ => format!("{seconds} seconds"),
        };
        let message = format!("Your session hit the maximum duration of {length}.");
        Self::new("session_expired", message)
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn param(&self) -> Option<&str> {
        self.param.as_deref()
    }

    pub(crate) fn into_body(self, cause: Option<EventId>) -> ErrorBody {
        ErrorBody {
            kind: "invalid_request_error".to_owned(),
            code: Some(self.code.to_owned()),
            message: self.message,
            param: self.param,
            event_id: cause,
            ..ErrorBody::default()
        }
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.code(), trouble.message())
    }
}
