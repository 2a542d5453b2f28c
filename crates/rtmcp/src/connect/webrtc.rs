//! This side of a call over WebRTC, until it is connected: of one's own ([`Offered`]), and of
//! somebody else's ([`answer`]).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use rtmcp_media::webrtc::{
    CloseReason, ConnectError as MediaError, Connection, Listener, PeerConfig, PeerError, PeerEvent,
};
use url::Host;

use super::{ConnectError, place};
use crate::config::Realtime;

/// A connection that waits for the endpoint's answer.
#[derive(Debug)]
pub(crate) struct Offered {
    connection: Connection,
    pub(crate) offer: String,
}

impl Offered {
    /// Opens a UDP socket from which the endpoint can be reached, and makes the offer.
    pub(crate) async fn new(realtime: &Realtime) -> Result<Self, ConnectError> {
        let config = PeerConfig {
            connect_within: realtime.connect_timeout,
            ..PeerConfig::default()
        };
        let offered = Connection::offer(local_address(realtime), config).await;
        let (connection, offer) = offered.map_err(|error| no_media(realtime, &error))?;
        Ok(Self { connection, offer })
    }

    /// Takes the answer, and waits until events can flow.
    pub(crate) async fn connect(
        mut self,
        realtime: &Realtime,
        answer: &str,
    ) -> Result<Connection, ConnectError> {
        let accepted = self.connection.handle().accept_answer(answer);
        accepted.map_err(|error| no_media(realtime, &error))?;
        loop {
            match self.connection.next_event().await {
                Some(PeerEvent::ChannelOpen) => return Ok(self.connection),
                Some(PeerEvent::Closed(reason)) => return Err(no_media(realtime, &reason)),
                None => return Err(no_media(realtime, &CloseReason::Lost)),
                // Sound before the first event is nobody's.
                Some(_) => {}
            }
        }
    }
}

/// Answers the offer of somebody else.
pub(crate) async fn answer(
    realtime: &Realtime,
    offer: &str,
) -> Result<(Connection, String), ConnectError> {
    let gateway = realtime.gateway.clone().unwrap_or_default();
    let config = PeerConfig {
        addresses: gateway.candidates(),
        listener: Listener::Program,
        most_message_bytes: MOST_SAID,
        // Whoever offers knows the answer only when the endpoint is there.
        connect_within: PeerConfig::default().connect_within + realtime.connect_timeout,
        ..PeerConfig::default()
    };
    let answered = Connection::answer(offer, gateway.bind(), config).await;
    answered.map_err(|error| {
        let detail = error.to_string();
        match error {
            MediaError::Peer(PeerError::Sdp { .. } | PeerError::NoAudio | PeerError::NoChannel) => {
                ConnectError::BadOffer { detail }
            }
            _ => ConnectError::NoSocket { detail },
        }
    })
}

/// Bytes of the longest event that a page may send: what browsers send at most.
const MOST_SAID: u32 = 256 * 1024;

/// Returns where to listen: an endpoint on this machine is talked to on this machine alone.
fn local_address(realtime: &Realtime) -> SocketAddr {
    match realtime.url.host() {
        Some(Host::Ipv6(host)) if host.is_loopback() => (Ipv6Addr::LOCALHOST, 0).into(),
        Some(Host::Ipv6(_)) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        _ if realtime.is_loopback() => (Ipv4Addr::LOCALHOST, 0).into(),
        _ => (Ipv4Addr::UNSPECIFIED, 0).into(),
    }
}

fn no_media(realtime: &Realtime, detail: &dyn std::error::Error) -> ConnectError {
    ConnectError::NoMedia {
        place: place(&realtime.url),
        detail: detail.to_string(),
    }
}
