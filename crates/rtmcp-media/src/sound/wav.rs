//! WAV in and out, over `hound`.

use std::{borrow::Cow, io::Cursor};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use super::{BadWav, Sound};
use crate::pcm;

pub(super) fn read(bytes: &[u8]) -> Result<Sound, BadWav> {
    if !(bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE")) {
        return Err(BadWav::NotWav);
    }
    let honest = with_honest_length(bytes);
    let reader = WavReader::new(Cursor::new(&honest)).map_err(unreadable)?;
    let spec = reader.spec();
    let values = match spec.sample_format {
        SampleFormat::Float => floats(reader)?,
        SampleFormat::Int => integers(reader, spec.bits_per_sample)?,
    };
    Ok(Sound {
        rate: spec.sample_rate,
        samples: mixed_down(&values, usize::from(spec.channels.max(1))),
    })
}

pub(super) fn write(sound: &Sound) -> Result<Vec<u8>, BadWav> {
    let spec = WavSpec {
        channels: 1,
        sample_rate: sound.rate,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    if sound.samples.len() > (u32::MAX / 2 - 64) as usize {
        return Err(BadWav::TooLong);
    }
    let mut bytes = Cursor::new(Vec::with_capacity(44 + sound.samples.len() * 2));
    let mut writer = WavWriter::new(&mut bytes, spec).map_err(unreadable)?;
    for sample in &sound.samples {
        writer.write_sample(*sample).map_err(unreadable)?;
    }
    writer.finalize().map_err(unreadable)?;
    Ok(bytes.into_inner())
}

/// The file with a length of its sound that is true.
///
/// A program that pipes a WAV writes the length before it knows it, and writes a very large one.
fn with_honest_length(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut at = 12;
    let mut block = 1;
    while let Some(header) = bytes.get(at..at + 8) {
        let size = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let body = at + 8;
        match &header[..4] {
            b"fmt " => block = block_size(bytes, body),
            b"data" => return shortened(bytes, at + 4, size, block),
            _ => {}
        }
        // Chunks begin at even places.
        at = body.saturating_add(size).saturating_add(size % 2);
    }
    Cow::Borrowed(bytes)
}

fn block_size(bytes: &[u8], format: usize) -> usize {
    let field = bytes.get(format + 12..format + 14);
    field.map_or(1, |it| {
        usize::from(u16::from_le_bytes([it[0], it[1]])).max(1)
    })
}

fn shortened(bytes: &[u8], field: usize, claimed: usize, block: usize) -> Cow<'_, [u8]> {
    let there = bytes.len() - (field + 4);
    if claimed <= there {
        return Cow::Borrowed(bytes);
    }
    let mut honest = bytes.to_vec();
    // It is less than what a 32-bit field claimed.
    let whole = (there - there % block) as u32;
    honest[field..field + 4].copy_from_slice(&whole.to_le_bytes());
    Cow::Owned(honest)
}

type Reader<'a> = WavReader<Cursor<&'a Cow<'a, [u8]>>>;

fn floats(reader: Reader<'_>) -> Result<Vec<f32>, BadWav> {
    let values = reader.into_samples::<f32>();
    values.map(|it| it.map_err(unreadable)).collect()
}

fn integers(reader: Reader<'_>, bits: u16) -> Result<Vec<f32>, BadWav> {
    let full_scale = 2_f32.powi(i32::from(bits) - 1);
    let values = reader.into_samples::<i32>();
    values
        .map(|it| it.map_err(unreadable).map(|it| it as f32 / full_scale))
        .collect()
}

fn mixed_down(values: &[f32], channels: usize) -> Vec<i16> {
    let mean = |frame: &[f32]| frame.iter().sum::<f32>() / channels as f32;
    values
        .chunks_exact(channels)
        .map(|frame| pcm::from_unit(mean(frame)))
        .collect()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn unreadable(error: hound::Error) -> BadWav {
    BadWav::Unreadable(error.to_string())
}

#[cfg(test)]
mod tests;
