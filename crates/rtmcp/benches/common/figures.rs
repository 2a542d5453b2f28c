//! What all benchmarks say alike: percentiles, milliseconds, the machine.

use std::{fs, time::Duration};

pub(crate) fn percentile(mut times: Vec<Duration>, rank: usize) -> Duration {
    times.sort_unstable();
    let nth = (times.len() * rank / 100).min(times.len() - 1);
    times[nth]
}

pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find(|line| line.starts_with("model name"))
        .and_then(|line| line.split_once(": "))
        .map_or("an unknown model", |(_, model)| model);
    format!("{cores} cores, {model}")
}
