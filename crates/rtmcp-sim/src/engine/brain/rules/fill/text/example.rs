//! Names that a description gives as examples, and that a recognizer wrote down as other words.

use super::is_text;
use crate::engine::brain::rules::{
    fill::{Page, role::Role},
    tool::Property,
    words::words,
};

/// How alike the letters must be.
const LIKENESS: f64 = 0.72;
/// A shorter name is like too many other words, in letters.
const SHORTEST: usize = 7;

impl<'a> Page<'_, 'a> {
    /// "hate a lovelace" is Ada Lovelace, where the description has her as its example.
    ///
    /// What was written down as a name is left as it is.
    pub(in crate::engine::brain::rules::fill) fn examples(&mut self, properties: &[Property<'a>]) {
        for property in properties.iter().filter(|it| is_text(it)) {
            let named = matches!(Role::of(property), Role::Person | Role::Place);
            if !self.is_open(property) || !named {
                continue;
            }
            let found = examples(property.description)
                .into_iter()
                .find_map(|it| Some((self.like(&it)?, it)));
            if let Some(((from, to), example)) = found {
                self.set(property, example);
                self.strike(from, to);
            }
        }
    }

    /// The words that are most like an example, if they are like it at all.
    fn like(&self, example: &str) -> Option<(usize, usize)> {
        let wanted = letters(example);
        let length = example.split(' ').count();
        let said = &self.utterance.words;
        let spans = (0..said.len()).flat_map(|from| {
            let most = (from + length + 2).min(said.len());
            (from + 1..=most).map(move |to| (from, to))
        });
        let rated = spans.filter_map(|(from, to)| {
            let free = !self.used[from..to].contains(&true);
            let written = said[from..to].iter().all(|it| it.is_capital());
            let text = said[from..to]
                .iter()
                .map(|it| it.lower.as_str())
                .collect::<String>();
            let likeness = strsim::normalized_levenshtein(&letters(&text), &wanted);
            (free && !written && likeness >= LIKENESS).then_some((likeness, from, to))
        });
        let best = rated.reduce(|best, it| if it.0 > best.0 { it } else { best });
        best.map(|(_, from, to)| (from, to))
    }
}

/// The capitalized runs of a description, without the beginnings of its sentences.
fn examples(description: &str) -> Vec<String> {
    let words = words(description);
    let names = words.chunk_by(|one, next| {
        one.is_capital() && !one.first && one.stop.is_none() && next.is_capital()
    });
    let names = names.filter(|it| it.iter().all(|it| it.is_capital() && !it.first));
    let names = names.map(|it| it.iter().map(|it| it.text).collect::<Vec<_>>().join(" "));
    names.filter(|it| letters(it).len() >= SHORTEST).collect()
}

fn letters(text: &str) -> String {
    let letters = text.chars().filter(|it| it.is_alphabetic());
    letters.flat_map(char::to_lowercase).collect()
}
