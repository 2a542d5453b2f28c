//! Which tool an utterance means.

use std::collections::{HashMap, HashSet};

use super::{
    fill::{Filled, fill},
    synonym,
    tool::{Kind, Known},
    utterance::{Utterance, likeness},
    words::stem,
};

/// A tool with less evidence than this is not meant.
const ENOUGH: f64 = 0.9;
/// A synonym says this much of what the word itself would.
const SYNONYM: f64 = 0.7;
/// The first word that says something is what is to be done.
const FIRST_WORD: f64 = 1.4;
/// Numbers speak for a tool that takes some.
const NUMBERS: f64 = 0.3;
/// Each argument that the words give.
const ARGUMENT: f64 = 0.4;
/// What is left of the evidence where the words don't give what must be given.
const INCOMPLETE: f64 = 0.6;

/// The tools of a session, with how much each word tells them apart.
#[derive(Debug)]
pub(super) struct Tools<'a> {
    pub(super) known: Vec<Known<'a>>,
    /// In how many tools a stem is.
    spread: HashMap<String, usize>,
}

/// A tool and what it would be given.
#[derive(Debug)]
pub(super) struct Pick<'t, 'a> {
    pub(super) tool: &'t Known<'a>,
    pub(super) filled: Filled<'t, 'a>,
    score: f64,
}

impl Pick<'_, '_> {
    /// Whether it can be called.
    pub(super) fn is_complete(&self) -> bool {
        self.filled.missing.is_empty()
    }
}

impl<'a> Tools<'a> {
    pub(super) fn new(tools: &'a [rtmcp_core::session::FunctionTool]) -> Self {
        let known: Vec<Known<'a>> = tools.iter().map(Known::new).collect();
        let mut spread: HashMap<String, usize> = HashMap::new();
        for stem in known.iter().flat_map(|it| it.weights.keys()) {
            *spread.entry(stem.clone()).or_default() += 1;
        }
        Self { known, spread }
    }

    /// Returns the tool that is meant, or None when none is.
    pub(super) fn pick(&self, text: &str) -> Option<Pick<'_, 'a>> {
        let utterance = Utterance::new(text);
        let evidence = self
            .known
            .iter()
            .map(|it| (it, self.evidence(it, &utterance)));
        let meant = evidence.filter(|(_, evidence)| *evidence >= ENOUGH);
        best(meant.map(|(tool, evidence)| judge(tool, evidence, &utterance)))
    }

    /// Returns the likeliest tool, however unlikely it is.
    pub(super) fn pick_any(&self, text: &str) -> Option<Pick<'_, 'a>> {
        let utterance = Utterance::new(text);
        let judged = self
            .known
            .iter()
            .map(|it| judge(it, self.evidence(it, &utterance) + 0.01, &utterance));
        best(judged)
    }

    fn evidence(&self, tool: &Known<'_>, utterance: &Utterance<'_>) -> f64 {
        let mut seen = HashSet::new();
        let mut sum = 0.0;
        let mut is_first = true;
        for (at, word) in utterance.words.iter().enumerate() {
            if !word.is_content() || utterance.is_number(at) {
                continue;
            }
            let first = std::mem::replace(&mut is_first, false);
            if !seen.insert(word.stem.clone()) {
                continue;
            }
            let named = likeness(word, &tool.name) > 0.0;
            let boost = if first && named { FIRST_WORD } else { 1.0 };
            sum += boost * self.weight(tool, word);
        }
        for stands_for in synonym::of_phrases(&utterance.words) {
            let best = stands_for
                .iter()
                .map(|it| SYNONYM * self.weight_of(tool, it));
            sum += best.fold(0.0, f64::max);
        }
        sum + self.compounds(tool, utterance) + numbers_fit(tool, utterance)
    }

    fn weight(&self, tool: &Known<'_>, word: &super::words::Word<'_>) -> f64 {
        let own = self.weight_of(tool, &word.stem);
        let others = synonym::of_stem(&word.stem);
        let others = others.iter().map(|it| SYNONYM * self.weight_of(tool, it));
        let best = others.fold(own, f64::max);
        if best > 0.0 {
            return best;
        }
        let misheard = likeness(word, &tool.name);
        if misheard > 0.0 { 3.0 * misheard } else { 0.0 }
    }

    fn weight_of(&self, tool: &Known<'_>, stem: &str) -> f64 {
        let weight = tool.weights.get(stem).copied().unwrap_or_default();
        weight * self.rarity(stem)
    }

    /// 1 for a word of one tool, less the more tools have it.
    fn rarity(&self, stem: &str) -> f64 {
        let tools = self.known.len().max(1) as f64;
        let spread = self.spread.get(stem).copied().unwrap_or(1).max(1) as f64;
        (1.0 + tools / spread).ln() / (1.0 + tools).ln()
    }

    /// "look up" may be `lookup` in a name.
    fn compounds(&self, tool: &Known<'_>, utterance: &Utterance<'_>) -> f64 {
        let joined =
            |pair: &[super::words::Word<'_>]| stem(&format!("{}{}", pair[0].lower, pair[1].lower));
        let pairs = utterance.words.windows(2).map(joined);
        pairs.map(|it| self.weight_of(tool, &it)).sum()
    }
}

fn numbers_fit(tool: &Known<'_>, utterance: &Utterance<'_>) -> f64 {
    let takes = tool
        .properties
        .iter()
        .any(|it| matches!(it.kind, Kind::Number(_)));
    if takes && !utterance.numbers.is_empty() {
        NUMBERS
    } else {
        0.0
    }
}

fn judge<'t, 'a>(tool: &'t Known<'a>, evidence: f64, utterance: &Utterance<'_>) -> Pick<'t, 'a> {
    let filled = fill(tool, utterance);
    let given = evidence + ARGUMENT * filled.given as f64;
    let score = if filled.missing.is_empty() {
        given
    } else {
        given * INCOMPLETE
    };
    Pick {
        tool,
        filled,
        score,
    }
}

/// The best; of equals, the one that was listed first.
fn best<'t, 'a>(picks: impl Iterator<Item = Pick<'t, 'a>>) -> Option<Pick<'t, 'a>> {
    picks.reduce(|best, it| if it.score > best.score { it } else { best })
}
