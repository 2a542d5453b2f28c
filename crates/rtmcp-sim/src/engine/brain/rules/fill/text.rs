//! Texts as arguments: names, places, things, topics, and words to be passed on.

mod example;
mod left;
mod span;

use serde_json::Value;

use super::{Page, role::Role};
use crate::engine::brain::rules::{
    tool::{Kind, Property},
    words::{is_preposition, is_stop_word, singular, stem, words},
};

impl<'a> Page<'_, 'a> {
    /// Email addresses and URLs.
    pub(super) fn formats(&mut self, properties: &[Property<'a>]) {
        for property in properties.iter().filter(|it| is_text(it)) {
            let Kind::Text { format } = property.kind else {
                continue;
            };
            let says = |sign: &str| {
                property.words.iter().any(|it| it == sign) || property.about.contains(&stem(sign))
            };
            let email = format == Some("email") || says("email");
            let url = matches!(format, Some("uri" | "url")) || says("url") || says("uri");
            let words = &self.utterance.words;
            let fits = |at: &usize| {
                let text = words[*at].text;
                email && text.contains('@') && text.contains('.') || url && text.contains("://")
            };
            if let Some(at) = (0..words.len()).find(fits) {
                self.take(property, at, at + 1);
            }
        }
    }

    /// What stands in quotes, in order.
    pub(super) fn quotes(&mut self, properties: &[Property<'a>]) {
        for property in properties.iter().filter(|it| it.required && is_text(it)) {
            let free = |at: &usize| self.utterance.words[*at].quoted && !self.used[*at];
            let words = self.utterance.words.len();
            let Some(from) = (0..words).find(free) else {
                return;
            };
            let to = (from..words).find(|it| !free(it)).unwrap_or(words);
            if self.is_open(property) && Role::of(property) != Role::Code {
                let quote = &self.utterance.text
                    [self.utterance.words[from].start..self.utterance.words[to - 1].end];
                self.set(property, quote);
                self.strike(from, to);
            }
        }
    }

    /// "customer Ada Lovelace", "titled Broken lamp", "the city of Paris".
    pub(super) fn labels(&mut self, properties: &[Property<'a>]) {
        for property in properties.iter().filter(|it| is_text(it)) {
            let role = Role::of(property);
            if !self.is_open(property) || role == Role::Speech {
                continue;
            }
            let Some(label) = property.words.last().filter(|it| !is_stop_word(it)) else {
                continue;
            };
            let label = stem(label);
            // In "create a ticket" the ticket is what is created, and no label of what follows.
            if self.tool.name.contains(&label) && !role.is_name() {
                continue;
            }
            let words = self.utterance.words.len();
            let at =
                (0..words).find(|it| !self.used[*it] && self.utterance.words[*it].stem == label);
            let Some(at) = at.filter(|it| !self.utterance.words[*it].ends_sentence()) else {
                continue;
            };
            let from = self.after_label(at + 1);
            let span = if role.is_name() || role == Role::Any && !property.required {
                self.proper(from)
            } else {
                self.phrase(from)
                    .filter(|_| !self.starts_with_preposition(from))
            };
            if let Some((from, to)) = span {
                self.take(property, from, to);
                self.strike(at, from);
            }
        }
    }

    /// "for Ada Lovelace", "in Paris", "about a broken lamp": the best preposition of every
    /// argument first.
    pub(super) fn prepositions(&mut self, properties: &[Property<'a>]) {
        let most = properties
            .iter()
            .map(|it| Role::of(it).prepositions().len())
            .max();
        for rank in 0..most.unwrap_or_default() {
            for property in properties.iter().filter(|it| is_text(it)) {
                let role = Role::of(property);
                let Some(preposition) = role.prepositions().get(rank) else {
                    continue;
                };
                // What isn't asked for needs more than a vague word.
                if self.is_open(property) && (property.required || rank == 0 && role != Role::Any) {
                    self.after(property, role, preposition);
                }
            }
        }
    }

    fn after(&mut self, property: &Property<'a>, role: Role, preposition: &str) {
        for at in 0..self.utterance.words.len() {
            let word = &self.utterance.words[at];
            if self.used[at] || word.lower != preposition || word.ends_sentence() {
                continue;
            }
            let from = self.after_label(at + 1);
            let span = if role.is_name() {
                self.proper(from)
                    .or_else(|| self.lower_case_name(property, from))
            } else {
                self.phrase(at + 1)
            };
            if let Some((from, to)) = span {
                self.take(property, from, to);
                self.strike(at, from);
                return;
            }
        }
    }

    /// Names that nothing leads to: "Look up Ada Lovelace".
    pub(super) fn names(&mut self, properties: &[Property<'a>]) {
        for property in properties.iter().filter(|it| it.required && is_text(it)) {
            let role = Role::of(property);
            let fits = role.is_name() && role != Role::Code || role == Role::Any;
            if !self.is_open(property) || !fits {
                continue;
            }
            let words = self.utterance.words.len();
            let named = (0..words).find_map(|at| self.proper(at).filter(|_| self.may_begin(at)));
            let named = named.or_else(|| self.leading_name()).or_else(|| {
                // People have names in any spelling; "the weather outside" names no place.
                let from = self.after_head(false).filter(|_| role == Role::Person)?.0;
                self.lower_case_name(property, from)
            });
            if let Some((from, to)) = named {
                self.take(property, from, to);
            }
        }
    }

    /// Things: a word that the description lists, else what is counted or has an article.
    pub(super) fn nouns(&mut self, properties: &[Property<'a>]) {
        for property in properties.iter().filter(|it| it.required && is_text(it)) {
            if !self.is_open(property) || Role::of(property) != Role::Thing {
                continue;
            }
            if let Some((from, to, listed)) = self.listed(property) {
                self.set(property, listed);
                self.strike(from, to);
            } else if let Some((from, to)) = self.counted() {
                let said = self.utterance.said(from, to).to_lowercase();
                self.set(property, singular(&said));
                self.strike(from, to);
            }
        }
    }

    /// The last word of the utterance that is also one of the description, as that has it.
    fn listed(&self, property: &Property<'_>) -> Option<(usize, usize, String)> {
        let name: Vec<String> = property.words.iter().map(|it| stem(it)).collect();
        let said = &self.utterance.words;
        let described = words(property.description);
        let find = |stem: &str| {
            described
                .iter()
                .find(|it| it.stem == stem && it.is_content())
        };
        let found = (0..said.len()).rev().find_map(|at| {
            let word = &said[at];
            // A recognizer may hear "book case" for "bookcase".
            let joined = at.checked_sub(1).and_then(|before| {
                let both = format!("{}{}", said[before].lower, word.lower);
                Some((before, find(&stem(&both))?))
            });
            let own = self.utterance.names(at, self.tool) || name.contains(&word.stem);
            let alone = || Some((at, find(&word.stem).filter(|_| !own)?));
            let (from, listed) = joined.or_else(alone)?;
            (!self.used[from..=at].contains(&true)).then_some((from, at + 1, listed))
        });
        found.map(|(from, to, listed)| (from, to, singular(&listed.lower)))
    }

    fn counted(&self) -> Option<(usize, usize)> {
        let words = &self.utterance.words;
        let numbers = self.utterance.numbers.iter().map(|it| it.at.end);
        let articles = (0..words.len())
            .filter(|it| matches!(words[*it].lower.as_str(), "a" | "an" | "the" | "of" | "for"))
            .map(|it| it + 1);
        let mut begins = numbers.chain(articles);
        begins.find_map(|from| {
            let noun = |at: &usize| {
                let it = &words[*at];
                !self.used[*at] && it.is_content() && !self.utterance.names(*at, self.tool)
            };
            let to = (from..words.len())
                .find(|it| !noun(it))
                .unwrap_or(words.len());
            (to > from).then_some((from, to))
        })
    }

    /// Sets a text from a run of words.
    fn take(&mut self, property: &Property<'a>, from: usize, to: usize) {
        let said = self.utterance.said(from, to);
        let text = if Role::of(property).is_name() {
            titled(said)
        } else {
            said.to_owned()
        };
        self.set(property, text);
        self.strike(from, to);
    }

    fn starts_with_preposition(&self, at: usize) -> bool {
        let word = self.utterance.words.get(at);
        word.is_none_or(|it| is_preposition(&it.lower))
    }

    /// "red, green and blue" as a list.
    pub(super) fn enumeration(&mut self) -> Vec<Value> {
        let Some((from, to)) = self.left_over() else {
            return Vec::new();
        };
        let said = self.utterance.said(from, to).to_owned();
        self.strike(from, to);
        let parts = said.split(',').flat_map(|it| it.split(" and "));
        let parts = parts.map(|it| it.trim().trim_start_matches("and ").trim());
        parts.filter(|it| !it.is_empty()).map(Value::from).collect()
    }
}

fn is_text(property: &Property<'_>) -> bool {
    matches!(property.kind, Kind::Text { .. })
}

/// A name that was typed in small letters, as names are written.
fn titled(said: &str) -> String {
    let small = !said.contains(char::is_uppercase) && !said.contains(['@', '/', '_']);
    if !small {
        return said.to_owned();
    }
    let words = said.split(' ').map(|it| {
        let mut letters = it.chars();
        let first = letters.next().map(char::to_uppercase);
        first
            .into_iter()
            .flatten()
            .chain(letters)
            .collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}
