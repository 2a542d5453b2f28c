//! Which tools fit a query best: BM25 over their names and words.
//!
//! It is lexical, so that it needs no model and the same query finds the same tools everywhere; the
//! model that asks is good at other words for the same thing, and asks again.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Entry, Tool};

/// The words that a tool is found by, with their weights.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    weights: BTreeMap<String, f64>,
    length: f64,
}

impl Terms {
    /// Takes the words of what a server says of a tool.
    pub(crate) fn of(tool: &Tool) -> Self {
        let mut terms = Self::default();
        terms.add(&tool.spec.name, NAME);
        terms.add(tool.spec.title.as_deref().unwrap_or_default(), TITLE);
        terms.add(tool.description.as_deref().unwrap_or_default(), WORDS);
        if let Ok(schema) = &tool.schema {
            let properties = schema.parameters.get("properties");
            let properties = properties.and_then(|it| it.as_object());
            for (name, property) in properties.into_iter().flatten() {
                terms.add(name, PARAMETER);
                let words = property.get("description").and_then(|it| it.as_str());
                terms.add(words.unwrap_or_default(), PARAMETER_WORDS);
            }
        }
        terms
    }

    fn add(&mut self, text: &str, weight: f64) {
        for word in words(text) {
            *self.weights.entry(word).or_default() += weight;
            self.length += weight;
        }
    }
}

/// Returns the functions that fit a query, the best first; those that fit alike in their own order.
pub(super) fn rank<'e>(query: &str, entries: &[&'e Entry]) -> Vec<&'e Entry> {
    let wanted: BTreeSet<String> = words(query).collect();
    let own: Vec<Terms> = entries.iter().map(|entry| own_terms(entry)).collect();
    let weight = |at: usize, word: &String| {
        let (tool, own) = (&entries[at].tool.terms, &own[at]);
        tool.weights.get(word).unwrap_or(&0.0) + own.weights.get(word).unwrap_or(&0.0)
    };
    let length = |at: usize| entries[at].tool.terms.length + own[at].length;
    let count = entries.len() as f64;
    let average = (0..entries.len()).map(length).sum::<f64>() / count.max(1.0);
    let mut scores = vec![0.0; entries.len()];
    for word in &wanted {
        let having = (0..entries.len())
            .filter(|at| weight(*at, word) > 0.0)
            .count() as f64;
        let rarity = (1.0 + (count - having + 0.5) / (having + 0.5)).ln();
        for (at, score) in scores.iter_mut().enumerate() {
            let weight = weight(at, word);
            let norm = SATURATION * (1.0 - LENGTH + LENGTH * length(at) / average.max(1.0));
            *score += rarity * weight * (SATURATION + 1.0) / (weight + norm);
        }
    }
    let mut ranked: Vec<(f64, &Entry)> = scores
        .into_iter()
        .zip(entries.iter().copied())
        .filter(|(score, _)| *score > 0.0)
        .collect();
    // A stable sort: equal scores stay in the order of the catalog.
    ranked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    ranked.into_iter().map(|(_, entry)| entry).collect()
}

/// The words of what the owner calls the tool and its server.
fn own_terms(entry: &Entry) -> Terms {
    let mut terms = Terms::default();
    if entry.function.as_str() != entry.at.tool {
        terms.add(entry.function.as_str(), NAME);
    }
    terms.add(entry.at.server.as_str(), SERVER);
    if entry.description != entry.tool.description {
        terms.add(entry.description.as_deref().unwrap_or_default(), WORDS);
    }
    terms
}

/// Takes a text apart into words, in the form in which they are compared: `getOrders` is `get` and
/// `order`.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut before = None;
    for c in text.chars() {
        let camel = c.is_uppercase() && before.is_some_and(char::is_lowercase);
        if camel || !c.is_alphanumeric() {
            found.push(std::mem::take(&mut word));
        }
        if is_ideograph(c) {
            // No spaces part the words of these scripts: pairs of signs stand for them.
            if let Some(before) = before.filter(|it| is_ideograph(*it)) {
                found.push([before, c].iter().collect());
            }
            found.push(c.to_string());
        } else if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    found.push(word);
    found
        .into_iter()
        .filter(|word| !word.is_empty() && !COMMON.contains(&word.as_str()))
        .map(|word| stem(&word))
}

/// Takes the endings of English off that part words which mean the same to a search.
fn stem(word: &str) -> String {
    let long = |rest: &str, least: usize| rest.len() >= least && word.is_ascii();
    for (ending, instead, least) in [
        ("ies", "y", 2),
        ("sses", "ss", 2),
        ("ing", "", 4),
        ("ed", "", 4),
        ("s", "", 3),
    ] {
        if let Some(rest) = word.strip_suffix(ending).filter(|rest| long(rest, least)) {
            if ending == "s" && rest.ends_with(['s', 'u', 'i']) {
                break;
            }
            return format!("{}{instead}", rest.strip_suffix('e').unwrap_or(rest));
        }
    }
    word.strip_suffix('e')
        .filter(|rest| long(rest, 3))
        .unwrap_or(word)
        .to_owned()
}

fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x3040..0x3100 | 0x3400..0xA000 | 0xF900..0xFB00 | 0x2_0000..0x3_2000)
}

/// Words that part nothing.
const COMMON: [&str; 22] = [
    "a", "an", "and", "are", "as", "by", "can", "for", "from", "in", "is", "it", "of", "on", "or",
    "that", "the", "this", "to", "tool", "with", "you",
];

/// How much a word counts for, by where it stands.
const NAME: f64 = 3.0;
const TITLE: f64 = 2.0;
const WORDS: f64 = 1.0;
const PARAMETER: f64 = 0.7;
const PARAMETER_WORDS: f64 = 0.3;
const SERVER: f64 = 1.0;

/// How soon a word that is repeated counts no more, as BM25 is used everywhere.
const SATURATION: f64 = 1.2;

/// How much long descriptions are held down.
const LENGTH: f64 = 0.75;
