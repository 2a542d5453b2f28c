//! [`Tape`]: takes what a session is told and does to a file, without ever holding it up.

use std::{
    fs::{File, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, SystemTime},
};

use rtmcp_core::{RealtimeCallId, Timestamp};
use rtmcp_session::{Input, Options, Output, record::Scribe};
use serde_json::{Value, json};
use tokio::{task::spawn_blocking, time::timeout};

use super::{Recorded, Recorder};
use crate::Event;

/// How many lines may wait to be written: what a session makes in half a minute of talk.
const WAITING: usize = 8 * 1024;

/// How long the end of a session waits for the last lines.
const LAST_LINES: Duration = Duration::from_secs(5);

/// The recording of one session.
#[derive(Debug)]
pub(crate) struct Tape {
    path: PathBuf,
    noted: SyncSender<Noted>,
    /// Lines that weren't taken since one was.
    missing: AtomicU64,
    lost: AtomicU64,
    writer: io::Result<JoinHandle<io::Result<()>>>,
}

#[derive(Debug)]
enum Noted {
    Input(Timestamp, Input),
    Outputs(Vec<Output>),
    Note(Timestamp, Value),
    Lost(u64),
    End,
}

impl Tape {
    /// Begins a file. `call_id` is the call's, where the session is one.
    pub(crate) fn begin(
        recorder: &Recorder,
        call_id: Option<&RealtimeCallId>,
        options: &Options,
    ) -> Self {
        let began = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let path = recorder.folder.join(file_name(&began, call_id));
        let (noted, notes) = sync_channel(WAITING);
        let scribe = Scribe::new(recorder.keep);
        let (place, options) = (path.clone(), options.clone());
        let writer = Builder::new()
            .name("rtmcp-record".to_owned())
            .spawn(move || {
                let mut file = BufWriter::new(create(&place)?);
                file.write_all(scribe.header(&began, &options).as_bytes())?;
                write(scribe, file, &notes)
            });
        Self {
            path,
            noted,
            missing: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            writer,
        }
    }

    /// Notes what the session is about to be told.
    pub(crate) fn input(&self, at: Timestamp, input: &Input) {
        self.note(Noted::Input(at, input.clone()));
    }

    /// Notes what it did about that.
    pub(crate) fn outputs(&self, outputs: &[Output]) {
        if !outputs.is_empty() {
            self.note(Noted::Outputs(outputs.to_vec()));
        }
    }

    /// Notes what the session itself doesn't know: on which server a tool ran, and how it ended.
    pub(crate) fn event(&self, at: Timestamp, event: &Event) {
        let note = match event {
            Event::ToolStarted(call) => json!({ "tool_started": {
                "call_id": call.call_id,
                "server": call.server,
                "tool": call.tool,
            } }),
            Event::ToolFinished(call) => json!({ "tool_finished": {
                "call_id": call.call_id,
                "kind": call.kind,
                "took_ms": u64::try_from(call.took.as_millis()).unwrap_or(u64::MAX),
            } }),
            _ => return,
        };
        self.note(Noted::Note(at, note));
    }

    /// Ends the file, and waits for it: a moment at most.
    pub(crate) async fn end(self) -> Recorded {
        self.tell_of_missing();
        let ended = self.noted.try_send(Noted::End);
        drop(self.noted);
        let written = match self.writer {
            Ok(writer) => {
                let joined = spawn_blocking(move || writer.join());
                match timeout(LAST_LINES, joined).await {
                    Ok(Ok(Ok(written))) => written,
                    Ok(_) => Err(io::Error::other("the writer broke")),
                    Err(_) => Err(io::Error::other("it takes too long to write")),
                }
            }
            Err(error) => Err(error),
        };
        Recorded {
            path: self.path,
            lost: self.lost.into_inner() + u64::from(ended.is_err()),
            trouble: written.err().map(|error| error.to_string()),
        }
    }

