//! The running program of an ear: lines in, lines out.

use std::time::Duration;

use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, Lines},
    process::{ChildStdin, ChildStdout},
    task::JoinHandle,
};

use super::NAME;
use crate::engine::{EngineError, command};

/// How much of the program's own words an error quotes, in characters.
const QUOTED: usize = 200;

/// A program that has said that it is ready.
#[derive(Debug)]
pub(super) struct Child {
    /// What it says it is.
    pub(super) engine: String,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    /// Ends the program when dropped.
    _process: tokio::process::Child,
}

/// Why there is no text.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The program ended.
    Ended,
    /// It is there and doesn't answer.
    Hung(String),
    /// It says what is wrong, or it can't be started.
    Told(EngineError),
}

impl Trouble {
    pub(super) fn into_error(self) -> EngineError {
        match self {
            Self::Ended => EngineError::new(NAME, "the program ended in the middle"),
            Self::Hung(trouble) => EngineError::new(NAME, trouble),
            Self::Told(error) => error,
        }
    }
}

#[derive(Deserialize)]
struct Ready {
    ready: bool,
    #[serde(default)]
    engine: String,
}

#[derive(Deserialize)]
struct Answer {
    id: Option<u64>,
    text: Option<String>,
    error: Option<String>,
}

impl Child {
    /// Starts the program and waits until it is ready.
    pub(super) async fn start(command: &[String], limit: Duration) -> Result<Self, EngineError> {
        let broken = || EngineError::new(NAME, "the program has no pipes");
        let mut process = command::start(NAME, command)?;
        let stdin = process.stdin.take().ok_or_else(broken)?;
        let stdout = process.stdout.take().ok_or_else(broken)?;
        let last_words = process.stderr.take().map(listen);
        let mut stdout = BufReader::new(stdout).lines();
        let first = tokio::time::timeout(limit, stdout.next_line()).await;
        let first = first.map_err(|_| {
            let limit = limit.as_secs();
            let trouble =
                format!("the program isn't ready after {limit} s; run it by hand to see why");
            EngineError::new(NAME, trouble)
        })?;
        let Some(line) = first.ok().flatten() else {
            return Err(never_ready(last_words).await);
        };
        match serde_json::from_str::<Ready>(&line) {
            Ok(Ready {
                ready: true,
                engine,
            }) => Ok(Self {
                engine,
                stdin,
                stdout,
                _process: process,
            }),
            _ => Err(EngineError::new(
                NAME,
                "the program's first line isn't `{\"ready\": true}`; give one that speaks the \
                 protocol of an ear",
            )),
        }
    }

    /// Asks one thing and waits for its answer.
    pub(super) async fn ask(&mut self, id: u64, request: &str) -> Result<String, Trouble> {
        let line = format!("{request}\n");
        let sent = self.stdin.write_all(line.as_bytes()).await;
        sent.map_err(|_| Trouble::Ended)?;
        self.stdin.flush().await.map_err(|_| Trouble::Ended)?;
        loop {
            let line = self.stdout.next_line().await.ok().flatten();
            let line = line.ok_or(Trouble::Ended)?;
            let Ok(answer) = serde_json::from_str::<Answer>(&line) else {
                tracing::debug!("the ear process wrote a line that is no answer");
                continue;
            };
            if answer.id == Some(id) {
                return answer.into_result();
            }
        }
    }
}

impl Answer {
    fn into_result(self) -> Result<String, Trouble> {
        match (self.text, self.error) {
            (Some(text), None) => Ok(text.trim().to_owned()),
            (_, error) => {
                let said = error.as_deref().map_or("without a word", first_line);
                let trouble = format!("the program could not hear this ({})", cut(said));
                Err(Trouble::Told(EngineError::new(NAME, trouble)))
            }
        }
    }
}

/// Logs what the program says aside, and returns its last line when it ends.
fn listen(stderr: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<Option<String>> {
    let mut lines = BufReader::new(stderr).lines();
    tokio::spawn(async move {
        let mut last = None;
        while let Ok(Some(line)) = lines.next_line().await {
            tracing::debug!(line, "the ear process says");
            last = Some(line).filter(|it| !it.trim().is_empty()).or(last);
        }
        last
    })
}

/// The error of a program that ended before it was ready. It has heard nothing yet, so that its
/// last words can be told.
async fn never_ready(last_words: Option<JoinHandle<Option<String>>>) -> EngineError {
    let said = match last_words {
        Some(task) => task.await.ok().flatten(),
        None => None,
    };
    let said = said.map_or_else(String::new, |it| format!(" ({})", cut(&it)));
    let trouble = format!("the program ended before it was ready{said}; run `cargo xtask setup`");
    EngineError::new(NAME, trouble)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn cut(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}
