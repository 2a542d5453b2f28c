//! [`Page`]: sections put one below the other, within a budget.

use serde_json::Value;

use super::{
    cut::{Missing, Rest, notice},
    fit::{Fit, Lost, What, length},
    seam::Seam,
    section::{Body, Section},
    words::Words,
};
use crate::cost::estimate_tokens;

/// What the model reads of a result, before it is cut.
#[derive(Debug)]
pub(super) struct Page<'p> {
    /// What we say before it.
    pub(super) lead: String,
    pub(super) sections: &'p [Section],
    pub(super) seam: Seam<'p>,
    pub(super) rest: Rest,
}

/// A text that has its place in a budget.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) text: String,
    /// What it says at its end of what is missing.
    pub(super) notice: String,
}

impl Page<'_> {
    /// Returns all of it.
    pub(super) fn whole(&self) -> String {
        let mut text = self.lead.clone();
        for (nth, section) in self.sections.iter().enumerate() {
            if nth > 0 {
                text.push('\n');
            }
            push(&mut text, section, section.body.written());
        }
        text
    }

    /// Returns as much as so many bytes hold, and the notice of what is missing.
    pub(super) fn within(&self, room: usize) -> Written {
        let notes = NOTICE.min(room / 3);
        let mut left = room.saturating_sub(self.lead.len() + notes);
        let shown = self.shown(&mut left);
        let mut bodies: Vec<(usize, usize)> = (0..shown)
            .map(|nth| (natural(&self.sections[nth].body), nth))
            .collect();
        bodies.sort_unstable();
        let mut fitted = vec![(String::new(), Vec::new()); shown];
        for (done, (size, nth)) in bodies.iter().enumerate() {
            let share = left / (bodies.len() - done);
            let (text, lost) = match *size <= share {
                true => (shortest(&self.sections[*nth].body), Vec::new()),
                false => fitted_body(&self.sections[*nth].body, share, self.seam),
            };
            left = left.saturating_sub(text.len());
            fitted[*nth] = (text, lost);
        }
        let mut text = self.lead.clone();
        let mut missing = Vec::new();
        for (nth, (body, lost)) in fitted.into_iter().enumerate() {
            let section = &self.sections[nth];
            if nth > 0 {
                text.push('\n');
            }
            push(&mut text, section, &body);
            let handle = &section.handle;
            missing.extend(lost.into_iter().map(|lost| Missing {
                handle: handle.clone(),
                lost,
            }));
        }
        missing.extend(self.not_shown(shown));
        Written::ending(
            text,
            match missing.is_empty() {
                true => String::new(),
                false => notice(&missing, self.rest),
            },
        )
    }

    /// Returns how many sections there is room for, and takes what their labels need.
    fn shown(&self, left: &mut usize) -> usize {
        let mut shown = 0;
        let mut rest = *left;
        for section in self.sections {
            let label = section.label.as_ref().map_or(0, |it| it.len() + 1) + 1;
            let body = natural(&section.body).min(LEAST);
            let Some(less) = rest.checked_sub(label + body).filter(|_| *left > label) else {
                break;
            };
            rest = less;
            *left -= label;
            shown += 1;
        }
        shown.max(1).min(self.sections.len())
    }

    fn not_shown(&self, shown: usize) -> Option<Missing> {
        let first = self.sections.get(shown)?;
        Some(Missing {
            handle: first.handle.clone(),
            lost: Lost {
                path: String::new(),
                what: What::Parts,
                shown,
                total: self.sections.len(),
            },
        })
    }
}

impl Written {
    /// A text, and below it a notice, where there is one.
    pub(super) fn ending(mut text: String, notice: String) -> Self {
        if !notice.is_empty() {
            text.push('\n');
            text.push_str(&notice);
        }
        Self { text, notice }
    }
}

/// Writes something so that it keeps to a budget of tokens: with less room until it does.
pub(super) fn within(
    tokens: usize,
    whole: usize,
    mut write: impl FnMut(usize) -> Written,
) -> Written {
    // Whatever a token is, it is as long here as in all of it, or nearly.
    let mut room = whole.min(tokens.saturating_mul(MOST_BYTES));
    let mut written = write(room);
    for _ in 0..TRIES {
        let used = estimate_tokens(&written.text);
        if used <= tokens {
            return written;
        }
        room = room.min(written.text.len()).saturating_mul(tokens) / used.max(1) * 31 / 32;
        written = write(room);
    }
    hard(written, tokens)
}

/// Cuts what says little and takes much, such as a name of two hundred signs, wherever that is. The
/// notice stays as long as there is anything else.
fn hard(mut written: Written, tokens: usize) -> Written {
    let end = written.text.len().saturating_sub(written.notice.len());
    let mut body = written.text[..end].trim_end().to_owned();
    while estimate_tokens(&written.text) > tokens {
        let part = if body.is_empty() {
            &mut written.notice
        } else {
            &mut body
        };
        let less = part.floor_char_boundary(part.len() * 7 / 8);
        part.truncate(less);
        written = Written::ending(body.clone(), written.notice);
    }
    written
}

fn push(text: &mut String, section: &Section, body: &str) {
    if let Some(label) = &section.label {
        text.push_str(label);
        if !body.is_empty() {
            text.push('\n');
        }
    }
    text.push_str(body);
}

/// Returns how long a body is at least, with nothing left out.
fn natural(body: &Body) -> usize {
    match body {
        Body::Nothing => 0,
        Body::Text(text) => text.len(),
        Body::Json(text, value) => length(value, text.len()).min(text.len()),
    }
}

fn shortest(body: &Body) -> String {
    match body {
        Body::Json(text, value) if length(value, text.len()) < text.len() => value.to_string(),
        body => body.written().to_owned(),
    }
}

fn fitted_body(body: &Body, room: usize, seam: Seam<'_>) -> (String, Vec<Lost>) {
    match body {
        Body::Nothing => (String::new(), Vec::new()),
        Body::Json(_, value) => fitted_json(value, room, seam),
        Body::Text(text) => {
            let piece = Words::new(text).piece(0, usize::MAX, room.saturating_sub(MARK), seam);
            let Some(lost) = piece.lost() else {
                return (text.clone(), Vec::new());
            };
            let more = lost.total - lost.shown;
            let text = match piece.by_lines {
                true => format!("{}\n… ({more} more lines)", piece.text),
                false => format!("{}… ({more} more characters)", piece.text.trim_end()),
            };
            (text, vec![lost])
        }
    }
}

pub(super) fn fitted_json(value: &Value, room: usize, seam: Seam<'_>) -> (String, Vec<Lost>) {
    let mut fit = Fit::new(seam);
    let shown = fit.value(value, room, "");
    (shown.to_string(), fit.lost)
}

/// Bytes of a notice.
const NOTICE: usize = 320;

/// Bytes of a section that is worth being shown.
const LEAST: usize = 48;

/// Bytes of the words that end a text that was cut.
const MARK: usize = 32;

/// Bytes of a token, at most, that are tried at first.
const MOST_BYTES: usize = 8;

/// How often something is written again with less room.
const TRIES: usize = 6;
