//! What the system knows of a process: the CPU time and the memory that it uses.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::Context;

/// The CPU time that all threads of a process have used.
pub(crate) fn cpu(process: u32) -> anyhow::Result<Duration> {
    let mut nanos = 0;
    let tasks = fs::read_dir(proc(process, "task")).context("/proc is needed: run on Linux")?;
    for thread in tasks {
        let times = fs::read_to_string(thread?.path().join("schedstat"))?;
        let on_cpu = times.split(' ').next().context("an empty schedstat")?;
        nanos += on_cpu.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// The memory that a process occupies, in bytes.
pub(crate) fn resident(process: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(proc(process, "status")).context("/proc is needed")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let size = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let size: u64 = size.context("no VmRSS")?.parse()?;
    Ok(size * 1024)
}

fn proc(process: u32, name: &str) -> PathBuf {
    ["/proc", &process.to_string(), name].iter().collect()
}
