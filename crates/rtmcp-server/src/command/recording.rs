//! [`RecordArgs`]: what `say`, `attach` and `serve` record, and where.

use std::path::PathBuf;

use rtmcp::record::{Keep, Recorded, Recorder};

use super::session::FOLDER;
use crate::failure::{ExitStatus, Failure, Outcome};

/// What is recorded, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct RecordArgs {
    /// Where to record each session into a file of its own, for `rtmcp replay`: what it was told and
    /// what it did, with all words hidden and without sound.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,

    /// Keep the words in recordings: what is said, what tools are given and answer.
    #[arg(long, requires = "record")]
    record_text: bool,

    /// Keep the sound in recordings.
    #[arg(long, requires = "record")]
    record_audio: bool,
}

impl RecordArgs {
    /// Returns what records the sessions, where it was asked for.
    pub(crate) fn recorder(&self) -> Outcome<Option<Recorder>> {
        let Some(folder) = &self.record else {
            return Ok(None);
        };
        let recorder = Recorder::new(folder).map_err(|error| {
            let line = format!(
                "can't record into {}: {error} (is it a folder, and may you write there?)",
                folder.display()
            );
            Failure::new(ExitStatus::Failed, line)
        })?;
        Ok(Some(recorder.keeping(Keep {
            words: self.record_text,
            sound: self.record_audio,
        })))
    }
}

/// Says how a recording went.
pub(crate) fn kept(recorded: &Recorded) -> Outcome {
    let path = recorded.path.display();
    let failed = |line| Err(Failure::new(ExitStatus::Failed, line));
    match (&recorded.trouble, recorded.lost) {
        (Some(trouble), _) => failed(format!("can't write {path}: {trouble} ({FOLDER})")),
        (None, 0) => Ok(()),
        (None, lost) => failed(format!(
            "{path} misses {lost} lines that couldn't be written in time: record to a faster disk"
        )),
    }
}
