//! WebRTC: a call with one Opus track and one data channel, as a Realtime session has.
//!
//! Either side can offer: a client that calls a Realtime endpoint, or an endpoint that a browser
//! calls. Packets that come late, twice, in another order or not at all are the rule and not an
//! error: messages arrive whole and in order all the same, and sound comes out in frames of 20 ms.
//!
//! | what | where |
//! |---|---|
//! | a connection over a UDP socket | [`Connection`], [`ConnectionHandle`] |
//! | the same without IO and clock, for other networks and for tests | [`Peer`] |
//! | addresses, label, rates, limits and who listens | [`PeerConfig`], [`Listener`] |
//! | what happens | [`PeerEvent`], [`AudioFrame`], [`CloseReason`] |
//! | how far what is said got, and how much was cut | [`Playback`], [`Cleared`] |
//! | telephone keys (DTMF), both ways | [`press`](ConnectionHandle::press), [`PeerEvent::Key`] |
//! | how the network does | [`PeerStats`] |
//! | a network that does badly, for tests | [`Impairment`] |
//!
//! # Whose clock
//!
//! What this side says is *playback*: samples are queued at once and leave at the pace of speech,
//! and a position is a count of samples that have left. An endpoint that queues an answer of the
//! model knows from the range that [`play`](ConnectionHandle::play) returns and the position that
//! [`clear_playback`](ConnectionHandle::clear_playback) returns how much of which answer was said
//! when somebody interrupts.
//!
//! What the other side says is *played out*: packets wait as long as nearly all of them need
//! (10 to 400 ms, found from how they arrive), and a frame that is missing then is made up. A
//! [`Listener`] that is no loudspeaker waits only for what is missing.
//!
//! # What isn't here
//!
//! Candidates are addresses of this host (ICE host candidates); there is no STUN or TURN client,
//! and no trickling of further candidates. Echo cancellation is a browser's business.

mod config;
mod connection;
mod event;
mod jitter;
mod keys;
mod outbox;
mod peer;
mod playout;
mod speaker;

pub use config::{Listener, PeerConfig, PeerError, SendError};
pub use connection::{ConnectError, Connection, ConnectionHandle, Impairment};
pub use event::{CloseReason, PeerEvent, PeerStats, ReceivedStats, SentStats, Transmit};
pub use keys::KeyError;
pub use peer::Peer;
pub use playout::AudioFrame;
pub use speaker::{Cleared, Playback};

#[cfg(test)]
mod tests;
