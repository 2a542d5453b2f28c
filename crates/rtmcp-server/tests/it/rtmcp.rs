//! Runs the real command, and waits for what it prints.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command, to be run in a folder.
#[derive(Debug)]
pub(crate) struct Rtmcp(Command);

/// What came of it.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl Rtmcp {
    pub(crate) fn new(folder: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rtmcp"));
        command.args(args).current_dir(folder).kill_on_drop(true);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // Nothing of the machine that the test runs on.
        command.env_remove("RUST_LOG").env_remove("OPENAI_API_KEY");
        command.env("RTMCP_TOOLS", folder.join("no-tools.toml"));
        Self(command)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, from: impl Into<Stdio>) -> Self {
        self.0.stdin(from);
        self
    }

    /// Runs it to its end.
    pub(crate) async fn run(self) -> Ran {
        self.start().end().await
    }

    /// Starts it.
    pub(crate) fn start(mut self) -> Running {
        let mut child = self.0.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let stderr = child.stderr.take().unwrap();
        Running {
            child,
            stdout,
            stderr,
        }
    }
}

/// A command that runs.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: ChildStderr,
}

impl Running {
    /// Waits for the next line of stdout.
    pub(crate) async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.stdout.next_line()).await;
        line.unwrap().unwrap().unwrap()
    }

    /// Waits until stderr holds some words.
    pub(crate) async fn until_stderr(&mut self, words: &str) {
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains(words) {
            let read = timeout(PATIENCE, self.stderr.read_buf(&mut seen)).await;
            assert_ne!(read.unwrap().unwrap(), 0, "stderr ended: {seen:?}");
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self) -> Ran {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut rest = self.stdout.into_inner();
        let all = async {
            let read = tokio::join!(
                rest.read_to_end(&mut stdout),
                self.stderr.read_to_end(&mut stderr)
            );
            assert!(read.0.is_ok() && read.1.is_ok());
            self.child.wait().await.unwrap()
        };
        let status = timeout(PATIENCE, all).await.unwrap();
        Ran {
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
            code: status.code(),
        }
    }
}
