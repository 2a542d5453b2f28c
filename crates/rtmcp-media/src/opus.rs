//! [`OpusEncoder`] and [`OpusDecoder`]: the codec of WebRTC, in frames of 20 ms.
//!
//! Opus carries speech in a tenth of the bytes of PCM, and is made for networks that lose packets:
//! a decoder can [conceal](OpusDecoder::conceal) what is missing, and where the encoder
//! [expects loss](OpusEncoder::set_expected_loss), it packs a coarse copy of the last frame into
//! each one, from which a decoder [recovers](OpusDecoder::recover) it.
//!
//! # Example
//!
//! ```
//! use rtmcp_media::opus::{OpusDecoder, OpusEncoder, OpusSettings};
//!
//! let settings = OpusSettings { rate: 24_000, ..OpusSettings::default() };
//! let mut encoder = OpusEncoder::new(settings)?;
//! let mut decoder = OpusDecoder::new(24_000, 1)?;
//!
//! let packet = encoder.encode(&[0; 480])?;
//! assert!(packet.len() < 100);
//! assert_eq!(decoder.decode(&packet)?.len(), 480);
//! # Ok::<(), rtmcp_media::opus::OpusError>(())
//! ```

use opus_pure::{Application, MAX_PACKET_BYTES};

/// Frames of 20 ms in a second.
const FRAMES_PER_SECOND: u32 = 50;
/// The longest packet that Opus has, in milliseconds.
const LONGEST_PACKET_MS: usize = 120;

/// What an [`OpusEncoder`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpusSettings {
    /// Samples per second of what is encoded: 8000, 12000, 16000, 24000 or 48000.
    ///
    /// Packets don't say it: any of them can be decoded at any rate.
    pub rate: u32,
    /// 1 for mono, or 2 for stereo, whose samples are interleaved.
    pub channels: u8,
    /// Bits per second at which speech is aimed; pauses take fewer.
    pub bitrate: u32,
    /// Whether a packet may hold a coarse copy of the one before, where loss is expected.
    pub recoverable: bool,
}

impl Default for OpusSettings {
    /// Mono at 48 kHz, 32 kbit/s, with copies.
    fn default() -> Self {
        Self {
            rate: 48_000,
            channels: 1,
            bitrate: 32_000,
            recoverable: true,
        }
    }
}

/// Turns samples into Opus packets.
#[derive(Debug)]
pub struct OpusEncoder {
    encoder: opus_pure::OpusEncoder,
    settings: OpusSettings,
    room: Vec<u8>,
}

impl OpusEncoder {
    /// An encoder of one stream.
    ///
    /// # Errors
    ///
    /// [`OpusError::Settings`] when Opus doesn't have the rate or the number of channels.
    pub fn new(settings: OpusSettings) -> Result<Self, OpusError> {
        let OpusSettings { rate, channels, .. } = settings;
        let bad = |_| OpusError::Settings { rate, channels };
        let hertz = i32::try_from(rate).unwrap_or(i32::MAX);
        let encoder = opus_pure::OpusEncoder::new(hertz, channels.into(), Application::Voip);
        let mut encoder = encoder.map_err(bad)?;
        encoder.bitrate_bps = i32::try_from(settings.bitrate).unwrap_or(i32::MAX);
        encoder.use_inband_fec = settings.recoverable;
        Ok(Self {
            encoder,
            settings,
            room: vec![0; MAX_PACKET_BYTES],
        })
    }

    /// Returns how many samples a frame of 20 ms has, of all channels together.
    pub fn frame_len(&self) -> usize {
        self.samples_per_channel() * usize::from(self.settings.channels)
    }

    /// Returns by how many samples of each channel the decoded sound comes later.
    pub fn delay(&self) -> usize {
        self.encoder.lookahead()
    }

    /// Says how many of a hundred packets the network loses, from what the other side reports.
    ///
    /// The more it is, the less a packet leans on the one before, and the more often it holds a
    /// copy of it. Without loss neither is worth its bits.
    pub fn set_expected_loss(&mut self, percent: u8) {
        self.encoder.packet_loss_perc = percent.min(100).into();
    }

    /// Returns the packet of one frame.
    ///
    /// # Errors
    ///
    /// [`OpusError::Frame`] when it isn't [`frame_len`](Self::frame_len) samples.
    pub fn encode(&mut self, frame: &[i16]) -> Result<Vec<u8>, OpusError> {
        let (got, wanted) = (frame.len(), self.frame_len());
        if got != wanted {
            return Err(OpusError::Frame { got, wanted });
        }
        let samples = self.samples_per_channel();
        let encoded = self.encoder.encode_s16(frame, samples, &mut self.room);
        let length = encoded.map_err(OpusError::of)?;
        Ok(self.room[..length].to_vec())
    }

