//! [`AuditFile`]: one line of JSON for each decision, which no end of a session loses.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::mpsc::{Receiver, Sender, channel},
    thread::{Builder, JoinHandle},
    time::{Duration, SystemTime},
};

use rtmcp_core::Private;
use rtmcp_router::{AuditLine, Reader, Redaction};
use serde_json::{Value, json};
use tokio::{task::spawn_blocking, time::timeout};
use tracing::warn;

use crate::config::{Audit, AuditArguments};

/// How long the end of a session waits for its last lines.
const LAST_LINES: Duration = Duration::from_secs(5);

/// Writes the decisions of one session, in a thread of its own: a disk that hangs must not hold up
/// the conversation. The thread begins with the first decision.
#[derive(Debug)]
pub(super) struct AuditFile {
    audit: Audit,
    redaction: Redaction,
    writer: Option<Writer>,
}

#[derive(Debug)]
struct Writer {
    lines: Sender<Private<String>>,
    thread: JoinHandle<()>,
}

impl AuditFile {
    pub(super) fn new(audit: &Audit, redaction: Redaction) -> Self {
        Self {
            audit: audit.clone(),
            redaction,
            writer: None,
        }
    }

    pub(super) fn write(&mut self, line: &AuditLine, session: Option<&str>) {
        let line = self.chosen(line);
        let text = text(&line, session, SystemTime::now());
        if self.writer.is_none() {
            self.writer = Writer::start(&self.audit.file)
                .inspect_err(|error| failed(&self.audit.file, error))
                .ok();
        }
        let sent = self.writer.as_ref().map(|it| it.lines.send(text));
        if let Some(Err(_)) = sent {
            failed(&self.audit.file, &io::Error::other("the writer broke"));
        }
    }

    /// Returns a line as the owner wants it written down.
    fn chosen(&self, line: &AuditLine) -> (AuditLine, Option<Value>) {
        let mut line = line.clone();
        let mut arguments = Value::Object(line.arguments.expose().clone());
        if self.audit.arguments == AuditArguments::Whole {
            return (line, Some(arguments));
        }
        let redaction = self.redaction.of_tool(&line.server, &line.tool);
        for words in [&mut line.who, &mut line.reason].into_iter().flatten() {
            let seen = redaction.text(Reader::Logs, words.expose()).into_owned();
            *words = Private::new(seen);
        }
        redaction.value(Reader::Logs, &mut arguments);
        let wanted = self.audit.arguments == AuditArguments::Redacted;
        (line, wanted.then_some(arguments))
    }

    /// Waits until all of it is written.
    pub(super) async fn end(&mut self) {
        let Some(Writer { lines, thread }) = self.writer.take() else {
            return;
        };
        drop(lines);
        let joined = timeout(LAST_LINES, spawn_blocking(move || thread.join()));
        if !matches!(joined.await, Ok(Ok(Ok(())))) {
            let error = io::Error::other("it takes too long to write");
            failed(&self.audit.file, &error);
        }
    }
}

impl Drop for AuditFile {
    /// A session that is dropped with its runtime has no other moment.
    fn drop(&mut self) {
        if let Some(Writer { lines, thread }) = self.writer.take() {
            drop(lines);
            let _ = thread.join();
        }
    }
}

impl Writer {
    fn start(path: &Path) -> io::Result<Self> {
        let (lines, waiting) = channel();
        let path = path.to_owned();
        let thread = Builder::new()
            .name("rtmcp-audit".to_owned())
            .spawn(move || write(&path, &waiting))?;
        Ok(Self { lines, thread })
    }
}

/// Adds what comes to the file; each line at once and whole, so that sessions can share one. A line
/// that can't be written is tried again with the next one.
fn write(path: &Path, lines: &Receiver<Private<String>>) {
    let mut file = None;
    let mut kept = String::new();
    while let Ok(line) = lines.recv() {
        kept.push_str(line.expose());
        let written = match &mut file {
            Some(file) => append(file, &kept),
            None => open(path).and_then(|it| append(file.insert(it), &kept)),
        };
        match written {
            Ok(()) => kept.clear(),
            Err(error) => {
                file = None;
                failed(path, &error);
            }
        }
    }
}

fn append(file: &mut File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())
}

/// Opens the file for adding to it; a new one nobody else can read.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn failed(path: &Path, error: &io::Error) {
    warn!(path = %path.display(), %error, "decisions can't be written down");
}

fn text(
    (line, arguments): &(AuditLine, Option<Value>),
    session: Option<&str>,
    now: SystemTime,
) -> Private<String> {
    let mut fields = json!({
        "at": humantime::format_rfc3339_millis(now).to_string(),
        "outcome": line.outcome,
        "channel": line.channel,
        "who": line.who.as_ref().map(Private::expose),
        "reason": line.reason.as_ref().map(Private::expose),
        "session": session,
        "call_id": line.call_id,
        "server": line.server,
        "tool": line.tool,
        "function": line.function,
        "hash": line.hash,
        "arguments": arguments,
        "why": line.why,
        "asked": line.channels,
        "remembered": line.remembered,
        "remembered_from": line.remembered_from,
        "stood_ms": u64::try_from(line.stood.as_millis()).unwrap_or(u64::MAX),
    });
    if let Value::Object(fields) = &mut fields {
        fields.retain(|_, value| !value.is_null());
    }
    Private::new(format!("{fields}\n"))
}
