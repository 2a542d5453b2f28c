//! [`Kept`]: results that were cut, kept for a while so that the model can read more of them.

use std::{collections::VecDeque, fmt, sync::Arc};

use crate::shape::{
    Shaping,
    section::{Body, Section},
};

/// A result that was cut, as the model may see it: what rules hide from it is replaced.
#[derive(Clone, PartialEq)]
pub struct Kept {
    handle: String,
    sections: Vec<Section>,
    shaping: Arc<Shaping>,
    bytes: usize,
}

impl Kept {
    pub(crate) fn new(handle: &str, sections: Vec<Section>, shaping: Arc<Shaping>) -> Self {
        let bytes = sections.iter().map(|it| it.body.written().len());
        Self {
            bytes: bytes.sum(),
            handle: handle.to_owned(),
            sections,
            shaping,
        }
    }

    /// Returns its name: `result-3`.
    pub fn handle(&self) -> &str {
        &self.handle
    }

    pub(crate) fn shaping(&self) -> &Arc<Shaping> {
        &self.shaping
    }

    /// Finds the part with a name: all of a result that has one part, or the first that can be read.
    fn part(&self, name: &str) -> Option<&Section> {
        let mut sections = self.sections.iter();
        if name == self.handle {
            let readable = sections.clone().find(|it| it.body != Body::Nothing);
            return readable.or_else(|| sections.next());
        }
        sections.find(|it| it.handle == name)
    }
}

/// Shows nothing of it.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({}, {} bytes)", self.handle, self.bytes)
    }
}

/// The newest results of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    kept: VecDeque<Arc<Kept>>,
    bytes: usize,
    /// The names of those that went, oldest first.
    gone: VecDeque<String>,
}

/// Whether there is a result of some name.
#[derive(Debug)]
pub(crate) enum Found<'r> {
    Part(&'r Kept, &'r Section),
    /// It was kept once.
    Gone,
    Unknown,
}

impl Results {
    /// Keeps a result; the oldest ones go where there are too many.
    pub(crate) fn keep(&mut self, kept: Kept) {
        self.bytes += kept.bytes;
        self.kept.push_back(Arc::new(kept));
        while self.kept.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.kept.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes;
            self.gone.push_back(oldest.handle.clone());
            if self.gone.len() > GONE {
                self.gone.pop_front();
            }
        }
    }

    pub(crate) fn find(&self, name: &str) -> Found<'_> {
        let name = name.trim();
        let whole = name.split('.').next().unwrap_or(name);
        for kept in &self.kept {
            if kept.handle == whole {
                return match kept.part(name) {
                    Some(part) => Found::Part(kept, part),
                    None => Found::Unknown,
                };
            }
        }
        match self.gone.iter().any(|it| it == whole) {
            true => Found::Gone,
            false => Found::Unknown,
        }
    }

    /// Returns the names of what is kept, newest first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().rev().map(|it| it.handle.as_str())
    }
}

/// Results of a session that are kept.
pub const KEPT: usize = 32;

/// Bytes of all results of a session that are kept; a larger one isn't.
pub const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// Names of results that are known to have gone.
const GONE: usize = 1024;
