//! Calls that somebody else speaks in: what a backend gets when it relays an offer or mints a secret.

use rtmcp_core::{Private, RealtimeCallId};
use url::Url;

use crate::Bridge;

/// A call that was made for somebody else, and whose tools are answered here; see
/// [`Agent::relay`](crate::Agent::relay).
#[derive(Debug)]
pub struct Relayed {
    /// The endpoint's answer (SDP), for whoever made the offer.
    pub answer: String,
    /// Names the call.
    pub call_id: RealtimeCallId,
    /// The call, as it is led from here.
    pub bridge: Bridge,
}

/// A key for a browser: it opens sessions for a while, with what is bound into it; see
/// [`Agent::mint`](crate::Agent::mint).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// The key: `ek_…`.
    pub value: Private<String>,
    /// Until when it opens sessions, in seconds since 1970. A session that is open by then goes on.
    pub expires_at: u64,
    /// The model that it is bound to.
    pub model: String,
    /// Where an offer is posted with it, as `application/sdp`.
    pub calls_url: Url,
}
