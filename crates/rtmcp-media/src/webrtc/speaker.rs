//! [`Speaker`]: what is said to the other side, 20 ms at a time, and how far it got.

use std::{
    collections::VecDeque,
    fmt,
    ops::Range,
    time::{Duration, Instant},
};

use super::{
    jitter::FRAME,
    keys::{KeyPacket, Keypad},
    playout::{FRAME_TIME, FRAMES_PER_SECOND},
};
use crate::opus::{OpusEncoder, OpusError, OpusSettings};

/// A driver that was kept away for longer than this doesn't catch up.
const MOST_BEHIND: Duration = Duration::from_millis(200);

/// What was cut off by [`Peer::clear_playback`](super::Peer::clear_playback).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// How many samples had been sent of all that was ever queued: where speech was cut.
    pub position: u64,
    /// How many samples were dropped.
    pub dropped: u64,
    /// Whether something was being said.
    pub playing: bool,
}

/// How far playback is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playback {
    /// How many samples have been sent of all that was ever queued.
    pub position: u64,
    /// How many samples wait.
    pub queued: u64,
    /// Whether something is being said: from its first frame until it was finished and sent, or
    /// cleared.
    pub playing: bool,
}

/// Queued samples, paced.
pub(super) struct Speaker {
    encoder: OpusEncoder,
    rate: u32,
    queue: VecDeque<i16>,
    position: u64,
    state: State,
    due: Option<Instant>,
    sequence: u64,
    timestamp: u32,
    packets: u64,
    bytes: u64,
    keypad: Keypad,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is said, and what is sent is silence.
    Idle,
    /// Something is queued of which nothing was sent yet.
    Waiting { finished: bool },
    /// Something is being said; if it isn't finished and the queue is empty, more will come.
    Playing { finished: bool },
}

/// A change that a frame brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Started { position: u64 },
    Stopped { position: u64 },
}

/// What is in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sound,
    /// A telephone key, which is pressed in place of sound.
    Key,
}

/// A packet to be sent.
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) kind: Kind,
    pub(super) payload: Vec<u8>,
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) first: bool,
}

impl Speaker {
    pub(super) fn new(rate: u32, bitrate: u32) -> Result<Self, OpusError> {
        let settings = OpusSettings {
            rate,
            bitrate,
            ..OpusSettings::default()
        };
        Ok(Self {
            encoder: OpusEncoder::new(settings)?,
            rate,
            queue: VecDeque::new(),
            position: 0,
            state: State::Idle,
            due: None,
            sequence: 0,
            timestamp: 0,
            packets: 0,
            bytes: 0,
            keypad: Keypad::default(),
        })
    }

    /// Starts the clock.
    pub(super) fn start(&mut self, now: Instant) {
        self.due.get_or_insert(now);
    }

    /// When the next frame is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Queues samples and returns their positions.
    pub(super) fn play(&mut self, samples: &[i16]) -> Range<u64> {
        let start = self.position + self.queue.len() as u64;
        self.queue.extend(samples);
        if !samples.is_empty() {
            self.state = match self.state {
                State::Idle | State::Waiting { .. } => State::Waiting { finished: false },
                State::Playing { .. } => State::Playing { finished: false },
            };
        }
        start..start + samples.len() as u64
    }

    /// Says that nothing more comes.
    pub(super) fn finish(&mut self) {
        self.state = match self.state {
            State::Idle => State::Idle,
            State::Waiting { .. } => State::Waiting { finished: true },
            State::Playing { .. } => State::Playing { finished: true },
        };
    }

    /// Drops what wasn't sent.
    pub(super) fn clear(&mut self) -> Cleared {
        let Playback {
            position,
            queued,
            playing,
        } = self.playback();
        self.queue.clear();
        self.state = State::Idle;
        Cleared {
            position,
            dropped: queued,
            playing,
        }
    }

    pub(super) fn playback(&self) -> Playback {
        Playback {
            position: self.position,
            queued: self.queue.len() as u64,
            playing: matches!(self.state, State::Playing { .. }),
        }
    }

    /// Returns the packet that is due, and what it changes.
    pub(super) fn poll(&mut self, now: Instant) -> Option<(Spoken, Option<Turn>)> {
        let due = self.due.filter(|it| *it <= now)?;
        let missed = match now - due {
            behind if behind > MOST_BEHIND => (behind.as_millis() / FRAME_TIME.as_millis()) as u32,
            _ => 0,
        };
        // Time passes for the other side although nothing was sent.
        self.timestamp = self.timestamp.wrapping_add(missed * FRAME as u32);
        self.due = Some(due + FRAME_TIME * (missed + 1));
        if let Some(key) = self.keypad.next(self.timestamp) {
            return Some((self.press_now(&key), None));
        }
        let (frame, turn) = self.next_frame();
        let payload = self.encoder.encode(&frame).ok()?;
        let spoken = Spoken {
            kind: Kind::Sound,
            first: matches!(turn, Some(Turn::Started { .. })) || self.packets == 0,
            sequence: self.sequence,
            timestamp: self.timestamp,
            payload,
        };
        self.sequence += 1;
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        self.packets += 1;
        self.bytes += spoken.payload.len() as u64;
        Some((spoken, turn))
    }

    /// Presses keys, one after the other; speech goes on behind them.
    pub(super) fn press(&mut self, codes: Vec<u8>) {
        self.keypad.press(codes);
    }

    fn press_now(&mut self, key: &KeyPacket) -> Spoken {
        let sequence = self.sequence;
        self.sequence += 1;
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        Spoken {
            kind: Kind::Key,
            first: key.first,
            sequence,
            timestamp: key.timestamp,
            payload: key.payload.to_vec(),
        }
    }

    /// Says what part of a hundred packets the other side doesn't get.
    pub(super) fn set_expected_loss(&mut self, percent: u8) {
        self.encoder.set_expected_loss(percent);
    }

    /// Returns the packets sent, and their bytes.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.packets, self.bytes)
    }

    fn next_frame(&mut self) -> (Vec<i16>, Option<Turn>) {
        let frame_len = (self.rate / FRAMES_PER_SECOND) as usize;
        let position = self.position;
        let silence = vec![0; frame_len];
        let (playing, finished) = match self.state {
            State::Idle => return (silence, None),
            State::Waiting { finished } => (false, finished),
            State::Playing { finished } => (true, finished),
        };
        if playing && finished && self.queue.is_empty() {
            self.state = State::Idle;
            return (silence, Some(Turn::Stopped { position }));
        }
        if self.queue.len() < frame_len && !finished {
            // The rest of this frame will come: half a frame now would be a gap in a word.
            return (silence, None);
        }
        let taken = frame_len.min(self.queue.len());
        let mut frame: Vec<i16> = self.queue.drain(..taken).collect();
        frame.resize(frame_len, 0);
        self.position += taken as u64;
        self.state = State::Playing { finished };
        let turn = (!playing).then_some(Turn::Started { position });
        (frame, turn)
    }
}

impl fmt::Debug for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Speaker")
            .field("playback", &self.playback())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
