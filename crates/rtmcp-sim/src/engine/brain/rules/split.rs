//! Several requests in one utterance, and requests that lean on the one before.

use serde_json::Value;

use super::{
    pick::{Pick, Tools},
    words::{is_preposition, is_stop_word, words},
};

/// What parts two requests, the longest first.
const SEPARATORS: [&str; 12] = [
    ", and then ",
    " and then ",
    ", and also ",
    " and also ",
    ", and ",
    ", then ",
    " and ",
    ", ",
    "; ",
    ". ",
    "? ",
    "! ",
];

/// Words that open a request which leans on the one before.
const OPENINGS: [&str; 9] = [
    "and what about ",
    "what about ",
    "and how about ",
    "how about ",
    "and also ",
    "also ",
    "and ",
    "then ",
    "or ",
];

/// Returns the requests of an utterance, each whole in itself.
pub(super) fn requests(text: &str, tools: &Tools<'_>) -> Vec<String> {
    let mut requests = Vec::new();
    let mut pieces = pieces(text).into_iter();
    let mut current = pieces
        .next()
        .map(|(_, it)| it.to_owned())
        .unwrap_or_default();
    for (separator, piece) in pieces {
        match next(&current, piece, tools) {
            Some(request) => requests.push(std::mem::replace(&mut current, request)),
            None => current = format!("{current}{separator}{piece}"),
        }
    }
    requests.push(current);
    requests
}

/// Returns a whole request for words that lean on an earlier one: "And in Rome?"
pub(super) fn leaning(earlier: &str, text: &str, tools: &Tools<'_>) -> Option<String> {
    let pick = tools.pick(earlier).filter(Pick::is_complete)?;
    elliptical(earlier, without_opening(text), &pick)
}

fn next(current: &str, piece: &str, tools: &Tools<'_>) -> Option<String> {
    let pick = tools.pick(current).filter(Pick::is_complete)?;
    let piece = without_opening(piece);
    if stands_alone(piece, tools) {
        return Some(piece.to_owned());
    }
    let whole = elliptical(current, piece, &pick)?;
    tools.pick(&whole).filter(Pick::is_complete).map(|_| whole)
}

/// Whether it can be called as it is, and begins like a request.
fn stands_alone(piece: &str, tools: &Tools<'_>) -> bool {
    let words = words(piece);
    let Some(first) = words.first() else {
        return false;
    };
    let fragment = is_preposition(&first.lower)
        || matches!(
            first.lower.as_str(),
            "a" | "an" | "the" | "his" | "her" | "its" | "my" | "our"
        );
    !fragment && words.len() > 1 && tools.pick(piece).is_some_and(|it| it.is_complete())
}

/// The earlier request with the part replaced that the piece stands for.
fn elliptical(earlier: &str, piece: &str, pick: &Pick<'_, '_>) -> Option<String> {
    let piece = piece.trim_end_matches(['?', '.', '!', ' ']);
    let words = words(piece);
    let first = words.first()?;
    if is_preposition(&first.lower) {
        let at = last_word(earlier, &first.lower)?;
        return Some(format!("{}{piece}", &earlier[..at]));
    }
    let named = words.iter().all(|it| it.is_capital());
    if named && !first.lower.contains(|it: char| it.is_ascii_digit()) {
        let at = last_name(earlier, pick)?;
        return Some(format!("{}{piece}", &earlier[..at]));
    }
    let counted = |text: &str| {
        let said = super::utterance::Utterance::new(text);
        let number = said.numbers.last().cloned()?;
        let noun = said
            .words
            .get(number.at.end)
            .is_some_and(|it| !is_stop_word(&it.lower));
        let begins = said.words[number.at.start].start;
        noun.then_some((number.at.start, begins))
    };
    match (counted(earlier), counted(piece)) {
        (Some((_, at)), Some((0, _))) => Some(format!("{}{piece}", &earlier[..at])),
        _ => None,
    }
}

/// Where the last argument that is a name begins, if the request ends with it.
fn last_name(earlier: &str, pick: &Pick<'_, '_>) -> Option<usize> {
    let trimmed = earlier.trim_end_matches(['?', '.', '!', ' ']);
    let values = pick.filled.arguments.values().filter_map(Value::as_str);
    let capital = values.filter(|it| it.starts_with(char::is_uppercase));
    capital
        .filter(|it| trimmed.ends_with(*it))
        .map(|it| trimmed.len() - it.len())
        .next()
}

fn last_word(text: &str, lower: &str) -> Option<usize> {
    let found = words(text).into_iter().rfind(|it| it.lower == lower);
    found.map(|it| it.start)
}

fn without_opening(text: &str) -> &str {
    let text = text.trim();
    let opening = OPENINGS.iter().find(|it| {
        text.get(..it.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(it))
    });
    opening.map_or(text, |it| text[it.len()..].trim_start())
}

/// The pieces between separators, each with the one before it.
fn pieces(text: &str) -> Vec<(&str, &str)> {
    let mut pieces = Vec::new();
    let (mut rest, mut separator) = (text, "");
    while let Some((at, found)) = first_separator(rest) {
        pieces.push((separator, &rest[..at]));
        separator = &rest[at..at + found.len()];
        rest = &rest[at + found.len()..];
    }
    pieces.push((separator, rest));
    pieces
}

fn first_separator(text: &str) -> Option<(usize, &'static str)> {
    let found = SEPARATORS
        .iter()
        .filter_map(|it| text.find(it).map(|at| (at, *it)));
    found.min_by_key(|(at, it)| (*at, usize::MAX - it.len()))
}
