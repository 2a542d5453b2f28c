//! What the model is told when a session itself ends a call.

/// Nobody decided in time.
pub(crate) const APPROVAL_EXPIRED: &str = "The call was not made: it needed somebody's approval, \
    and nobody decided in time. Tell the user; call again only if they ask for it.";

/// The tool gave no answer.
pub(crate) const TOOL_TIMED_OUT: &str = "The tool gave no answer in time and was stopped. \
    It may or may not have taken effect. Tell the user; don't repeat the call unless they ask.";

/// The session is being closed.
pub(crate) const CLOSING: &str = "The call was stopped because the session is ending. \
    It may or may not have taken effect.";

/// The session is being closed, and nobody has decided.
pub(crate) const CLOSING_UNDECIDED: &str = "The call was not made: the session is ending, and \
    nobody had approved it.";
