//! [`JitterBuffer`]: puts packets in order and gives each one out at its time.
//!
//! All times are ticks of the RTP clock, 48000 a second for Opus. A packet's *transit* is its
//! arrival minus its timestamp: with clocks that aren't set to each other the number itself means
//! nothing, but what it varies by is the jitter. A packet is due at its timestamp plus the least
//! transit of late plus the delay that nearly all packets keep within.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use crate::opus;

/// Ticks of the RTP clock in a second.
pub(super) const TICKS_PER_SECOND: u64 = 48_000;
/// Ticks of the 20 ms that stand in for a packet that is lost.
pub(super) const FRAME: i64 = 960;
/// Transits that the delay is taken from: 5 s of packets.
const WINDOW: usize = 250;
/// One packet of so many may come after its time.
const LATE_ONE_IN: usize = 50;
/// The delay before enough transits are known.
const FIRST_DELAY: i64 = FRAME;
/// The bounds of the delay: 10 and 400 ms.
const LEAST_DELAY: i64 = FRAME / 2;
const MOST_DELAY: i64 = 20 * FRAME;
/// What the packets that gave the delay get on top of it.
const MARGIN: i64 = FRAME / 4;
/// How much earlier than due a frame is before it is held back.
const LEAD: i64 = FRAME / 2;
/// How much later than due a frame is taken before one is skipped, in a pause and in speech.
const LAG_IN_A_PAUSE: i64 = FRAME + FRAME / 2;
const LAG_IN_SPEECH: i64 = 5 * FRAME;
/// A packet so far from what is expected is another stream: the sender paused, or began again.
const ANOTHER_STREAM: i64 = 2 * TICKS_PER_SECOND as i64;
/// How much longer than its delay a packet is waited for where nobody has a clock to keep: it is
/// better heard late than made up.
const PATIENCE: i64 = 2 * FRAME;
/// Longer than this, nothing is made up for what a listener that waits for packets has missed.
const MOST_MISSING: i64 = TICKS_PER_SECOND as i64;
/// So many late packets, and none in time, are another stream too.
const LATE_IN_A_ROW: u32 = 8;

/// Packets between their arrival and their time.
#[derive(Debug)]
pub(super) struct JitterBuffer {
    epoch: Instant,
    packets: BTreeMap<i64, Vec<u8>>,
    transits: VecDeque<i64>,
    /// The timestamp of what is given next.
    next: Option<i64>,
    late_in_a_row: u32,
    sequence: Sequence,
    jitter: f64,
    last_transit: Option<i64>,
    late: u64,
}

/// Which sequence numbers came.
#[derive(Debug, Default)]
struct Sequence {
    first: Option<u64>,
    highest: u64,
    packets: u64,
    bytes: u64,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The packet whose time it is.
    Packet(Vec<u8>),
    /// A packet to be decoded and not heard: too much sound waits.
    Skip(Vec<u8>),
    /// The packet is lost, and this one after it may hold a copy.
    Recover(Vec<u8>),
    /// The packet is lost, or there is none yet and the delay has to grow.
    Conceal,
}

