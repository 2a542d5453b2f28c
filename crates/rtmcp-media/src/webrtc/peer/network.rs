//! Between a [`Peer`] and the WebRTC implementation below: the only place that reads its events.

use std::time::Duration;

use rtmcp_core::Private;
use str0m::{
    Event, IceConnectionState, Input, Output,
    channel::ChannelData,
    format::Codec,
    media::{Frequency, Mid, Pt},
    rtp::{RtpPacket, RtpWrite},
    stats::{CandidatePairStats, MediaEgressStats},
};
use tracing::debug;

use super::{Peer, State};
use crate::webrtc::{
    event::{CloseReason, PeerEvent, PeerStats, ReceivedStats, Transmit},
    jitter::TICKS_PER_SECOND,
    speaker::{Kind, Spoken},
};

/// Turns in which something new is due at once, before it is left to the next deadline.
const MOST_TURNS: usize = 100;

impl Peer {
    /// Takes all that the connection below has to say, as it demands after each change.
    pub(super) fn drain(&mut self) {
        for _ in 0..MOST_TURNS {
            self.drain_once();
            if self.wake > self.now || self.ending.is_some() {
                break;
            }
            if let Err(error) = self.rtc.handle_input(Input::Timeout(self.now)) {
                self.fail(&error);
            }
        }
        if std::mem::take(&mut self.stats_due) {
            let stats = self.measured();
            self.events.push_back(PeerEvent::Stats(stats));
        }
    }

