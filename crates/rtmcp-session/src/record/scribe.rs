//! [`Scribe`]: makes the lines of a recording.

use rtmcp_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{FORMAT, hide::Hide};
use crate::{Input, Options, Output};

/// What of a conversation is written down as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// What people and models say and write, what tools are given and answer, what endpoints say of
    /// errors, instructions. Keys and addresses are hidden all the same.
    pub words: bool,
    /// Sound, both ways. Without it a recording has its length.
    pub sound: bool,
}

/// The first line of a recording.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// The version of the format.
    pub format: u32,
    /// What was recorded: `session`.
    pub kind: String,
    /// The version of rtmcp that wrote it.
    pub version: String,
    /// When the session began, as whoever wrote it says.
    pub began: String,
    /// What it holds as it was.
    #[serde(flatten)]
    pub keep: Keep,
    /// What the session was made with.
    pub options: Options,
}

/// Makes the lines of one recording, each with the end of its line.
#[derive(Debug)]
pub struct Scribe {
    hide: Hide,
    inputs: u64,
}

impl Scribe {
    /// A scribe that writes so much down.
    pub fn new(keep: Keep) -> Self {
        Self {
            hide: Hide::but(keep),
            inputs: 0,
        }
    }

    /// The first line: when the session began, in any words, and what it was made with.
    pub fn header(&self, began: &str, options: &Options) -> String {
        let keep = self.hide.keep;
        let mut options = json!(options);
        self.hide.options(&mut options);
        line(&json!({
            "rtmcp": "recording",
            "format": FORMAT,
            "kind": "session",
            "version": env!("CARGO_PKG_VERSION"),
            "began": began,
            "words": keep.words,
            "sound": keep.sound,
            "options": options,
        }))
    }

    /// What the session is told, and when. Write it down before it is told: should that be the end
    /// of the program, the recording shows why.
    pub fn input(&mut self, at: Timestamp, input: &Input) -> String {
        self.inputs += 1;
        let mut input = json!(input);
        self.hide.step(&mut input);
        line(&json!({ "at": at, "in": input }))
    }

    /// What the session did about it; no line for nothing.
    pub fn outputs(&self, outputs: &[Output]) -> String {
        if outputs.is_empty() {
            return String::new();
        }
        let mut outputs = json!(outputs);
        self.hide.step(&mut outputs);
        line(&json!({ "out": outputs }))
    }

    /// Something for people, which isn't replayed. It is written as it is.
    pub fn note(&self, at: Timestamp, note: &Value) -> String {
        line(&json!({ "at": at, "note": note }))
    }

    /// So many lines before this one are missing.
    pub fn lost(&self, lines: u64) -> String {
        line(&json!({ "lost": { "lines": lines } }))
    }

    /// The last line: without it a recording counts as broken off.
    pub fn end(&self) -> String {
        line(&json!({ "end": { "inputs": self.inputs } }))
    }
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