    fn samples_per_channel(&self) -> usize {
        (self.settings.rate / FRAMES_PER_SECOND) as usize
    }
}

/// Turns Opus packets into samples.
///
/// It has to be told of every packet of a stream in order, of the lost ones too.
#[derive(Debug)]
pub struct OpusDecoder {
    decoder: opus_pure::OpusDecoder,
    rate: u32,
    room: Vec<i16>,
    channels: usize,
}

impl OpusDecoder {
    /// A decoder that gives so many samples per second and channels, whatever the packets hold.
    ///
    /// # Errors
    ///
    /// [`OpusError::Settings`] when Opus doesn't have the rate or the number of channels.
    pub fn new(rate: u32, channels: u8) -> Result<Self, OpusError> {
        let hertz = i32::try_from(rate).unwrap_or(i32::MAX);
        let decoder = opus_pure::OpusDecoder::new(hertz, channels.into());
        let decoder = decoder.map_err(|_| OpusError::Settings { rate, channels })?;
        let channels = usize::from(channels);
        let longest = rate as usize * LONGEST_PACKET_MS / 1_000;
        Ok(Self {
            decoder,
            rate,
            room: vec![0; longest * channels],
            channels,
        })
    }

    /// Returns the samples of a packet, 20 ms of each channel for what [`OpusEncoder`] makes.
    ///
    /// # Errors
    ///
    /// [`OpusError::Packet`] when the bytes aren't an Opus packet; the stream can go on with the
    /// next one.
    pub fn decode(&mut self, packet: &[u8]) -> Result<Vec<i16>, OpusError> {
        if packet.is_empty() {
            return Err(OpusError::Packet);
        }
        let longest = self.room.len() / self.channels;
        let decoded = self.decoder.decode_s16(packet, longest, &mut self.room);
        self.take(decoded.map_err(OpusError::of)?)
    }

    /// Returns 20 ms that continue what was heard, in place of a packet that is lost.
    ///
    /// Called again and again, it fades out.
    ///
    /// # Errors
    ///
    /// [`OpusError::Codec`], which says that the codec is at fault.
    pub fn conceal(&mut self) -> Result<Vec<i16>, OpusError> {
        let samples = self.samples_per_frame();
        let decoded = self.decoder.decode_s16(&[], samples, &mut self.room);
        self.take(decoded.map_err(OpusError::of)?)
    }

    /// Returns the 20 ms before a packet, from the copy in it, or concealed where it has none.
    ///
    /// The packet itself has to be decoded after that.
    ///
    /// # Errors
    ///
    /// [`OpusError::Packet`] when the bytes aren't an Opus packet.
    pub fn recover(&mut self, next: &[u8]) -> Result<Vec<i16>, OpusError> {
        let samples = self.samples_per_frame();
        let decoded = self.decoder.decode_fec_s16(next, samples, &mut self.room);
        self.take(decoded.map_err(OpusError::of)?)
    }

    fn samples_per_frame(&self) -> usize {
        (self.rate / FRAMES_PER_SECOND) as usize
    }

    fn take(&self, samples_per_channel: usize) -> Result<Vec<i16>, OpusError> {
        let taken = self.room.get(..samples_per_channel * self.channels);
        Ok(taken.ok_or(OpusError::Codec)?.to_vec())
    }
}

/// Returns how long a packet sounds, in ticks of RTP's 48 kHz; none if it isn't an Opus packet.
#[cfg(feature = "webrtc")]
pub(crate) fn ticks(packet: &[u8]) -> Option<i64> {
    let ticks = opus_pure::packet::samples_48k(packet).ok()?;
    i64::try_from(ticks).ok().filter(|it| *it > 0)
}

/// Sound that can't be encoded, or a packet that can't be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpusError {
    /// Opus doesn't have such sound.
    #[error(
        "Opus has no {channels} channels at {rate} Hz; give 1 or 2, at 8000, 12000, 16000, 24000 \
         or 48000"
    )]
    Settings {
        /// The samples per second.
        rate: u32,
        /// The channels.
        channels: u8,
    },
    /// The frame has the wrong length.
    #[error("a frame has {wanted} samples and not {got}; cut the sound into frames first")]
    Frame {
        /// How many samples came.
        got: usize,
        /// How many it has to be.
        wanted: usize,
    },
    /// The bytes aren't an Opus packet.
    #[error("not an Opus packet; conceal it and go on with the next one")]
    Packet,
    /// The codec failed over something that it should be able to do.
    #[error("the Opus codec failed; begin a new stream, and please report it")]
    Codec,
}

impl OpusError {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "`map_err` hands the error over"
    )]
    fn of(error: opus_pure::Error) -> Self {
        match error {
            opus_pure::Error::InvalidPacket(_) => Self::Packet,
            _ => Self::Codec,
        }
    }
}

#[cfg(test)]
mod tests;
