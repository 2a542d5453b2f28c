//! The session itself: its state, its errors, its limits.

use super::server_events;
use crate::{EventId, session::SessionConfig, shape::wire};

server_events! {
    /// The first event of a connection.
    SessionCreated {
        /// The session as it begins.
        session!: Box<SessionConfig>,
    }

    /// Answers `session.update` with the whole session.
    SessionUpdated {
        /// The session as it is now.
        session!: Box<SessionConfig>,
    }

    /// Something went wrong; the session mostly goes on.
    Error {
        /// What.
        error!: ErrorBody,
    }

    /// What is left of the limits; comes before or after a response.
    RateLimitsUpdated {
        /// Each limit.
        rate_limits!: Vec<RateLimit>,
    }
}

wire! {
    /// What went wrong.
    ErrorBody {
        /// `invalid_request_error`, `server_error` or the like.
        kind as "type": String,
        /// The code; no official list exists.
        code?: String,
        /// Words for people; they may quote what was sent.
        message: String,
        /// The field at fault.
        param?: String,
        /// The client event at fault.
        event_id?: EventId,
    }

    /// One limit.
    RateLimit {
        /// `requests` or `tokens`.
        name?: String,
        /// How much there is.
        limit?: u64,
        /// How much is left.
        remaining?: u64,
        /// Seconds until it is whole again.
        reset_seconds?: f64,
    }
}
