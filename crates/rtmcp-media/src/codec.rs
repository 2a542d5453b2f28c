//! [`Codec`]: the audio bytes of a Realtime session as samples, and back.

use rtmcp_core::{AudioFormat, AudioKind};

use crate::{g711, pcm};

/// How a session writes its audio.
///
/// All of them are mono and keep no state: any piece of a stream can be decoded by itself, as
/// long as PCM isn't cut in the middle of a sample.
///
/// # Example
///
/// ```
/// use rtmcp_core::AudioFormat;
/// use rtmcp_media::Codec;
///
/// let phone = Codec::new(&AudioFormat::PCMU)?;
/// assert_eq!(phone.rate(), 8_000);
/// assert_eq!(phone.encode(&[0; 160]), [0xff; 160]);
/// assert_eq!(phone.decode(&[0xff; 160]), [0; 160]);
/// # Ok::<(), rtmcp_media::UnknownFormat>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// 16-bit little-endian samples, two bytes each.
    Pcm {
        /// Samples per second.
        rate: u32,
    },
    /// G.711 μ-law at 8 kHz, a byte a sample.
    Pcmu,
    /// G.711 A-law at 8 kHz, a byte a sample.
    Pcma,
}

impl Codec {
    /// The codec of a session's format.
    ///
    /// # Errors
    ///
    /// [`UnknownFormat`] when the format is another vendor's, or telephone audio at another rate
    /// than 8 kHz.
    pub fn new(format: &AudioFormat) -> Result<Self, UnknownFormat> {
        let rate = format.sample_rate();
        match format.kind {
            AudioKind::Pcm => Ok(Self::Pcm { rate }),
            AudioKind::Pcmu if rate == G711_RATE => Ok(Self::Pcmu),
            AudioKind::Pcma if rate == G711_RATE => Ok(Self::Pcma),
            _ => Err(UnknownFormat {
                format: format.clone(),
            }),
        }
    }

    /// Returns the samples per second.
    pub fn rate(self) -> u32 {
        match self {
            Self::Pcm { rate } => rate,
            Self::Pcmu | Self::Pcma => G711_RATE,
        }
    }

    /// Returns the samples of bytes. Half a sample at the end of PCM is left out.
    pub fn decode(self, bytes: &[u8]) -> Vec<i16> {
        match self {
            Self::Pcm { .. } => pcm::from_bytes(bytes),
            Self::Pcmu => g711::decode_ulaw(bytes),
            Self::Pcma => g711::decode_alaw(bytes),
        }
    }

    /// Returns the bytes of samples.
    pub fn encode(self, samples: &[i16]) -> Vec<u8> {
        match self {
            Self::Pcm { .. } => pcm::to_bytes(samples),
            Self::Pcmu => g711::encode_ulaw(samples),
            Self::Pcma => g711::encode_alaw(samples),
        }
    }
}

/// What G.711 is sampled at.
const G711_RATE: u32 = 8_000;

/// A format that no codec here writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{format:?} is no format of this side; use audio/pcm, or audio/pcmu or audio/pcma at 8000")]
pub struct UnknownFormat {
    /// The format.
    pub format: AudioFormat,
}

#[cfg(test)]
mod tests {
    use rtmcp_core::{AudioFormat, AudioKind};

    use super::Codec;
    use crate::{Sound, decibels};

    const SPEECH: &[u8] = include_bytes!("../tests/weather-in-paris-8k.wav");

    #[test]
    fn the_formats_of_a_session_have_their_rates_and_sizes() {
        for format in [AudioFormat::PCM_24K, AudioFormat::PCMU, AudioFormat::PCMA] {
            let codec = Codec::new(&format).unwrap();
            assert_eq!(codec.rate(), format.sample_rate());
            let second = codec.encode(&vec![0; codec.rate() as usize]);
            assert_eq!(second.len() as u64, format.bytes_per_second());
            assert_eq!(codec.decode(&second).len(), codec.rate() as usize);
        }
    }

    #[test]
    fn speech_stays_itself_in_every_format() {
        let speech = Sound::from_wav(SPEECH).unwrap();
        let noise_below_speech = |format| {
            let codec = Codec::new(&format).unwrap();
            let got = codec.decode(&codec.encode(&speech.samples));
            let noise: Vec<i16> = got
                .iter()
                .zip(&speech.samples)
                .map(|(a, b)| a - b)
                .collect();
            decibels(&speech.samples) - decibels(&noise)
        };
        // G.711 promises some 38 dB over the whole range of speech.
        assert!(noise_below_speech(AudioFormat::PCMU) > 35.0);
        assert!(noise_below_speech(AudioFormat::PCMA) > 35.0);
        assert!(noise_below_speech(AudioFormat::PCM_24K) > 60.0);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let other = AudioFormat {
            kind: AudioKind::Other("audio/opus".to_owned()),
            rate: None,
        };
        let wide = AudioFormat {
            rate: Some(16_000),
            ..AudioFormat::PCMU
        };
        for format in [other, wide] {
            assert_eq!(Codec::new(&format).unwrap_err().format, format);
        }
    }
}
