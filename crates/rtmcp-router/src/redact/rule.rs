//! [`RedactRule`]: what an owner writes about one kind of secret, and what is made of it.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use rtmcp_core::ServerName;
use serde::{Deserialize, Serialize};

use super::{Secret, account, card, shapes};

/// What is hidden, from whom, and on which tools.
///
/// # Example
///
/// ```
/// use rtmcp_router::{RedactFor, RedactKind, RedactRule};
///
/// let rule = RedactRule {
///     hide_from: RedactFor::Logs,
///     servers: vec!["crm".into()],
///     ..RedactRule::new(RedactKind::Email)
/// };
/// assert_eq!(rule.replacement, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactRule {
    /// What is found.
    pub kind: RedactKind,
    /// From whom it is hidden: from everybody unless set.
    pub hide_from: RedactFor,
    /// The servers whose calls it holds for; all where there is none.
    pub servers: Vec<ServerName>,
    /// The tools that it holds for, by their names on the server; all where there is none.
    pub tools: Vec<String>,
    /// What stands in its place; `{last4}` is the last four letters or digits of what was found.
    /// Otherwise `[card ending 4242]`, `[account ending 3000]`, `[e-mail]`, `[phone number]`,
    /// `[key]` or `[redacted]`.
    pub replacement: Option<String>,
}

impl RedactRule {
    /// A rule for everybody and all tools.
    pub fn new(kind: RedactKind) -> Self {
        Self {
            kind,
            hide_from: RedactFor::Both,
            servers: Vec::new(),
            tools: Vec::new(),
            replacement: None,
        }
    }
}

/// What a rule finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedactKind {
    /// Numbers of payment cards: 13 to 19 digits that a card network gives out and whose check digit
    /// is right (Luhn), in one piece or in groups as people write them. A part of a longer row of
    /// digits is no card.
    Card,
    /// Numbers of bank accounts (IBAN) whose check digits are right, in one piece or in groups of four.
    Account,
    /// E-mail addresses.
    Email,
    /// Telephone numbers as people write them: with `+`, an area code in parentheses, a leading zero
    /// and a separator, or three groups of 3, 3 and 4. This is a guess, and hides other numbers of
    /// such a form, too.
    Phone,
    /// Keys of well-known services by their form, JSON Web Tokens, bearer tokens, private keys as PEM.
    Key,
    /// Whatever this regular expression finds, in the syntax of the `regex` crate: it has neither
    /// look-around nor back-references, and needs linear time.
    Pattern(String),
}

/// From whom something is hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedactFor {
    /// From the model; people see it.
    Model,
    /// From everything but the model: pages, logs, recordings, observers, terminals.
    Logs,
    /// From both.
    #[default]
    Both,
}

/// Who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reader {
    /// The model.
    Model,
    /// Anything else.
    Logs,
}

/// A rule can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// A pattern is no regular expression, or too large.
    #[error(
        "the pattern `{pattern}` can't be used: {why} (it has the syntax of Rust's `regex`, without \
         look-around, and may compile to {PATTERN_BYTES} bytes)"
    )]
    BadPattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// A pattern finds the empty text, which is everywhere.
    #[error("the pattern `{pattern}` finds the empty text: make it find at least a character")]
    EmptyPattern {
        /// The pattern.
        pattern: String,
    },
    /// Nothing would stand in the place of a secret, so that what is around it grows together.
    #[error("a replacement is empty: leave it out, or give it a word such as `[redacted]`")]
    EmptyReplacement,
    /// Too many rules.
    #[error(
        "{rules} rules for redaction are more than {}: join some in one pattern",
        super::RULES
    )]
    TooMany {
        /// How many there are.
        rules: usize,
    },
}

/// A rule, ready for use.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) rule: RedactRule,
    finder: Finder,
}

#[derive(Clone, Debug)]
enum Finder {
    Card,
    Account,
    Form(fn(&str) -> Vec<Range<usize>>),
    Pattern(Regex),
}

impl Compiled {
    pub(super) fn new(rule: &RedactRule) -> Result<Self, RedactError> {
        if rule
            .replacement
            .as_ref()
            .is_some_and(|it| it.trim().is_empty())
        {
            return Err(RedactError::EmptyReplacement);
        }
        let finder = match &rule.kind {
            RedactKind::Card => Finder::Card,
            RedactKind::Account => Finder::Account,
            RedactKind::Email => Finder::Form(shapes::emails),
            RedactKind::Phone => Finder::Form(shapes::phones),
            RedactKind::Key => Finder::Form(shapes::keys),
            RedactKind::Pattern(pattern) => Finder::Pattern(compiled(pattern)?),
        };
        let rule = rule.clone();
        Ok(Self { rule, finder })
    }

    pub(super) fn holds_for(&self, server: &ServerName, tool: &str) -> bool {
        let (servers, tools) = (&self.rule.servers, &self.rule.tools);
        (servers.is_empty() || servers.contains(server))
            && (tools.is_empty() || tools.iter().any(|it| it == tool))
    }

    pub(super) fn hides_from(&self, reader: Reader) -> bool {
        match self.rule.hide_from {
            RedactFor::Both => true,
            RedactFor::Model => reader == Reader::Model,
            RedactFor::Logs => reader == Reader::Logs,
        }
    }

    /// Finds what the rule describes; places may overlap.
    pub(super) fn find(&self, text: &str) -> Vec<Secret> {
        let places = match &self.finder {
            Finder::Card => card::find(text),
            Finder::Account => account::find(text),
            Finder::Form(find) => find(text),
            Finder::Pattern(regex) => regex.find_iter(text).map(|it| it.range()).collect(),
        };
        let secrets = places.into_iter().filter(|place| !place.is_empty());
        secrets.map(|place| self.secret(text, place)).collect()
    }

    /// Tells whether a number of JSON can be what the rule describes.
    pub(super) fn fits_numbers(&self) -> bool {
        matches!(self.rule.kind, RedactKind::Card | RedactKind::Pattern(_))
    }

    fn secret(&self, text: &str, place: Range<usize>) -> Secret {
        let words = self.rule.replacement.as_deref();
        let instead = words.unwrap_or(match self.rule.kind {
            RedactKind::Card => "[card ending {last4}]",
            RedactKind::Account => "[account ending {last4}]",
            RedactKind::Email => "[e-mail]",
            RedactKind::Phone => "[phone number]",
            RedactKind::Key => "[key]",
            RedactKind::Pattern(_) => "[redacted]",
        });
        let instead = match instead.contains(LAST) {
            true => instead.replace(LAST, &last4(&text[place.clone()])),
            false => instead.to_owned(),
        };
        Secret { place, instead }
    }
}

const LAST: &str = "{last4}";

fn last4(secret: &str) -> String {
    let signs: Vec<char> = secret.chars().filter(|c| c.is_alphanumeric()).collect();
    // Four of a few would be all of it.
    let shown = 4.min(signs.len() / 3);
    signs[signs.len() - shown..].iter().collect()
}

fn compiled(pattern: &str) -> Result<Regex, RedactError> {
    let mut builder = RegexBuilder::new(pattern);
    builder
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES);
    let regex = builder.build().map_err(|error| RedactError::BadPattern {
        pattern: pattern.to_owned(),
        why: error
            .to_string()
            .lines()
            .last()
            .unwrap_or_default()
            .trim()
            .to_owned(),
    })?;
    if regex.is_match("") {
        return Err(RedactError::EmptyPattern {
            pattern: pattern.to_owned(),
        });
    }
    Ok(regex)
}

/// Bytes that one pattern may compile to.
pub(super) const PATTERN_BYTES: usize = 1 << 20;
