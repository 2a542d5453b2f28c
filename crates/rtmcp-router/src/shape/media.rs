//! What the first bytes of a picture or a sound tell of it.

use std::fmt;

use base64::{
    Engine, alphabet, engine::DecodePaddingMode, engine::GeneralPurposeConfig,
    engine::general_purpose::GeneralPurpose,
};
use rtmcp_core::decoded_len;

/// What a picture, a sound or anything else that isn't text is, as far as its bytes tell.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Media {
    /// What it is by its bytes; else what its server says.
    pub(super) mime: String,
    bytes: u64,
    about: About,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum About {
    Nothing,
    /// Width and height in pixels.
    Picture(u32, u32),
    /// Seconds.
    Sound(f64),
}

impl Media {
    /// Looks at the beginning of a base64 text.
    pub(super) fn look(mime: &str, base64: &str) -> Self {
        let digits = base64.len().min(HEAD);
        let head = base64
            .get(..digits - digits % 4)
            .and_then(|it| BASE64.decode(it).ok());
        let head = head.unwrap_or_default();
        let bytes = decoded_len(base64);
        let (found, about) =
            known(&head, bytes).map_or((None, About::Nothing), |(it, about)| (Some(it), about));
        Self {
            mime: found.map_or_else(|| mime.trim().to_ascii_lowercase(), str::to_owned),
            bytes,
            about,
        }
    }

    /// Tells whether an endpoint takes it as a picture.
    pub(super) fn is_picture_for_models(&self) -> bool {
        matches!(self.about, About::Picture(1.., 1..))
            && matches!(self.mime.as_str(), "image/png" | "image/jpeg")
    }

    /// Returns its bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// The kind, the size, and what else is known: `image/png, 640×480, 12 KiB`.
impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mime.as_str() {
            "" => f.write_str("unknown type")?,
            mime => f.write_str(&super::label(mime))?,
        }
        match self.about {
            About::Nothing => {}
            About::Picture(width, height) => write!(f, ", {width}×{height}")?,
            About::Sound(seconds) => write!(f, ", {seconds:.1} s")?,
        }
        write!(f, ", {}", size(self.bytes))
    }
}

/// Writes how much something holds.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Returns the words of a base64 text, where it is text by its type and by its bytes.
pub(super) fn words(mime: &str, base64: &str) -> Option<String> {
    let mime = mime
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_text = mime.starts_with("text/")
        || mime.ends_with("+json")
        || mime.ends_with("+xml")
        || matches!(
            mime.as_str(),
            "application/json"
                | "application/xml"
                | "application/yaml"
                | "application/x-yaml"
                | "application/toml"
                | "application/csv"
                | "application/x-ndjson"
                | "application/javascript"
                | "application/sql"
        );
    let compact: String = base64.split_ascii_whitespace().collect();
    let bytes = is_text.then(|| BASE64.decode(&compact).ok()).flatten()?;
    String::from_utf8(bytes).ok()
}

/// Knows pictures and sounds by their first bytes.
fn known(head: &[u8], bytes: u64) -> Option<(&'static str, About)> {
    let big = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
    let little = |at: usize| {
        Some(u32::from(u16::from_le_bytes(
            head.get(at..at + 2)?.try_into().ok()?,
        )))
    };
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(("image/png", About::Picture(big(16)?, big(20)?)));
    }
    if head.starts_with(b"\xff\xd8\xff") {
        let (width, height) = jpeg(head).unwrap_or_default();
        return Some(("image/jpeg", About::Picture(width, height)));
    }
    if head.starts_with(b"GIF8") {
        return Some(("image/gif", About::Picture(little(6)?, little(8)?)));
    }
    match (head.get(..4)?, head.get(8..12)?) {
        (b"RIFF", b"WAVE") => Some((
            "audio/wav",
            wav(head, bytes).map_or(About::Nothing, About::Sound),
        )),
        (b"RIFF", b"WEBP") => Some((
            "image/webp",
            webp(head).map_or(About::Nothing, |(w, h)| About::Picture(w, h)),
        )),
        (b"OggS", _) => Some(("audio/ogg", About::Nothing)),
        (b"%PDF", _) => Some(("application/pdf", About::Nothing)),
        ([b'I', b'D', b'3', _], _) => Some(("audio/mpeg", About::Nothing)),
        _ => None,
    }
}

/// Reads width and height from the frame header of a JPEG (ITU T.81, B.2.2).
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let (&[0xff, marker], length) = (
            head.get(at..at + 2)?.first_chunk()?,
            head.get(at + 2..at + 4)?,
        ) else {
            return None;
        };
        let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let size = head.get(at + 5..at + 9)?;
            let side = |at: usize| u32::from(u16::from_be_bytes([size[at], size[at + 1]]));
            return Some((side(2), side(0)));
        }
        at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
    }
}

/// Reads how long a WAV sounds from the bytes that a second takes.
fn wav(head: &[u8], bytes: u64) -> Option<f64> {
    let per_second = u32::from_le_bytes(head.get(28..32)?.try_into().ok()?);
    let sound = bytes.saturating_sub(44) as f64;
    (per_second > 0).then(|| sound / f64::from(per_second))
}

fn webp(head: &[u8]) -> Option<(u32, u32)> {
    let at = |place: usize| head.get(place).copied().map(u32::from);
    match head.get(12..16)? {
        b"VP8X" => {
            let side = |place| Some((at(place)? | at(place + 1)? << 8 | at(place + 2)? << 16) + 1);
            Some((side(24)?, side(27)?))
        }
        b"VP8 " => {
            let side = |place| Some((at(place)? | at(place + 1)? << 8) & 0x3fff);
            Some((side(26)?, side(28)?))
        }
        b"VP8L" => {
            let bits = at(21)? | at(22)? << 8 | at(23)? << 16 | at(24)? << 24;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        _ => None,
    }
}

/// Base64 digits that are looked at: a JPEG may begin with a preview.
const HEAD: usize = 128 * 1024;

/// Takes base64 with and without the signs at its end.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests;
