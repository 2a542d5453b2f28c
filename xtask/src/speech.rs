//! Questions as sound, in the voice that was set up.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail, ensure};

use crate::setup;

/// Speaks a text into a WAV, with the voice that was set up.
///
/// # Errors
///
/// When there is no voice, or it fails.
pub(crate) fn speak(text: &str, file: &Path) -> anyhow::Result<()> {
    let voice = setup::voice_command().context("no voice is set up: run `cargo xtask setup`")?;
    let (program, arguments) = voice.split_first().context("the voice has a program")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(fs::File::create(file)?)
        .spawn()
        .with_context(|| format!("could not start the voice `{program}`"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("the voice `{program}` ended with {status}");
    }
    Ok(())
}

/// Reads a WAV of 16-bit mono sound as the sound that Realtime endpoints take, at 24 kHz. The
/// length in its header may be wrong, since a voice can't know it when it begins to write.
///
/// # Errors
///
/// When it is no such WAV.
pub(crate) fn realtime_pcm(wav: &[u8]) -> anyhow::Result<Vec<i16>> {
    let field = |at: usize| wav.get(at..at + 4).and_then(|it| it.try_into().ok());
    let rate = field(24).map(u32::from_le_bytes).unwrap_or_default();
    let data = wav.windows(4).position(|it| it == b"data");
    let data = data.and_then(|at| wav.get(at + 8..)).unwrap_or_default();
    let plain = wav.get(20..24) == Some(&[1, 0, 1, 0]) && wav.get(34..36) == Some(&[16, 0]);
    ensure!(
        wav.starts_with(b"RIFF") && plain && rate > 0 && data.len() > 1,
        "the voice writes no WAV of 16-bit mono PCM"
    );
    let samples: Vec<i16> = data
        .chunks_exact(2)
        .map(|it| i16::from_le_bytes([it[0], it[1]]))
        .collect();
    Ok(resampled(&samples, f64::from(rate)))
}

/// Between two samples the sound is taken to be a straight line, which is good enough for an ear.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions are within the sound, and what lies between two samples is one"
)]
fn resampled(samples: &[i16], rate: f64) -> Vec<i16> {
    let step = rate / 24_000.0;
    let count = (samples.len() as f64 / step) as usize;
    let at = |nth: usize| f64::from(samples[nth.min(samples.len() - 1)]);
    (0..count)
        .map(|nth| {
            let position = nth as f64 * step;
            let (whole, share) = (position as usize, position.fract());
            (at(whole) * (1.0 - share) + at(whole + 1) * share).round() as i16
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::realtime_pcm;

    fn wav(rate: u32, samples: &[i16]) -> Vec<u8> {
        let mut wav = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        wav.extend(rate.to_le_bytes());
        wav.extend((rate * 2).to_le_bytes());
        wav.extend([2, 0, 16, 0]);
        wav.extend(b"data\0\0\0\0");
        wav.extend(samples.iter().flat_map(|it| it.to_le_bytes()));
        wav
    }

    #[test]
    fn sound_keeps_its_length_and_its_shape_at_another_rate() {
        let pcm = realtime_pcm(&wav(8_000, &[0, 300, 600])).unwrap();
        assert_eq!(pcm, [0, 100, 200, 300, 400, 500, 600, 600, 600]);
        assert_eq!(realtime_pcm(&wav(24_000, &[1, -2])).unwrap(), [1, -2]);
    }

    #[test]
    fn what_is_no_wav_is_refused() {
        for bad in [&b""[..], b"RIFF", &wav(0, &[1]), &wav(8_000, &[])] {
            assert!(realtime_pcm(bad).is_err());
        }
    }
}
