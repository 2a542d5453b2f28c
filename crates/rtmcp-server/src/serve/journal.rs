//! One line of the log for the beginning and the end of each call, for each decision, and for each
//! recording that failed. They name
//! sessions and visitors by tags, of which nobody can make a request.

use rtmcp::record::Recorded;
use rtmcp_core::CallId;
use tracing::{info, warn};

use super::session::Session;

pub(super) fn began(session: &Session, endpoint: &str) {
    let (session, visitor) = (tag(session), session.visitor.tag());
    info!(session, visitor, endpoint, "call begins");
}

pub(super) fn ended(session: &Session, endpoint: &str, reason: &str, tools: usize) {
    let seconds = session.age().as_secs();
    let (session, visitor) = (tag(session), session.visitor.tag());
    info!(
        session,
        visitor, endpoint, reason, tools, seconds, "call ends"
    );
}

/// Says who let a tool run or didn't.
pub(super) fn decided(session: &Session, call_id: &CallId, approved: bool) {
    let (session, visitor) = (tag(session), session.visitor.tag());
    info!(session, visitor, %call_id, approved, "decision about a tool");
}

/// Says that a recording isn't whole.
pub(super) fn recorded(recorded: &Recorded) {
    let (path, lost) = (recorded.path.display(), recorded.lost);
    match &recorded.trouble {
        Some(trouble) => warn!(%path, trouble, "recording couldn't be written"),
        None if lost > 0 => warn!(%path, lost, "recording misses lines"),
        None => {}
    }
}

fn tag(session: &Session) -> &str {
    session.id.get(..8).unwrap_or_default()
}
