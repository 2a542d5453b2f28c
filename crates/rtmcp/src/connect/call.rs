//! [`make_call`]: a call over WebRTC, from the offer to the open data channel.

use rtmcp_core::{RealtimeCallId, SessionConfig};
use rtmcp_media::webrtc::Connection;
use tracing::debug;

use super::{ConnectError, Offered, Rest};
use crate::{attachment::Attachment, config::Realtime};

/// Makes a call, and takes the right to lead it.
///
/// What is bound into it is asked for once the network is known, so that there is time to find the
/// tools out.
pub(crate) async fn make_call(
    realtime: &Realtime,
    rest: &Rest,
    session: impl AsyncFnOnce() -> SessionConfig,
) -> Result<(Connection, Attachment), ConnectError> {
    let offered = Offered::new(realtime).await?;
    let placed = rest.place(&offered.offer, &session().await).await?;
    let attachment = Attachment::take(realtime, &placed.call_id)?;
    match offered.connect(realtime, &placed.answer).await {
        Ok(connection) => Ok((connection, attachment)),
        Err(error) => {
            abandon(rest, &placed.call_id).await;
            Err(error)
        }
    }
}

/// Ends a call that nobody will lead.
pub(crate) async fn abandon(rest: &Rest, call_id: &RealtimeCallId) {
    if let Err(error) = rest.hang_up(call_id).await {
        debug!(%error, "a call that nobody leads was not ended");
    }
}
