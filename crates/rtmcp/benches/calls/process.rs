//! A client in a process of its own, and what the system knows of it.

use std::{
    fs,
    io::Write,
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

use anyhow::Context;

use crate::client::Kind;

/// A client that runs. It ends when this is dropped.
pub(crate) struct Process {
    child: Child,
    wishes: Option<ChildStdin>,
}

impl Process {
    pub(crate) fn start(
        kind: Kind,
        endpoint: SocketAddr,
        tools: SocketAddr,
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--client", kind.as_str()])
            .args([endpoint.to_string(), tools.to_string()])
            .stdin(Stdio::piped())
            .spawn()?;
        let wishes = child.stdin.take();
        Ok(Self { child, wishes })
    }

    /// Has it open one more session.
    pub(crate) fn open(&mut self) -> anyhow::Result<()> {
        let wishes = self.wishes.as_mut().context("its stdin is closed")?;
        Ok(wishes.write_all(b"\n")?)
    }

    /// The CPU time that all its threads have used.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let mut nanos = 0;
        for thread in fs::read_dir(self.proc("task")).context("/proc is needed: run on Linux")? {
            let times = fs::read_to_string(thread?.path().join("schedstat"))?;
            let on_cpu = times.split(' ').next().context("an empty schedstat")?;
            nanos += on_cpu.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// The memory that it occupies, in bytes.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(self.proc("status")).context("/proc is needed")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let size = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let size: u64 = size.context("no VmRSS")?.parse()?;
        Ok(size * 1024)
    }

    fn proc(&self, name: &str) -> PathBuf {
        ["/proc", &self.child.id().to_string(), name]
            .iter()
            .collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.wishes = None;
        // A client that has ended already needs no end.
        let _ = self.child.wait();
    }
}
