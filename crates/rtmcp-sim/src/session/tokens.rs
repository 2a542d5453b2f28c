//! [`Tokens`]: how much a text or a sound costs, and [`Meter`]: what a response cost.

use rtmcp_core::{
    ContentKind, Item, Usage,
    response::{CachedTokenDetails, TokenDetails},
};

use super::history::Entry;

/// Samples of one token of the person's sound: 100 ms.
const SAMPLES_IN: u64 = 2_400;
/// Samples of one token of the model's sound: 50 ms.
pub(crate) const SAMPLES_OUT: u64 = 1_200;
/// Characters of one token of text, as in English.
const CHARACTERS: u64 = 4;
/// Tokens of one picture, in low detail.
const PICTURE: u64 = 85;
/// The cache holds blocks of so many tokens.
const CACHE_BLOCK: u64 = 64;

/// Tokens by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) text: u64,
    pub(crate) audio: u64,
    pub(crate) image: u64,
}

/// Remembers what the last response read, which the next one finds in the cache.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    last: Tokens,
}

impl Tokens {
    pub(crate) fn of_text(text: &str) -> Self {
        Self {
            text: (text.chars().count() as u64).div_ceil(CHARACTERS),
            ..Self::default()
        }
    }

    /// What an item costs to read.
    pub(crate) fn of_entry(entry: &Entry) -> Self {
        let samples = entry.sound.len() as u64;
        match &entry.item {
            Item::Message(message) => {
                let mut sum = Self::default();
                for part in &message.content {
                    let text = part.text.as_ref().map_or("", |it| it.expose());
                    sum = sum + Self::of_text(text);
                    sum.audio += match part.kind {
                        ContentKind::InputAudio => samples.div_ceil(SAMPLES_IN),
                        ContentKind::OutputAudio => samples.div_ceil(SAMPLES_OUT),
                        _ => 0,
                    };
                    sum.image += u64::from(part.kind == ContentKind::InputImage) * PICTURE;
                }
                sum
            }
            Item::FunctionCall(call) => {
                Self::of_text(&call.name) + Self::of_text(call.arguments.expose())
            }
            Item::FunctionCallOutput(output) => Self::of_text(output.output.expose()),
            _ => Self::default(),
        }
    }

    pub(crate) const fn total(self) -> u64 {
        self.text + self.audio + self.image
    }
}

impl std::ops::Add for Tokens {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            text: self.text + other.text,
            audio: self.audio + other.audio,
            image: self.image + other.image,
        }
    }
}

impl std::iter::Sum for Tokens {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, it| sum + it)
    }
}

impl Meter {
    /// What a response cost that read `input` and wrote `output`.
    pub(crate) fn usage(&mut self, input: Tokens, output: Tokens) -> Usage {
        let cached = |last: u64, now: u64| last.min(now) / CACHE_BLOCK * CACHE_BLOCK;
        let cached = Tokens {
            text: cached(self.last.text, input.text),
            audio: cached(self.last.audio, input.audio),
            image: cached(self.last.image, input.image),
        };
        self.last = input;
        Usage {
            total_tokens: Some(input.total() + output.total()),
            input_tokens: Some(input.total()),
            output_tokens: Some(output.total()),
            input_token_details: Some(TokenDetails {
                text_tokens: Some(input.text),
                audio_tokens: Some(input.audio),
                image_tokens: Some(input.image),
                cached_tokens: Some(cached.total()),
                cached_tokens_details: Some(CachedTokenDetails {
                    text_tokens: Some(cached.text),
                    audio_tokens: Some(cached.audio),
                    image_tokens: Some(cached.image),
                    ..CachedTokenDetails::default()
                }),
                ..TokenDetails::default()
            }),
            output_token_details: Some(TokenDetails {
                text_tokens: Some(output.text),
                audio_tokens: Some(output.audio),
                ..TokenDetails::default()
            }),
            ..Usage::default()
        }
    }
}
