//! [`Microphone`]: says a clip in real time, and then is silent for as long as it must be.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rtmcp_media::{BadWav, Sound, Vad, VadEvent, VadSettings, pcm};
use tokio::time::{Instant, Interval, interval};

use crate::failure::{ExitStatus, Failure, Outcome};

/// What every Realtime endpoint listens at.
pub(super) const RATE: u32 = 24_000;

/// How much is said at a time.
const PIECE: Duration = Duration::from_millis(20);

/// Samples of a piece.
const SAMPLES: usize = 480;

/// A clip, and where the speech in it ends.
pub(super) struct Speech {
    pub(super) path: PathBuf,
    sound: Sound,
    /// From the beginning of the clip.
    pub(super) end: Duration,
}

impl Speech {
    pub(super) fn duration(&self) -> Duration {
        self.sound.duration()
    }
}

/// Without the samples, which are somebody's voice.
impl fmt::Debug for Speech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Speech({}, {:?})", self.path.display(), self.sound)
    }
}

/// Reads a WAV file, and brings it to the rate of the session.
pub(super) fn read_speech(path: &Path) -> Outcome<Speech> {
    let failed = |why: String| {
        let line = format!("can't use {}: {why}", path.display());
        Failure::new(ExitStatus::Failed, line)
    };
    let bytes = fs::read(path);
    let bytes = bytes.map_err(|error| failed(format!("{error} (is the path right?)")))?;
    let sound = Sound::from_wav(&bytes).map_err(|error| failed(unreadable(&error)))?;
    let sound = sound
        .resampled(RATE)
        .map_err(|error| failed(error.to_string()))?;
    if sound.samples.is_empty() {
        return Err(failed("there is no sound in it".to_owned()));
    }
    Ok(Speech {
        path: path.to_owned(),
        end: end_of_speech(&sound).unwrap_or_else(|| sound.duration()),
        sound,
    })
}

fn unreadable(error: &BadWav) -> String {
    match error {
        BadWav::NotWav => format!("{error}; convert it, for example with `ffmpeg -i IN OUT.wav`"),
        error => error.to_string(),
    }
}

/// Finds where the last word ends; none where there is nothing like speech.
fn end_of_speech(sound: &Sound) -> Option<Duration> {
    let settings = VadSettings::default();
    let mut vad = Vad::new(sound.rate, settings).ok()?;
    let mut events = vad.push(&sound.samples);
    // Enough silence that speech up to the end of the clip ends, too.
    events.extend(vad.push(&vec![0; sound.rate as usize]));
    let end = events.iter().rev().find_map(|event| match event {
        VadEvent::Stopped { at_ms } => Some(at_ms.saturating_sub(settings.silence_duration_ms)),
        VadEvent::Started { .. } => None,
    })?;
    Some(Duration::from_millis(end).min(sound.duration()))
}

/// Says a clip, and then silence until it is switched off.
#[derive(Debug, Default)]
pub(super) struct Microphone {
    samples: Vec<i16>,
    at: usize,
    pieces: Option<Interval>,
    /// When the clip was said to its end.
    done: Option<Instant>,
}

impl Microphone {
    /// Begins to say a clip.
    pub(super) fn say(&mut self, speech: &Speech) {
        self.samples.clone_from(&speech.sound.samples);
        self.pieces = Some(interval(PIECE));
    }

    /// Waits for the next piece; forever while it is off. Cancel safe.
    pub(super) async fn next(&mut self) -> Vec<u8> {
        let Some(pieces) = &mut self.pieces else {
            return std::future::pending().await;
        };
        pieces.tick().await;
        let end = (self.at + SAMPLES).min(self.samples.len());
        let mut piece = self.samples[self.at..end].to_vec();
        piece.resize(SAMPLES, 0);
        self.at = end;
        if self.at == self.samples.len() {
            self.done.get_or_insert_with(Instant::now);
        }
        pcm::to_bytes(&piece)
    }

    /// Returns when the clip was said to its end.
    pub(super) fn done(&self) -> Option<Instant> {
        self.done
    }

    /// Says nothing more, once the clip is said.
    pub(super) fn off(&mut self) {
        if self.done.is_some() {
            self.pieces = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clip_is_said_in_real_time_and_followed_by_silence() {
        let mut microphone = Microphone::default();
        let sound = Sound {
            rate: RATE,
            samples: vec![7; 1000],
        };
        let end = sound.duration();
        microphone.say(&Speech {
            path: PathBuf::new(),
            sound,
            end,
        });
        let begun = Instant::now();
        let mut said = Vec::new();
        for _ in 0..5 {
            said.extend(pcm::from_bytes(&microphone.next().await));
        }
        assert_eq!(begun.elapsed().as_millis(), 80);
        assert_eq!(said.iter().filter(|it| **it == 7).count(), 1000);
        assert_eq!((said.len(), said[1000]), (5 * SAMPLES, 0));
        assert_eq!((microphone.done().unwrap() - begun).as_millis(), 40);
        microphone.off();
        assert!(microphone.pieces.is_none());
    }

    #[test]
    fn silence_has_no_end_of_speech() {
        let sound = Sound {
            rate: RATE,
            samples: vec![0; 24_000],
        };
        assert_eq!(end_of_speech(&sound), None);
    }
}
