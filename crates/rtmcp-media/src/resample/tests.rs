//! Length, timing and faithfulness of resampled sound.

use std::f64::consts::TAU;

use super::{Resampler, resample};
use crate::rms;

const RATES: [u32; 9] = [
    8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 22_255, 96_000,
];

/// Those that share no block of some 10 ms with every other.
const ODD_RATES: [u32; 3] = [11_025, 22_050, 22_255];

fn sine(rate: u32, hertz: f64, seconds: f64) -> Vec<i16> {
    let count = (f64::from(rate) * seconds) as usize;
    (0..count)
        .map(|nth| (10_000.0 * (TAU * hertz * nth as f64 / f64::from(rate)).sin()) as i16)
        .collect()
}

#[test]
fn a_tone_is_the_same_tone_at_the_same_time_at_every_rate() {
    for from in RATES {
        for to in RATES {
            let got = resample(&sine(from, 440.0, 0.4), from, to).unwrap();
            let wanted = sine(to, 440.0, 0.4);
            let apart = got.len().abs_diff(wanted.len());
            assert!(apart <= 1, "{from} to {to}: {apart} samples apart");
            // The ends ring, as the tone begins and ends there at once.
            let middle = to as usize / 20..to as usize * 7 / 20;
            let error: Vec<i16> = got[middle.clone()]
                .iter()
                .zip(&wanted[middle])
                .map(|(got, wanted)| got - wanted)
                .collect();
            let error = rms(&error) / rms(&wanted);
            // Where the rates have little in common, the delay is no whole number of samples.
            let odd = from != to && [from, to].iter().any(|it| ODD_RATES.contains(it));
            let half_a_sample = (TAU * 440.0 / 2.0 / f64::from(to)) as f32;
            let most = if odd { half_a_sample } else { 0.0 } + 0.005;
            assert!(error < most, "{from} to {to}: off by {error} of {most}");
        }
    }
}

#[test]
fn a_stream_in_pieces_is_the_stream_at_once() {
    let input = sine(48_000, 300.0, 0.3);
    let whole = resample(&input, 48_000, 24_000).unwrap();
    let mut resampler = Resampler::new(48_000, 24_000).unwrap();
    for size in [1, 7, 160, 961] {
        let mut got: Vec<i16> = input
            .chunks(size)
            .flat_map(|piece| resampler.push(piece))
            .collect();
        got.extend(resampler.finish());
        assert_eq!(got, whole, "pieces of {size}");
    }
}

#[test]
fn the_stream_lags_by_little() {
    let mut resampler = Resampler::new(48_000, 24_000).unwrap();
    let got = resampler.push(&[0; 48_000]);
    assert!(got.len() > 24_000 - 480, "{} came", got.len());
}

#[test]
fn what_the_new_rate_cannot_hold_is_taken_out() {
    let high = sine(48_000, 11_000.0, 0.5);
    assert!(rms(&resample(&high, 48_000, 16_000).unwrap()) < 0.01);
}

#[test]
fn full_scale_does_not_wrap() {
    let square: Vec<i16> = (0..4_800)
        .map(|nth| {
            if nth / 50 % 2 == 0 {
                i16::MAX
            } else {
                i16::MIN
            }
        })
        .collect();
    let got = resample(&square, 24_000, 48_000).unwrap();
    // In the middle of each half-wave the sign is the input's.
    assert!((0..95).all(|nth| (got[nth * 100 + 50] > 0) == (nth % 2 == 0)));
}

#[test]
fn nothing_in_is_nothing_out() {
    assert!(resample(&[], 8_000, 24_000).unwrap().is_empty());
    assert_eq!(resample(&[5], 24_000, 24_000).unwrap(), [5]);
}

#[test]
fn a_rate_that_is_none_is_refused() {
    for (from, to) in [(0, 24_000), (24_000, 999), (1_000_000, 8_000)] {
        let error = resample(&[1], from, to).unwrap_err();
        assert!(error.to_string().contains("between 1000 and 768000"));
    }
}
