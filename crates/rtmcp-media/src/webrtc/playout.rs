//! [`Playout`]: what is heard of the other side, 20 ms at a time.

use std::{
    collections::VecDeque,
    fmt,
    time::{Duration, Instant},
};

use tracing::debug;

use super::{
    config::Listener,
    jitter::{JitterBuffer, Next, TICKS_PER_SECOND},
};
use crate::{
    level::rms,
    opus::{OpusDecoder, OpusError},
};

/// How long a frame sounds.
pub(super) const FRAME_TIME: Duration = Duration::from_millis(20);
/// Frames of a second.
pub(super) const FRAMES_PER_SECOND: u32 = 50;
/// A driver that was kept away for longer than this doesn't catch up.
const MOST_BEHIND: Duration = Duration::from_secs(1);
/// A clock doesn't jump for less: 2 ms.
const LEAST_JUMP: i64 = TICKS_PER_SECOND as i64 / 500;
/// Quieter than this (-50 dB) is a pause.
const PAUSE: f32 = 0.003;
/// Frames that concealment has faded out in.
const FADED_AFTER: u32 = 10;
/// Packets that one frame may skip.
const MOST_SKIPPED: usize = 10;

/// 20 ms of what the other side says.
///
/// `Debug` shows its length and not its samples, which may be somebody's voice.
#[derive(Clone, PartialEq, Eq)]
pub struct AudioFrame {
    /// The samples, mono, at the rate of the peer's configuration.
    pub samples: Vec<i16>,
    /// How many samples were handed out before these.
    pub position: u64,
    /// Whether some of it is made up, because packets are missing.
    pub concealed: bool,
}

impl fmt::Debug for AudioFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AudioFrame")
            .field("samples", &self.samples.len())
            .field("position", &self.position)
            .field("concealed", &self.concealed)
            .finish()
    }
}

/// Packets in, frames out.
pub(super) struct Playout {
    buffer: JitterBuffer,
    decoder: OpusDecoder,
    listener: Listener,
    frame_len: usize,
    due: Option<Instant>,
    /// Decoded samples that don't fill a frame yet.
    ready: VecDeque<i16>,
    /// Whether some of them are made up.
    made_up: bool,
    position: u64,
    in_a_pause: bool,
    concealed: u64,
    concealed_in_a_row: u32,
}

impl Playout {
    pub(super) fn new(now: Instant, rate: u32, listener: Listener) -> Result<Self, OpusError> {
        Ok(Self {
            buffer: JitterBuffer::new(now),
            decoder: OpusDecoder::new(rate, 1)?,
            listener,
            frame_len: (rate / FRAMES_PER_SECOND) as usize,
            due: None,
            ready: VecDeque::new(),
            made_up: false,
            position: 0,
            in_a_pause: true,
            concealed: 0,
            concealed_in_a_row: 0,
        })
    }

    /// Takes a packet; the first one starts the clock.
    pub(super) fn insert(&mut self, now: Instant, sequence: u64, timestamp: u64, payload: &[u8]) {
        self.buffer.insert(now, sequence, timestamp, payload);
        match self.listener {
            Listener::Loudspeaker => {
                self.due.get_or_insert(now + FRAME_TIME);
            }
            Listener::Program => self.due = self.buffer.due(),
        }
    }

    /// Notes a packet that came and holds no sound.
    pub(super) fn pass_over(&mut self, sequence: u64) {
        self.buffer.pass_over(sequence);
    }

    /// When the next frame is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Returns a frame if one is due.
    pub(super) fn poll(&mut self, now: Instant) -> Option<AudioFrame> {
        let due = self.due.filter(|it| *it <= now)?;
        let concealed = match self.listener {
            Listener::Loudspeaker => self.fill_by_the_clock(now, due),
            Listener::Program => self.fill_promptly(now)?,
        };
        let samples: Vec<i16> = self.ready.drain(..self.frame_len).collect();
        self.in_a_pause = rms(&samples) < PAUSE;
        self.concealed += u64::from(concealed);
        let position = self.position;
        self.position += samples.len() as u64;
        Some(AudioFrame {
            samples,
            position,
            concealed,
        })
    }

