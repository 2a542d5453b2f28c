//! [`Words`]: a long text, read piece by piece: in lines where it has lines, else in characters.

use super::{
    fit::{Lost, What},
    seam::Seam,
};

/// A text that is read piece by piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'t> {
    text: &'t str,
    by_lines: bool,
}

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    pub(super) text: &'t str,
    /// How many lines or characters there are up to its end.
    pub(super) seen: usize,
    pub(super) total: usize,
    pub(super) by_lines: bool,
}

impl<'t> Words<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut lines = text.lines();
        let by_lines =
            lines.all(|line| line.len() <= LINE) && text.lines().nth(LINES - 1).is_some();
        Self { text, by_lines }
    }

    /// Returns what can be shown from a line or a character on: what has so many bytes, and at most
    /// so many lines or characters.
    pub(super) fn piece(self, from: usize, count: usize, room: usize, seam: Seam<'_>) -> Piece<'t> {
        let total = match self.by_lines {
            true => self.text.lines().count(),
            false => self.text.chars().count(),
        };
        let begin = match self.by_lines {
            true => seam.before(self.text, self.line(from)),
            false => seam.begin(self.text, from),
        };
        let limit = match self.by_lines {
            true => self.line(from.saturating_add(count)),
            false => seam.begin(self.text, from.saturating_add(count)),
        };
        let limit = limit.max(begin);
        let end = match self.text.len() {
            end if end == begin => end,
            _ if limit > begin && limit - begin <= room => limit,
            _ => seam.end(self.text, begin, |piece| piece.len() <= room),
        };
        let end = match self.by_lines {
            true => self.whole_lines(begin, end, seam),
            false => end,
        };
        let seen = match self.by_lines {
            true => self.text[..end].lines().count(),
            false => self.text[..end].chars().count(),
        };
        Piece {
            text: self.text[begin..end].trim_end_matches('\n'),
            seen,
            total,
            by_lines: self.by_lines,
        }
    }

    /// Moves the end of a piece back to the end of a line, or on where it has no whole line.
    fn whole_lines(self, begin: usize, end: usize, seam: Seam<'_>) -> usize {
        if end == self.text.len() {
            return end;
        }
        let back = self.text[begin..end].rfind('\n').map(|at| begin + at + 1);
        match back.filter(|at| seam.before(self.text, *at) == *at) {
            Some(at) => at,
            None => {
                let rest = &self.text[end..];
                let line = rest.find('\n').map_or(self.text.len(), |at| end + at + 1);
                seam.behind(self.text, line)
            }
        }
    }

    /// Returns where a line begins.
    fn line(self, nth: usize) -> usize {
        let mut lines = self.text.match_indices('\n').map(|(at, _)| at + 1);
        match nth {
            0 => 0,
            nth => lines.nth(nth - 1).unwrap_or(self.text.len()),
        }
    }
}

impl Piece<'_> {
    /// Says what is missing behind it, if anything is.
    pub(super) fn lost(&self) -> Option<Lost> {
        (self.seen < self.total).then(|| Lost {
            path: String::new(),
            what: match self.by_lines {
                true => What::Lines,
                false => What::Characters,
            },
            shown: self.seen,
            total: self.total,
        })
    }
}

/// Bytes of a line: a text with longer ones is read by characters, as one of them might not fit.
const LINE: usize = 256;

/// Lines that a text has at least to be read by lines.
const LINES: usize = 8;
