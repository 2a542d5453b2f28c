//! How loud sound is.

/// What [`decibels`] says of silence: below the quietest sample that 16 bits can hold.
const SILENCE_DECIBELS: f32 = -100.0;

/// Returns the root mean square: 0 is silence, 1 is full scale, a full sine is 0.707.
///
/// # Example
///
/// ```
/// assert_eq!(rtmcp_media::rms(&[16_384, -16_384]), 0.5);
/// assert_eq!(rtmcp_media::rms(&[]), 0.0);
/// ```
pub fn rms(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let power: f64 = samples.iter().map(|it| f64::from(*it).powi(2)).sum();
    ((power / samples.len() as f64).sqrt() / 32_768.0) as f32
}

/// Returns the loudness in decibels below full scale; -100 is silence.
///
/// # Example
///
/// ```
/// assert_eq!(rtmcp_media::decibels(&[16_384, -16_384]).round(), -6.0);
/// assert_eq!(rtmcp_media::decibels(&[0; 10]), -100.0);
/// ```
pub fn decibels(samples: &[i16]) -> f32 {
    (20.0 * rms(samples).log10()).max(SILENCE_DECIBELS)
}
