//! A voice where nothing can speak.

use std::f64::consts::TAU;

use crate::engine::{Sound, Thinking, Utterance, Voice, ready};

const RATE: u32 = 24_000;
/// Seconds of a word before its letters count.
const WORD: f64 = 0.08;
/// Seconds of one letter: some 150 words a minute.
const LETTER: f64 = 0.05;
/// Seconds between words.
const GAP: f64 = 0.06;
/// Seconds in which a tone comes and goes, so that it doesn't click.
const EDGE: f64 = 0.008;
/// How loud a tone is: clearly audible, and far from clipping.
const PEAK: f64 = 6_000.0;
/// The pitch of the shortest word, in hertz.
const PITCH: f64 = 200.0;
/// How much higher the pitch is for each letter of a word.
const PITCH_OF_LETTER: f64 = 12.0;

/// Plays one tone for each word, as long as the word and as high as its length.
///
/// Nobody understands it, but it is heard, it takes as long as speech, and it can be interrupted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tone;

impl Voice for Tone {
    fn speak(&self, utterance: Utterance) -> Thinking<'_, Sound> {
        let sound = tones(utterance.text.expose(), utterance.speed);
        Box::pin(std::future::ready(Ok(sound)))
    }

    fn prepare(&self) -> Thinking<'_, String> {
        ready("a tone for each word")
    }
}

fn tones(text: &str, speed: f64) -> Sound {
    let speed = if speed.is_finite() {
        speed.clamp(0.25, 4.0)
    } else {
        1.0
    };
    let mut samples = Vec::new();
    for word in text.split_whitespace() {
        let letters = word.chars().filter(|it| it.is_alphanumeric()).count() as f64;
        tone(letters, (WORD + LETTER * letters) / speed, &mut samples);
        samples.resize(samples.len() + count(GAP / speed), 0);
    }
    Sound {
        rate: RATE,
        samples,
    }
}

fn tone(letters: f64, seconds: f64, samples: &mut Vec<i16>) {
    let (length, edge) = (count(seconds), count(EDGE) as f64);
    let hertz = PITCH + PITCH_OF_LETTER * letters.min(20.0);
    samples.extend((0..length).map(|nth| {
        let from_edge = nth.min(length - nth) as f64;
        let wave = (TAU * hertz * nth as f64 / f64::from(RATE)).sin();
        (PEAK * wave * (from_edge / edge).min(1.0)) as i16
    }));
}

fn count(seconds: f64) -> usize {
    (seconds * f64::from(RATE)) as usize
}