    fn note(&self, noted: Noted) {
        // A line that is missing is told of before the next one.
        if !self.tell_of_missing() || self.noted.try_send(noted).is_err() {
            self.missing.fetch_add(1, Ordering::Relaxed);
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes how many lines are missing. Returns whether none is, or it could be written.
    fn tell_of_missing(&self) -> bool {
        let missing = self.missing.load(Ordering::Relaxed);
        let told = missing == 0 || self.noted.try_send(Noted::Lost(missing)).is_ok();
        if told {
            self.missing.store(0, Ordering::Relaxed);
        }
        told
    }
}

/// Writes what comes, and leaves nothing lying while nothing more comes.
fn write(mut scribe: Scribe, mut file: impl Write, noted: &Receiver<Noted>) -> io::Result<()> {
    let mut line = |noted| match noted {
        Noted::Input(at, input) => scribe.input(at, &input),
        Noted::Outputs(outputs) => scribe.outputs(&outputs),
        Noted::Note(at, note) => scribe.note(at, &note),
        Noted::Lost(lines) => scribe.lost(lines),
        Noted::End => scribe.end(),
    };
    while let Ok(first) = noted.recv() {
        file.write_all(line(first).as_bytes())?;
        while let Ok(next) = noted.try_recv() {
            file.write_all(line(next).as_bytes())?;
        }
        file.flush()?;
    }
    // Without its end a file tells that the session had none: the program broke.
    Ok(())
}

/// Makes a file that nobody else can read.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Names a file by when its session began, and by the call or by chance.
fn file_name(began: &str, call_id: Option<&RealtimeCallId>) -> String {
    let began = began.replace(':', "-");
    let is_good = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '-';
    let call: String = call_id
        .map(|id| id.as_str().chars().filter(is_good).take(64).collect())
        .unwrap_or_default();
    let chance = RandomState::new().hash_one(&began) & 0xFFFF_FFFF;
    let between = if call.is_empty() { "" } else { "-" };
    format!("{began}-{call}{between}{chance:08x}.rtmcp.jsonl")
}

#[cfg(test)]
mod tests {
    use rtmcp_session::record::Keep;

    use super::*;

    #[test]
    fn what_could_not_be_taken_in_time_is_told_of() {
        let (noted, notes) = sync_channel(2);
        let tape = Tape {
            path: PathBuf::new(),
            noted,
            missing: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            writer: Err(io::Error::other("written below")),
        };
        let tick = |at| tape.input(Timestamp::from_micros(at), &Input::Tick);
        (0..5).for_each(tick);
        let mut taken: Vec<Noted> = notes.try_iter().collect();
        tick(5);
        taken.extend(notes.try_iter());
        let (again, notes) = sync_channel(8);
        taken.into_iter().for_each(|it| again.send(it).unwrap());
        drop(again);
        let mut file = Vec::new();
        write(Scribe::new(Keep::default()), &mut file, &notes).unwrap();
        assert_eq!(
            String::from_utf8(file).unwrap(),
            "{\"at\":0,\"in\":\"tick\"}\n{\"at\":1,\"in\":\"tick\"}\n\
             {\"lost\":{\"lines\":3}}\n{\"at\":5,\"in\":\"tick\"}\n"
        );
        assert_eq!(tape.lost.into_inner(), 3);
    }

    #[test]
    fn a_file_is_named_by_its_time_and_its_call() {
        let call = RealtimeCallId::from("rtc_1/../x");
        let name = file_name("2026-03-01T12:00:00Z", Some(&call));
        assert!(name.starts_with("2026-03-01T12-00-00Z-rtc_1x-"), "{name}");
        let [one, other] = [1, 2].map(|_| file_name("2026-03-01T12:00:00Z", None));
        assert_ne!(one, other);
        assert_eq!(one.len(), "2026-03-01T12-00-00Z-01234567.rtmcp.jsonl".len());
    }
}
