//! An utterance, taken apart once for all rules.

use super::{
    number::{Number, numbers},
    synonym,
    tool::Known,
    words::{Word, is_tail, words},
};

/// How alike a misheard word and a word of a tool's name must be.
const MISHEARD: f64 = 0.9;

/// What was said, as words and numbers.
#[derive(Debug)]
pub(super) struct Utterance<'a> {
    pub(super) text: &'a str,
    pub(super) words: Vec<Word<'a>>,
    pub(super) numbers: Vec<Number>,
}

impl<'a> Utterance<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let words = words(text);
        Self {
            text,
            numbers: numbers(&words),
            words,
        }
    }

    /// Whether a word is part of a number.
    pub(super) fn is_number(&self, at: usize) -> bool {
        self.numbers.iter().any(|it| it.at.contains(&at))
    }

    /// Whether a word is part of a tool's name, as it is, by a synonym, or misheard.
    pub(super) fn names(&self, at: usize, tool: &Known<'_>) -> bool {
        let word = &self.words[at];
        word.is_content() && !self.is_number(at) && likeness(word, &tool.name) > 0.0
    }

    /// The text of a run of words, as it was said, without courtesy at its end.
    pub(super) fn said(&self, from: usize, to: usize) -> &'a str {
        let kept = self.without_tail(from, to);
        match (self.words.get(from), kept.checked_sub(1)) {
            (Some(first), Some(last)) if last >= from => {
                &self.text[first.start..self.words[last].end]
            }
            _ => "",
        }
    }

    /// Where a run of words ends before courtesy such as "please".
    pub(super) fn without_tail(&self, from: usize, to: usize) -> usize {
        let tail = self.words[from..to].iter().rev();
        to - tail.take_while(|it| is_tail(&it.lower)).count()
    }
}

/// How well a word stands for one of the stems of a name: 1 as it is, less by a synonym or misheard.
pub(super) fn likeness(word: &Word<'_>, name: &[String]) -> f64 {
    if name.contains(&word.stem) {
        return 1.0;
    }
    if synonym::of_stem(&word.stem)
        .iter()
        .any(|it| name.contains(it))
    {
        return 0.7;
    }
    let alike = |it: &String| {
        let long = it.len() >= 4 && word.stem.len() >= 3;
        long && strsim::jaro_winkler(it, &word.stem) >= MISHEARD
    };
    if name.iter().any(alike) { 0.6 } else { 0.0 }
}