    /// Fills the frame that is due, and returns whether some of it is made up.
    fn fill_by_the_clock(&mut self, now: Instant, due: Instant) -> bool {
        let behind = now - due;
        let due = if behind > MOST_BEHIND { now } else { due };
        while self.ready.len() < self.frame_len {
            self.made_up |= self.decode(due);
        }
        self.due = Some(due + FRAME_TIME - self.too_long(due));
        std::mem::take(&mut self.made_up)
    }

    /// Returns how much earlier the next frame may be handed out than when its time would come: in
    /// a pause nobody notices, and what is said next is heard so much earlier.
    fn too_long(&self, due: Instant) -> Duration {
        let lag = self.buffer.lag_of_next(due + FRAME_TIME);
        let lag = lag.filter(|it| self.in_a_pause && *it >= LEAST_JUMP);
        let micros = lag.unwrap_or_default().unsigned_abs() * 1_000_000 / TICKS_PER_SECOND;
        Duration::from_micros(micros).min(FRAME_TIME)
    }

    /// Fills a frame as soon as there is enough for it, and returns whether some of it is made up.
    fn fill_promptly(&mut self, now: Instant) -> Option<bool> {
        while self.ready.len() < self.frame_len
            && let Some(next) = self.buffer.take_prompt(now)
        {
            self.made_up |= self.hear(&next);
        }
        self.due = self.buffer.due();
        let is_full = self.ready.len() >= self.frame_len;
        is_full.then(|| std::mem::take(&mut self.made_up))
    }

    pub(super) fn buffer(&self) -> &JitterBuffer {
        &self.buffer
    }

    /// Returns how many frames were made up.
    pub(super) fn concealed(&self) -> u64 {
        self.concealed
    }

    /// Adds what comes next to what is ready, and returns whether it is made up.
    fn decode(&mut self, now: Instant) -> bool {
        for _ in 0..MOST_SKIPPED {
            match self.buffer.take(now, self.in_a_pause) {
                Some(Next::Skip(packet)) => {
                    let skipped = self.decoder.decode(&packet);
                    debug!(
                        ok = skipped.is_ok(),
                        "skipping a frame: too much sound waits"
                    );
                }
                Some(next) => return self.hear(&next),
                None => return self.conceal(),
            }
        }
        self.conceal()
    }

    fn hear(&mut self, next: &Next) -> bool {
        let (sound, made_up) = match next {
            Next::Packet(packet) | Next::Skip(packet) => {
                self.concealed_in_a_row = 0;
                (self.decoder.decode(packet), false)
            }
            Next::Recover(following) => (self.decoder.recover(following), true),
            Next::Conceal => return self.conceal(),
        };
        match sound {
            Ok(samples) => self.add(&samples, made_up),
            Err(_) => self.conceal(),
        }
    }

    fn conceal(&mut self) -> bool {
        self.concealed_in_a_row = self.concealed_in_a_row.saturating_add(1);
        let silence = vec![0; self.frame_len];
        if self.concealed_in_a_row > FADED_AFTER {
            return self.add(&silence, true);
        }
        let made_up = self.decoder.conceal().unwrap_or(silence);
        self.add(&made_up, true)
    }

    fn add(&mut self, samples: &[i16], concealed: bool) -> bool {
        self.ready.extend(samples);
        if samples.is_empty() {
            // A frame is filled whatever a packet holds.
            self.ready.resize(self.frame_len, 0);
        }
        concealed
    }
}

impl fmt::Debug for Playout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Playout")
            .field("position", &self.position)
            .field("concealed", &self.concealed)
            .finish_non_exhaustive()
    }
}
