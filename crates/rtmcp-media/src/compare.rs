//! How alike two sounds are, for tests.

/// The farthest that one may come after the other, as a part of a second at 48 kHz.
const MOST_SHIFT: usize = 480;

/// A third of the shortest wave of speech that was sampled at 8 kHz.
const SHIFT_STEP: usize = 3;

/// The correlation of two sounds at the shift where it is best: 1 is the same up to loudness.
pub(crate) fn likeness(one: &[i16], other: &[i16]) -> f64 {
    let shifts = (0..MOST_SHIFT).step_by(SHIFT_STEP);
    let later = shifts.clone().map(|it| correlation(one, &other[it..]));
    let earlier = shifts.map(|it| correlation(&one[it..], other));
    later.chain(earlier).fold(-1.0, f64::max)
}

fn correlation(one: &[i16], other: &[i16]) -> f64 {
    let (mut product, mut power, mut other_power) = (0_i64, 0_i64, 0_i64);
    for (one, other) in one.iter().zip(other) {
        let (one, other) = (i64::from(*one), i64::from(*other));
        product += one * other;
        power += one * one;
        other_power += other * other;
    }
    product as f64 / (power as f64 * other_power as f64).sqrt().max(1.0)
}
