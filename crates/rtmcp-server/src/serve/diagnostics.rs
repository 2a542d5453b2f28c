//! [`Diagnostics`]: what happened in a session, kept for readers that come late or back.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rtmcp_api::{Diagnostic, Happening};
use serde_json::json;
use tokio::{sync::watch, time::sleep};

use super::{config::Limits, refusal::Refusal, scrub::Scrub};

/// What happened in a session. One writes, several read.
#[derive(Debug)]
pub(super) struct Diagnostics {
    kept: Mutex<Kept>,
    scrub: Scrub,
    most: usize,
    most_bytes: usize,
    most_readers: usize,
    /// Rings when there is something new, or nothing more will come.
    pulse: watch::Sender<()>,
    readers: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// How many there were, and so the number of the last.
    count: u64,
    /// When the last of those that aren't kept any more happened.
    forgotten_at: u64,
    is_over: bool,
}

/// One event, as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) seq: u64,
    pub(super) at_ms: u64,
    pub(super) json: Arc<str>,
}

impl Entry {
    fn new(seq: u64, at_ms: u64, what: Happening, scrub: &Scrub) -> Self {
        let diagnostic = Diagnostic { seq, at_ms, what };
        let mut json = json!(diagnostic);
        scrub.clean_all(&mut json);
        let json = json.to_string().into();
        Self { seq, at_ms, json }
    }
}

impl Diagnostics {
    pub(super) fn new(limits: &Limits, scrub: Scrub) -> Arc<Self> {
        Arc::new(Self {
            kept: Mutex::default(),
            scrub,
            most: limits.events,
            most_bytes: limits.event_bytes,
            most_readers: limits.readers,
            pulse: watch::Sender::new(()),
            readers: watch::Sender::new(0),
        })
    }

    /// Keeps what happened. After [`Happening::Closed`] nothing is.
    pub(super) fn push(&self, at_ms: u64, what: Happening) {
        let mut kept = self.lock();
        if kept.is_over {
            return;
        }
        kept.is_over = matches!(what, Happening::Closed { .. });
        kept.count += 1;
        let entry = Entry::new(kept.count, at_ms, what, &self.scrub);
        kept.bytes += entry.json.len();
        kept.entries.push_back(entry);
        // The newest stays, however long it is.
        while kept.entries.len() > self.most
            || (kept.bytes > self.most_bytes && kept.entries.len() > 1)
        {
            let Some(oldest) = kept.entries.pop_front() else {
                break;
            };
            kept.bytes -= oldest.json.len();
            kept.forgotten_at = oldest.at_ms;
        }
        drop(kept);
        self.pulse.send_replace(());
    }

    /// Begins to read behind an event, or from the first. `None` where nothing will come any more.
    pub(super) fn read(self: &Arc<Self>, after: Option<u64>) -> Result<Option<Reader>, Refusal> {
        let kept = self.lock();
        // An id that was never given is from another session: its reader has seen nothing.
        let seen = after.filter(|it| *it <= kept.count).unwrap_or(0);
        if kept.is_over && seen == kept.count {
            return Ok(None);
        }
        drop(kept);
        let mut is_let_in = false;
        self.readers.send_modify(|readers| {
            is_let_in = *readers < self.most_readers;
            *readers += usize::from(is_let_in);
        });
        if !is_let_in {
            let message = "this session has too many readers: close one of them";
            return Err(Refusal::too_many(message, Duration::from_secs(1)));
        }
        Ok(Some(Reader {
            pulse: self.pulse.subscribe(),
            diagnostics: Arc::clone(self),
            seen,
        }))
    }

    /// Waits until nobody has read for so long. Keep the future: each one starts anew.
    pub(super) async fn left(&self, unread: Duration) {
        let mut readers = self.readers.subscribe();
        loop {
            // The sender lives as long as `self`.
            let _ = readers.wait_for(|it| *it == 0).await;
            tokio::select! {
                () = sleep(unread) => return,
                _ = readers.wait_for(|it| *it > 0) => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads what happened, from first to last. Dropping it is leaving.
#[derive(Debug)]
pub(super) struct Reader {
    diagnostics: Arc<Diagnostics>,
    pulse: watch::Receiver<()>,
    /// The last that was read.
    seen: u64,
}

impl Reader {
    /// Waits for the next event; `None` after the last. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Entry> {
        loop {
            self.pulse.mark_unchanged();
            if let Some(entry) = self.take() {
                self.seen = entry.seq;
                return Some(entry);
            }
            if self.diagnostics.lock().is_over {
                return None;
            }
            self.pulse.changed().await.ok()?;
        }
    }

    fn take(&self) -> Option<Entry> {
        let kept = self.diagnostics.lock();
        let first = kept.entries.front()?.seq;
        let events = first.saturating_sub(self.seen + 1);
        if events > 0 {
            let what = Happening::Missed { events };
            let scrub = &self.diagnostics.scrub;
            return Some(Entry::new(first - 1, kept.forgotten_at, what, scrub));
        }
        let nth = usize::try_from(self.seen + 1 - first).ok()?;
        kept.entries.get(nth).cloned()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.diagnostics
            .readers
            .send_modify(|readers| *readers -= 1);
    }
}

#[cfg(test)]
mod tests;
