//! Audio for Realtime sessions: PCM, G.711, Opus, WAV, resampling, loudness, voice activity, and
//! WebRTC to carry it.
//!
//! Sound is mono, of 16-bit samples, throughout (Opus can do stereo), and time is counted in
//! samples. Nothing does IO or reads a clock but the driver of `webrtc`.
//!
//! | what | where |
//! |---|---|
//! | bytes of the wire ↔ samples | [`Codec`], over [`pcm`] and [`g711`] |
//! | sound in a tenth of the bytes (feature `opus`) | `opus` |
//! | a call between two sides (feature `webrtc`) | `webrtc` |
//! | a clip with its rate, read from and written as WAV | [`Sound`] |
//! | another sample rate, at once or as a stream | [`resample()`], [`Resampler`] |
//! | how loud it is | [`rms`], [`decibels`] |
//! | when somebody speaks | [`Vad`] |
//!
//! # Example
//!
//! ```
//! use rtmcp_media::{Sound, Vad, VadSettings};
//!
//! let phone = Sound { rate: 8_000, samples: vec![0; 8_000] };
//! let wide = phone.resampled(24_000)?;
//! assert_eq!(wide.samples.len(), 24_000);
//! assert_eq!(Sound::from_wav(&wide.to_wav()?)?, wide);
//!
//! let mut vad = Vad::new(wide.rate, VadSettings::default())?;
//! assert!(vad.push(&wide.samples).is_empty(), "silence is nobody");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
#[cfg(all(test, feature = "opus"))]
mod compare;
pub mod g711;
mod level;
#[cfg(feature = "opus")]
pub mod opus;
pub mod pcm;
mod resample;
mod sound;
mod vad;
#[cfg(feature = "webrtc")]
pub mod webrtc;

pub use codec::{Codec, UnknownFormat};
pub use level::{decibels, rms};
pub use resample::{BadRate, Resampler, resample};
pub use sound::{BadWav, Sound};
pub use vad::{Vad, VadEvent, VadSettings};
