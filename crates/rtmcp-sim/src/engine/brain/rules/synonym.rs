//! Words of everyday English that mean the same to a tool.

use std::{collections::HashMap, sync::LazyLock};

use super::words::{Word, stem};

/// Words of one group may stand for each other.
const GROUPS: &[&[&str]] = &[
    &[
        "weather",
        "temperature",
        "forecast",
        "rain",
        "snow",
        "sunny",
        "cold",
        "warm",
        "degree",
    ],
    &[
        "find", "lookup", "search", "look", "locate", "fetch", "retrieve",
    ],
    &["price", "cost", "quote", "expensive", "charge"],
    &["refund", "reimburse", "repay", "money"],
    &["sum", "add", "plus", "addition", "total"],
    &["subtract", "minus", "difference"],
    &["multiply", "times", "product"],
    &["divide", "quotient"],
    &["echo", "repeat", "say", "speak"],
    &["image", "picture", "photo", "logo"],
    &[
        "create", "open", "add", "start", "raise", "make", "register",
    ],
    &["ticket", "issue", "complaint", "case"],
    &["delete", "remove", "erase", "drop"],
    &["list", "enumerate"],
    &["send", "mail", "deliver"],
    &["email", "mail"],
    &["run", "trigger", "execute", "launch", "perform"],
    &["print", "display"],
    &["toggle", "switch", "turn"],
    &["compress", "zip", "gzip"],
    &["change", "update", "edit", "modify", "set"],
    &["read", "view"],
    &["book", "reserve", "reservation", "schedule"],
    &["customer", "client", "person", "user", "contact"],
    &["city", "town", "place", "location"],
    &["convert", "translate", "exchange"],
    &["environment", "env"],
    &["time", "clock", "hour"],
    &["urgent", "high", "important"],
    &["research", "investigate", "study"],
];

/// Words that only together mean something.
const PHRASES: &[(&str, &[&str])] = &[
    ("how much", &["price", "cost"]),
    ("how many", &["count", "number"]),
    ("look up", &["lookup", "find"]),
    ("pay back", &["refund"]),
    ("money back", &["refund"]),
    ("who is", &["customer", "contact", "person"]),
    ("what time", &["time"]),
    ("where is", &["location", "find"]),
];

/// The stems of each stem's groups, without itself.
static OTHERS: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    let mut others: HashMap<String, Vec<String>> = HashMap::new();
    for group in GROUPS {
        let stems: Vec<String> = group.iter().map(|it| stem(it)).collect();
        for word in &stems {
            let rest = stems.iter().filter(|it| *it != word).cloned();
            others.entry(word.clone()).or_default().extend(rest);
        }
    }
    others
});

/// Returns the stems that may stand for a stem, without itself.
pub(super) fn of_stem(word: &str) -> &'static [String] {
    OTHERS.get(word).map_or(&[], Vec::as_slice)
}

/// Returns the stems that phrases of an utterance stand for, by the phrase.
pub(super) fn of_phrases(words: &[Word<'_>]) -> Vec<Vec<String>> {
    let said = |phrase: &str| {
        words.windows(2).any(|pair| {
            let both = [pair[0].lower.as_str(), pair[1].lower.as_str()];
            phrase.split(' ').eq(both)
        })
    };
    let phrases = PHRASES.iter().filter(|(phrase, _)| said(phrase));
    phrases
        .map(|(_, stand_for)| stand_for.iter().map(|it| stem(it)).collect())
        .collect()
}
