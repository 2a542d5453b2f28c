//! Where a name or a phrase begins and ends.

use crate::engine::brain::rules::{
    fill::Page,
    synonym,
    tool::Property,
    words::{is_preposition, is_stop_word, is_tail, stem},
};

/// The longest name in small letters, in words.
const LONGEST_NAME: usize = 3;

/// Small words that may stand inside a name: "Ludwig van Beethoven", "Rio de Janeiro".
const INSIDE: [&str; 8] = ["de", "da", "del", "la", "van", "von", "der", "of"];

/// Words between a preposition and a name: "for the customer Ada", "in the city of Paris".
const BEFORE: [&str; 12] = [
    "the", "a", "an", "my", "our", "called", "named", "is", "of", "number", "mister", "miss",
];

/// Capitals that name a time and nobody.
const TIMES: [&str; 19] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl<'a> Page<'_, 'a> {
    /// A run of capitalized words that begins here.
    pub(super) fn proper(&self, from: usize) -> Option<(usize, usize)> {
        let words = &self.utterance.words;
        let capital = |at: usize| {
            let word = words.get(at).filter(|_| !self.used[at]);
            word.is_some_and(|it| it.is_capital() && !TIMES.contains(&it.lower.as_str()))
        };
        if !capital(from) {
            return None;
        }
        let mut to = from + 1;
        while words[to - 1].stop.is_none() {
            let inside = words
                .get(to)
                .is_some_and(|it| INSIDE.contains(&it.lower.as_str()));
            let step = if inside && words[to].stop.is_none() {
                2
            } else {
                1
            };
            if !capital(to + step - 1) {
                break;
            }
            to += step;
        }
        Some((from, to))
    }

    /// Whether a capital here is one of a name: not of the first word, unless that is no other word.
    pub(super) fn may_begin(&self, at: usize) -> bool {
        let word = &self.utterance.words[at];
        let own = self.utterance.names(at, self.tool);
        let inside = at.checked_sub(1).is_some_and(|it| {
            let before = &self.utterance.words[it];
            before.is_capital() && !before.first && before.stop.is_none() && !self.used[it]
        });
        let alone = self.proper(at).is_some_and(|(from, to)| to - from == 1);
        let plain = word.first && (is_stop_word(&word.lower) || alone);
        !inside && !own && !plain
    }

    /// "Paris" in "Paris weather, please."
    pub(super) fn leading_name(&self) -> Option<(usize, usize)> {
        let first = self.utterance.words.first()?;
        let plain = is_stop_word(&first.lower) || !synonym::of_stem(&first.stem).is_empty();
        let leads = self.utterance.words.len() > 1 && self.utterance.names(1, self.tool);
        let own = self.utterance.names(0, self.tool);
        self.proper(0).filter(|_| leads && !plain && !own)
    }

    /// A name in small letters, where nothing that was said has capitals.
    pub(super) fn lower_case_name(
        &self,
        property: &Property<'a>,
        from: usize,
    ) -> Option<(usize, usize)> {
        let words = &self.utterance.words;
        let typed = words.iter().all(|it| !it.is_capital() || it.first);
        let article = from
            .checked_sub(1)
            .is_some_and(|it| matches!(words[it].lower.as_str(), "a" | "an"));
        if !typed || article {
            return None;
        }
        let label = |at: usize| property.words.iter().any(|it| stem(it) == words[at].stem);
        let fits = |at: &usize| {
            let word = &words[*at];
            let plain = !is_stop_word(&word.lower) && !is_preposition(&word.lower);
            plain && !self.used[*at] && !is_tail(&word.lower) && !label(*at)
        };
        let most = (from + LONGEST_NAME).min(words.len());
        let mut to = from;
        while to < most && fits(&to) {
            to += 1;
            if words[to - 1].stop.is_some() {
                break;
            }
        }
        (to > from).then_some((from, to))
    }

    /// Everything from here to the end of the sentence, or to a word that is used.
    pub(super) fn phrase(&self, from: usize) -> Option<(usize, usize)> {
        let words = &self.utterance.words;
        let mut to = from;
        while to < words.len() && !self.used[to] {
            to += 1;
            if words[to - 1].ends_sentence() {
                break;
            }
        }
        let to = self.without_joints(from, to);
        (to > from).then_some((from, to))
    }

    /// A phrase doesn't end with the word that leads on to the next.
    pub(super) fn without_joints(&self, from: usize, to: usize) -> usize {
        if to <= from {
            return from;
        }
        let mut to = self.utterance.without_tail(from, to);
        let joint = |it: usize| {
            let lower = &self.utterance.words[it].lower;
            is_preposition(lower) || matches!(lower.as_str(), "a" | "an" | "the")
        };
        while to > from && joint(to - 1) {
            to -= 1;
        }
        to
    }

    /// Where what is named begins, after articles and the name of the argument.
    pub(super) fn after_label(&self, mut at: usize) -> usize {
        let words = &self.utterance.words;
        let label = |it: &str| {
            let mut all = self.tool.properties.iter().flat_map(|it| &it.words);
            BEFORE.contains(&it) || all.any(|name| name == it)
        };
        while at + 1 < words.len() && label(&words[at].lower) && !words[at].is_capital() {
            at += 1;
        }
        at
    }
}
