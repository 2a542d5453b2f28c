//! How a [`Peer`] comes to be: offers, answers and what they must hold.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use str0m::{
    Candidate, Rtc,
    change::{SdpAnswer, SdpOffer},
    format::{Codec, FormatParams},
    media::{Direction, Frequency, MediaKind},
};

use super::{Peer, State};
use crate::webrtc::{
    config::{PeerConfig, PeerError},
    event::PeerStats,
    keys::{self, HeardKeys},
    outbox::{MOST_BYTES, Outbox},
    playout::Playout,
    speaker::Speaker,
};

/// How often the other side is told what arrives.
const REPORTS_EVERY: Duration = Duration::from_secs(1);
/// The number that keys have in an offer, as in browsers.
const KEYS_TYPE: u8 = 110;
/// So many unanswered questions, some 10 s, and the other side is gone.
const MOST_UNANSWERED: usize = 6;

pub(super) fn offer(config: PeerConfig, now: Instant) -> Result<(Peer, String), PeerError> {
    let mut peer = peer(config, now)?;
    let label = peer.config.label.clone();
    let mut change = peer.rtc.sdp_api();
    let direction = Direction::SendRecv;
    let mid = change.add_media(MediaKind::Audio, direction, None, None, None);
    change.add_channel(label);
    let Some((offer, pending)) = change.apply() else {
        return Err(bad("it has no changes"));
    };
    peer.audio = Some(mid);
    peer.state = State::Offering(pending);
    peer.settle();
    Ok((peer, offer.to_sdp_string()))
}

pub(super) fn answer(
    offer: &str,
    config: PeerConfig,
    now: Instant,
) -> Result<(Peer, String), PeerError> {
    check(offer)?;
    let mut peer = peer(config, now)?;
    let parsed = SdpOffer::from_sdp_string(offer).map_err(|it| bad(&it))?;
    let answer = peer
        .rtc
        .sdp_api()
        .accept_offer(parsed)
        .map_err(|it| bad(&it))?;
    peer.outbox.read_limit(offer);
    peer.connecting();
    peer.settle();
    let answer = answer.to_sdp_string();
    // No audio in common shows only here.
    check(&answer)?;
    Ok((peer, answer))
}

pub(super) fn accept_answer(peer: &mut Peer, answer: &str) -> Result<(), PeerError> {
    check(answer)?;
    let parsed = SdpAnswer::from_sdp_string(answer).map_err(|it| bad(&it))?;
    let pending = match std::mem::replace(&mut peer.state, State::Closed) {
        State::Offering(pending) => pending,
        other => {
            peer.state = other;
            return Err(PeerError::NotOffering);
        }
    };
    peer.connecting();
    peer.outbox.read_limit(answer);
    let accepted = peer.rtc.sdp_api().accept_answer(pending, parsed);
    accepted.map_err(|it| bad(&it))
}

impl Peer {
    fn connecting(&mut self) {
        let until = self.now + self.config.connect_within;
        self.state = State::Connecting { until };
    }
}

fn peer(config: PeerConfig, now: Instant) -> Result<Peer, PeerError> {
    let mut builder = Rtc::builder()
        .clear_codecs()
        .enable_opus(true, false)
        .set_rtp_mode(true)
        .set_stats_interval(Some(config.stats_every))
        .set_rtcp_report_interval_audio(REPORTS_EVERY)
        .set_sctp_max_message_size(config.most_message_bytes)
        .set_sctp_max_buffered_amount(MOST_BYTES);
    builder.set_max_stun_retransmits(MOST_UNANSWERED);
    let keys = FormatParams {
        telephone_event_max: Some(keys::LAST),
        ..FormatParams::default()
    };
    let clock = Frequency::FORTY_EIGHT_KHZ;
    let codecs = builder.codec_config();
    codecs.add_config(KEYS_TYPE.into(), None, Codec::Tele, clock, None, keys);
    let mut rtc = builder.build(now);
    for address in &config.addresses {
        let bad = |_| PeerError::Address { address: *address };
        let candidate = Candidate::host(*address, "udp").map_err(bad)?;
        rtc.add_local_candidate(candidate);
    }
    Ok(Peer {
        speaker: Speaker::new(config.rate, config.bitrate)?,
        playout: Playout::new(now, config.rate, config.listener)?,
        rtc,
        config,
        now,
        wake: now,
        // Until the description is made, which is next.
        state: State::Closed,
        ending: None,
        audio: None,
        channel: None,
        outbox: Outbox::default(),
        reported: PeerStats::default(),
        keys: HeardKeys::default(),
        stats_due: false,
        transmits: VecDeque::new(),
        events: VecDeque::new(),
    })
}

/// Checks that a description has what a call needs, for a clear error before a deep one.
fn check(sdp: &str) -> Result<(), PeerError> {
    let has_media = |kind: &str| {
        let accepted = |it: &&str| !it[kind.len()..].trim_start().starts_with("0 ");
        sdp.lines()
            .filter(|it| it.starts_with(kind))
            .any(|it| accepted(&it))
    };
    if !sdp.starts_with("v=0") {
        return Err(bad("it doesn't begin with v=0"));
    }
    if !has_media("m=audio") || !sdp.to_ascii_lowercase().contains(" opus/48000") {
        return Err(PeerError::NoAudio);
    }
    if !has_media("m=application") {
        return Err(PeerError::NoChannel);
    }
    let names = sdp.lines().filter_map(|it| it.strip_prefix("a=ice-ufrag:"));
    if names.map(str::len).any(|it| it > LONGEST_NAME) {
        return Err(bad("its `ice-ufrag` is too long"));
    }
    Ok(())
}

/// Bytes of a side's name for ICE. Both names go into one attribute of 128 bytes, and str0m panics
/// where they don't fit; browsers take 4 to 8.
const LONGEST_NAME: usize = 64;

fn bad(reason: &(impl ToString + ?Sized)) -> PeerError {
    PeerError::Sdp {
        reason: reason.to_string(),
    }
}
