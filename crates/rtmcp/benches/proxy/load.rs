//! What is sent: events as they are in a conversation, ready as frames.

use base64::{Engine, prelude::BASE64_STANDARD};

/// The response that deltas belong to.
pub(crate) const RESPONSE: &str = "resp_DK8Zq0yOaZsVb1mFUZlqp";

const ITEM: &str = "item_DK8ZqGm3m5mJkW1x1rX2q";

/// Bytes of 100 ms of sound: 16 bits, 24 kHz.
const SOUND: usize = 4800;

/// Which events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// The model's speech, 100 ms each.
    Speech,
    /// Words of what the model says.
    Words,
    /// Both, as they come: a word for each 300 ms.
    Both,
    /// What the person says, 100 ms each.
    Microphone,
}

impl Load {
    pub(crate) const ALL: [Self; 4] = [Self::Speech, Self::Words, Self::Both, Self::Microphone];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Speech => "speech of the model, 100 ms each",
            Self::Words => "words of its transcript",
            Self::Both => "both, three to one",
            Self::Microphone => "speech of the person, 100 ms each",
        }
    }

    /// Tells whether the client sends it.
    pub(crate) fn is_asked(self) -> bool {
        self == Self::Microphone
    }

    /// Returns so many frames, one after the other.
    pub(crate) fn frames(self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for nth in 0..count {
            match self {
                Self::Speech => push(&mut bytes, &speech(nth), None),
                Self::Words => push(&mut bytes, &word(nth), None),
                Self::Both if nth % 4 == 3 => push(&mut bytes, &word(nth), None),
                Self::Both => push(&mut bytes, &speech(nth), None),
                Self::Microphone => push(&mut bytes, &microphone(nth), Some([1, 2, 3, 4])),
            }
        }
        bytes
    }
}

fn speech(nth: usize) -> String {
    let delta = sound(nth);
    format!(
        r#"{{"type":"response.output_audio.delta","event_id":"event_DK8Zq{nth:016}","response_id":"{RESPONSE}","item_id":"{ITEM}","output_index":0,"content_index":0,"delta":"{delta}"}}"#
    )
}

fn word(nth: usize) -> String {
    format!(
        r#"{{"type":"response.output_audio_transcript.delta","event_id":"event_DK8Zq{nth:016}","response_id":"{RESPONSE}","item_id":"{ITEM}","output_index":0,"content_index":0,"delta":" weather"}}"#
    )
}

fn microphone(nth: usize) -> String {
    let audio = sound(nth);
    format!(r#"{{"type":"input_audio_buffer.append","audio":"{audio}"}}"#)
}

/// Noise, which no part of is like another.
fn sound(nth: usize) -> String {
    let mut state = nth as u64 + 1;
    let bytes = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    });
    BASE64_STANDARD.encode(bytes.take(SOUND).collect::<Vec<_>>())
}

/// Writes a text as a frame.
fn push(bytes: &mut Vec<u8>, text: &str, mask: Option<[u8; 4]>) {
    let masked = if mask.is_some() { 0x80 } else { 0 };
    bytes.push(0x81);
    match u8::try_from(text.len()) {
        Ok(length @ 0..126) => bytes.push(masked | length),
        _ => {
            bytes.push(masked | 126);
            // No event here is longer than 64 KiB.
            let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
            bytes.extend(length.to_be_bytes());
        }
    }
    match mask {
        None => bytes.extend(text.as_bytes()),
        Some(mask) => {
            bytes.extend(mask);
            let masks = mask.iter().cycle();
            bytes.extend(text.bytes().zip(masks).map(|(byte, mask)| byte ^ mask));
        }
    }
}