    fn drain_once(&mut self) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.wake = at;
                    return;
                }
                Ok(Output::Transmit(it)) => self.transmits.push_back(Transmit {
                    source: it.source,
                    destination: it.destination,
                    bytes: it.contents.to_vec(),
                }),
                Ok(Output::Event(event)) => self.on_event(event),
                Err(error) => return self.fail(&error),
            }
        }
    }

    /// Hands waiting messages to the network until it has enough.
    pub(super) fn flush(&mut self) {
        let Some(id) = self.channel else {
            return;
        };
        while let Some(message) = self.outbox.front() {
            let written = match self.rtc.channel(id) {
                Some(mut channel) => channel.write(false, message),
                None => Ok(false),
            };
            match written {
                Ok(true) => self.outbox.pop(),
                Ok(false) => return,
                Err(error) => return self.fail(&error),
            }
            self.drain();
        }
    }

    pub(super) fn write_audio(&mut self, spoken: Spoken) {
        let Spoken {
            kind,
            payload,
            sequence,
            timestamp,
            first,
        } = spoken;
        let codec = match kind {
            Kind::Sound => Codec::Opus,
            Kind::Key => Codec::Tele,
        };
        let (Some(mid), Some(pt)) = (self.audio, self.payload_type(codec)) else {
            return;
        };
        let packet = RtpWrite::new(pt, sequence.into(), timestamp, self.now, payload);
        let mut api = self.rtc.direct_api();
        if let Some(stream) = api.stream_tx_by_mid(mid, None) {
            stream.write_rtp(packet.marker(first));
        }
        self.drain();
    }

    /// Returns the number that a codec has on the track; none where the other side doesn't take it.
    pub(super) fn payload_type(&self, codec: Codec) -> Option<Pt> {
        let media = self.rtc.media(self.audio?)?;
        let params = self.rtc.codec_config().params();
        let is_it = |pt: &Pt| {
            let mut known = params.iter();
            known.any(|it| it.pt() == *pt && it.spec().codec == codec)
        };
        media.remote_pts().iter().copied().find(is_it)
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Connected => {
                self.state = State::Connected;
                self.events.push_back(PeerEvent::Connected);
                self.start_audio();
            }
            Event::MediaAdded(media) => {
                self.audio.get_or_insert(media.mid);
                self.start_audio();
            }
            Event::ChannelOpen(id, label) if label == self.config.label => {
                self.channel = Some(id);
                self.events.push_back(PeerEvent::ChannelOpen);
            }
            Event::ChannelOpen(_, label) => debug!(label, "ignoring a data channel"),
            Event::ChannelData(data) if Some(data.id) == self.channel => self.on_message(data),
            Event::ChannelClose(id) if Some(id) == self.channel => {
                self.ending.get_or_insert(CloseReason::Remote);
            }
            Event::RtpPacket(packet) => self.on_packet(&packet),
            Event::IceConnectionStateChange(IceConnectionState::Disconnected)
                if matches!(self.state, State::Connected) =>
            {
                self.ending.get_or_insert(CloseReason::Lost);
            }
            Event::Closed => {
                self.ending.get_or_insert(CloseReason::Remote);
            }
            Event::MediaEgressStats(stats) => self.on_sent(&stats),
            Event::PeerStats(stats) => {
                let pair = stats.selected_candidate_pair;
                self.on_round_trip(pair.as_ref().and_then(round_trip));
                self.stats_due = true;
            }
            _ => {}
        }
    }

    /// Begins to send sound once the other side is there and wants some.
    fn start_audio(&mut self) {
        let sending = |mid: Mid| self.rtc.media(mid).map(|it| it.direction().is_sending());
        let sends = self.audio.and_then(sending).unwrap_or_default();
        if sends && matches!(self.state, State::Connected) {
            self.speaker.start(self.now);
        }
    }

    fn on_message(&mut self, data: ChannelData) {
        match String::from_utf8(data.data) {
            Ok(text) => self
                .events
                .push_back(PeerEvent::Message(Private::new(text))),
            Err(_) => debug!("ignoring a message that isn't text"),
        }
    }

    fn on_packet(&mut self, packet: &RtpPacket) {
        let timestamp = packet.time.rebase(Frequency::FORTY_EIGHT_KHZ).numer();
        let sequence = *packet.seq_no;
        let pt = Some(packet.header.payload_type);
        if pt == self.payload_type(Codec::Opus) {
            self.playout
                .insert(self.now, sequence, timestamp, &packet.payload);
        } else if pt == self.payload_type(Codec::Tele) {
            self.playout.pass_over(sequence);
            let key = self.keys.take(timestamp, &packet.payload);
            self.events
                .extend(key.map(|key| PeerEvent::Key(Private::new(key))));
        }
    }

    fn on_sent(&mut self, stats: &MediaEgressStats) {
        let sent = &mut self.reported.sent;
        if let Some(loss) = stats.loss {
            sent.loss = Some(loss);
            self.speaker.set_expected_loss((loss * 100.0).round() as u8);
        }
        if let Some(remote) = &stats.remote {
            sent.lost = Some(remote.packets_lost);
            let jitter = u64::from(remote.jitter);
            sent.jitter = Some(ticks(jitter));
        }
        self.on_round_trip(stats.rtt);
    }

    fn on_round_trip(&mut self, measured: Option<Duration>) {
        self.reported.round_trip = measured.or(self.reported.round_trip);
    }

    pub(super) fn measured(&self) -> PeerStats {
        let mut stats = self.reported;
        (stats.sent.packets, stats.sent.bytes) = self.speaker.counts();
        let buffer = self.playout.buffer();
        let (packets, bytes, lost) = buffer.counts();
        stats.received = ReceivedStats {
            packets,
            bytes,
            lost,
            late: buffer.late(),
            concealed: self.playout.concealed(),
            jitter: buffer.jitter(),
            delay: ticks(buffer.delay().unsigned_abs()),
        };
        stats
    }

    fn fail(&mut self, error: &str0m::RtcError) {
        self.ending
            .get_or_insert(CloseReason::Failed(error.to_string()));
    }
}

fn round_trip(pair: &CandidatePairStats) -> Option<Duration> {
    pair.current_round_trip_time
}

fn ticks(ticks: u64) -> Duration {
    Duration::from_micros(ticks * 1_000_000 / TICKS_PER_SECOND)
}
