//! [`PeerConfig`], and what can be wrong with a session description.

use std::{net::SocketAddr, time::Duration};

use crate::opus::OpusError;

/// How a [`Peer`](super::Peer) connects and sounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerConfig {
    /// Where the other side can reach this one: the host candidates of the description. Others
    /// that it finds out by itself, behind a NAT for instance, need not be named.
    pub addresses: Vec<SocketAddr>,
    /// The label of the data channel. The offerer opens it, and the answerer waits for it.
    pub label: String,
    /// Samples per second of the sound on this side, both ways: 8000, 12000, 16000, 24000 or
    /// 48000. What crosses the network is the same for all.
    pub rate: u32,
    /// Who listens on this side.
    pub listener: Listener,
    /// Bits per second for speech.
    pub bitrate: u32,
    /// The longest message that this side takes, in bytes. Browsers send no more than 256 KiB.
    pub most_message_bytes: u32,
    /// How long it may take to connect, from the second description on.
    pub connect_within: Duration,
    /// How often [`PeerEvent::Stats`](super::PeerEvent::Stats) comes.
    pub stats_every: Duration,
}

impl Default for PeerConfig {
    /// What a Realtime session needs: `oai-events`, 24 kHz for a loudspeaker, 32 kbit/s, messages
    /// up to 1 MiB, 15 s to connect, statistics each second. There are no addresses yet.
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            label: "oai-events".to_owned(),
            rate: 24_000,
            listener: Listener::default(),
            bitrate: 32_000,
            most_message_bytes: 1 << 20,
            connect_within: Duration::from_secs(15),
            stats_every: Duration::from_secs(1),
        }
    }
}

/// Who listens to what the other side says, which decides when it is handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listener {
    /// Ears, by a loudspeaker: a frame every 20 ms, each as much later than its packet as nearly all
    /// packets need. In a pause the clock may jump, to wait less or longer.
    #[default]
    Loudspeaker,
    /// A program that has no clock to keep, such as a recognizer: a frame as soon as its packet is
    /// there. Only for what is missing is waited.
    Program,
}

/// A description or a configuration that no connection can be made with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// An address is no host candidate.
    #[error("{address} can't be reached from elsewhere; give an address of this host and its port")]
    Address {
        /// The address.
        address: SocketAddr,
    },
    /// The rate isn't one of Opus.
    #[error(transparent)]
    Sound(#[from] OpusError),
    /// The description isn't SDP, or lacks what WebRTC needs.
    #[error(
        "not a session description of WebRTC ({reason}); pass on the other side's SDP unchanged"
    )]
    Sdp {
        /// What is wrong.
        reason: String,
    },
    /// The description has no audio that both sides speak.
    #[error("the description offers no Opus audio; add an audio track or transceiver to it")]
    NoAudio,
    /// The description has no data channel.
    #[error("the description offers no data channel; create one before making the offer")]
    NoChannel,
    /// An answer came where none was waited for.
    #[error("no answer is due: only an offerer accepts one, and only once")]
    NotOffering,
}

/// A message that isn't sent. It isn't lost: the caller still has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no data channel yet.
    #[error("the data channel isn't open yet; wait for the event that says so")]
    NotOpen,
    /// The connection has ended.
    #[error("the connection has ended; make a new one")]
    Closed,
    /// The other side doesn't take messages of this length.
    #[error("the message has {length} bytes and the other side takes {most}; shorten it")]
    TooLong {
        /// The bytes of the message.
        length: usize,
        /// The most that the other side takes.
        most: usize,
    },
}
