//! [`Vad`]: when somebody speaks.

mod pitch;

use std::{collections::VecDeque, fmt};

use earshot::Detector;

use crate::{
    level::rms,
    resample::{BadRate, Resampler},
};

/// What the detector listens at.
const RATE: u32 = 16_000;
/// Samples of one verdict of the detector.
const FRAME: usize = 256;
/// Milliseconds of one verdict.
const FRAME_MS: u64 = 16;
/// Samples of a millisecond.
const SAMPLES_PER_MS: u64 = 16;
/// Speech shorter than this is a click or a cough; the last [`WINDOW`] frames are looked at.
const SPEECH_FRAMES_TO_START: usize = 6;
/// So many of these must have a pitch, which a gust of noise has not.
const VOICED_FRAMES_TO_START: usize = 3;
/// Frames among which those are counted: consonants are gaps in a word.
const WINDOW: usize = 10;
/// Once somebody speaks, this much less certainty keeps them speaking.
const HYSTERESIS: f32 = 0.15;
/// The floor of the threshold at which somebody keeps speaking.
const LEAST_THRESHOLD: f32 = 0.05;
/// Quieter than this (-60 dB) is nobody, whatever it resembles.
const QUIET: f32 = 0.001;
/// Samples of the parts in which the end of speech is looked for within its last frame: 2 ms.
const PART: usize = 32;
/// A part at the end of a frame that is so much quieter than the loudest one (-20 dB) is after it.
const FADED: f32 = 0.1;

/// Listens to a stream and says when speech begins and ends.
///
/// A turn begins when most of some 150 ms was speech, and ends after
/// [`silence_duration_ms`](VadSettings::silence_duration_ms) without any. Somebody waits for an
/// answer then: the end is told with the sound that completes the silence, and not only when the
/// detector has heard all of a frame of its own.
///
/// # Example
///
/// ```
/// use rtmcp_media::{Vad, VadSettings};
///
/// let mut vad = Vad::new(24_000, VadSettings::default())?;
/// for _ in 0..50 {
///     assert_eq!(vad.push(&[0; 480]), []);
/// }
/// assert!(!vad.speaking());
/// # Ok::<(), rtmcp_media::BadRate>(())
/// ```
pub struct Vad {
    settings: VadSettings,
    detector: Box<Detector>,
    resampler: Resampler,
    /// Samples at the detector's rate that don't fill a frame yet.
    waiting: Vec<i16>,
    /// Frames heard so far.
    frames: u64,
    /// The frame before this one, for a pitch longer than a frame.
    last: [i16; FRAME],
    /// What the last frames were, the newest last.
    recent: VecDeque<Heard>,
    state: State,
}

/// How certain, how early and how patient a [`Vad`] is: the `server_vad` of a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VadSettings {
    /// How certain speech must be, from 0 to 1.
    pub threshold: f32,
    /// How much before the detected start still belongs to the speech, in milliseconds.
    pub prefix_padding_ms: u64,
    /// How much silence ends the speech, in milliseconds.
    pub silence_duration_ms: u64,
}

impl Default for VadSettings {
    /// What a Realtime session has where it names nothing: 0.5, 300 ms, 500 ms.
    fn default() -> Self {
        Self {
            threshold: 0.5,
            prefix_padding_ms: 300,
            silence_duration_ms: 500,
        }
    }
}

/// A change that a [`Vad`] heard. Positions are milliseconds of all sound pushed so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VadEvent {
    /// Somebody began to speak.
    Started {
        /// Where, with the padding before it.
        at_ms: u64,
    },
    /// They ended.
    Stopped {
        /// Where the silence was long enough: the end of speech and the silence after it.
        at_ms: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Nothing,
    Speech,
    /// Speech with a pitch: a vowel, or a consonant like m.
    Voiced,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Nobody speaks; the last speech ended here.
    Quiet { since_ms: u64 },
    /// Somebody speaks, or did until here, in samples of the detector.
    Speaking { until: u64 },
}

impl Vad {
    /// A listener to sound of `rate` samples per second.
    ///
    /// # Errors
    ///
    /// [`BadRate`] when the rate is out of range.
    pub fn new(rate: u32, settings: VadSettings) -> Result<Self, BadRate> {
        Ok(Self {
            settings,
            detector: Detector::default_boxed(),
            resampler: Resampler::new(rate, RATE)?,
            waiting: Vec::new(),
            frames: 0,
            last: [0; FRAME],
            recent: VecDeque::with_capacity(WINDOW),
            state: State::Quiet { since_ms: 0 },
        })
    }

