//! [`Recorder`]: keeps every event of the wire in a file, without ever holding the session up.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    sync::mpsc,
    thread::{self, JoinHandle},
};

use rtmcp::Observer;
use rtmcp_core::Timestamp;
use serde_json::{Value, json};

use super::FOLDER;
use crate::failure::{ExitStatus, Failure, Outcome};

/// Writes events to a file, in a thread of its own.
#[derive(Debug)]
pub(crate) struct Recorder {
    path: PathBuf,
    events: mpsc::Sender<Noted>,
    writer: JoinHandle<io::Result<()>>,
}

/// What a session tells the recorder.
#[derive(Debug)]
pub(crate) struct Tap {
    events: mpsc::Sender<Noted>,
}

#[derive(Debug)]
enum Noted {
    Event {
        at: Timestamp,
        dir: &'static str,
        text: String,
    },
    End,
}

impl Recorder {
    /// Makes the file.
    pub(crate) fn create(path: PathBuf) -> Outcome<Self> {
        let file = File::create(&path).map_err(|error| failed(&path, &error))?;
        let (events, noted) = mpsc::channel();
        let writer = thread::spawn(move || write(BufWriter::new(file), &noted));
        Ok(Self {
            path,
            events,
            writer,
        })
    }

    /// Returns what a session is to be given.
    pub(crate) fn observer(&self) -> Tap {
        Tap {
            events: self.events.clone(),
        }
    }

    /// Writes what is left, and reports what couldn't be written.
    pub(crate) fn finish(self) -> Outcome {
        // A writer that is gone has failed, and says so below.
        let _ = self.events.send(Noted::End);
        match self.writer.join() {
            Ok(written) => written.map_err(|error| failed(&self.path, &error)),
            Err(_) => Err(failed(&self.path, &io::Error::other("the writer broke"))),
        }
    }
}

impl Observer for Tap {
    fn received(&self, at: Timestamp, text: &str) {
        self.note(at, "in", text);
    }

    fn sent(&self, at: Timestamp, text: &str) {
        self.note(at, "out", text);
    }
}

impl Tap {
    fn note(&self, at: Timestamp, dir: &'static str, text: &str) {
        let text = text.to_owned();
        // A writer that failed is reported at the end.
        let _ = self.events.send(Noted::Event { at, dir, text });
    }
}

fn write(mut file: impl Write, noted: &mpsc::Receiver<Noted>) -> io::Result<()> {
    while let Ok(Noted::Event { at, dir, text }) = noted.recv() {
        let at_ms = at.as_micros() as f64 / 1000.0;
        // What isn't JSON is kept as a text.
        let event = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let line = json!({ "at_ms": at_ms, "dir": dir, "event": event });
        writeln!(file, "{line}")?;
    }
    file.flush()
}

fn failed(path: &std::path::Path, error: &io::Error) -> Failure {
    let line = format!("can't write {}: {error} ({FOLDER})", path.display());
    Failure::new(ExitStatus::Failed, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_a_line_of_json() {
        let (sender, noted) = mpsc::channel();
        let tap = Tap { events: sender };
        tap.received(Timestamp::from_micros(1500), "{\n\"type\": \"a\"}");
        tap.sent(Timestamp::from_millis(2), "no json");
        drop(tap);
        let mut file = Vec::new();
        write(&mut file, &noted).unwrap();
        assert_eq!(
            String::from_utf8(file).unwrap(),
            "{\"at_ms\":1.5,\"dir\":\"in\",\"event\":{\"type\":\"a\"}}\n\
             {\"at_ms\":2.0,\"dir\":\"out\",\"event\":\"no json\"}\n"
        );
    }
}
