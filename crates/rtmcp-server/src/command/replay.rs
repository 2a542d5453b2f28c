//! `rtmcp replay`: runs a recorded session again, and compares.

mod brief;

use std::path::PathBuf;

use rtmcp::record::{Difference, End, Header, Recording, Replay, Replayed, Unreadable};
use serde_json::{Value, json};

use crate::{
    console,
    failure::{ExitStatus, Failure, Outcome},
};
use brief::brief;

/// Run a recorded session again, and tell what it does.
///
/// Needs no endpoint, no tools and no time: a fresh session is told what was recorded, and what it
/// does is compared with what was recorded. Ends with 0 where all of it is the same, and with 1 at
/// the first difference: this version of rtmcp does something else than the one that recorded.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// A file that `--record` has made.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// Replays the file.
pub(crate) fn run(args: &Args) -> Outcome {
    let name = args.file.display();
    let failed = |line: String| Failure::new(ExitStatus::Failed, line);
    let text = std::fs::read_to_string(&args.file).map_err(|error| {
        failed(format!(
            "can't read {name}: {error} (give it a file that `--record DIR` has made)"
        ))
    })?;
    let unreadable = |error: Unreadable| failed(format!("{name} {error}"));
    let recording = Recording::read(&text).map_err(unreadable)?;
    console::out(head(recording.header()));
    let mut replay = recording.replay();
    let (mut outputs, mut story) = (0, Story::default());
    for step in replay.by_ref() {
        let step = step.map_err(unreadable)?;
        story.tell(&step);
        outputs += step.outputs.len();
        if let Some(difference) = &step.difference {
            return Err(differs(&step, difference, recording.header()));
        }
    }
    story.end();
    console::out(summary(&replay, outputs));
    match replay.end() {
        End::Whole => {}
        End::BrokenOff => console::warn(format!(
            "{name} breaks off there: whatever recorded it was ended, or is still at it"
        )),
        End::Lost { lines } => console::warn(format!(
            "{name} misses {lines} lines from there on, which couldn't be written in time: what \
             follows can't be replayed"
        )),
    }
    Ok(())
}

fn head(header: &Header) -> String {
    let words = match header.keep.words {
        true => "with its words",
        false => "words hidden",
    };
    let sound = match header.keep.sound {
        true => "with its sound",
        false => "without sound",
    };
    let (version, began) = (&header.version, &header.began);
    let version = console::plain(version);
    let began = console::plain(began);
    format!("a session of {began}, by rtmcp {version}, {words}, {sound}")
}

/// Tells what came in, and what came of it.
#[derive(Debug, Default)]
struct Story {
    /// What came last, if nothing came of it.
    quiet: Option<String>,
    /// How often it came since then.
    more: u64,
}

impl Story {
    fn tell(&mut self, step: &Replayed) {
        let input = brief(&json!(step.input));
        let kind: Vec<&str> = input.split(' ').take(2).collect();
        let kind = kind.join(" ");
        // A loudspeaker says fifty times a second how far it is.
        if step.outputs.is_empty() && self.quiet.as_ref() == Some(&kind) {
            self.more += 1;
            return;
        }
        self.end();
        self.quiet = step.outputs.is_empty().then_some(kind);
        let at = step.at.as_micros() as f64 / 1e6;
        console::out(format!("{at:9.3} s  in   {input}"));
        for output in &step.outputs {
            console::out(format!("{:13}out  {}", "", brief(&json!(output))));
        }
    }

    /// Tells of what wasn't told.
    fn end(&mut self) {
        let more = std::mem::take(&mut self.more);
        if more > 0 {
            console::out(format!("{:18}{more} more of this kind", ""));
        }
    }
}

fn summary(replay: &Replay<'_>, outputs: usize) -> String {
    let inputs = replay.inputs();
    format!("{inputs} inputs, {outputs} outputs: as recorded")
}

fn differs(step: &Replayed, difference: &Difference, header: &Header) -> Failure {
    let at = step.at.as_micros() as f64 / 1e6;
    let shown = |output: &Option<Value>| match output {
        Some(output) => console::plain(&output.to_string()),
        None => "nothing".to_owned(),
    };
    let line = format!(
        "input {} (at {at:.3} s, {}): output {} is not as recorded",
        step.number,
        brief(&json!(step.input)),
        difference.place,
    );
    let failure = Failure::new(ExitStatus::Failed, line)
        .and(format!("expected: {}", shown(&difference.expected)))
        .and(format!("got:      {}", shown(&difference.got)));
    if header.version == env!("CARGO_PKG_VERSION") {
        return failure;
    }
    failure.and(format!(
        "it was recorded by rtmcp {}: what has changed since then may be meant so",
        console::plain(&header.version)
    ))
}

const EXAMPLES: &str = "\
Examples:
  rtmcp say question.wav --record recordings
  rtmcp replay recordings/2026-03-01T12-00-00Z-5ca1ab1e.rtmcp.jsonl";
