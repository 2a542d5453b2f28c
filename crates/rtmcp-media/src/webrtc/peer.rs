//! [`Peer`]: one side of a connection, without IO and without a clock.

mod network;
mod setup;

use std::{collections::VecDeque, fmt, net::SocketAddr, ops::Range, time::Instant};

use str0m::{
    Input, Rtc,
    change::SdpPendingOffer,
    channel::ChannelId,
    format::Codec,
    media::Mid,
    net::{Protocol, Receive},
};
use tracing::trace;

use super::{
    config::{PeerConfig, PeerError, SendError},
    event::{CloseReason, PeerEvent, PeerStats, Transmit},
    keys::{self, HeardKeys, KeyError},
    outbox::Outbox,
    playout::Playout,
    speaker::{Cleared, Playback, Speaker, Turn},
};

/// One side of a WebRTC connection with one Opus track and one data channel.
///
/// It does no IO and reads no clock: whoever drives it hands over what arrives and the time, and
/// takes what is to be sent. [`Connection`](super::Connection) does that over a UDP socket; a
/// test can do it over a network that it makes up, faster than time passes.
///
/// - **Descriptions**: [`offer`](Self::offer) and [`accept_answer`](Self::accept_answer), or
///   [`answer`](Self::answer).
/// - **In**: [`receive`](Self::receive) each datagram, and [`wake`](Self::wake) when
///   [`deadline`](Self::deadline) has come.
/// - **Out**: after each of the others, [`poll_transmit`](Self::poll_transmit) and
///   [`poll_event`](Self::poll_event) until both have nothing.
/// - **Say**: [`send`](Self::send) a message, [`play`](Self::play) sound.
///
/// Times must not go back.
pub struct Peer {
    rtc: Rtc,
    config: PeerConfig,
    now: Instant,
    /// When the connection below wants to be woken.
    wake: Instant,
    state: State,
    ending: Option<CloseReason>,
    audio: Option<Mid>,
    channel: Option<ChannelId>,
    outbox: Outbox,
    speaker: Speaker,
    playout: Playout,
    keys: HeardKeys,
    /// What the other side said, and the way there and back.
    reported: PeerStats,
    stats_due: bool,
    transmits: VecDeque<Transmit>,
    events: VecDeque<PeerEvent>,
}

enum State {
    /// An offer is out, and nothing can arrive before its answer.
    Offering(SdpPendingOffer),
    /// Both descriptions are known.
    Connecting { until: Instant },
    /// The other side was reached.
    Connected,
    /// It is over.
    Closed,
}

impl Peer {
    /// A peer that begins, and the offer for the other side.
    ///
    /// # Errors
    ///
    /// [`PeerError::Address`] and [`PeerError::Sound`] when the configuration can't be.
    pub fn offer(config: PeerConfig, now: Instant) -> Result<(Self, String), PeerError> {
        setup::offer(config, now)
    }

    /// A peer that responds to an offer, and the answer for the other side.
    ///
    /// # Errors
    ///
    /// [`PeerError`] when the offer isn't one, or has no audio or no data channel.
    pub fn answer(
        offer: &str,
        config: PeerConfig,
        now: Instant,
    ) -> Result<(Self, String), PeerError> {
        setup::answer(offer, config, now)
    }

    /// Takes the answer to the offer.
    ///
    /// # Errors
    ///
    /// [`PeerError`] when the answer isn't one, or refuses audio or the data channel, and
    /// [`PeerError::NotOffering`] when none is due.
    pub fn accept_answer(&mut self, answer: &str, now: Instant) -> Result<(), PeerError> {
        self.now = self.now.max(now);
        setup::accept_answer(self, answer)?;
        self.settle();
        Ok(())
    }

    /// Takes a datagram that came from `source` to the local address `destination`.
    ///
    /// What isn't meant for this connection is ignored.
    pub fn receive(
        &mut self,
        now: Instant,
        source: SocketAddr,
        destination: SocketAddr,
        datagram: &[u8],
    ) {
        let Ok(contents) = datagram.try_into() else {
            trace!("ignoring a datagram that isn't WebRTC");
            return;
        };
        self.now = self.now.max(now);
        let input = Input::Receive(
            self.now,
            Receive {
                proto: Protocol::Udp,
                source,
                destination,
                contents,
            },
        );
        if self.rtc.accepts(&input) {
            self.handle(input);
        }
    }

    /// Lets time pass.
    pub fn wake(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.handle(Input::Timeout(self.now));
    }

    /// Returns when to [`wake`](Self::wake) it next; none when the connection has ended.
    pub fn deadline(&self) -> Option<Instant> {
        let until = match self.state {
            State::Closed => return None,
            State::Connecting { until } => Some(until),
            State::Offering(_) | State::Connected => None,
        };
        let dues = [until, self.speaker.due(), self.playout.due()];
        dues.into_iter().flatten().chain([self.wake]).min()
    }

    /// Returns the next datagram to be sent.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// Returns what happened next.
    pub fn poll_event(&mut self) -> Option<PeerEvent> {
        self.events.pop_front()
    }

