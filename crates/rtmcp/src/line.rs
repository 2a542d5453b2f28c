//! [`Line`]: the connection to the endpoint, in both directions.

mod channel;
mod close;
mod queue;
mod socket;
mod watchdog;

use rtmcp_media::webrtc::{AudioFrame, Connection, ConnectionHandle};
use tokio::time::Duration;
use tokio_tungstenite::{WebSocketStream, tungstenite::Utf8Bytes};

use crate::connect::Stream;
pub(crate) use channel::ChannelLine;
pub(crate) use close::{End, EndKind};
use socket::SocketLine;

/// How long the endpoint gets to take the last words and say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// How long the endpoint may leave what waits for it: less than the buffer of the connection in
/// that time is less than a person speaks. Of sound, the oldest has been dropped by then.
const STUCK: Duration = Duration::from_secs(30);

/// Why a line is gone whose other end takes nothing.
const DEAF: &str = "the endpoint takes nothing any more";

/// Why a line is gone whose other end says nothing, asked or not.
const MUTE: &str = "the endpoint doesn't answer any more";

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sending {
    /// An event that must arrive.
    Control,
    /// So many bytes of sound, which are worth nothing when they come too late.
    Sound(u64),
}

/// An open connection.
#[derive(Debug)]
pub(crate) enum Line {
    /// Events, and sound in them.
    Socket(Box<SocketLine<Stream>>),
    /// Events on a data channel, and sound on a track.
    Channel(ChannelLine),
}

/// What came over the line.
#[derive(Debug)]
pub(crate) enum Received {
    /// An event, as text.
    Text(Utf8Bytes),
    /// The next of what the track sounds like.
    Sound(AudioFrame),
    /// The endpoint takes too little: so many bytes of sound that waited were dropped.
    Dropped(u64),
    /// The connection is over. Nothing more may be asked of it.
    Over(End),
}

impl From<WebSocketStream<Stream>> for Line {
    fn from(socket: WebSocketStream<Stream>) -> Self {
        Self::Socket(Box::new(SocketLine::new(socket)))
    }
}

impl From<Connection> for Line {
    fn from(connection: Connection) -> Self {
        Self::Channel(ChannelLine::new(connection))
    }
}

impl Line {
    /// Queues an event, to be written while [`receive`](Self::receive) waits. What can't be
    /// written any more shows there as [`Received::Over`].
    pub(crate) fn send(&mut self, text: String, kind: Sending) {
        match self {
            Self::Socket(line) => line.send(text, kind),
            // Sound goes on the track.
            Self::Channel(line) => line.send(text),
        }
    }

    /// Writes what is queued, and waits for what comes next. Cancel safe.
    pub(crate) async fn receive(&mut self) -> Received {
        match self {
            Self::Socket(line) => line.receive().await,
            Self::Channel(line) => line.receive().await,
        }
    }

    /// Returns what speaks on the track, where there is one.
    pub(crate) fn track(&self) -> Option<ConnectionHandle> {
        match self {
            Self::Socket(_) => None,
            Self::Channel(line) => Some(line.handle()),
        }
    }

    /// Writes what is queued, says goodbye, and waits a moment for the answer.
    pub(crate) async fn close(self) {
        match self {
            Self::Socket(line) => line.close().await,
            Self::Channel(line) => line.close().await,
        }
    }
}