    /// Listens on and returns what changed, in order.
    #[must_use]
    pub fn push(&mut self, samples: &[i16]) -> Vec<VadEvent> {
        self.waiting.extend(self.resampler.push(samples));
        let waiting = std::mem::take(&mut self.waiting);
        let (frames, rest) = waiting.as_chunks::<FRAME>();
        let mut events = Vec::new();
        for frame in frames {
            events.extend(self.frame(frame));
            events.extend(self.perhaps_stop(0));
        }
        // Speech in what is left shows only once the frame is full, and is another turn's then.
        events.extend(self.perhaps_stop(rest.len() as u64));
        self.waiting = rest.to_vec();
        events
    }

    /// Returns whether somebody speaks.
    pub fn speaking(&self) -> bool {
        matches!(self.state, State::Speaking { .. })
    }

    /// Returns the settings.
    pub fn settings(&self) -> VadSettings {
        self.settings
    }

    /// Changes the settings from here on, without a change of who speaks.
    pub fn set_settings(&mut self, settings: VadSettings) {
        self.settings = settings;
    }

    /// Forgets that somebody speaks, without an event, and counts on from where it is.
    pub fn forget(&mut self) {
        self.recent.clear();
        self.detector.reset();
        self.state = State::Quiet {
            since_ms: self.position_ms(),
        };
    }

    fn position_ms(&self) -> u64 {
        self.frames * FRAME_MS
    }

    fn frame(&mut self, frame: &[i16; FRAME]) -> Option<VadEvent> {
        let score = self.detector.predict_i16(frame);
        self.frames += 1;
        let speech = score >= self.threshold() && rms(frame) >= QUIET;
        let last = std::mem::replace(&mut self.last, *frame);
        match &mut self.state {
            State::Quiet { since_ms } => {
                let since_ms = *since_ms;
                let heard = match speech {
                    false => Heard::Nothing,
                    true if pitch::has_pitch(&last, frame) => Heard::Voiced,
                    true => Heard::Speech,
                };
                self.perhaps_start(heard, since_ms)
            }
            State::Speaking { until } => {
                if speech {
                    let frames_before = (self.frames - 1) * FRAME as u64;
                    *until = frames_before + end_of_speech(frame);
                }
                None
            }
        }
    }

    fn threshold(&self) -> f32 {
        let threshold = self.settings.threshold;
        match self.state {
            State::Quiet { .. } => threshold,
            State::Speaking { .. } => (threshold - HYSTERESIS).max(LEAST_THRESHOLD),
        }
    }

    fn perhaps_start(&mut self, heard: Heard, since_ms: u64) -> Option<VadEvent> {
        if self.recent.len() == WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(heard);
        let count = |what: fn(&Heard) -> bool| self.recent.iter().filter(|it| what(it)).count();
        if count(|it| *it != Heard::Nothing) < SPEECH_FRAMES_TO_START
            || count(|it| *it == Heard::Voiced) < VOICED_FRAMES_TO_START
        {
            return None;
        }
        let before = self.recent.iter().position(|it| *it != Heard::Nothing)?;
        let spoken_frames = (self.recent.len() - before) as u64;
        self.recent.clear();
        self.state = State::Speaking {
            until: self.frames * FRAME as u64,
        };
        let start_ms = self.position_ms() - spoken_frames * FRAME_MS;
        let padded = start_ms.saturating_sub(self.settings.prefix_padding_ms);
        Some(VadEvent::Started {
            at_ms: padded.max(since_ms),
        })
    }

    /// Ends the speech once it has been silent for long enough, with so many samples after the
    /// last frame.
    fn perhaps_stop(&mut self, after: u64) -> Option<VadEvent> {
        let State::Speaking { until } = self.state else {
            return None;
        };
        let silence = self.settings.silence_duration_ms.max(FRAME_MS) * SAMPLES_PER_MS;
        if self.frames * FRAME as u64 + after < until + silence {
            return None;
        }
        let at_ms = (until + silence) / SAMPLES_PER_MS;
        self.state = State::Quiet { since_ms: at_ms };
        Some(VadEvent::Stopped { at_ms })
    }
}

/// Returns after how many samples of its last frame speech has ended.
fn end_of_speech(frame: &[i16; FRAME]) -> u64 {
    let loudness = frame.as_chunks::<PART>().0.iter().map(|it| rms(it));
    let loudest = loudness.clone().fold(QUIET, f32::max);
    let faded = loudness.rev().take_while(|it| *it < FADED * loudest);
    (FRAME - faded.count() * PART) as u64
}

impl fmt::Debug for Vad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vad")
            .field("settings", &self.settings)
            .field("position_ms", &self.position_ms())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
