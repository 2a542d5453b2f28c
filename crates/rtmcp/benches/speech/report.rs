//! What was found, as Markdown.

use std::{fmt, time::Duration};

use crate::{
    caller::Heard,
    engines::{Sense, Work},
    figures::{machine, percentile},
    measure::SILENCE,
};

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) plain: Turns,
    pub(crate) tool: Turns,
}

/// Turns of one kind.
#[derive(Debug)]
pub(crate) struct Turns(pub(crate) Vec<Turn>);

/// Where the time of a turn went.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turn {
    /// From the end of the question to the start of the answer.
    total: Duration,
    ear: Duration,
    brain: Duration,
    voice: Duration,
    /// From the end of the question to the ear, less the silence that is waited for.
    hearing: Duration,
    /// Between ear, brain and voice.
    between: Duration,
    /// From the brain that calls to the brain that has the output.
    tool_hop: Option<Duration>,
    /// Of that, the MCP call.
    tool_call: Option<Duration>,
    /// From the voice to the start of the answer.
    playing: Duration,
}

impl Turn {
    /// Divides the time of a turn among those who worked in it, one after the other.
    pub(crate) fn new(heard: Heard, works: &[Work]) -> Self {
        let mut turn = Self {
            total: heard.answered - heard.asked,
            tool_call: heard.tool,
            ..Self::default()
        };
        let mut last: Option<Work> = None;
        for work in works {
            let took = work.done - work.asked;
            match work.sense {
                Sense::Ear => turn.ear += took,
                Sense::Brain => turn.brain += took,
                Sense::Voice => turn.voice += took,
            }
            match last {
                None => turn.hearing = (work.asked - heard.asked).saturating_sub(SILENCE),
                Some(last) if last.sense == work.sense => {
                    turn.tool_hop = Some(work.asked - last.done);
                }
                Some(last) => turn.between += work.asked - last.done,
            }
            last = Some(*work);
        }
        if let Some(last) = last {
            turn.playing = heard.answered.saturating_duration_since(last.done);
        }
        turn
    }

    /// All but the silence and the engines.
    fn ours(&self) -> Duration {
        let others = SILENCE + self.ear + self.brain + self.voice;
        self.total.saturating_sub(others)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Machine: {}.\n", machine())?;
        writeln!(
            f,
            "| from the end of speech to the first sound of the answer | turns | p50 | p95 |"
        )?;
        writeln!(f, "|---|---|---|---|")?;
        for (kind, turns) in [("plain", &self.plain), ("with a tool call", &self.tool)] {
            turns.row(f, &format!("**{kind}**"), |it| Some(it.total))?;
            turns.row(f, "the silence that ends a turn, as set", |_| Some(SILENCE))?;
            turns.row(f, "ear", |it| Some(it.ear))?;
            turns.row(f, "brain", |it| Some(it.brain))?;
            turns.row(f, "voice", |it| Some(it.voice))?;
            turns.row(f, "**ours**", |it| Some(it.ours()))?;
        }
        writeln!(f, "\n| where ours goes | turns | p50 | p95 |")?;
        writeln!(f, "|---|---|---|---|")?;
        for (kind, turns) in [("plain", &self.plain), ("with a tool call", &self.tool)] {
            turns.row(f, &format!("**{kind}**"), |it| Some(it.ours()))?;
            turns.row(f, "until the end of speech is known", |it| Some(it.hearing))?;
            turns.row(f, "between ear, brain and voice", |it| Some(it.between))?;
            turns.row(f, "from the call to the brain that has its output", |it| {
                it.tool_hop
            })?;
            turns.row(f, "… of which the MCP call", |it| it.tool_call)?;
            turns.row(f, "from the voice to the caller's ear", |it| {
                Some(it.playing)
            })?;
        }
        Ok(())
    }
}

impl Turns {
    /// Writes one row, where there is such a time.
    fn row(
        &self,
        f: &mut fmt::Formatter<'_>,
        what: &str,
        time: impl Fn(&Turn) -> Option<Duration>,
    ) -> fmt::Result {
        let times: Vec<Duration> = self.0.iter().filter_map(time).collect();
        if times.is_empty() {
            return Ok(());
        }
        let count = times.len();
        let [p50, p95] = [50, 95].map(|rank| millis(percentile(times.clone(), rank)));
        writeln!(f, "| {what} | {count} | {p50} ms | {p95} ms |")
    }
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
