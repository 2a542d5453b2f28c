//! [`Running`]: a server behind a port, in a process of its own.

use std::{
    io::{BufRead as _, BufReader, Read},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Sender},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use super::plan::{Planned, Way};

/// Far above what a start takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A server that runs until this is dropped.
pub(super) struct Running {
    child: Child,
    pub(super) url: String,
    /// From the start of the process until it said that it is there.
    pub(super) started: Duration,
}

impl Running {
    /// Starts a server that listens, on a free port; nothing for one of stdio.
    ///
    /// # Errors
    ///
    /// When it can't be started, or ends or says nothing before it is there.
    pub(super) fn start(server: &Planned, folder: &Path) -> anyhow::Result<Option<Self>> {
        let Way::Listens { start, ready, url } = &server.way else {
            return Ok(None);
        };
        let port = free_port()?.to_string();
        let fill = |text: &String| text.replace("{port}", &port);
        let (program, arguments) = start.split_first().context("its `start` is empty")?;
        let begun = Instant::now();
        let mut child = Command::new(program)
            .args(arguments.iter().map(fill))
            .envs(server.env.iter().map(|(name, it)| (name, fill(it))))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {program}"))?;
        let (sender, lines) = mpsc::channel();
        listen(child.stdout.take(), &sender);
        listen(child.stderr.take(), &sender);
        drop(sender);
        let mut running = Self {
            url: fill(url),
            started: Duration::ZERO,
            child,
        };
        let mut said = String::new();
        loop {
            let Ok(line) = lines.recv_timeout(LIMIT.saturating_sub(begun.elapsed())) else {
                let name = &server.name;
                let status = running.child.try_wait()?;
                let status = status.map_or("it runs".to_owned(), |it| it.to_string());
                bail!("{name} never said `{ready}` ({status}), but:\n{said}");
            };
            if line.contains(ready) {
                running.started = begun.elapsed();
                return Ok(Some(running));
            }
            said += &line;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Passes lines on, and takes them to the end, so that the server never waits for a reader.
fn listen(from: Option<impl Read + Send + 'static>, to: &Sender<String>) {
    let Some(from) = from else {
        return;
    };
    let to = to.clone();
    thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            // Nobody waits any more once it is there.
            let _ = to.send(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
    });
}

/// A port that nobody listens on. Somebody else can take it before it is used, which then is said.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
