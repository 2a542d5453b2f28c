//! [`PeerEvent`]: what happens on a connection.

use std::{net::SocketAddr, time::Duration};

use rtmcp_core::Private;

use super::playout::AudioFrame;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PeerEvent {
    /// Both sides know each other, and sound flows.
    Connected,
    /// The data channel is open: messages can be sent.
    ChannelOpen,
    /// A message of the other side, whole and in order.
    Message(Private<String>),
    /// The next 20 ms of what the other side says. From the first of them on one comes for every
    /// 20 ms, silence too, whatever the network does; when, the [`Listener`](super::Listener) says.
    Audio(AudioFrame),
    /// The other side has pressed a telephone key (DTMF): `0` to `9`, `*`, `#`, `A` to `D`. It is
    /// told once, as it is pressed.
    Key(Private<char>),
    /// The first frame of what was queued has been sent.
    PlaybackStarted {
        /// How many samples had been sent before it.
        position: u64,
    },
    /// All that was queued has been sent, and was said to be all.
    PlaybackStopped {
        /// How many samples have been sent.
        position: u64,
    },
    /// How the network does.
    Stats(PeerStats),
    /// The connection has ended; nothing comes after this.
    Closed(CloseReason),
}

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// This side closed it.
    #[error("closed from this side")]
    Local,
    /// The other side closed it.
    #[error("closed from the other side")]
    Remote,
    /// It never came about: no packet got through, or none was understood.
    #[error("no connection within {0:?}; see whether UDP gets through between the two sides")]
    NeverConnected(Duration),
    /// The other side has stopped answering.
    #[error("the other side has stopped answering")]
    Lost,
    /// Something that WebRTC doesn't allow happened.
    #[error("the connection failed ({0}); make a new one")]
    Failed(String),
}

/// A datagram to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The local address it leaves from: one of the configured ones.
    pub source: SocketAddr,
    /// Where it goes.
    pub destination: SocketAddr,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// How the network does, counted from the beginning. Packets are those of sound.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PeerStats {
    /// What this side sends.
    pub sent: SentStats,
    /// What this side receives.
    pub received: ReceivedStats,
    /// From here to the other side and back; none until it has been measured.
    pub round_trip: Option<Duration>,
}

/// Sound that this side sends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SentStats {
    /// Packets sent.
    pub packets: u64,
    /// Bytes of Opus in them.
    pub bytes: u64,
    /// How many the other side says that it misses; none until it says so.
    pub lost: Option<u64>,
    /// Which part was lost of late, from 0 to 1, as the other side says.
    pub loss: Option<f32>,
    /// The jitter that the other side sees.
    pub jitter: Option<Duration>,
}

/// Sound that this side receives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReceivedStats {
    /// Packets received.
    pub packets: u64,
    /// Bytes of Opus in them.
    pub bytes: u64,
    /// How many never came.
    pub lost: u64,
    /// How many came after their time, and are as good as lost.
    pub late: u64,
    /// How many frames of 20 ms were made up.
    pub concealed: u64,
    /// How much the packets' travel time varies (RFC 3550).
    pub jitter: Duration,
    /// How long packets are kept for that, beyond the fastest.
    pub delay: Duration,
}
