//! G.711: the two 8-bit encodings of the telephone, μ-law and A-law.
//!
//! Both keep 8 kHz sound in one byte a sample by spending small steps on quiet samples and large
//! ones on loud samples: a sign bit, three bits for the segment (each twice as wide as the one
//! before) and four for the step within it. The numbers are those of ITU-T G.711 tables 1 and 2,
//! scaled to 16 bits.
//!
//! # Example
//!
//! ```
//! use rtmcp_media::g711;
//!
//! assert_eq!(g711::encode_ulaw(&[0, 1_000, -1_000]), [0xff, 0xce, 0x4e]);
//! assert_eq!(g711::decode_ulaw(&[0xff, 0xce, 0x4e]), [0, 988, -988]);
//! assert_eq!(g711::decode_alaw(&g711::encode_alaw(&[1_000])), [1_008]);
//! ```

/// What μ-law adds to a magnitude so that every segment begins at a power of two.
const ULAW_BIAS: i16 = 132;
/// The loudest magnitude that μ-law tells from a louder one.
const ULAW_MOST: i16 = i16::MAX - ULAW_BIAS;
/// μ-law sends all bits inverted, so that silence has many ones.
const ULAW_MASK: u8 = 0xff;
/// A-law inverts every second bit for the same reason.
const ALAW_MASK: u8 = 0x55;
const SIGN: u8 = 0x80;

const ULAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < table.len() {
        table[code] = ulaw_sample(code as u8);
        code += 1;
    }
    table
};

const ALAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < table.len() {
        table[code] = alaw_sample(code as u8);
        code += 1;
    }
    table
};

/// Returns samples as μ-law, a byte each.
pub fn encode_ulaw(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|it| ulaw_code(*it)).collect()
}

/// Returns the samples of μ-law bytes.
pub fn decode_ulaw(codes: &[u8]) -> Vec<i16> {
    codes.iter().map(|it| ULAW[usize::from(*it)]).collect()
}

/// Returns samples as A-law, a byte each.
pub fn encode_alaw(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|it| alaw_code(*it)).collect()
}

/// Returns the samples of A-law bytes.
pub fn decode_alaw(codes: &[u8]) -> Vec<i16> {
    codes.iter().map(|it| ALAW[usize::from(*it)]).collect()
}

fn ulaw_code(sample: i16) -> u8 {
    let magnitude = sample.unsigned_abs().min(ULAW_MOST.unsigned_abs()) + ULAW_BIAS.unsigned_abs();
    // The bias makes bit 7 or a higher one the leading one.
    let segment = magnitude.ilog2() - 7;
    let step = (magnitude >> (segment + 3)) & 0x0f;
    let sign = if sample < 0 { SIGN } else { 0 };
    (sign | (segment << 4) as u8 | step as u8) ^ ULAW_MASK
}

fn alaw_code(sample: i16) -> u8 {
    // The ones' complement: a step of A-law holds the same number of values on both sides of zero.
    let magnitude = (sample ^ (sample >> 15)).unsigned_abs() >> 4;
    let (segment, step) = match magnitude.checked_ilog2() {
        Some(bit @ 4..) => (bit - 3, (magnitude >> (bit - 4)) & 0x0f),
        _ => (0, magnitude),
    };
    let sign = if sample < 0 { 0 } else { SIGN };
    (sign | (segment << 4) as u8 | step as u8) ^ ALAW_MASK
}

const fn ulaw_sample(code: u8) -> i16 {
    let code = code ^ ULAW_MASK;
    let (segment, step) = ((code & 0x70) >> 4, (code & 0x0f) as i16);
    // The middle of the step.
    let magnitude = (((step << 3) + ULAW_BIAS) << segment) - ULAW_BIAS;
    if code & SIGN == 0 {
        magnitude
    } else {
        -magnitude
    }
}

const fn alaw_sample(code: u8) -> i16 {
    let code = code ^ ALAW_MASK;
    let (segment, step) = ((code & 0x70) >> 4, (code & 0x0f) as i16);
    // The first two segments have the same step; above, the segment gives the leading one.
    let magnitude = match segment {
        0 => (step << 4) + 8,
        _ => ((step << 4) + 0x108) << (segment - 1),
    };
    if code & SIGN == 0 {
        -magnitude
    } else {
        magnitude
    }
}

#[cfg(test)]
mod tests;
