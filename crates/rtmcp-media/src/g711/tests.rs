//! G.711 against the tables of the recommendation.

use super::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};

/// Table 2a/G.711: the number of a code and the 14-bit value that a decoder gives for it.
const ULAW_OUTPUTS: [(u8, i16); 12] = [
    (0, 0),
    (1, 2),
    (15, 30),
    (16, 33),
    (32, 99),
    (48, 231),
    (64, 495),
    (80, 1_023),
    (96, 2_079),
    (112, 4_191),
    (126, 7_775),
    (127, 8_031),
];

/// Table 2a/G.711: a 14-bit decision value, and the number of the code above it.
const ULAW_DECISIONS: [(i16, u8); 9] = [
    (1, 1),
    (3, 2),
    (31, 16),
    (95, 32),
    (223, 48),
    (479, 64),
    (991, 80),
    (2_015, 96),
    (4_063, 112),
];

/// Table 1a/G.711: the number of a code, from zero, and the 13-bit value of the decoder.
const ALAW_OUTPUTS: [(u8, i16); 10] = [
    (0, 1),
    (1, 3),
    (31, 63),
    (32, 66),
    (48, 132),
    (64, 264),
    (80, 528),
    (96, 1_056),
    (112, 2_112),
    (127, 4_032),
];

/// Table 1a/G.711: a 13-bit decision value, and the number of the code above it.
const ALAW_DECISIONS: [(i16, u8); 8] = [
    (2, 1),
    (4, 2),
    (64, 32),
    (128, 48),
    (256, 64),
    (512, 80),
    (1_024, 96),
    (2_048, 112),
];

#[test]
fn ulaw_decodes_to_the_values_of_the_recommendation() {
    for (number, value) in ULAW_OUTPUTS {
        let (positive, negative) = (0xff - number, 0x7f - number);
        assert_eq!(decode_ulaw(&[positive, negative]), [value * 4, value * -4]);
    }
}

#[test]
fn ulaw_decides_where_the_recommendation_does() {
    for (decision, above) in ULAW_DECISIONS {
        let samples = [decision * 4, decision * 4 - 1, decision * -4];
        let codes = [0xff - above, 0xff - (above - 1), 0x7f - above];
        assert_eq!(encode_ulaw(&samples), codes, "at {decision}");
    }
}

#[test]
fn alaw_decodes_to_the_values_of_the_recommendation() {
    for (number, value) in ALAW_OUTPUTS {
        let (positive, negative) = ((0x80 | number) ^ 0x55, number ^ 0x55);
        assert_eq!(decode_alaw(&[positive, negative]), [value * 8, value * -8]);
    }
}

#[test]
fn alaw_decides_where_the_recommendation_does() {
    for (decision, above) in ALAW_DECISIONS {
        let samples = [decision * 8, decision * 8 - 1, decision * -8 - 1];
        let positive = |number: u8| (0x80 | number) ^ 0x55;
        let codes = [positive(above), positive(above - 1), above ^ 0x55];
        assert_eq!(encode_alaw(&samples), codes, "at {decision}");
    }
}

#[test]
fn every_code_survives_a_round_trip() {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    assert_eq!(encode_alaw(&decode_alaw(&all)), all);
    let mut ulaw = all.clone();
    // μ-law has a negative zero, which no sample is.
    ulaw[0x7f] = 0xff;
    assert_eq!(encode_ulaw(&decode_ulaw(&all)), ulaw);
}

#[test]
fn every_sample_comes_back_within_half_a_step() {
    let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
    let worst = |got: Vec<i16>, floor: f64, bias: f64, most: i16| {
        let within = all
            .iter()
            .zip(got)
            .filter(|(it, _)| it.unsigned_abs() <= most.unsigned_abs());
        within
            .map(|(sample, got)| {
                let error = (f64::from(*sample) - f64::from(got)).abs();
                let half_step = (f64::from(*sample).abs() + bias) / 32.0;
                error / half_step.max(floor)
            })
            .fold(0.0, f64::max)
    };
    let ulaw = worst(decode_ulaw(&encode_ulaw(&all)), 4.0, 132.0, 32_635);
    let alaw = worst(decode_alaw(&encode_alaw(&all)), 8.0, 0.0, 32_767);
    assert!(ulaw <= 1.0, "μ-law is off by {ulaw} half steps");
    assert!(alaw <= 1.04, "A-law is off by {alaw} half steps");
}
