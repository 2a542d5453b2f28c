//! From what a tool answered to the text that the model reads, within a budget.

use std::fmt::{self, Write};

use rtmcp_core::{Private, ResourceBody, ToolContent, ToolOutcome, decoded_len};
use serde_json::Value;

use crate::config::MIN_OUTPUT_BUDGET;

/// What the model reads of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shaped {
    /// The text; never empty.
    pub text: Private<String>,
    /// What was cut, where the budget was too small. The text ends with a notice then.
    pub cut: Option<Cut>,
}

/// How much of a result the model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Bytes of the result that are shown.
    pub kept: usize,
    /// Bytes that the result has.
    pub total: usize,
}

/// Writes a result in at most `budget` bytes (at least [`MIN_OUTPUT_BUDGET`]).
pub fn shape(outcome: &ToolOutcome, budget: usize) -> Shaped {
    let mut text = Budgeted::new(budget.max(MIN_OUTPUT_BUDGET));
    let written = write(&mut text, outcome);
    debug_assert!(written.is_ok(), "writing to memory doesn't fail");
    text.finish()
}

fn write(text: &mut Budgeted, outcome: &ToolOutcome) -> fmt::Result {
    let structured = outcome.structured.as_ref().map(Private::expose);
    let said = outcome.content.iter().any(says_something);
    if outcome.is_error {
        text.write_str(match (said, structured) {
            (false, None) => "The tool reported an error without saying what went wrong.",
            _ => "The tool reported an error: ",
        })?;
    }
    let mut first = true;
    for part in outcome.content.iter().filter(|part| says_something(part)) {
        if !first {
            text.write_char('\n')?;
        }
        first = false;
        describe(text, part)?;
    }
    match structured {
        Some(value) if !said => write!(text, "{value}"),
        // There is no room to add to, and no end to what might have to be compared.
        Some(_) if text.is_full() => Ok(()),
        Some(value) if !repeats(&outcome.content, value) => write!(text, "\n{value}"),
        None if !said && !outcome.is_error => {
            text.write_str("The tool finished and returned nothing.")
        }
        _ => Ok(()),
    }
}

fn says_something(part: &ToolContent) -> bool {
    !matches!(part, ToolContent::Text(words) if words.expose().trim().is_empty())
}

/// Writes one part: words as they are, all else as a note in brackets.
fn describe(text: &mut Budgeted, part: &ToolContent) -> fmt::Result {
    match part {
        ToolContent::Text(words) => text.write_str(words.expose()),
        ToolContent::Image { mime, data } => unreadable(text, "image", mime, data),
        ToolContent::Audio { mime, data } => unreadable(text, "audio", mime, data),
        ToolContent::Resource { uri, mime, body } => {
            let mime = mime.as_deref().unwrap_or("unknown type");
            match body {
                ResourceBody::Text(words) => {
                    writeln!(text, "[resource {}, {}]", label(uri), label(mime))?;
                    text.write_str(words.expose())
                }
                ResourceBody::Blob(data) => {
                    write!(text, "[resource {}, ", label(uri))?;
                    write!(text, "{}, {}, not readable here]", label(mime), size(data))
                }
            }
        }
        ToolContent::Link { uri, name, mime } => {
            write!(text, "[link to {}: {}", label(name), label(uri))?;
            if let Some(mime) = mime {
                write!(text, ", {}", label(mime))?;
            }
            text.write_str(", not opened]")
        }
    }
}

fn unreadable(text: &mut Budgeted, what: &str, mime: &str, data: &Private<String>) -> fmt::Result {
    write!(
        text,
        "[{what}, {}, {}, not readable here]",
        label(mime),
        size(data)
    )
}

/// Keeps a stranger's label on one line, and short.
fn label(words: &str) -> String {
    let line = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    line.take(LABEL_CHARS).collect()
}

/// Writes how much a base64 text holds.
fn size(data: &Private<String>) -> String {
    let bytes = decoded_len(data.expose());
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Tells whether the text already says what the structured result says.
///
/// MCP asks servers to put the JSON of a structured result into the text as well, and many write
/// it as a sentence instead. Either way the model should read it once; but a text such as "3
/// results" must not hide the results.
fn repeats(content: &[ToolContent], structured: &Value) -> bool {
    let words: Vec<&str> = content
        .iter()
        .filter_map(|part| match part {
            ToolContent::Text(words) => Some(words.expose().as_str()),
            ToolContent::Resource {
                body: ResourceBody::Text(words),
                ..
            } => Some(words.expose().as_str()),
            _ => None,
        })
        .collect();
    if words.is_empty() {
        return false;
    }
    if let [one] = words.as_slice()
        && serde_json::from_str::<Value>(one).is_ok_and(|value| value == *structured)
    {
        return true;
    }
    let mut leaves = Vec::new();
    collect_leaves(structured, &mut leaves);
    leaves.iter().all(|leaf| {
        let escaped = leaf.to_string();
        let plain = leaf.as_str().unwrap_or(&escaped).trim();
        let inner = escaped.trim_matches('"');
        words
            .iter()
            .any(|text| has_words(text, plain) || has_words(text, inner))
    })
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

/// A text that keeps its first bytes and counts the rest, so that a result of any size costs no
/// more memory than the budget.
struct Budgeted {
    kept: String,
    budget: usize,
    total: usize,
}

impl Budgeted {
    fn new(budget: usize) -> Self {
        Self {
            kept: String::new(),
            budget,
            total: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.total > self.budget
    }

    fn finish(mut self) -> Shaped {
        if !self.is_full() {
            return Shaped {
                text: Private::new(self.kept),
                cut: None,
            };
        }
        // The notice is never longer than with the largest number in both places.
        let room = self
            .budget
            .saturating_sub(notice(self.total, self.total).len());
        let end = seam(&self.kept, room);
        self.kept.truncate(end);
        let cut = Cut {
            kept: self.kept.len(),
            total: self.total,
        };
        self.kept.push_str(&notice(cut.kept, cut.total));
        Shaped {
            text: Private::new(self.kept),
            cut: Some(cut),
        }
    }
}

impl Write for Budgeted {
    fn write_str(&mut self, words: &str) -> fmt::Result {
        // Once something was left out, nothing later may be kept either.
        if self.total == self.kept.len() {
            let room = self.budget.saturating_sub(self.kept.len());
            self.kept
                .push_str(&words[..words.floor_char_boundary(room)]);
        }
        self.total += words.len();
        Ok(())
    }
}

fn notice(kept: usize, total: usize) -> String {
    format!("\n[cut: {kept} of {total} bytes shown]")
}

/// Finds where to cut at or before `room`: after a line or else a word that ends nearby.
fn seam(text: &str, room: usize) -> usize {
    let end = text.floor_char_boundary(room);
    let near = text.floor_char_boundary(end.saturating_sub(room / 8));
    let tail = &text[near..end];
    let line = tail.rfind('\n');
    let word = || tail.rfind(char::is_whitespace);
    line.or_else(word).map_or(end, |at| near + at)
}

/// Characters of a name, address or media type that are shown.
const LABEL_CHARS: usize = 200;

/// Values of a structured result that are looked for in the text.
const LEAVES: usize = 256;
