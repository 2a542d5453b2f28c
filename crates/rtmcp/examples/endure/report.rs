//! [`Report`]: what was seen, as a Markdown table.

use std::{
    fmt::{self, Display, Formatter},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::bail;
use rtmcp::{
    Event, Observer,
    core::Timestamp,
    session::{self, HandOver, HandOverReason},
};

/// A hand-over, and how long nothing reached the model.
#[derive(Debug)]
pub(crate) struct Gap {
    pub(crate) over: HandOver,
    pub(crate) took: Duration,
}

/// Watches for hand-overs as they happen: whoever talks takes events when they breathe.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gaps(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    since: Timestamp,
    gaps: Vec<Gap>,
}

impl Gaps {
    pub(crate) fn take(&self) -> Vec<Gap> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).gaps)
    }
}

impl Observer for Gaps {
    fn event(&self, at: Timestamp, event: &Event) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Session(session::Event::HandingOver { .. }) => seen.since = at,
            Event::Session(session::Event::HandedOver(over)) => {
                let over = HandOver::clone(over);
                let took = at - seen.since;
                seen.gaps.push(Gap { over, took });
            }
            _ => {}
        }
    }
}

/// What was seen of a conversation.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) span: Duration,
    expiry: Duration,
    /// Sessions that the endpoint opened.
    pub(crate) sessions: u64,
    typed: usize,
    spoken: usize,
    pub(crate) calls: usize,
    /// What the model knew in the end.
    pub(crate) items: usize,
    gaps: Vec<Gap>,
    troubles: Vec<String>,
}

impl Report {
    pub(crate) fn new(expiry: Duration) -> Self {
        Self {
            span: Duration::ZERO,
            expiry,
            sessions: 0,
            typed: 0,
            spoken: 0,
            calls: 0,
            items: 0,
            gaps: Vec::new(),
            troubles: Vec::new(),
        }
    }

    pub(crate) fn turn(&mut self, is_spoken: bool) {
        match is_spoken {
            true => self.spoken += 1,
            false => self.typed += 1,
        }
    }

    /// A hand-over that the session chose the moment of must lose nothing.
    pub(crate) fn gap(&mut self, gap: Gap) {
        if gap.over.why == HandOverReason::Expiring && !gap.over.restored() {
            self.troubles.push(format!("lost: {:?}", gap.over.lost));
        }
        self.gaps.push(gap);
    }

    pub(crate) fn trouble(&mut self, trouble: String) {
        self.troubles.push(trouble);
    }

    /// Fails if the conversation came apart, or nothing was tried.
    pub(crate) fn verdict(&self) -> anyhow::Result<()> {
        if self.gaps.is_empty() {
            bail!("no session was handed over: give it longer");
        }
        match self.troubles.len() {
            0 => Ok(()),
            some => bail!("the conversation came apart: {some} troubles, as above"),
        }
    }

    fn of(&self, why: HandOverReason) -> impl Iterator<Item = &Gap> {
        self.gaps.iter().filter(move |gap| gap.over.why == why)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | seen |\n|---|---|")?;
        let (span, expiry) = (self.span.as_secs(), self.expiry.as_secs());
        writeln!(f, "| one conversation | {span} s |")?;
        let sessions = self.sessions;
        writeln!(f, "| sessions of at most {expiry} s | {sessions} |")?;
        let (typed, spoken) = (self.typed, self.spoken);
        writeln!(f, "| turns | {typed} typed, {spoken} spoken |")?;
        writeln!(f, "| tool calls, each made once | {} |", self.calls)?;
        writeln!(
            f,
            "| items that the model knew in the end | {} |",
            self.items
        )?;
        for (why, words) in [
            (HandOverReason::Expiring, "handed over before the end"),
            (HandOverReason::Dropped, "handed over after a break"),
            (HandOverReason::Expired, "handed over at the end"),
        ] {
            let gaps: Vec<_> = self.of(why).collect();
            if gaps.is_empty() {
                continue;
            }
            let millis = gaps.iter().map(|gap| gap.took.as_millis().to_string());
            let millis = millis.collect::<Vec<_>>().join(", ");
            let lost: usize = gaps.iter().map(|gap| gap.over.lost.len()).sum();
            writeln!(f, "| {words} | {} times, in {millis} ms |", gaps.len())?;
            writeln!(f, "| … and lost | {lost} |")?;
        }
        for gap in self.gaps.iter().filter(|gap| !gap.over.restored()) {
            writeln!(f, "\nlost: {:?}", gap.over.lost)?;
        }
        for trouble in &self.troubles {
            writeln!(f, "\ntrouble: {trouble}")?;
        }
        Ok(())
    }
}
