//! [`Seam`]: where a text may be cut: between words, and never within a secret.

use std::ops::Range;

use crate::redact::{Reader, Redaction};

/// Knows where a text may be cut.
///
/// Logs show both halves of a text that is cut, each for itself. What a rule hides from logs would
/// not be found in them, so that no cut falls into it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seam<'s> {
    redaction: &'s Redaction,
}

impl<'s> Seam<'s> {
    pub(super) fn new(redaction: &'s Redaction) -> Self {
        Self { redaction }
    }

    /// Returns the place of the character with this number, or of the secret that it is within.
    pub(super) fn begin(self, text: &str, characters: usize) -> usize {
        let at = text.char_indices().nth(characters);
        self.before(text, at.map_or(text.len(), |(at, _)| at))
    }

    /// Finds the longest piece from a place on that fits, and ends it between lines or words where
    /// one ends nearby. It has at least a character, where there is one.
    pub(super) fn end(self, text: &str, begin: usize, fits: impl Fn(&str) -> bool) -> usize {
        let rest = &text[begin..];
        if fits(rest) {
            return text.len();
        }
        // The last one that fits: by doubling up to it, then by halves.
        let (mut fitting, mut long) = (0, 1);
        while long < rest.len() && fits(&rest[..rest.floor_char_boundary(long)]) {
            fitting = rest.floor_char_boundary(long);
            long *= 2;
        }
        long = rest.ceil_char_boundary(long.min(rest.len()));
        while long - fitting > 1 {
            let middle = rest.floor_char_boundary(fitting + (long - fitting) / 2);
            if middle == fitting {
                break;
            }
            match fits(&rest[..middle]) {
                true => fitting = middle,
                false => long = middle,
            }
        }
        let end = begin + between_words(&rest[..fitting]);
        match self.before(text, end) {
            end if end > begin => end,
            // A secret that is too long is shown whole, or not at all.
            _ => self.behind(text, begin + rest.chars().next().map_or(0, char::len_utf8)),
        }
    }

    /// Moves a place out of a secret, to its beginning.
    pub(super) fn before(self, text: &str, at: usize) -> usize {
        self.within(text, at).map_or(at, |secret| secret.start)
    }

    /// Moves a place out of a secret, to its end.
    pub(super) fn behind(self, text: &str, at: usize) -> usize {
        self.within(text, at).map_or(at, |secret| secret.end)
    }

    fn within(self, text: &str, at: usize) -> Option<Range<usize>> {
        if at == 0 || at >= text.len() || !self.redaction.hides_from(Reader::Logs) {
            return None;
        }
        let secrets = self.redaction.secrets(Reader::Logs, text);
        secrets.into_iter().find(|it| it.start < at && at < it.end)
    }
}

/// Finds where to end a text: after a line or else a word that ends nearby.
fn between_words(text: &str) -> usize {
    let near = text.floor_char_boundary(text.len() - text.len() / 8);
    let tail = &text[near..];
    let line = tail.rfind('\n');
    let word = || tail.rfind(char::is_whitespace);
    line.or_else(word).map_or(text.len(), |at| near + at)
}
