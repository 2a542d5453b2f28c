//! What is left when every other argument has taken its words.

use super::is_text;
use crate::engine::brain::rules::{
    fill::{Page, role::Role},
    tool::Property,
    words::{is_preposition, is_stop_word, stem},
};

/// Words that stand between what is to be done and what it is done with: "Echo back the words …".
const LABELS: [&str; 10] = [
    "message",
    "text",
    "word",
    "words",
    "phrase",
    "sentence",
    "following",
    "string",
    "input",
    "line",
];

impl<'a> Page<'_, 'a> {
    /// Gives the rest of the utterance to a required text that has nothing else.
    pub(in crate::engine::brain::rules::fill) fn remainders(
        &mut self,
        properties: &[Property<'a>],
    ) {
        for property in properties.iter().filter(|it| it.required && is_text(it)) {
            let role = Role::of(property);
            let takes = matches!(
                role,
                Role::Speech | Role::Topic | Role::Any | Role::Date | Role::Thing
            );
            if !self.is_open(property) || !takes {
                continue;
            }
            let found = match role {
                Role::Speech => self.after_head(true),
                _ => self.after_colon().or_else(|| self.left_over()),
            };
            if let Some((from, to)) = found {
                self.take(property, from, to);
            }
        }
    }

    /// What follows the words that say what is to be done.
    pub(super) fn after_head(&self, to_the_end: bool) -> Option<(usize, usize)> {
        let words = &self.utterance.words;
        let names = |at: usize| self.utterance.names(at, self.tool);
        let first = (0..words.len()).find(|it| names(*it));
        let mut from = first.map_or_else(|| self.after_courtesy(), |it| it + 1);
        // "simulate a research query": the name goes on.
        while from < words.len() && first.is_some() && words[from - 1].stop.is_none() {
            let next = (from..words.len()).find(|it| !is_stop_word(&words[*it].lower));
            match next.filter(|it| names(*it) && self.tool.name.len() > 1) {
                Some(next) => from = next + 1,
                None => break,
            }
        }
        let from = self.after_fillers(from);
        let end = if to_the_end {
            words.len()
        } else {
            self.sentence_end(from)
        };
        let to = (from..end).find(|it| self.used[*it]).unwrap_or(end);
        let to = if to_the_end {
            self.utterance.without_tail(from.min(to), to)
        } else {
            self.without_joints(from, to)
        };
        (to > from).then_some((from, to))
    }

    /// "his keyboard is broken" in "Open a ticket for Alan: his keyboard is broken."
    fn after_colon(&self) -> Option<(usize, usize)> {
        let words = &self.utterance.words;
        let colon = words.iter().position(|it| it.stop == Some(':'))?;
        self.phrase(colon + 1)
    }

    /// The words after those of the other arguments, else those after what is to be done.
    pub(super) fn left_over(&self) -> Option<(usize, usize)> {
        let last = self.used.iter().rposition(|it| *it);
        let after = last.and_then(|it| {
            let from = self.after_fillers(it + 1);
            self.phrase(from)
                .filter(|(from, to)| self.says_something(*from, *to))
        });
        after.or_else(|| {
            let found = self.after_head(false);
            found.filter(|(from, to)| self.says_something(*from, *to))
        })
    }

    fn says_something(&self, from: usize, to: usize) -> bool {
        let words = self.utterance.words[from..to].iter();
        let label = |it: &str| {
            LABELS.contains(&it)
                || self
                    .tool
                    .properties
                    .iter()
                    .any(|p| p.words.iter().any(|w| w == it))
        };
        words
            .into_iter()
            .any(|it| it.is_content() && !label(&it.lower))
    }

    fn after_courtesy(&self) -> usize {
        let words = &self.utterance.words;
        words
            .iter()
            .position(|it| !is_stop_word(&it.lower))
            .unwrap_or(words.len())
    }

    /// Skips "back", "the message", "after me", "about" and the like.
    fn after_fillers(&self, mut at: usize) -> usize {
        let words = &self.utterance.words;
        let lower = |at: usize| words.get(at).map_or("", |it| it.lower.as_str());
        let is_label = |at: usize| {
            let word = words.get(at);
            let own = |it: &str| {
                self.tool
                    .properties
                    .iter()
                    .any(|p| p.words.iter().any(|w| stem(w) == stem(it)))
            };
            word.is_some_and(|it| LABELS.contains(&it.lower.as_str()) || own(&it.lower))
        };
        loop {
            let next = match (lower(at), lower(at + 1)) {
                ("after" | "to", "me") | ("who" | "that" | "which", "is" | "has" | "says") => {
                    at + 2
                }
                ("the" | "this" | "a", _) if is_label(at + 1) => at + 2,
                ("back" | "saying" | "says" | "that", _) => at + 1,
                (it, _) if is_preposition(it) && it != "because" => at + 1,
                _ if is_label(at) && at + 1 < words.len() => at + 1,
                _ => return at,
            };
            if next >= words.len() {
                return at;
            }
            at = next;
        }
    }

    fn sentence_end(&self, from: usize) -> usize {
        let words = &self.utterance.words;
        let last = (from..words.len()).find(|it| words[*it].ends_sentence());
        last.map_or(words.len(), |it| it + 1)
    }
}
