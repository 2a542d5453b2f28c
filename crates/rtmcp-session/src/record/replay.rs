//! [`Replay`]: runs a fresh session over a recording, and compares.

use rtmcp_core::Timestamp;
use serde_json::{Value, json};

use super::{
    Header, Unreadable,
    hide::Hide,
    read::{Line, Lines},
    told::Told,
};
use crate::{Input, Output, Session};

/// Runs a session over the inputs of a recording, one at each step.
#[derive(Debug)]
pub struct Replay<'a> {
    session: Session,
    lines: Lines<'a>,
    hide: Hide,
    /// What was read after the outputs of a step.
    ahead: Option<Result<Line, Unreadable>>,
    told: [Told; 2],
    inputs: u64,
    end: End,
}

/// How a recording ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With the session.
    Whole,
    /// In the middle of it: the program that recorded it was ended. What the session did at the last
    /// input may be missing, and is compared only if it isn't.
    BrokenOff,
    /// Lines are missing here, as they couldn't be written in time: what follows can't be replayed.
    Lost {
        /// How many.
        lines: u64,
    },
}

/// One input, and what the session did about it.
#[derive(Debug)]
pub struct Replayed {
    /// Which input it is, from 1 on.
    pub number: u64,
    /// When it came.
    pub at: Timestamp,
    /// What the session was told.
    pub input: Input,
    /// What it did now.
    pub outputs: Vec<Output>,
    /// Where that isn't what it did then.
    pub difference: Option<Difference>,
}

/// The first output that differs, as it stands in recordings: hidden alike on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Which output it is, from 1 on.
    pub place: usize,
    /// What came then; none if nothing did.
    pub expected: Option<Value>,
    /// What comes now; none if nothing does.
    pub got: Option<Value>,
}

impl<'a> Replay<'a> {
    pub(super) fn new(header: &Header, lines: Lines<'a>) -> Self {
        Self {
            session: Session::new(header.options.clone()),
            lines,
            hide: Hide::but(header.keep),
            ahead: None,
            told: Default::default(),
            inputs: 0,
            end: End::BrokenOff,
        }
    }

    /// Returns the session, as it is now.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Returns how many inputs were replayed.
    pub fn inputs(&self) -> u64 {
        self.inputs
    }

    /// Returns how the recording ends, once all steps were taken.
    pub fn end(&self) -> End {
        self.end
    }

    /// Reads the next line that says something.
    fn line(&mut self) -> Option<Result<Line, Unreadable>> {
        loop {
            match self.ahead.take().or_else(|| self.lines.next())? {
                Ok(Line::Note) => {}
                line => return Some(line),
            }
        }
    }

    /// Reads what the session did then; none if that isn't known.
    fn recorded(&mut self) -> Option<Vec<Value>> {
        match self.line()? {
            Ok(Line::Outputs(outputs)) => Some(outputs),
            Ok(Line::Lost(lines)) => {
                self.ahead = Some(Ok(Line::Lost(lines)));
                None
            }
            line => {
                self.ahead = Some(line);
                Some(Vec::new())
            }
        }
    }

    fn step(&mut self, at: Timestamp, input: Input) -> Replayed {
        self.inputs += 1;
        let outputs: Vec<Output> = self.session.handle(at, input.clone()).collect();
        let recorded = self.recorded();
        Replayed {
            number: self.inputs,
            at,
            difference: recorded.and_then(|recorded| self.compare(recorded, &outputs)),
            input,
            outputs,
        }
    }

    fn compare(&mut self, expected: Vec<Value>, outputs: &[Output]) -> Option<Difference> {
        let mut got = json!(outputs);
        self.hide.step(&mut got);
        let Value::Array(mut got) = got else {
            return None;
        };
        let mut expected = expected;
        if !self.hide.keep.words {
            let [then, now] = &mut self.told;
            expected.retain(|output| then.is_news(output));
            got.retain(|output| now.is_news(output));
        }
        let longest = expected.len().max(got.len());
        let place = (0..longest).find(|at| expected.get(*at) != got.get(*at))?;
        Some(Difference {
            place: place + 1,
            expected: expected.get(place).cloned(),
            got: got.get(place).cloned(),
        })
    }
}

impl Iterator for Replay<'_> {
    type Item = Result<Replayed, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.line()? {
                Ok(Line::Input(at, input)) => return Some(Ok(self.step(at, *input))),
                Ok(Line::End) => {
                    self.end = End::Whole;
                    return None;
                }
                Ok(Line::Lost(lines)) => {
                    self.end = End::Lost { lines };
                    self.ahead = Some(Ok(Line::Lost(lines)));
                    return None;
                }
                // Of no input: whoever cut the file left it.
                Ok(Line::Note | Line::Outputs(_)) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
