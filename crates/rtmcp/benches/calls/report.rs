//! What was found, as Markdown.

use std::{fmt, time::Duration};

use crate::figures::{machine, percentile};

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) calls: Vec<Calls>,
    pub(crate) rtmcp: Memory,
    pub(crate) minimum: Memory,
}

/// Calls of both clients, in blocks by turns.
#[derive(Debug)]
pub(crate) struct Calls {
    at_once: usize,
    pub(crate) rtmcp: Vec<Sample>,
    pub(crate) minimum: Vec<Sample>,
}

impl Calls {
    pub(crate) fn new(at_once: usize) -> Self {
        Self {
            at_once,
            rtmcp: Vec::new(),
            minimum: Vec::new(),
        }
    }
}

/// One block of calls.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// The time of each call.
    pub(crate) each: Vec<Duration>,
    /// The time of all calls of one response.
    pub(crate) all: Vec<Duration>,
    pub(crate) cpu: Duration,
}

/// The memory of a process, in bytes.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) sessions: u64,
    /// With one session.
    pub(crate) one: u64,
    /// With all.
    pub(crate) many: u64,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Machine: {}.\n", machine())?;
        writeln!(
            f,
            "| tool calls | | calls | p50 | p90 | p99 | CPU a call | p50 beside the minimum's |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|")?;
        for calls in &self.calls {
            if calls.at_once == 1 {
                rows(f, calls, "one at a time", |sample| &sample.each)?;
            } else {
                let at_once = calls.at_once;
                rows(f, calls, &format!("{at_once} at once, each"), |it| &it.each)?;
                rows(f, calls, &format!("{at_once} at once, all"), |it| &it.all)?;
            }
        }
        let sessions = self.rtmcp.sessions;
        writeln!(
            f,
            "\n| memory | 1 session | {sessions} sessions | each further one |"
        )?;
        writeln!(f, "|---|---|---|---|")?;
        for (name, memory) in [("rtmcp", &self.rtmcp), ("minimum", &self.minimum)] {
            let further = memory.many.saturating_sub(memory.one) / (memory.sessions - 1);
            writeln!(
                f,
                "| {name} | {} MB | {} MB | {} KB |",
                megabytes(memory.one),
                megabytes(memory.many),
                further / 1000
            )?;
        }
        Ok(())
    }
}

/// Writes one row for each client.
fn rows(
    f: &mut fmt::Formatter<'_>,
    calls: &Calls,
    what: &str,
    times: fn(&Sample) -> &Vec<Duration>,
) -> fmt::Result {
    let mut ratios: Vec<f64> = calls
        .rtmcp
        .iter()
        .zip(&calls.minimum)
        .map(|(ours, least)| {
            let [ours, least] = [ours, least].map(|it| percentile(times(it).clone(), 50));
            ours.as_secs_f64() / least.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let (low, middle, high) = (
        ratios[0],
        ratios[ratios.len() / 2],
        ratios[ratios.len() - 1],
    );
    let ratio = format!("× {middle:.2} ({low:.2} to {high:.2})");
    for (name, samples, ratio) in [
        ("rtmcp", &calls.rtmcp, ratio.as_str()),
        ("minimum", &calls.minimum, ""),
    ] {
        let all: Vec<Duration> = samples.iter().flat_map(times).copied().collect();
        let [p50, p90, p99] = [50, 90, 99].map(|rank| millis(percentile(all.clone(), rank)));
        let made: usize = samples.iter().map(|sample| sample.each.len()).sum();
        let cpu: Duration = samples.iter().map(|sample| sample.cpu).sum();
        let cpu = millis(cpu.div_f64(made as f64));
        writeln!(
            f,
            "| {what} | {name} | {made} | {p50} ms | {p90} ms | {p99} ms | {cpu} ms | {ratio} |"
        )?;
    }
    Ok(())
}

fn millis(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1000.0)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}
