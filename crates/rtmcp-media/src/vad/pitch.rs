//! Whether sound has a pitch, as voices have and noise has not.

use super::{FRAME, RATE};

/// Each so many samples are taken together: a pitch needs no more than 4 kHz.
const TOGETHER: usize = 4;
/// The highest pitch of a voice, in hertz.
const HIGHEST: usize = 400;
/// The lowest one.
const LOWEST: usize = 70;
/// How alike sound and the same sound one period later must be; noise reaches some 0.4.
const LIKENESS: f32 = 0.55;

/// Whether these two frames in a row repeat themselves at the pitch of a voice.
pub(super) fn has_pitch(last: &[i16; FRAME], frame: &[i16; FRAME]) -> bool {
    let sound = coarse(last, frame);
    let per_second = RATE as usize / TOGETHER;
    (per_second / HIGHEST..=per_second / LOWEST).any(|lag| likeness(&sound, lag) >= LIKENESS)
}

/// Both frames at a quarter of the rate, about zero.
fn coarse(last: &[i16; FRAME], frame: &[i16; FRAME]) -> Vec<f32> {
    let both = [last.as_slice(), frame].concat();
    let sums = both.chunks_exact(TOGETHER);
    let mut sound: Vec<f32> = sums
        .map(|it| it.iter().map(|sample| f32::from(*sample)).sum())
        .collect();
    let mean = sound.iter().sum::<f32>() / sound.len() as f32;
    sound.iter_mut().for_each(|it| *it -= mean);
    sound
}

/// The correlation of sound with itself `lag` later, from -1 to 1.
fn likeness(sound: &[f32], lag: usize) -> f32 {
    let (early, late) = (&sound[..sound.len() - lag], &sound[lag..]);
    let product = |one: &[f32], other: &[f32]| -> f32 {
        one.iter().zip(other).map(|(one, other)| one * other).sum()
    };
    let power = (product(early, early) * product(late, late)).sqrt();
    if power > 0.0 {
        product(early, late) / power
    } else {
        0.0
    }
}
