//! [`Redaction`]: what neither the model nor a log may read, found and replaced.
//!
//! A tool's result can hold what must stay in the owner's systems: card and account numbers, keys,
//! whatever a [`RedactRule`] describes. Rules say *what* they find, for *whom* it is hidden, and on
//! which tools. They are applied to words before anything is cut, so that no cut can leave half of a
//! secret, and to the strings, numbers and names within JSON, so that its structure stays valid.
//!
//! Two readers are told apart. The **model** reads results. **Logs** are everything else: pages,
//! recordings, observers, the terminal; there the model's arguments and words are read, too.
//!
//! Text is searched without the characters that nobody sees, as they would split a number in two.
//! All searches take linear time.
//!
//! # Example
//!
//! ```
//! use rtmcp_router::{Reader, RedactKind, RedactRule, Redaction};
//!
//! let redaction = Redaction::new(&[RedactRule::new(RedactKind::Card)])?;
//! let text = "Paid with 4242 4242 4242 4242, order 4242424242424242424242.";
//! assert_eq!(
//!     redaction.text(Reader::Model, text),
//!     "Paid with [card ending 4242], order 4242424242424242424242.",
//! );
//! # Ok::<(), rtmcp_router::RedactError>(())
//! ```

mod account;
mod card;
mod json;
mod parts;
mod rule;
mod shapes;

use std::{borrow::Cow, cmp::Reverse, ops::Range, sync::Arc};

use rtmcp_core::ServerName;

pub use rule::{Reader, RedactError, RedactFor, RedactKind, RedactRule};

use crate::visible::visible;
use rule::Compiled;

/// The rules of an owner, ready for use. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    rules: Arc<[Compiled]>,
}

impl Redaction {
    /// Compiles rules.
    ///
    /// # Errors
    ///
    /// [`RedactError`] when a pattern is no regular expression, is too large, or finds nothing at
    /// all, and when a replacement is empty.
    pub fn new(rules: &[RedactRule]) -> Result<Self, RedactError> {
        if rules.len() > RULES {
            return Err(RedactError::TooMany { rules: rules.len() });
        }
        let rules = rules.iter().map(Compiled::new).collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// Returns the rules that hold for one tool.
    #[must_use]
    pub fn of_tool(&self, server: &ServerName, tool: &str) -> Self {
        let rules = self.rules.iter();
        if rules.clone().all(|it| it.holds_for(server, tool)) {
            return self.clone();
        }
        Self {
            rules: rules
                .filter(|it| it.holds_for(server, tool))
                .cloned()
                .collect(),
        }
    }

    /// Tells whether these are the rules that were compiled.
    pub(crate) fn is_of(&self, rules: &[RedactRule]) -> bool {
        self.rules.iter().map(|it| &it.rule).eq(rules)
    }

    /// Tells whether anything is hidden from this reader.
    pub fn hides_from(&self, reader: Reader) -> bool {
        self.rules.iter().any(|rule| rule.hides_from(reader))
    }

    /// Tells whether all readers see the same.
    pub(crate) fn hides_alike(&self) -> bool {
        let mut rules = self.rules.iter();
        rules.all(|rule| rule.hides_from(Reader::Model) && rule.hides_from(Reader::Logs))
    }

    /// Returns a text as this reader may see it. A text that is JSON is looked through value by
    /// value, and stays JSON.
    pub fn text<'t>(&self, reader: Reader, text: &'t str) -> Cow<'t, str> {
        self.nested(reader, text, NESTED)
    }

    /// Returns where a text has what this reader may not see; ranges in order, apart from each other.
    pub(crate) fn secrets(&self, reader: Reader, text: &str) -> Vec<Range<usize>> {
        let found = self.found(reader, text).into_iter();
        found.map(|secret| secret.place).collect()
    }

    fn nested<'t>(&self, reader: Reader, text: &'t str, depth: usize) -> Cow<'t, str> {
        if !self.hides_from(reader) {
            return Cow::Borrowed(text);
        }
        let seen = visible(text).text;
        // Only an escape can hide something within JSON from a look at its text.
        let found = self.found(reader, &seen);
        if found.is_empty() && !seen.contains('\\') {
            return seen;
        }
        if let Some(json) = self.json_text(reader, &seen, depth) {
            // What spans several values isn't found in any of them.
            let found = self.found(reader, &json);
            return Cow::Owned(replaced(&json, &found));
        }
        match found.as_slice() {
            [] => seen,
            found => Cow::Owned(replaced(&seen, found)),
        }
    }

    /// Finds what is hidden, in order; what overlaps is one.
    fn found(&self, reader: Reader, text: &str) -> Vec<Secret> {
        let rules = self.rules.iter().filter(|rule| rule.hides_from(reader));
        let mut all: Vec<Secret> = rules.flat_map(|rule| rule.find(text)).collect();
        // The longest one that begins at a place says what stands there.
        all.sort_by_key(|secret| (secret.place.start, Reverse(secret.place.end)));
        let mut apart: Vec<Secret> = Vec::new();
        for secret in all {
            match apart.last_mut() {
                Some(last) if secret.place.start < last.place.end => {
                    last.place.end = last.place.end.max(secret.place.end);
                }
                _ => apart.push(secret),
            }
        }
        apart
    }
}

/// Rules are the same where their words are.
impl PartialEq for Redaction {
    fn eq(&self, other: &Self) -> bool {
        let words = |it: &Self| {
            it.rules
                .iter()
                .map(|rule| rule.rule.clone())
                .collect::<Vec<_>>()
        };
        words(self) == words(other)
    }
}

/// What a rule found.
#[derive(Clone, Debug)]
struct Secret {
    place: Range<usize>,
    instead: String,
}

fn replaced(text: &str, found: &[Secret]) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    for secret in found {
        clean.push_str(&text[from..secret.place.start]);
        clean.push_str(&secret.instead);
        from = secret.place.end;
    }
    clean + &text[from..]
}

/// Rules that an owner may have: each costs a search of every result.
pub const RULES: usize = 64;

/// How deep JSON in texts in JSON is looked through.
const NESTED: usize = 4;

#[cfg(test)]
mod tests;
