//! A client in a process of its own, and what the system knows of it.

use std::{
    io::Write,
    net::SocketAddr,
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

use anyhow::Context;

use crate::{client::Kind, usage};

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
        usage::cpu(self.child.id())
    }

    /// The memory that it occupies, in bytes.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        usage::resident(self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.wishes = None;
        // A client that has ended already needs no end.
        let _ = self.child.wait();
    }
}
