//! [`Sound`]: a mono clip with its sample rate, read from and written as WAV.

mod wav;

use std::{fmt, time::Duration};

use crate::resample::{BadRate, resample};

/// A clip of mono sound.
///
/// `Debug` shows its length and not its samples, which may be somebody's voice.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sound {
    /// Samples per second.
    pub rate: u32,
    /// The samples.
    pub samples: Vec<i16>,
}

impl Sound {
    /// Reads a WAV file: integers of 8, 16, 24 or 32 bits or floats, any rate, any number of
    /// channels (their mean is taken).
    ///
    /// A file that says that it is longer than it is, as programs write that pipe a WAV before
    /// they know its length, is read to its end.
    ///
    /// # Errors
    ///
    /// [`BadWav`] when the bytes aren't a WAV file or hold compressed sound.
    pub fn from_wav(bytes: &[u8]) -> Result<Self, BadWav> {
        wav::read(bytes)
    }

    /// Returns the clip as a WAV file of 16-bit samples.
    ///
    /// # Errors
    ///
    /// [`BadWav`] when the clip is longer than the four gigabytes that a WAV file can hold.
    pub fn to_wav(&self) -> Result<Vec<u8>, BadWav> {
        wav::write(self)
    }

    /// Returns how long the clip sounds.
    pub fn duration(&self) -> Duration {
        let micros = self.samples.len() as u64 * 1_000_000 / u64::from(self.rate.max(1));
        Duration::from_micros(micros)
    }

    /// Returns the same clip at another rate.
    ///
    /// # Errors
    ///
    /// [`BadRate`] when either rate is out of range.
    pub fn resampled(&self, rate: u32) -> Result<Self, BadRate> {
        Ok(Self {
            rate,
            samples: resample(&self.samples, self.rate, rate)?,
        })
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (samples, rate) = (self.samples.len(), self.rate);
        write!(f, "Sound({samples} samples at {rate} Hz)")
    }
}

/// Bytes that can't be read as WAV, or sound that can't be written as WAV.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadWav {
    /// It isn't WAV at all.
    #[error("not a WAV file: it doesn't begin with RIFF and WAVE")]
    NotWav,
    /// It is WAV with sound in a form that this can't read.
    #[error(
        "a WAV file of a kind that can't be read ({0}); convert it, for example with \
         `ffmpeg -i IN -ac 1 -c:a pcm_s16le OUT.wav`"
    )]
    Unreadable(String),
    /// The clip is too long.
    #[error("the sound is too long for a WAV file, which holds at most 4 GB; split it")]
    TooLong,
}
