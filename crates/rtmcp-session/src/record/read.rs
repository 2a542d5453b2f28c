//! [`Recording`]: a recording that was read.

use rtmcp_core::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{FORMAT, Header, hide::make_sound, replay::Replay};
use crate::Input;

/// A recording, its first line read.
#[derive(Clone, Debug)]
pub struct Recording<'a> {
    header: Header,
    lines: &'a str,
}

/// A text that isn't a recording that can be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// There is nothing in it.
    #[error("is empty: the recording was never begun (make one with `rtmcp say --record DIR`)")]
    Empty,
    /// It doesn't begin as a recording does.
    #[error("is no recording of rtmcp: give it a file that `--record DIR` has made")]
    Foreign,
    /// It holds something else than a session.
    #[error("is a recording of a `{kind}`, which this version can't replay: use rtmcp {version}")]
    Kind {
        /// What it holds.
        kind: String,
        /// The version of rtmcp that wrote it.
        version: String,
    },
    /// It was written by a later version.
    #[error("was written by rtmcp {version} in a newer format: replay it with that version")]
    Newer {
        /// The version of rtmcp that wrote it.
        version: String,
    },
    /// Its header is that of a recording, and can't be read.
    #[error(
        "was written by rtmcp {version}, whose options this version doesn't have ({trouble}): \
         replay it with that version"
    )]
    Header {
        /// The version of rtmcp that wrote it.
        version: String,
        /// What is wrong with it.
        trouble: String,
    },
    /// A line can't be read.
    #[error(
        "line {line} can't be read ({trouble}): replay it with the version of rtmcp that wrote it, \
         or cut the file before that line"
    )]
    Line {
        /// Which one, from 1 on.
        line: u64,
        /// What is wrong with it.
        trouble: String,
    },
}

impl<'a> Recording<'a> {
    /// Reads the beginning of a recording.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is none, or none that this version can replay.
    pub fn read(text: &'a str) -> Result<Self, Unreadable> {
        let (first, lines) = text.split_once('\n').unwrap_or((text, ""));
        if text.trim().is_empty() {
            return Err(Unreadable::Empty);
        }
        let first: Value = serde_json::from_str(first).map_err(|_| Unreadable::Foreign)?;
        if first["rtmcp"] != "recording" {
            return Err(Unreadable::Foreign);
        }
        let version = first["version"].as_str().unwrap_or("?").to_owned();
        match first["format"].as_u64() {
            Some(format) if format <= u64::from(FORMAT) => {}
            Some(_) => return Err(Unreadable::Newer { version }),
            None => return Err(Unreadable::Foreign),
        }
        match first["kind"].as_str() {
            Some("session") => {}
            kind => {
                let kind = kind.unwrap_or_default().to_owned();
                return Err(Unreadable::Kind { kind, version });
            }
        }
        let header = Header::deserialize(&first).map_err(|error| Unreadable::Header {
            version,
            trouble: error.to_string(),
        })?;
        Ok(Self { header, lines })
    }

    /// Returns what the first line says.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Runs a fresh session over it.
    pub fn replay(&self) -> Replay<'a> {
        Replay::new(&self.header, Lines::new(self.lines))
    }
}

/// What a line says.
#[derive(Debug)]
pub(super) enum Line {
    Input(Timestamp, Box<Input>),
    Outputs(Vec<Value>),
    Note,
    Lost(u64),
    End,
}

/// The lines after the first.
#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    rest: &'a str,
    number: u64,
}

impl<'a> Lines<'a> {
    fn new(rest: &'a str) -> Self {
        Self { rest, number: 1 }
    }

    /// Reads the next line; none at the end, and where the last line isn't whole.
    pub(super) fn next(&mut self) -> Option<Result<Line, Unreadable>> {
        let Some((line, rest)) = self.rest.split_once('\n') else {
            // A program that was ended while it wrote left half a line.
            return read(std::mem::take(&mut self.rest)).ok().map(Ok);
        };
        self.rest = rest;
        self.number += 1;
        let line = read(line).map_err(|trouble| Unreadable::Line {
            line: self.number,
            trouble,
        });
        Some(line)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
struct Written {
    #[serde(default)]
    at: Timestamp,
    #[serde(rename = "in")]
    input: Option<Value>,
    out: Option<Vec<Value>>,
    lost: Option<Lost>,
    note: Option<Value>,
    end: Option<Value>,
}

#[derive(Deserialize)]
struct Lost {
    lines: u64,
}

fn read(line: &str) -> Result<Line, String> {
    let written: Written = serde_json::from_str(line).map_err(|error| error.to_string())?;
    Ok(match written {
        Written {
            at,
            input: Some(mut input),
            ..
        } => {
            make_sound(&mut input);
            let input = Input::deserialize(input).map_err(|error| error.to_string())?;
            Line::Input(at, Box::new(input))
        }
        Written { out: Some(out), .. } => Line::Outputs(out),
        Written {
            lost: Some(lost), ..
        } => Line::Lost(lost.lines),
        Written { note: Some(_), .. } => Line::Note,
        Written { end: Some(_), .. } => Line::End,
        _ => return Err("it says neither what came in nor what came out".to_owned()),
    })
}