impl JitterBuffer {
    pub(super) fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            packets: BTreeMap::new(),
            transits: VecDeque::with_capacity(WINDOW),
            next: None,
            late_in_a_row: 0,
            sequence: Sequence::default(),
            jitter: 0.0,
            last_transit: None,
            late: 0,
        }
    }

    /// Takes a packet with its numbers, extended so that they don't wrap.
    pub(super) fn insert(&mut self, now: Instant, sequence: u64, timestamp: u64, payload: &[u8]) {
        let Ok(timestamp) = i64::try_from(timestamp) else {
            return;
        };
        self.sequence.saw(sequence, payload.len());
        if let Some(next) = self.next
            && (timestamp - next).abs() > ANOTHER_STREAM
        {
            self.restart();
        }
        let transit = self.ticks(now) - timestamp;
        self.saw_transit(transit);
        let next = *self.next.get_or_insert(timestamp);
        if timestamp >= next {
            self.late_in_a_row = 0;
            self.packets.insert(timestamp, payload.to_vec());
            return;
        }
        self.late += 1;
        self.late_in_a_row += 1;
        if self.late_in_a_row >= LATE_IN_A_ROW {
            self.restart();
            self.saw_transit(transit);
            self.next = Some(timestamp);
            self.packets.insert(timestamp, payload.to_vec());
        }
    }

    /// Notes a packet that came and holds no sound, so that it isn't missed.
    pub(super) fn pass_over(&mut self, sequence: u64) {
        self.sequence.saw(sequence, 0);
    }

    /// Returns what comes next as soon as it is here or overdue. None while it may still come.
    pub(super) fn take_prompt(&mut self, now: Instant) -> Option<Next> {
        let next = self.next?;
        if let Some(payload) = self.packets.remove(&next) {
            self.next = Some(next + opus::ticks(&payload).unwrap_or(FRAME));
            return Some(Next::Packet(payload));
        }
        let lag = self.lag(now, next) - PATIENCE;
        let next = match lag > MOST_MISSING {
            // Nobody was there to wait for it: the other side's time has passed all the same.
            true => next + lag / FRAME * FRAME,
            false => next,
        };
        (lag >= 0).then(|| self.missing(next, lag))
    }

    /// Returns when the next packet is given up, if it isn't here: at once if it is.
    pub(super) fn due(&self) -> Option<Instant> {
        let next = self.next?;
        if self.packets.contains_key(&next) {
            return Some(self.epoch);
        }
        let ticks = next + self.least_transit() + self.delay() + PATIENCE;
        // Rounded up, so that it is overdue then.
        let micros = ticks.max(0).unsigned_abs() * 1_000 / (TICKS_PER_SECOND / 1_000) + 1;
        Some(self.epoch + Duration::from_micros(micros))
    }

    /// Returns by how much what comes next would come later than its delay asks; less than nothing
    /// for earlier.
    pub(super) fn lag_of_next(&self, now: Instant) -> Option<i64> {
        self.next.map(|next| self.lag(now, next))
    }

    /// Returns what comes next, told whether what was heard last is a pause, in which a change of
    /// the delay isn't noticed. None before the first packet.
    pub(super) fn take(&mut self, now: Instant, in_a_pause: bool) -> Option<Next> {
        let next = self.next?;
        let lag = self.lag(now, next);
        let Some(payload) = self.packets.remove(&next) else {
            return Some(self.missing(next, lag));
        };
        if in_a_pause && lag <= -LEAD {
            self.packets.insert(next, payload);
            return Some(Next::Conceal);
        }
        self.next = Some(next + opus::ticks(&payload).unwrap_or(FRAME));
        let most = if in_a_pause {
            LAG_IN_A_PAUSE
        } else {
            LAG_IN_SPEECH
        };
        let skip = lag > most && !self.packets.is_empty();
        Some(if skip {
            Next::Skip(payload)
        } else {
            Next::Packet(payload)
        })
    }

    /// Returns how long nearly all packets take longer than the fastest.
    pub(super) fn delay(&self) -> i64 {
        let mut sorted: Vec<i64> = self.transits.iter().copied().collect();
        sorted.sort_unstable();
        let kept = sorted.len() - sorted.len() / LATE_ONE_IN;
        let slow = sorted[..kept].last().copied().unwrap_or_default();
        let fast = sorted.first().copied().unwrap_or_default();
        let least = match sorted.len() < LATE_ONE_IN {
            true => FIRST_DELAY,
            false => LEAST_DELAY,
        };
        (slow - fast + MARGIN).clamp(least, MOST_DELAY)
    }

    /// Returns the packets that came, their bytes, and how many didn't.
    pub(super) fn counts(&self) -> (u64, u64, u64) {
        let Sequence { packets, bytes, .. } = self.sequence;
        (packets, bytes, self.sequence.lost())
    }

    /// Returns how many packets came after their time.
    pub(super) fn late(&self) -> u64 {
        self.late
    }

    /// Returns the jitter as RFC 3550 reckons it.
    pub(super) fn jitter(&self) -> Duration {
        Duration::from_secs_f64(self.jitter / TICKS_PER_SECOND as f64)
    }

    fn lag(&self, now: Instant, next: i64) -> i64 {
        self.ticks(now) - next - self.least_transit() - self.delay()
    }

    fn least_transit(&self) -> i64 {
        self.transits.iter().copied().min().unwrap_or_default()
    }

    fn missing(&mut self, next: i64, lag: i64) -> Next {
        if lag <= -LEAD {
            // It may only be late: give it the time that the delay should have given it.
            return Next::Conceal;
        }
        self.next = Some(next + FRAME);
        let Some((timestamp, payload)) = self.packets.first_key_value() else {
            return Next::Conceal;
        };
        match timestamp - next {
            FRAME => Next::Recover(payload.clone()),
            // Packets that don't begin where frames of 20 ms do.
            less if less < FRAME => {
                self.next = Some(*timestamp);
                Next::Conceal
            }
            _ => Next::Conceal,
        }
    }

    fn saw_transit(&mut self, transit: i64) {
        if let Some(last) = self.last_transit.replace(transit) {
            self.jitter += ((transit - last).abs() as f64 - self.jitter) / 16.0;
        }
        if self.transits.len() == WINDOW {
            self.transits.pop_front();
        }
        self.transits.push_back(transit);
    }

    fn restart(&mut self) {
        self.packets.clear();
        self.transits.clear();
        self.last_transit = None;
        self.next = None;
        self.late_in_a_row = 0;
    }

    fn ticks(&self, now: Instant) -> i64 {
        let micros = now.saturating_duration_since(self.epoch).as_micros() as u64;
        (micros * (TICKS_PER_SECOND / 1_000) / 1_000) as i64
    }
}

impl Sequence {
    fn saw(&mut self, number: u64, bytes: usize) {
        self.first = Some(self.first.map_or(number, |it| it.min(number)));
        self.highest = self.highest.max(number);
        self.packets += 1;
        self.bytes += bytes as u64;
    }

    fn lost(&self) -> u64 {
        let Some(first) = self.first else {
            return 0;
        };
        (self.highest - first + 1).saturating_sub(self.packets)
    }
}

#[cfg(test)]
mod tests;