    /// Queues a message; it arrives whole, once, and after those before it.
    ///
    /// Any number can be queued: whoever makes them faster than the network takes them looks at
    /// [`queued_bytes`](Self::queued_bytes).
    ///
    /// # Errors
    ///
    /// [`SendError`] when the channel isn't open or the message is too long for the other side.
    pub fn send(&mut self, message: String) -> Result<(), SendError> {
        if matches!(self.state, State::Closed) {
            return Err(SendError::Closed);
        }
        if self.channel.is_none() {
            return Err(SendError::NotOpen);
        }
        self.outbox.push(message)?;
        self.settle();
        Ok(())
    }

    /// Returns how many bytes of messages wait for the network.
    pub fn queued_bytes(&self) -> usize {
        self.outbox.bytes()
    }

    /// Returns how many bytes a message may have, as the other side says; none before its
    /// description is known.
    pub fn most_message_bytes(&self) -> Option<usize> {
        self.outbox.most()
    }

    /// Returns how the network does: what is counted here by now, and what the other side said
    /// last. [`PeerEvent::Stats`] brings the same from time to time.
    pub fn stats(&self) -> PeerStats {
        self.measured()
    }

    /// Returns whether messages can be sent.
    pub fn is_open(&self) -> bool {
        self.channel.is_some() && !self.is_closed()
    }

    /// Returns whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Queues sound, mono at the configured rate, and returns its positions: how many samples will
    /// have been sent before its first and after its last one.
    ///
    /// It leaves in frames of 20 ms at the pace of speech, silence being sent in between. Where
    /// sound comes slower than that, the pause is where it ran out; a last part that doesn't fill
    /// a frame waits for more, or for [`finish_playback`](Self::finish_playback).
    pub fn play(&mut self, samples: &[i16]) -> Range<u64> {
        self.speaker.play(samples)
    }

    /// Says that what was queued is all for now: [`PeerEvent::PlaybackStopped`] comes when it has
    /// been sent.
    pub fn finish_playback(&mut self) {
        self.speaker.finish();
    }

    /// Drops what wasn't sent yet, at once, and returns where speech was cut. Nothing comes of it
    /// as an event.
    pub fn clear_playback(&mut self) -> Cleared {
        self.speaker.clear()
    }

    /// Presses telephone keys (DTMF), one after the other, each for 100 ms: `0` to `9`, `*`, `#`, `A`
    /// to `D`. They go before what is queued as speech, which waits meanwhile.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when there is no such key, or the other side takes none.
    pub fn press(&mut self, keys: &str) -> Result<(), KeyError> {
        let codes = keys::codes(keys)?;
        if self.is_closed() || self.payload_type(Codec::Tele).is_none() {
            return Err(KeyError::NotTaken);
        }
        self.speaker.press(codes);
        Ok(())
    }

    /// Returns how far playback is.
    pub fn playback(&self) -> Playback {
        self.speaker.playback()
    }

    /// Ends the connection and tells the other side.
    pub fn close(&mut self) {
        self.ending.get_or_insert(CloseReason::Local);
        self.settle();
    }

    /// Ends the connection without a word to the other side, as a crash would.
    pub fn abandon(&mut self) {
        if !self.is_closed() {
            self.transmits.clear();
            self.state = State::Closed;
            let closed = PeerEvent::Closed(CloseReason::Local);
            self.events.push_back(closed);
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        if self.is_closed() {
            return;
        }
        if let Err(error) = self.rtc.handle_input(input) {
            self.ending
                .get_or_insert(CloseReason::Failed(error.to_string()));
        }
        if let State::Connecting { until } = self.state
            && self.now >= until
        {
            let within = self.config.connect_within;
            self.ending
                .get_or_insert(CloseReason::NeverConnected(within));
        }
        self.settle();
    }

    /// Sends and hands out all that is due.
    fn settle(&mut self) {
        if self.is_closed() {
            return;
        }
        self.drain();
        self.speak();
        while let Some(frame) = self.playout.poll(self.now) {
            self.events.push_back(PeerEvent::Audio(frame));
        }
        self.flush();
        if let Some(reason) = self.ending.take() {
            self.end(reason);
        }
    }

    fn speak(&mut self) {
        while let Some((spoken, turn)) = self.speaker.poll(self.now) {
            self.write_audio(spoken);
            self.events.extend(turn.map(|it| match it {
                Turn::Started { position } => PeerEvent::PlaybackStarted { position },
                Turn::Stopped { position } => PeerEvent::PlaybackStopped { position },
            }));
        }
    }

    fn end(&mut self, reason: CloseReason) {
        if let Err(error) = self.rtc.close() {
            trace!(%error, "closing without a word to the other side");
        }
        self.drain();
        self.state = State::Closed;
        self.events.push_back(PeerEvent::Closed(reason));
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Offering(_) => "offering",
            State::Connecting { .. } => "connecting",
            State::Connected => "connected",
            State::Closed => "closed",
        };
        f.debug_struct("Peer")
            .field("state", &state)
            .field("open", &self.is_open())
            .field("queued_bytes", &self.queued_bytes())
            .field("playback", &self.playback())
            .field("stats", &self.measured())
            .finish_non_exhaustive()
    }
}
