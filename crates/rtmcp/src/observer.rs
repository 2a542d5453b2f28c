//! [`Observer`]: hooks for logging, recording and error tracking.

use rtmcp_core::Timestamp;

use crate::{Closed, Event};

/// Sees everything that happens in a session, as it happens.
///
/// Its methods are called on the session's own loop: they must return at once, and hand what takes
/// time to a task or a thread. What they see is private: speech, arguments and results.
pub trait Observer: Send + Sync + 'static {
    /// An event came from the endpoint, as text. Times count from the start of the session.
    fn received(&self, at: Timestamp, text: &str) {
        let _ = (at, text);
    }

    /// An event went to the endpoint, as text.
    fn sent(&self, at: Timestamp, text: &str) {
        let _ = (at, text);
    }

    /// Something happened; the application is told the same.
    fn event(&self, at: Timestamp, event: &Event) {
        let _ = (at, event);
    }

    /// The session is over, and not as sessions end; see [`Closed::is_failure`].
    fn failed(&self, at: Timestamp, why: &Closed) {
        let _ = (at, why);
    }
}
