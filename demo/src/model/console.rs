//! [`Console`]: every event both ways, bounded, filtered, and ready to be copied or saved.

use std::{collections::VecDeque, sync::Arc};

use rtmcp_core::{Private, Timestamp};
use serde_json::{Value, json};

use super::summary;

/// How many events are kept.
const KEPT: usize = 2000;

/// How many bytes of events are kept.
const KEPT_BYTES: usize = 16 * 1024 * 1024;

/// How many events are drawn at once; the filter and the export reach all of them.
pub const DRAWN: usize = 400;

/// Every event of the page's calls.
#[derive(Debug, Default)]
pub struct Console {
    records: VecDeque<Arc<Record>>,
    bytes: usize,
    last: u64,
    filter: String,
    hidden: Vec<Source>,
    /// The last event that is shown while the console stands still.
    paused: Option<u64>,
    expanded: Option<u64>,
}

/// An event.
#[derive(Debug)]
pub struct Record {
    /// Counts from 1.
    pub seq: u64,
    /// Since the call began.
    pub at_ms: u64,
    /// Where it was seen.
    pub source: Source,
    /// Which way it went.
    pub direction: Direction,
    /// Its type.
    pub kind: String,
    /// What stands out in it.
    pub summary: String,
    /// The whole of it, as JSON.
    text: Private<String>,
}

/// Where an event was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// On the browser's data channel.
    Browser,
    /// On the backend's connection to the same session.
    Backend,
    /// In the backend: what it tells of tools and of the session.
    Tools,
}

/// Which way an event went, as its source saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the endpoint.
    Sent,
    /// From the endpoint.
    Received,
    /// Neither: it happened there.
    Happened,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Browser, Self::Backend, Self::Tools];

    /// A word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Backend => "backend",
            Self::Tools => "tools",
        }
    }
}

impl Direction {
    /// A word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Happened => "happened",
        }
    }
}

impl Record {
    /// Returns the event as JSON that is easy to read.
    pub fn pretty(&self) -> String {
        let text = self.text.expose();
        serde_json::from_str::<Value>(text)
            .and_then(|value| serde_json::to_string_pretty(&value))
            .unwrap_or_else(|_| text.clone())
    }

    /// Returns the event as a line of a file.
    fn line(&self) -> String {
        let text = self.text.expose();
        let event = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
        json!({
            "seq": self.seq,
            "at_ms": self.at_ms,
            "source": self.source.word(),
            "direction": self.direction.word(),
            "type": self.kind,
            "event": event,
        })
        .to_string()
    }

    fn holds(&self, filter: &str) -> bool {
        let holds = |text: &str| contains(text, filter);
        filter.is_empty() || holds(&self.kind) || holds(self.text.expose())
    }
}

/// Looks for a text that is in lowercase, whatever the case of the other.
fn contains(text: &str, filter: &str) -> bool {
    if filter.is_ascii() {
        let (text, filter) = (text.as_bytes(), filter.as_bytes());
        let mut windows = text.windows(filter.len());
        windows.any(|window| window.eq_ignore_ascii_case(filter))
    } else {
        text.to_lowercase().contains(filter)
    }
}

impl Console {
    /// Notes an event.
    pub(super) fn record(
        &mut self,
        at: Timestamp,
        source: Source,
        direction: Direction,
        text: &str,
    ) {
        let event: Option<Value> = serde_json::from_str(text).ok();
        let kind = event.as_ref().map_or("not JSON", summary::kind);
        self.last += 1;
        let record = Record {
            seq: self.last,
            at_ms: at.as_millis(),
            source,
            direction,
            kind: kind.to_owned(),
            summary: event.as_ref().map(summary::of).unwrap_or_default(),
            text: Private::from(text),
        };
        self.bytes += text.len();
        self.records.push_back(Arc::new(record));
        while self.records.len() > KEPT || (self.bytes > KEPT_BYTES && self.records.len() > 1) {
            if let Some(oldest) = self.records.pop_front() {
                self.bytes -= oldest.text.expose().len();
            }
        }
    }

    /// Returns how many events are kept.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Tells whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Returns the text that is looked for.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Tells whether the events of a source are shown.
    pub fn shows(&self, source: Source) -> bool {
        !self.hidden.contains(&source)
    }

    /// Tells whether the console stands still.
    pub const fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Returns how many events have come while the console stood still.
    pub fn waiting(&self) -> u64 {
        self.paused.map_or(0, |paused| self.last - paused)
    }

    /// Tells whether an event is shown whole.
    pub fn is_expanded(&self, seq: u64) -> bool {
        self.expanded == Some(seq)
    }

    /// Returns how many events pass the filter.
    pub fn found(&self) -> usize {
        self.passing().count()
    }

    /// Returns the events to draw: the newest that pass the filter, oldest first.
    pub fn drawn(&self) -> Vec<Arc<Record>> {
        let passing: Vec<_> = self.passing().rev().take(DRAWN).cloned().collect();
        passing.into_iter().rev().collect()
    }

    fn passing(&self) -> impl DoubleEndedIterator<Item = &Arc<Record>> {
        let filter = self.filter.trim().to_lowercase();
        let last = self.paused.unwrap_or(self.last);
        self.records.iter().filter(move |record| {
            record.seq <= last && self.shows(record.source) && record.holds(&filter)
        })
    }

    pub(super) fn set_filter(&mut self, text: Private<String>) {
        self.filter = text.into_exposed();
    }

    pub(super) fn show(&mut self, source: Source, on: bool) {
        self.hidden.retain(|it| *it != source);
        if !on {
            self.hidden.push(source);
        }
    }

    pub(super) fn pause(&mut self) {
        self.paused = match self.paused {
            Some(_) => None,
            None => Some(self.last),
        };
    }

    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.bytes = 0;
    }

    pub(super) fn expand(&mut self, seq: u64) {
        self.expanded = Some(seq).filter(|seq| self.expanded != Some(*seq));
    }

    /// Returns an event as a line of a file.
    pub(super) fn line(&self, seq: u64) -> Option<Private<String>> {
        let record = self.records.iter().find(|record| record.seq == seq)?;
        Some(Private::new(record.line()))
    }

    /// Returns all events that pass the filter as lines of a file (JSONL).
    pub(super) fn lines(&self) -> Private<String> {
        let lines = self.passing().map(|record| record.line() + "\n");
        Private::new(lines.collect())
    }
}
