//! [`Server`]: one of ours, in a process of its own.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, bail};

use crate::cache::Cache;

/// A server of ours that runs until this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    /// Starts it on a free port, and waits for the line that says where it is.
    ///
    /// # Errors
    ///
    /// When it can't be started, or ends before it is ready.
    pub(crate) fn start(rtmcp: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::start_with(rtmcp, arguments, &[])
    }

    /// The same with further variables.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub(crate) fn start_with(
        rtmcp: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(rtmcp)
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .env("RTMCP_TOOLS", Cache::locate()?.tools_in_use())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start `rtmcp {}`", arguments.join(" ")))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        let Some(address) = address.map(str::to_owned) else {
            let status = child.wait()?;
            bail!(
                "`rtmcp {}` ended with {status} before it was ready",
                arguments.join(" ")
            );
        };
        Ok(Self { child, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
