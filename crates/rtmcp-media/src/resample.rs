//! [`Resampler`]: another sample rate, as a stream or at once, over `rubato`.

use std::fmt;

use rubato::{
    Async, Fft, FixedAsync, FixedSync, Indexing, SincInterpolationParameters, WindowFunction,
    audioadapter_buffers::direct::InterleavedSlice,
};

use crate::pcm;

/// The slowest rate that sound is taken at, in samples per second.
const LEAST_RATE: u32 = 1_000;
/// The fastest one.
const MOST_RATE: u32 = 768_000;
/// Rates with larger terms of their ratio than this would need blocks that delay too much.
const LARGEST_RATIO: u32 = 512;
/// Taps of the filter where the two rates have too little in common for blocks.
const FILTER_TAPS: usize = 128;

/// Brings a stream of samples to another rate.
///
/// The output is in time with the input: the delay of the filter is taken out, and after
/// [`finish`](Self::finish) as many samples have come out as the input is long. Until then the
/// output lags by about 10 ms.
///
/// # Example
///
/// ```
/// use rtmcp_media::Resampler;
///
/// let mut down = Resampler::new(48_000, 16_000)?;
/// let mut out = down.push(&[0; 1_000]);
/// out.extend(down.push(&[0; 2_000]));
/// out.extend(down.finish());
/// assert_eq!(out.len(), 1_000);
/// # Ok::<(), rtmcp_media::BadRate>(())
/// ```
pub struct Resampler {
    from: u32,
    to: u32,
    /// None where the rates are the same.
    filter: Option<Box<dyn rubato::Resampler<f32>>>,
    /// Input that doesn't fill a block yet.
    waiting: Vec<f32>,
    /// Room for one block of output.
    block: Vec<f32>,
    /// Output frames of the filter's own delay that are still to be dropped.
    early: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// A resampler from one rate to another, both in samples per second.
    ///
    /// # Errors
    ///
    /// [`BadRate`] when a rate is below 1000 or above 768000.
    pub fn new(from: u32, to: u32) -> Result<Self, BadRate> {
        let bad = |rate: &u32| !(LEAST_RATE..=MOST_RATE).contains(rate);
        if let Some(rate) = [from, to].into_iter().find(bad) {
            return Err(BadRate { rate });
        }
        let filter = match from == to {
            true => None,
            false => Some(filter(from, to).map_err(|_| BadRate { rate: from })?),
        };
        let early = filter.as_ref().map_or(0, |it| delay(it.as_ref()));
        let room = filter.as_ref().map_or(0, |it| it.output_frames_max());
        Ok(Self {
            from,
            to,
            filter,
            waiting: Vec::new(),
            block: vec![0.0; room],
            early,
            taken: 0,
            given: 0,
        })
    }

    /// Takes samples and returns those that are ready.
    #[must_use]
    pub fn push(&mut self, samples: &[i16]) -> Vec<i16> {
        self.taken += samples.len() as u64;
        if self.filter.is_none() {
            return samples.to_vec();
        }
        self.waiting
            .extend(samples.iter().map(|it| pcm::to_unit(*it)));
        let mut out = Vec::new();
        while self.waiting.len() >= self.block_in() {
            self.one_block(None, &mut out);
        }
        out
    }

    /// Returns what is left of the input and makes the resampler ready for another stream.
    #[must_use]
    pub fn finish(&mut self) -> Vec<i16> {
        let mut out = Vec::new();
        if self.filter.is_some() {
            let whole = self.length_out();
            while self.given < whole {
                self.one_block(Some(self.waiting.len()), &mut out);
            }
            // The last block is filled up with silence, which is nobody's.
            let beyond = (self.given - whole) as usize;
            out.truncate(out.len().saturating_sub(beyond));
        }
        self.reset();
        out
    }

    /// Forgets the stream so far.
    pub fn reset(&mut self) {
        if let Some(filter) = &mut self.filter {
            filter.reset();
            self.early = delay(filter.as_ref());
        }
        self.waiting.clear();
        (self.taken, self.given) = (0, 0);
    }

    fn block_in(&self) -> usize {
        self.filter.as_ref().map_or(1, |it| it.input_frames_next())
    }

    /// How many samples of output the input so far stands for, to the nearest one.
    fn length_out(&self) -> u64 {
        (self.taken * u64::from(self.to) + u64::from(self.from) / 2) / u64::from(self.from)
    }

