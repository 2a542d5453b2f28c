//! What tools answered, in sentences that a voice can read.

mod json;

use crate::engine::brain::conversation::Output;

/// The longest report of one answer, in characters: half a minute of speech.
const LONGEST: usize = 400;

/// Sentences with these beginnings are addressed to a model and not to a person.
const ASIDES: [&str; 8] = [
    "tell the user",
    "respect that",
    "call it again",
    "correct them",
    "use only",
    "don't call it",
    "you may call",
    "don't repeat",
];

/// Returns what to say of all answers.
pub(super) fn spoken(outputs: &[Output<'_>]) -> String {
    let mut sentences: Vec<String> = Vec::new();
    for output in outputs {
        let sentence = one(output.text);
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences.join(" ")
}

fn one(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return "That is done.".to_owned();
    }
    if let Some(refusal) = not_approved(text) {
        return refusal.to_owned();
    }
    let said = match serde_json::from_str(text) {
        Ok(value) => json::phrases(&value),
        Err(_) => prose(text),
    };
    cut(&sentence(&said))
}

fn not_approved(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|it| lower.contains(it));
    let undone = has(&[
        "not run",
        "wasn't run",
        "not called",
        "not executed",
        "approv",
        "permission",
    ]);
    if has(&[
        "nobody approved",
        "approval expired",
        "approval timed out",
        "not approved in time",
    ]) {
        return Some("Nobody approved that in time, so I didn't do it.");
    }
    let denied = has(&[
        "declined",
        "denied",
        "rejected",
        "not approved",
        "disapproved",
    ]);
    (undone && denied).then_some("That wasn't approved, so I didn't do it.")
}

/// The words of a text, without markup, notes for the model, and JSON that repeats them.
fn prose(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(line) = rest.lines().next() {
        if rest.trim_start().starts_with(['{', '[']) && is_json(rest.trim()) {
            break;
        }
        match line
            .trim()
            .strip_prefix('[')
            .and_then(|it| it.strip_suffix(']'))
        {
            Some(note) => notes.push(format!("There is {}", with_article(note))),
            None => lines.push(line),
        }
        rest = rest
            .get(line.len()..)
            .unwrap_or_default()
            .trim_start_matches(['\r', '\n']);
    }
    let words = lines
        .iter()
        .map(|it| without_markup(it))
        .filter(|it| !it.is_empty());
    let words: Vec<String> = words.map(|it| without_asides(&it)).collect();
    let said = joined(&words);
    match said.trim().is_empty() {
        true if !notes.is_empty() => notes.join(". "),
        true => serde_json::from_str(rest.trim()).map_or_else(
            |_| "That is done.".to_owned(),
            |value| json::phrases(&value),
        ),
        false => said,
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

/// Lines are sentences, also where they end without a sign.
fn joined(lines: &[String]) -> String {
    let mut said = String::new();
    for line in lines {
        if !said.is_empty() {
            let open = said.ends_with(|it: char| it.is_alphanumeric() || it == ')');
            said.push_str(if open { ". " } else { " " });
        }
        said.push_str(line);
    }
    said
}

fn without_markup(line: &str) -> String {
    let line = line.trim().trim_start_matches(['#', '-', '*', '>', ' ']);
    line.replace(['*', '`', '|'], " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn without_asides(line: &str) -> String {
    let pieces = sentences(line).into_iter().filter(|it| {
        let lower = it.trim().to_lowercase();
        !ASIDES.iter().any(|aside| lower.starts_with(aside))
    });
    // What stood in backticks is a function, whose name is read as words.
    let named = |it: &str| it.split(' ').map(as_words).collect::<Vec<_>>().join(" ");
    pieces
        .map(|it| named(it.trim()))
        .collect::<Vec<_>>()
        .join(" ")
}

fn as_words(word: &str) -> String {
    let plain = word
        .chars()
        .all(|it| it.is_ascii_alphanumeric() || "_-.,".contains(it));
    let name = word.contains('_') && plain;
    if name {
        word.replace('_', " ")
    } else {
        word.to_owned()
    }
}

fn with_article(note: &str) -> String {
    let article = if note.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {note}")
}

/// A text with a capital and a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let end = if text.ends_with(['.', '!', '?', ':', '…']) {
        ""
    } else {
        "."
    };
    format!("{first}{}{end}", letters.as_str())
}

/// As many whole sentences as are bearable.
fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut kept = String::new();
    for sentence in sentences(text) {
        if kept.chars().count() + sentence.chars().count() > LONGEST {
            break;
        }
        kept.push_str(sentence);
    }
    if kept.is_empty() {
        let head: String = text.chars().take(LONGEST).collect();
        kept = head
            .rsplit_once(' ')
            .map_or(head.as_str(), |(it, _)| it)
            .to_owned();
        kept.push_str(" …");
    }
    format!("{} There is more.", kept.trim_end())
}

fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices(['.', '!', '?']) {
        let next = text[at + 1..].chars().next();
        if next.is_none_or(char::is_whitespace) {
            sentences.push(&text[from..=at]);
            from = at + 1;
        }
    }
    sentences.push(&text[from..]);
    sentences.retain(|it| !it.trim().is_empty());
    sentences
}

#[cfg(test)]
mod tests;
