//! Silence, noise and a spoken sentence (espeak-ng: "What is the weather in Paris?").

use super::{Vad, VadEvent, VadSettings};
use crate::{Sound, resample};

const SENTENCE: &[u8] = include_bytes!("../../tests/weather-in-paris-8k.wav");

/// The sentence at `rate`, with a second of quiet before and after.
fn sentence(rate: u32) -> Vec<i16> {
    let spoken = Sound::from_wav(SENTENCE).unwrap().resampled(rate).unwrap();
    let second = vec![0; rate as usize];
    [second.clone(), spoken.samples, second].concat()
}

fn heard(rate: u32, sound: &[i16]) -> Vec<VadEvent> {
    let mut vad = Vad::new(rate, VadSettings::default()).unwrap();
    let pieces = sound.chunks(rate as usize / 50);
    pieces.flat_map(|it| vad.push(it)).collect()
}

/// Noise of a fixed seed, up to `peak` either way.
fn noise(count: usize, peak: i32) -> Vec<i16> {
    let mut seed = 0x2545_F491_u32;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        (seed % (2 * peak as u32 + 1)) as i32 - peak
    };
    (0..count).map(|_| next() as i16).collect()
}

#[test]
fn one_sentence_is_one_start_and_one_stop_at_every_rate() {
    for rate in [8_000, 16_000, 24_000, 44_100, 48_000] {
        let events = heard(rate, &sentence(rate));
        let [
            VadEvent::Started { at_ms: start },
            VadEvent::Stopped { at_ms: stop },
        ] = events[..]
        else {
            panic!("{rate}: {events:?}");
        };
        // It begins at 1000 ms less the padding and ends at some 2330 ms plus the silence.
        assert!((650..=850).contains(&start), "{rate}: started at {start}");
        assert!((2_750..=2_950).contains(&stop), "{rate}: stopped at {stop}");
    }
}

#[test]
fn a_sentence_is_heard_over_noise_and_when_it_is_soft() {
    let clean = sentence(24_000);
    let noisy: Vec<i16> = clean
        .iter()
        .zip(noise(clean.len(), 300))
        .map(|(voice, noise)| voice.saturating_add(noise))
        .collect();
    let soft: Vec<i16> = clean.iter().map(|it| it / 20).collect();
    assert_eq!(heard(24_000, &noisy).len(), 2);
    assert_eq!(heard(24_000, &soft).len(), 2);
}

#[test]
fn silence_noise_hum_and_clicks_are_nobody() {
    let second = 24_000;
    let hum: Vec<i16> = (0..10 * second)
        .map(|nth| (400.0 * (f64::from(nth) * 0.013).sin()) as i16)
        .collect();
    let mut clicks = vec![0_i16; 240_000];
    clicks
        .iter_mut()
        .step_by(12_000)
        .for_each(|it| *it = 20_000);
    let sounds = [
        ("silence", vec![0; 240_000]),
        ("offset", vec![300; 240_000]),
        ("hiss", noise(240_000, 30)),
        ("noise", noise(240_000, 1_000)),
        (
            "a gust",
            [vec![0; 48_000], noise(48_000, 3_000), vec![0; 48_000]].concat(),
        ),
        ("hum", hum),
        ("clicks", clicks),
    ];
    for (name, sound) in sounds {
        assert_eq!(heard(24_000, &sound), [], "{name}");
    }
}

#[test]
fn padding_reaches_neither_before_the_beginning_nor_into_the_last_turn() {
    let spoken = Sound::from_wav(SENTENCE).unwrap();
    let speech = resample(&spoken.samples, spoken.rate, 24_000).unwrap();
    let settings = VadSettings {
        prefix_padding_ms: 5_000,
        ..VadSettings::default()
    };
    let mut vad = Vad::new(24_000, settings).unwrap();
    let turn = [speech, vec![0; 24_000]].concat();
    let events = vad.push(&[turn.clone(), turn].concat());
    let [
        VadEvent::Started { at_ms: first },
        VadEvent::Stopped { at_ms: stop },
        VadEvent::Started { at_ms: second },
        VadEvent::Stopped { .. },
    ] = events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(first, 0);
    assert_eq!(second, stop);
}

#[test]
fn patience_is_what_the_settings_say() {
    let stop_after = |silence_duration_ms| {
        let settings = VadSettings {
            silence_duration_ms,
            ..VadSettings::default()
        };
        let mut vad = Vad::new(24_000, settings).unwrap();
        match vad.push(&sentence(24_000))[..] {
            [_, VadEvent::Stopped { at_ms }] => at_ms,
            ref other => panic!("{other:?}"),
        }
    };
    let (short, long) = (stop_after(400), stop_after(800));
    assert!(short.abs_diff(long - 400) <= 16, "{short} and {long}");
}

#[test]
fn the_end_is_told_with_the_sound_that_completes_the_silence() {
    let spoken = sentence(24_000);
    let last = spoken.iter().rposition(|it| it.unsigned_abs() > 300);
    let speech = &spoken[..=last.unwrap()];
    // Whatever part of a frame of the detector the speech ends in.
    for shift_ms in 0..16 {
        let mut vad = Vad::new(24_000, VadSettings::default()).unwrap();
        let quiet = vec![0; 24_000 + 24 * shift_ms];
        assert_eq!(vad.push(&[&quiet[..], speech].concat()).len(), 1);
        let silent_ms = (10..=600).step_by(10).find(|_| {
            let events = vad.push(&[0; 240]);
            matches!(events[..], [VadEvent::Stopped { .. }])
        });
        let silent_ms = silent_ms.unwrap();
        assert!(
            (490..=520).contains(&silent_ms),
            "{shift_ms}: {silent_ms} ms"
        );
    }
}

#[test]
fn forgetting_ends_the_turn_without_an_event_and_keeps_the_clock() {
    let sound = sentence(24_000);
    let mut vad = Vad::new(24_000, VadSettings::default()).unwrap();
    let middle = 48_000;
    assert_eq!(vad.push(&sound[..middle]).len(), 1);
    assert!(vad.speaking());
    vad.forget();
    assert!(!vad.speaking());
    let events = vad.push(&sound[middle..]);
    assert!(matches!(events[0], VadEvent::Started { at_ms } if (1_980..2_100).contains(&at_ms)));
}
