//! Values out of a list, and yes or no.

use serde_json::Value;

use super::Page;
use crate::engine::brain::rules::{
    synonym,
    tool::{Kind, Property},
    words::{is_stop_word, name_words, stem},
};

/// How alike a misheard word and a value must be.
const MISHEARD: f64 = 0.92;
/// How near its name an optional value must be said.
const NEAR: usize = 3;

impl<'a> Page<'_, 'a> {
    pub(super) fn choices(&mut self, properties: &[Property<'a>]) {
        for property in properties {
            let Kind::Choice(values) = &property.kind else {
                continue;
            };
            let found = values.iter().filter_map(|value| {
                let (at, length) = self.choice_at(value)?;
                let near = property.required || length > 1 || self.is_named_near(property, at);
                near.then_some((*value, at, length))
            });
            // The longest, and of those the first.
            let best = found.reduce(|best, it| if it.2 > best.2 { it } else { best });
            if let Some((value, at, length)) = best {
                self.strike(at, at + length);
                self.strike_name(property, at, length);
                self.set(property, value.clone());
            }
        }
    }

    /// Where a value is said, and in how many words.
    pub(super) fn choice_at(&self, value: &Value) -> Option<(usize, usize)> {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let wanted: Vec<String> = name_words(&text).iter().map(|it| stem(it)).collect();
        if wanted.is_empty() {
            return None;
        }
        let words = &self.utterance.words;
        let same = |at: usize| {
            let said = words[at..at + wanted.len()].iter();
            said.zip(&wanted).all(|(word, wanted)| word.stem == *wanted)
                && !self.used[at..at + wanted.len()].contains(&true)
        };
        let last = (words.len() + 1).saturating_sub(wanted.len());
        let exact = (0..last).find(|at| same(*at));
        if let Some(at) = exact {
            return Some((at, wanted.len()));
        }
        let [only] = &wanted[..] else {
            return None;
        };
        let alike = |at: &usize| {
            let word = &words[*at];
            let long = only.len() >= 4 && word.is_content() && !self.used[*at];
            let heard = long && strsim::jaro_winkler(only, &word.stem) >= MISHEARD;
            heard || word.is_content() && synonym::of_stem(&word.stem).contains(only)
        };
        (0..words.len()).find(alike).map(|at| (at, 1))
    }

    fn is_named_near(&self, property: &Property<'_>, at: usize) -> bool {
        let from = at.saturating_sub(NEAR);
        let to = (at + NEAR + 1).min(self.utterance.words.len());
        (from..to).any(|it| it != at && self.is_name_word(property, it))
    }

    fn is_name_word(&self, property: &Property<'_>, at: usize) -> bool {
        let said = &self.utterance.words[at];
        let content = property.words.iter().filter(|it| !is_stop_word(it));
        content.map(|it| stem(it)).any(|it| it == said.stem)
    }

    /// "with high priority" is used up with the value.
    fn strike_name(&mut self, property: &Property<'_>, at: usize, length: usize) {
        let from = at.saturating_sub(NEAR);
        let to = (at + length + 1).min(self.utterance.words.len());
        for it in from..to {
            if self.is_name_word(property, it) {
                self.strike(it, it + 1);
            }
        }
        for leading in ["with", "at", "a", "the", "in", "of"] {
            if let Some(before) = at.checked_sub(1)
                && self.utterance.words[before].lower == leading
                && !property.required
            {
                self.strike(before, before + 1);
            }
        }
    }

    pub(super) fn booleans(&mut self, properties: &[Property<'a>]) {
        for property in properties {
            if !matches!(property.kind, Kind::Boolean) || !self.is_open(property) {
                continue;
            }
            let words = &self.utterance.words;
            let said = (0..words.len()).rfind(|at| self.is_name_word(property, *at));
            let plain = words.iter().find_map(|it| match it.lower.as_str() {
                "yes" | "true" | "on" | "enable" => Some(true),
                "no" | "false" | "off" | "disable" => Some(false),
                _ => None,
            });
            let value = match said {
                Some(at) => Some(!self.is_denied(at)),
                None if property.required => plain,
                None => None,
            };
            if let Some(value) = value {
                self.set(property, value);
            }
        }
    }

    fn is_denied(&self, at: usize) -> bool {
        let before = &self.utterance.words[at.saturating_sub(3)..at];
        let deny = [
            "no", "not", "without", "don't", "never", "exclude", "disable",
        ];
        before.iter().any(|it| deny.contains(&it.lower.as_str()))
    }
}
