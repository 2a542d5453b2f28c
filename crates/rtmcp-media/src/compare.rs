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

/// The mean likeness of pieces of speech to where they are best found in what was heard, which may
/// be stretched in between.
#[cfg(feature = "webrtc")]
pub(crate) fn speech_likeness(said: &[i16], heard: &[i16]) -> f64 {
    const PIECE: usize = 4_800;
    let loudest = said
        .iter()
        .map(|it| it.unsigned_abs())
        .max()
        .unwrap_or_default();
    let pieces = said.chunks_exact(PIECE).enumerate();
    let voiced = pieces.filter(|(_, it)| it.iter().any(|it| it.unsigned_abs() > loudest / 4));
    // Every third sample, beginning with the first, second or third, as the piece is taken.
    let thirds = [0, 1, 2].map(|it| heard.iter().copied().skip(it).step_by(3).collect());
    let last = heard.len().saturating_sub(said.len()) + PIECE;
    let mut around = 0..last;
    let mut likenesses = Vec::new();
    let mut before = None;
    for (nth, piece) in voiced {
        if let Some((nth_before, found)) = before {
            let expected: usize = found + (nth - nth_before) * PIECE;
            around = expected.saturating_sub(1_200)..expected + 1_200;
        } else {
            around.end += nth * PIECE;
        }
        let (found, likeness) = find(piece, &thirds, around.clone());
        before = Some((nth, found));
        likenesses.push(likeness);
    }
    likenesses.iter().sum::<f64>() / likenesses.len() as f64
}

/// Where a piece is found best.
#[cfg(feature = "webrtc")]
fn find(piece: &[i16], thirds: &[Vec<i16>; 3], around: std::ops::Range<usize>) -> (usize, f64) {
    let rough: Vec<i16> = piece.iter().copied().step_by(3).collect();
    let heard = |at: usize| thirds[at % 3].get(at / 3..at / 3 + rough.len());
    let found = around
        .step_by(2)
        .filter_map(|at| Some((at, correlation(&rough, heard(at)?))));
    found.fold((0, -1.0), |best, it| if it.1 > best.1 { it } else { best })
}
