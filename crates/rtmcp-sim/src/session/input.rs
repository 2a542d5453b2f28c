//! [`InputBuffer`]: the person's sound until it becomes an item, and where speech is in it.

use std::time::Duration;

use rtmcp_core::ItemId;
use rtmcp_media::{Vad, VadEvent, VadSettings};

/// Samples per second on the wire.
pub(crate) const RATE: u32 = 24_000;
const SAMPLES_PER_MS: u64 = 24;
/// What is kept of silence beside the padding: more than speech needs to be noticed.
const KEPT_MS: u64 = 1_000;

/// Sound that isn't an item yet. Positions count all sound of the session.
#[derive(Default)]
pub(crate) struct InputBuffer {
    samples: Vec<i16>,
    /// Where `samples` begin, in samples.
    start: u64,
    listener: Option<Listener>,
    settings: Option<VadSettings>,
    /// The item that the speech in progress will be.
    speech: Option<ItemId>,
    speech_start_ms: u64,
}

/// A change that was heard.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Speech began at this position.
    Started { at_ms: u64 },
    /// It ended at this position.
    Stopped { at_ms: u64 },
}

struct Listener {
    vad: Vad,
    /// Where it began to listen, in milliseconds: it counts from there.
    origin_ms: u64,
}

impl InputBuffer {
    /// Sets how speech is found; `None` when the client says what is speech.
    pub(crate) fn detect(&mut self, settings: Option<VadSettings>) {
        self.settings = settings;
        match (&mut self.listener, settings) {
            (Some(listener), Some(settings)) => listener.vad.set_settings(settings),
            (_, None) => {
                self.listener = None;
                self.speech = None;
            }
            // Made with the first sound: many sessions never have any.
            (None, Some(_)) => {}
        }
    }

    /// Takes sound and returns what is heard in it, in order.
    pub(crate) fn push(&mut self, samples: &[i16]) -> Vec<Change> {
        if let (None, Some(settings)) = (&self.listener, self.settings) {
            self.listener = Vad::new(RATE, settings).ok().map(|vad| Listener {
                vad,
                origin_ms: self.position_ms(),
            });
        }
        self.samples.extend_from_slice(samples);
        let Some(listener) = &mut self.listener else {
            return Vec::new();
        };
        let origin = listener.origin_ms;
        let changes = listener.vad.push(samples).into_iter();
        changes
            .map(|change| match change {
                VadEvent::Started { at_ms } => Change::Started {
                    at_ms: origin + at_ms,
                },
                VadEvent::Stopped { at_ms } => Change::Stopped {
                    at_ms: origin + at_ms,
                },
            })
            .collect()
    }

    /// Notes that the speech in progress will be this item.
    pub(crate) fn begin_speech(&mut self, item: ItemId, at_ms: u64) {
        self.speech = Some(item);
        self.speech_start_ms = at_ms;
    }

    /// Takes the speech that ended here, with its item.
    pub(crate) fn end_speech(&mut self, at_ms: u64) -> Option<(ItemId, Vec<i16>)> {
        let item = self.speech.take()?;
        self.drop_before(self.speech_start_ms * SAMPLES_PER_MS);
        let end = (at_ms * SAMPLES_PER_MS).saturating_sub(self.start) as usize;
        let rest = self.samples.split_off(end.min(self.samples.len()));
        let speech = std::mem::replace(&mut self.samples, rest);
        self.start += speech.len() as u64;
        Some((item, speech))
    }

    /// Takes all sound, with the item of the speech in progress.
    pub(crate) fn take(&mut self) -> (Option<ItemId>, Vec<i16>) {
        let samples = std::mem::take(&mut self.samples);
        self.start += samples.len() as u64;
        if let Some(listener) = &mut self.listener {
            listener.vad.forget();
        }
        (self.speech.take(), samples)
    }

    /// Drops silence that nothing will come of, where speech is found here.
    pub(crate) fn trim(&mut self) {
        if let (Some(settings), None) = (self.settings, &self.speech) {
            let kept = (settings.prefix_padding_ms + KEPT_MS) * SAMPLES_PER_MS;
            self.drop_before(self.position().saturating_sub(kept));
        }
    }

    /// Tells whether somebody speaks.
    pub(crate) const fn is_speech(&self) -> bool {
        self.speech.is_some()
    }

    /// Returns the length of all sound of the session.
    pub(crate) const fn position_ms(&self) -> u64 {
        self.position() / SAMPLES_PER_MS
    }

    /// Returns the length of the sound that isn't an item yet.
    pub(crate) fn length_ms(&self) -> f64 {
        self.samples.len() as f64 / SAMPLES_PER_MS as f64
    }

    const fn position(&self) -> u64 {
        self.start + self.samples.len() as u64
    }

    fn drop_before(&mut self, position: u64) {
        let gone = position.saturating_sub(self.start) as usize;
        let gone = gone.min(self.samples.len());
        self.samples.drain(..gone);
        self.start += gone as u64;
    }
}

/// Returns how long so many samples sound.
pub(crate) const fn duration(samples: usize) -> Duration {
    Duration::from_micros(samples as u64 * 1_000 / SAMPLES_PER_MS)
}

/// Returns the samples of so much time.
pub(crate) const fn samples_in(time: Duration) -> usize {
    (time.as_micros() as u64 * SAMPLES_PER_MS / 1_000) as usize
}