    /// Runs one block through the filter; a partial one is filled up with silence.
    fn one_block(&mut self, partial: Option<usize>, out: &mut Vec<i16>) {
        let Some(filter) = &mut self.filter else {
            return;
        };
        let wanted = filter.input_frames_next();
        let next = filter.output_frames_next();
        let indexing = partial.map(|frames| Indexing::new().partial_len(frames.min(wanted)));
        let made = run(
            filter.as_mut(),
            &self.waiting,
            &mut self.block,
            indexing.as_ref(),
        );
        // The sizes are the filter's own, so that it can't refuse them; if it did, silence of the
        // right length would keep the time.
        let made = made.unwrap_or_else(|| {
            self.block.fill(0.0);
            next
        });
        self.waiting.drain(..wanted.min(self.waiting.len()));
        let skipped = self.early.min(made);
        self.early -= skipped;
        self.given += (made - skipped) as u64;
        out.extend(
            self.block[skipped..made]
                .iter()
                .map(|it| pcm::from_unit(*it)),
        );
    }
}

impl fmt::Debug for Resampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resampler({} Hz to {} Hz)", self.from, self.to)
    }
}

/// A rate that sound isn't taken at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rate} samples a second is not a rate of sound; give one between 1000 and 768000")]
pub struct BadRate {
    /// The rate.
    pub rate: u32,
}

/// Returns a clip at another rate: as many samples as it is long, to the nearest one.
///
/// # Errors
///
/// [`BadRate`] when either rate is out of range.
///
/// # Example
///
/// ```
/// let second = rtmcp_media::resample(&[0; 44_100], 44_100, 24_000)?;
/// assert_eq!(second.len(), 24_000);
/// # Ok::<(), rtmcp_media::BadRate>(())
/// ```
pub fn resample(samples: &[i16], from: u32, to: u32) -> Result<Vec<i16>, BadRate> {
    let mut resampler = Resampler::new(from, to)?;
    let mut out = resampler.push(samples);
    out.extend(resampler.finish());
    Ok(out)
}

/// Blocks of some 10 ms where the rates allow it, else a filter that can sit between any two
/// samples.
fn filter(
    from: u32,
    to: u32,
) -> Result<Box<dyn rubato::Resampler<f32>>, rubato::ResamplerConstructionError> {
    let chunk = from / 100;
    let common = common(from, to);
    if from.max(to) / common <= LARGEST_RATIO {
        // An even number of units, since the delay is half a block and must be whole samples.
        let unit = from / common;
        let block = (chunk.div_ceil(unit).next_multiple_of(2) * unit) as usize;
        let window = WindowFunction::BlackmanHarris2;
        let (from, to) = (from as usize, to as usize);
        let filter = Fft::new_custom(from, to, block, 1, 1, window, FixedSync::Both)?;
        return Ok(Box::new(filter));
    }
    let parameters = SincInterpolationParameters::new(FILTER_TAPS, WindowFunction::BlackmanHarris2);
    let ratio = f64::from(to) / f64::from(from);
    let filter = Async::new_sinc(
        ratio,
        1.0,
        &parameters,
        chunk as usize,
        1,
        FixedAsync::Input,
    )?;
    Ok(Box::new(filter))
}

/// Output samples that come before the first one of the input.
///
/// The filter between samples can adjust its ratio; its delay is half of its taps, which it rounds
/// down, and it gives its first sample one step early.
fn delay(filter: &dyn rubato::Resampler<f32>) -> usize {
    if !filter.is_adjustable() {
        return filter.output_delay();
    }
    let half = (FILTER_TAPS / 2) as f64 * filter.resample_ratio();
    (half.round() as usize).saturating_sub(1)
}

fn common(one: u32, other: u32) -> u32 {
    match one % other {
        0 => other,
        rest => common(other, rest),
    }
}

fn run(
    filter: &mut dyn rubato::Resampler<f32>,
    input: &[f32],
    output: &mut [f32],
    indexing: Option<&Indexing>,
) -> Option<usize> {
    let room = output.len();
    let input = InterleavedSlice::new(input, 1, input.len()).ok()?;
    let mut output = InterleavedSlice::new_mut(output, 1, room).ok()?;
    let made = filter.process_into_buffer(&input, &mut output, indexing);
    made.ok().map(|(_taken, given)| given)
}

#[cfg(test)]
mod tests;
