//! What was found, as Markdown.

use std::{fmt, time::Duration};

use crate::{
    figures::{machine, percentile},
    load::Load,
};

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) through: Vec<Through>,
    pub(crate) delays: Vec<Delay>,
    pub(crate) memory: Memory,
}

/// What went through both, in blocks by turns.
#[derive(Debug)]
pub(crate) struct Through {
    load: Load,
    pub(crate) proxy: Vec<Sample>,
    pub(crate) copy: Vec<Sample>,
}

/// One block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
    pub(crate) cpu: Duration,
}

/// How long single events took.
#[derive(Debug)]
pub(crate) struct Delay {
    load: Load,
    pub(crate) direct: Vec<Duration>,
    pub(crate) copy: Vec<Duration>,
    pub(crate) proxy: Vec<Duration>,
}

/// The memory of the proxy, in bytes.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) sessions: u64,
    /// With one session.
    pub(crate) one: u64,
    /// With all.
    pub(crate) many: u64,
}

impl Through {
    pub(crate) fn new(load: Load) -> Self {
        Self {
            load,
            proxy: Vec::new(),
            copy: Vec::new(),
        }
    }

    fn rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.copy.iter().zip(&self.proxy);
        let mut shares: Vec<f64> = pairs
            .map(|(copy, proxy)| copy.each() / proxy.each())
            .collect();
        shares.sort_by(f64::total_cmp);
        let [low, middle, high] =
            [0, shares.len() / 2, shares.len() - 1].map(|nth| shares[nth] * 100.0);
        let share = format!("{middle:.0} % ({low:.0} to {high:.0})");
        for (name, samples, share) in [
            ("proxy", &self.proxy, share.as_str()),
            ("copy", &self.copy, ""),
        ] {
            let all = samples.iter().fold(Sample::NONE, |all, it| Sample {
                events: all.events + it.events,
                bytes: all.bytes + it.bytes,
                cpu: all.cpu + it.cpu,
            });
            let seconds = all.cpu.as_secs_f64();
            writeln!(
                f,
                "| {} | {name} | {} | {:.0} | {:.0} MB | {:.2} µs | {share} |",
                self.load.name(),
                all.events,
                all.events as f64 / seconds,
                all.bytes as f64 / seconds / 1e6,
                all.each() * 1e6,
            )?;
        }
        Ok(())
    }
}

impl Sample {
    const NONE: Self = Self {
        events: 0,
        bytes: 0,
        cpu: Duration::ZERO,
    };

    /// Seconds of CPU for an event.
    fn each(&self) -> f64 {
        self.cpu.as_secs_f64() / self.events as f64
    }
}

impl Delay {
    pub(crate) fn new(load: Load) -> Self {
        Self {
            load,
            direct: Vec::new(),
            copy: Vec::new(),
            proxy: Vec::new(),
        }
    }

    fn rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |times: &[Duration]| [50, 99].map(|rank| percentile(times.to_vec(), rank));
        let [p50, p99] = of(&self.direct);
        for (name, times) in [("proxy", &self.proxy), ("copy", &self.copy)] {
            let [own50, own99] = of(times);
            writeln!(
                f,
                "| {} | {name} | {} | {} | {} | {} | {} |",
                self.load.name(),
                times.len(),
                micros(own50),
                micros(own99),
                micros(own50.saturating_sub(p50)),
                micros(own99.saturating_sub(p99)),
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Machine: {}.\n", machine())?;
        writeln!(
            f,
            "| through a core | | events | events a second | bytes a second | CPU an event | of the \
             copy's events |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        self.through.iter().try_for_each(|it| it.rows(f))?;
        writeln!(
            f,
            "\n| single events | | events | p50 | p99 | added to p50 | added to p99 |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        self.delays.iter().try_for_each(|it| it.rows(f))?;
        let Memory {
            sessions,
            one,
            many,
        } = self.memory;
        let further = many.saturating_sub(one) / (sessions - 1) / 1000;
        writeln!(
            f,
            "\n| memory | 1 session | {sessions} sessions | each further one |"
        )?;
        writeln!(f, "|---|---|---|---|")?;
        let [one, many] = [one, many].map(|it| format!("{:.1} MB", it as f64 / 1e6));
        writeln!(f, "| proxy | {one} | {many} | {further} KB |")
    }
}

fn micros(time: Duration) -> String {
    format!("{:.0} µs", time.as_secs_f64() * 1e6)
}
