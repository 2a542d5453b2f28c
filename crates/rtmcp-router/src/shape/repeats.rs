//! [`repeats`]: whether the text of a result says already what its structured part says.

use rtmcp_core::{ResourceBody, ToolContent};
use serde_json::Value;

/// Tells whether the text already says what the structured result says.
///
/// MCP asks servers to put the JSON of a structured result into the text as well, and many write
/// it as a sentence instead. Either way the model should read it once; but a text such as "3
/// results" must not hide the results.
pub(super) fn repeats(content: &[ToolContent], structured: &Value) -> bool {
    let words: Vec<&str> = content.iter().filter_map(words).collect();
    if words.is_empty() {
        return false;
    }
    if let [one] = words.as_slice()
        && one.trim_start().starts_with(['{', '[', '"'])
        && serde_json::from_str::<Value>(one).is_ok_and(|value| value == *structured)
    {
        return true;
    }
    let mut leaves = Vec::new();
    collect_leaves(structured, &mut leaves);
    if leaves.len() >= LEAVES || words.iter().map(|it| it.len()).sum::<usize>() > WORDS {
        return false;
    }
    leaves.iter().all(|leaf| {
        let escaped = leaf.to_string();
        let plain = leaf.as_str().unwrap_or(&escaped).trim();
        let inner = escaped.trim_matches('"');
        words
            .iter()
            .any(|text| has_words(text, plain) || has_words(text, inner))
    })
}

fn words(part: &ToolContent) -> Option<&str> {
    match part {
        ToolContent::Text(words)
        | ToolContent::Resource {
            body: ResourceBody::Text(words),
            ..
        } => Some(words.expose()),
        _ => None,
    }
}

/// Tells whether `words` stand in `text`, not as a part of longer words: 1 is not said by 18.
fn has_words(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        let open = |edge: Option<char>, outside: Option<char>| {
            !edge.is_some_and(char::is_alphanumeric) || !outside.is_some_and(char::is_alphanumeric)
        };
        open(words.chars().next(), before) && open(words.chars().next_back(), after)
    })
}

/// Collects what a value says, up to a number that is enough to judge by.
fn collect_leaves<'v>(value: &'v Value, leaves: &mut Vec<&'v Value>) {
    if leaves.len() >= LEAVES {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_leaves(item, leaves)),
        Value::Object(fields) => fields
            .values()
            .for_each(|item| collect_leaves(item, leaves)),
        Value::Bool(_) | Value::String(_) | Value::Number(_) => leaves.push(value),
        Value::Null => {}
    }
}

/// Values of a structured result that are looked for in the text: more are no sentence.
const LEAVES: usize = 256;

/// Bytes of text in which they are looked for.
const WORDS: usize = 64 * 1024;
