//! Speech through Opus, with and without loss.

use super::{OpusDecoder, OpusEncoder, OpusError, OpusSettings};
use crate::{Sound, compare};

const SPEECH: &[u8] = include_bytes!("../../tests/weather-in-paris-8k.wav");

fn speech(rate: u32) -> Vec<i16> {
    let speech = Sound::from_wav(SPEECH).unwrap();
    speech.resampled(rate).unwrap().samples
}

fn encoder(rate: u32) -> OpusEncoder {
    let settings = OpusSettings {
        rate,
        ..OpusSettings::default()
    };
    OpusEncoder::new(settings).unwrap()
}

/// What a decoder makes of it when every tenth packet is handled by `lost`, told the next packet.
fn with_loss(lost: fn(&mut OpusDecoder, &[u8]) -> Vec<i16>) -> f64 {
    let speech = speech(48_000);
    let mut encoder = encoder(48_000);
    encoder.set_expected_loss(20);
    let mut decoder = OpusDecoder::new(48_000, 1).unwrap();
    let frames = speech.chunks_exact(960);
    let packets: Vec<Vec<u8>> = frames.map(|it| encoder.encode(it).unwrap()).collect();
    let mut got = Vec::new();
    for (nth, packet) in packets.iter().enumerate() {
        match packets.get(nth + 1).filter(|_| nth % 10 == 5) {
            Some(next) => got.extend(lost(&mut decoder, next)),
            None => got.extend(decoder.decode(packet).unwrap()),
        }
    }
    compare::likeness(&speech, &got[encoder.delay()..])
}

#[test]
fn speech_stays_recognizable_at_every_rate() {
    for rate in [8_000, 12_000, 16_000, 24_000, 48_000] {
        let speech = speech(rate);
        let mut encoder = encoder(rate);
        let mut decoder = OpusDecoder::new(rate, 1).unwrap();
        let mut bytes = 0;
        let mut got = Vec::new();
        for frame in speech.chunks_exact(encoder.frame_len()) {
            let packet = encoder.encode(frame).unwrap();
            bytes += packet.len();
            got.extend(decoder.decode(&packet).unwrap());
        }
        let likeness = compare::likeness(&speech, &got[encoder.delay()..]);
        assert!(likeness > 0.9, "{likeness} at {rate} Hz");
        let bits_per_second = bytes as f64 * 8.0 / (got.len() as f64 / f64::from(rate));
        assert!(bits_per_second < 40_000.0, "{bits_per_second} at {rate} Hz");
    }
}

#[test]
fn a_packet_can_be_decoded_at_another_rate_and_width() {
    let speech = speech(48_000);
    let mut encoder = encoder(48_000);
    let mut decoder = OpusDecoder::new(24_000, 2).unwrap();
    for frame in speech.chunks_exact(960).take(20) {
        let got = decoder.decode(&encoder.encode(frame).unwrap()).unwrap();
        assert_eq!(got.len(), 960);
        assert!(
            got.as_chunks::<2>()
                .0
                .iter()
                .all(|[left, right]| left == right)
        );
    }
}

#[test]
fn stereo_keeps_its_sides_apart() {
    let settings = OpusSettings {
        channels: 2,
        bitrate: 64_000,
        ..OpusSettings::default()
    };
    let mut encoder = OpusEncoder::new(settings).unwrap();
    let mut decoder = OpusDecoder::new(48_000, 2).unwrap();
    let sides: Vec<i16> = speech(48_000).iter().flat_map(|it| [*it, 0]).collect();
    let mut got = Vec::new();
    for frame in sides.chunks_exact(encoder.frame_len()) {
        got.extend(decoder.decode(&encoder.encode(frame).unwrap()).unwrap());
    }
    let side = |nth| {
        got.iter()
            .skip(nth)
            .step_by(2)
            .copied()
            .collect::<Vec<i16>>()
    };
    assert!(crate::rms(&side(0)) > 10.0 * crate::rms(&side(1)));
}

#[test]
fn what_is_lost_is_concealed_and_better_recovered() {
    let concealed = with_loss(|decoder, _| decoder.conceal().unwrap());
    let recovered = with_loss(|decoder, next| decoder.recover(next).unwrap());
    let silent = with_loss(|decoder, _| vec![0; decoder.conceal().unwrap().len()]);
    assert!(concealed > 0.8, "concealed: {concealed}");
    assert!(
        recovered > concealed + 0.01,
        "recovered: {recovered}, concealed: {concealed}"
    );
    assert!(
        recovered > silent,
        "recovered: {recovered}, silent: {silent}"
    );
}

#[test]
fn concealment_fades_out() {
    let mut encoder = encoder(48_000);
    let mut decoder = OpusDecoder::new(48_000, 1).unwrap();
    for frame in speech(48_000).chunks_exact(960).take(30) {
        decoder.decode(&encoder.encode(frame).unwrap()).unwrap();
    }
    let faded: Vec<i16> = (0..25).flat_map(|_| decoder.conceal().unwrap()).collect();
    assert!(crate::rms(&faded[24 * 960..]) < 0.002);
}

#[test]
fn what_is_not_opus_is_refused() {
    let odd = OpusError::Settings {
        rate: 44_100,
        channels: 1,
    };
    assert_eq!(OpusDecoder::new(44_100, 1).unwrap_err(), odd);
    let short = OpusError::Frame {
        got: 100,
        wanted: 960,
    };
    assert_eq!(encoder(48_000).encode(&[0; 100]), Err(short));
    let mut decoder = OpusDecoder::new(48_000, 1).unwrap();
    assert_eq!(decoder.decode(&[]), Err(OpusError::Packet));
    // Two frames of the same length, in an odd number of bytes.
    assert_eq!(decoder.decode(&[0x79, 1, 2, 3]), Err(OpusError::Packet));
}
