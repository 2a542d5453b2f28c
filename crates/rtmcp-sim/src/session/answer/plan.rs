//! [`Plan`]: what a piece of a response will send, and when.

use std::collections::VecDeque;

use rtmcp_core::Timestamp;

use crate::{
    config::Pacing,
    session::{
        input::{duration, samples_in},
        tokens::{SAMPLES_OUT, Tokens},
    },
};

/// Bytes of one delta of arguments, about a token.
const ARGUMENT_BYTES: usize = 5;

/// What a piece will send, in order.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: VecDeque<Step>,
    /// The tokens of the response ran out before the end.
    pub(crate) cut: bool,
}

/// One delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    pub(crate) what: Delta,
}

/// How far a delta goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delta {
    /// To this byte of the text.
    Text(usize),
    /// To this sample of the sound.
    Sound(usize),
}

/// When a plan begins, how fast it goes, and how many tokens it may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) now: Timestamp,
    pub(crate) pacing: Pacing,
    pub(crate) tokens: Option<u64>,
}

impl Plan {
    /// A text, word by word.
    pub(crate) fn text(text: &str, budget: Budget) -> Self {
        Self::paced_text(text, &ends(words(text)), budget)
    }

    /// The arguments of a call, bit by bit.
    pub(crate) fn arguments(arguments: &str, budget: Budget) -> Self {
        let mut ends: Vec<usize> = (ARGUMENT_BYTES..arguments.len())
            .step_by(ARGUMENT_BYTES)
            .map(|end| arguments.floor_char_boundary(end))
            .collect();
        ends.push(arguments.len());
        ends.dedup();
        Self::paced_text(arguments, &ends, budget)
    }

    /// Speech in chunks, each after the words that begin in it.
    pub(crate) fn speech(text: &str, samples: usize, budget: Budget) -> Self {
        let chunk = samples_in(budget.pacing.audio_chunk()).max(1);
        let mut words = ends(words(text)).into_iter().peekable();
        let mut said = 0;
        let mut plan = Self::default();
        for start in (0..samples).step_by(chunk) {
            let end = (start + chunk).min(samples);
            let at = budget.now + budget.pacing.audio_delay(duration(start));
            // A word is as far into the text as its sound is into the speech.
            while let Some(word_end) = words.next_if(|_| said * samples < end * text.len()) {
                plan.push(at, Delta::Text(word_end), text, budget);
                said = word_end;
            }
            plan.push(at, Delta::Sound(end), text, budget);
        }
        for word_end in words {
            let at = budget.now + budget.pacing.audio_delay(duration(samples));
            plan.push(at, Delta::Text(word_end), text, budget);
        }
        plan
    }

    fn paced_text(text: &str, ends: &[usize], budget: Budget) -> Self {
        let mut plan = Self::default();
        for (index, end) in (0u32..).zip(ends.iter().filter(|end| **end > 0)) {
            let at = budget.now + budget.pacing.text_delay(index);
            plan.push(at, Delta::Text(*end), text, budget);
        }
        plan
    }

    fn push(&mut self, at: Timestamp, what: Delta, text: &str, budget: Budget) {
        self.cut |= budget
            .tokens
            .is_some_and(|left| self.cost(what, text) > left);
        if !self.cut {
            self.steps.push_back(Step { at, what });
        }
    }

    /// The tokens of all steps and of one more.
    fn cost(&self, next: Delta, text: &str) -> u64 {
        let (mut words, mut samples) = (0, 0);
        let recent = self.steps.iter().rev().map(|step| step.what);
        for what in std::iter::once(next).chain(recent) {
            match what {
                Delta::Text(end) => words = words.max(end),
                Delta::Sound(end) => samples = samples.max(end as u64),
            }
        }
        Tokens::of_text(&text[..words]).text + samples.div_ceil(SAMPLES_OUT)
    }
}

/// The words of a text, each with the space before it.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let letters = rest
            .find(|it: char| !it.is_whitespace())
            .unwrap_or(rest.len());
        let end = rest[letters..].find(char::is_whitespace);
        let (word, after) = rest.split_at(end.map_or(rest.len(), |end| letters + end));
        words.push(word);
        rest = after;
    }
    words
}

/// Returns where the last word ends that is whole in the first `end` bytes of a text.
pub(crate) fn whole_words(text: &str, end: usize) -> usize {
    let ends = ends(words(text)).into_iter();
    ends.take_while(|it| *it <= end).last().unwrap_or(0)
}

fn ends(words: Vec<&str>) -> Vec<usize> {
    let lengths = words.into_iter().map(str::len);
    lengths
        .scan(0, |end, length| {
            *end += length;
            Some(*end)
        })
        .collect()
}

#[cfg(test)]
mod tests;
