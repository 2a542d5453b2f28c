//! Samples as the bytes of the wire: 16-bit, little-endian, mono.

/// Returns the bytes of samples, two for each, the low one first.
///
/// # Example
///
/// ```
/// assert_eq!(rtmcp_media::pcm::to_bytes(&[1, -1]), [1, 0, 255, 255]);
/// ```
pub fn to_bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|it| it.to_le_bytes()).collect()
}

/// Returns the samples of bytes. A last odd byte is half a sample and is left out.
///
/// # Example
///
/// ```
/// assert_eq!(rtmcp_media::pcm::from_bytes(&[1, 0, 255, 255, 7]), [1, -1]);
/// ```
pub fn from_bytes(bytes: &[u8]) -> Vec<i16> {
    let (pairs, _odd) = bytes.as_chunks::<2>();
    pairs.iter().map(|it| i16::from_le_bytes(*it)).collect()
}

/// The nearest sample to a number in which full scale is 1.
pub(crate) fn from_unit(value: f32) -> i16 {
    // `as` saturates, and makes nothing (0) of what is not a number.
    (value * FULL_SCALE).round() as i16
}

/// The number for a sample, full scale being 1.
pub(crate) fn to_unit(sample: i16) -> f32 {
    f32::from(sample) / FULL_SCALE
}

const FULL_SCALE: f32 = 32_768.0;

#[cfg(test)]
mod tests {
    use super::{from_bytes, from_unit, to_bytes, to_unit};

    #[test]
    fn every_sample_survives_the_wire_and_the_unit_scale() {
        let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        assert_eq!(from_bytes(&to_bytes(&all)), all);
        assert!(all.iter().all(|it| from_unit(to_unit(*it)) == *it));
    }

    #[test]
    fn what_is_too_loud_is_clipped() {
        assert_eq!(from_unit(1.5), i16::MAX);
        assert_eq!(from_unit(-1.5), i16::MIN);
        assert_eq!(from_unit(f32::NAN), 0);
    }
}
