//! Audio formats of the protocol, and the arithmetic between bytes and time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An audio format as a session names it.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use rtmcp_core::AudioFormat;
///
/// let format = AudioFormat::PCM_24K;
/// assert_eq!(format.duration_of(48_000), Duration::from_secs(1));
/// assert_eq!(serde_json::to_string(&format)?, r#"{"type":"audio/pcm","rate":24000}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioFormat {
    /// `audio/pcm`, `audio/pcmu` or `audio/pcma`.
    #[serde(rename = "type")]
    pub kind: AudioKind,
    /// Samples per second; only PCM names it, and only 24000 is served today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
}

/// The encodings that the protocol knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AudioKind {
    /// 16-bit little-endian mono PCM.
    #[serde(rename = "audio/pcm")]
    Pcm,
    /// G.711 μ-law, 8 kHz.
    #[serde(rename = "audio/pcmu")]
    Pcmu,
    /// G.711 A-law, 8 kHz.
    #[serde(rename = "audio/pcma")]
    Pcma,
    /// A format of another vendor.
    #[serde(untagged)]
    Other(String),
}

impl AudioFormat {
    /// 16-bit little-endian mono PCM at 24 kHz: what every Realtime endpoint speaks.
    pub const PCM_24K: Self = Self {
        kind: AudioKind::Pcm,
        rate: Some(24_000),
    };

    /// G.711 μ-law at 8 kHz: the telephone of North America and Japan, and Twilio.
    pub const PCMU: Self = Self {
        kind: AudioKind::Pcmu,
        rate: None,
    };

    /// G.711 A-law at 8 kHz: the telephone of the rest of the world.
    pub const PCMA: Self = Self {
        kind: AudioKind::Pcma,
        rate: None,
    };

    /// Returns the samples per second.
    pub fn sample_rate(&self) -> u32 {
        let default = match self.kind {
            AudioKind::Pcm | AudioKind::Other(_) => 24_000,
            AudioKind::Pcmu | AudioKind::Pcma => 8_000,
        };
        self.rate.filter(|rate| *rate > 0).unwrap_or(default)
    }

    /// Returns the bytes of one second.
    pub fn bytes_per_second(&self) -> u64 {
        let bytes_per_sample = match self.kind {
            AudioKind::Pcm | AudioKind::Other(_) => 2,
            AudioKind::Pcmu | AudioKind::Pcma => 1,
        };
        u64::from(self.sample_rate()) * bytes_per_sample
    }

    /// Returns how long `bytes` bytes sound.
    pub fn duration_of(&self, bytes: u64) -> Duration {
        Duration::from_micros(bytes.saturating_mul(1_000_000) / self.bytes_per_second())
    }
}

/// Returns the number of bytes that a base64 text stands for, without decoding it.
///
/// # Example
///
/// ```
/// assert_eq!(rtmcp_core::decoded_len("aGVsbG8="), 5);
/// ```
pub fn decoded_len(base64: &str) -> u64 {
    let digits = base64.trim_end_matches('=').len() as u64;
    digits * 3 / 4
}
