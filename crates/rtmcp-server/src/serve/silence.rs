//! [`notice_silence`]: finds out that a browser is gone which never said goodbye.

use tokio::net::TcpStream;
use tracing::debug;

/// Sets up a connection that was accepted, so that a reader of events whose machine or network is
/// gone is noticed in half a minute, and not after the quarter of an hour that TCP tries to reach
/// it. The events' own keep-alive is what goes unanswered. Elsewhere than on Linux it only sees to it
/// that events aren't kept back.
pub(super) fn notice_silence(socket: &TcpStream) {
    if let Err(error) = socket.set_nodelay(true) {
        debug!(%error, "TCP_NODELAY can't be set");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(socket, UNANSWERED_MS) {
        debug!(%error, "TCP_USER_TIMEOUT can't be set");
    }
}

/// How long what was sent may stay without an acknowledgement.
#[cfg(target_os = "linux")]
const UNANSWERED_MS: u32 = 30_000;
