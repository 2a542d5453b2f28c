//! [`ProxyTimer`]: why a proxy wants to be woken.

use rtmcp_core::CallId;

use crate::timer::OfCalls;

/// Why a proxy wants to be woken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProxyTimer {
    /// When a new connection must have greeted and been set up.
    Setup,
    /// When the conversation is handed over before its session expires: from then on at an idle
    /// moment, and the next time at once.
    HandOver,
    /// When an item that was replayed must have been acknowledged.
    ReplayUnanswered,
    /// When nobody has decided about a call.
    Approval(CallId),
    /// When a tool must have answered.
    ToolDeadline(CallId),
    /// When a client must have answered its own call, so that ours needn't wait for it.
    ClientCall(CallId),
    /// When a client that has answered its own calls must have asked for the reply.
    Unasked,
    /// When something must have come of the response that is being written.
    ResponseSilent,
    /// When the client must hear that a response began, though nothing for it has come of it.
    Withheld,
    /// When the endpoint must have answered a turn of the person by itself.
    OwnReply,
    /// When the person must have stopped, though nobody said so.
    SpeechUnended,
    /// When a refused `response.create` is sent again.
    ReplyRetry,
    /// When a `response.create` that nothing came of counts as lost.
    ReplyUnanswered,
}

impl ProxyTimer {
    /// Tells whether it is about something that goes on without a connection.
    pub(super) fn outlives_a_connection(&self) -> bool {
        match self {
            Self::Approval(_) | Self::ToolDeadline(_) | Self::ClientCall(_) | Self::Unasked => true,
            Self::Setup
            | Self::HandOver
            | Self::ReplayUnanswered
            | Self::ResponseSilent
            | Self::Withheld
            | Self::OwnReply
            | Self::SpeechUnended
            | Self::ReplyRetry
            | Self::ReplyUnanswered => false,
        }
    }
}

impl OfCalls for ProxyTimer {
    fn deadline(call_id: CallId) -> Self {
        Self::ToolDeadline(call_id)
    }

    fn approval(call_id: CallId) -> Self {
        Self::Approval(call_id)
    }
}
