//! [`read`]: a piece of a result that was kept, in the same budget as the result itself.

use std::sync::Arc;

use rtmcp_core::Private;
use serde_json::{Value, json};

use super::{
    Shaped, Shaping,
    cut::{Missing, Rest, arguments, notice},
    fit::{Fit, Lost, What},
    frame,
    page::{self, Written},
    seam::Seam,
    section::{Body, Section},
    words::Words,
};
use crate::{
    cost::estimate_tokens,
    read_more::{READ_MORE, Request},
    scan,
};

/// Reads a piece of a part of a result.
pub(crate) fn read(shaping: &Arc<Shaping>, part: &Section, request: &Request) -> Shaped {
    let reading = Reading {
        part,
        path: request.path.as_deref().map(str::trim).unwrap_or_default(),
        from: request.from.unwrap_or_default(),
        count: request.count.unwrap_or(usize::MAX),
        seam: Seam::new(&shaping.redaction),
    };
    let orders = !scan::of_result(part.body.written()).is_empty();
    let lead = shaping
        .stranger
        .as_ref()
        .map(|it| frame(it, orders))
        .unwrap_or_default();
    let size = match &part.body {
        Body::Nothing => return Shaped::said(nothing(part)),
        Body::Text(text) | Body::Json(text, _) => text.len(),
    };
    let value = match reading.value() {
        Ok(value) => value,
        Err(words) => return Shaped::said(words),
    };
    let written = page::within(shaping.tokens, size + lead.len() + NOTICE, |room| {
        let (text, notice) = reading.piece(
            value,
            room.saturating_sub(lead.len() + NOTICE.min(room / 3)),
        );
        Written::ending(format!("{lead}{text}"), notice)
    });
    let shown = estimate_tokens(&written.text);
    let mut shaped = Shaped::said(written.text);
    if !written.notice.is_empty() {
        let total = estimate_tokens(part.body.written());
        let notice = Private::new(written.notice);
        shaped.cut = Some(super::Cut {
            shown,
            total,
            notice,
        });
    }
    shaped
}

fn nothing(part: &Section) -> String {
    let label = part.label.as_deref().unwrap_or_default();
    format!("{label} It isn't text: there is no more to read of it. People see it on their page.")
}

/// What is read, and from where.
struct Reading<'r> {
    part: &'r Section,
    path: &'r str,
    from: usize,
    count: usize,
    seam: Seam<'r>,
}

impl<'r> Reading<'r> {
    /// Finds the value that a path leads to; none for a text.
    fn value(&self) -> Result<Option<&'r Value>, String> {
        let handle = &self.part.handle;
        match &self.part.body {
            Body::Json(_, whole) => {
                let found = pointed(whole, self.path).map(Some);
                found.ok_or_else(|| {
                    format!("`{handle}` has nothing at that path. {}", outline(whole))
                })
            }
            _ if self.path.is_empty() || self.path == "/" => Ok(None),
            _ => Err(format!(
                "`{handle}` is text, not JSON: read it without `path`, such as {READ_MORE} {}.",
                json!({ "handle": handle, "from": 0 })
            )),
        }
    }

    /// Returns a piece, and the notice that belongs to it.
    fn piece(&self, value: Option<&Value>, room: usize) -> (String, String) {
        let mut fit = Fit::new(self.seam);
        match value {
            Some(Value::Array(items)) => {
                let end = self.from.saturating_add(self.count).min(items.len());
                let shown = fit.items(&items[..end], self.from.min(end), room, self.path);
                self.told(What::Items, shown.to_string(), end, items.len(), fit.lost)
            }
            Some(Value::Object(fields)) if self.from > 0 || self.count < fields.len() => {
                let end = self.from.saturating_add(self.count).min(fields.len());
                let some = fields.iter().take(end);
                let some = some
                    .map(|(name, field)| (name.clone(), field.clone()))
                    .collect();
                let shown = fit.fields(&some, self.from, room, self.path);
                // In their order, so that they can be counted like items.
                self.told(What::Items, shown.to_string(), end, fields.len(), fit.lost)
            }
            Some(Value::String(text)) => self.words(text, room),
            Some(value) => {
                let shown = fit.value(value, room, self.path);
                self.told(What::Inner, shown.to_string(), 0, 0, fit.lost)
            }
            None => self.words(self.part.body.written(), room),
        }
    }

    /// Reads lines or characters.
    fn words(&self, text: &str, room: usize) -> (String, String) {
        let piece = Words::new(text).piece(self.from, self.count, room, self.seam);
        let what = if piece.by_lines {
            What::Lines
        } else {
            What::Characters
        };
        let words = if piece.text.is_empty() {
            format!(
                "[there is nothing from {} on: it has {}]",
                self.from, piece.total
            )
        } else {
            piece.text.to_owned()
        };
        self.told(what, words, piece.seen, piece.total, Vec::new())
    }

    /// Says what is missing within the piece and behind it.
    fn told(
        &self,
        what: What,
        text: String,
        end: usize,
        total: usize,
        mut lost: Vec<Lost>,
    ) -> (String, String) {
        let goes_on = lost
            .iter()
            .any(|it| it.path == self.path && it.what == what);
        if end < total && !goes_on {
            lost.push(Lost {
                path: self.path.to_owned(),
                what,
                shown: end,
                total,
            });
        }
        for it in &mut lost {
            if it.path == self.path && it.what == what {
                it.total = total;
            }
        }
        let handle = &self.part.handle;
        let missing: Vec<Missing> = lost
            .into_iter()
            .map(|lost| Missing {
                handle: handle.clone(),
                lost,
            })
            .collect();
        let notice = match missing.as_slice() {
            [] => String::new(),
            [one] if one.lost.path == self.path && self.from < one.lost.shown => {
                let (last, total) = (one.lost.shown, one.lost.total);
                let arguments = arguments(one);
                format!(
                    "[{} to {last} of {total}. To read on: {READ_MORE} {arguments}]",
                    self.from + 1
                )
            }
            missing => notice(missing, Rest::Kept),
        };
        (text, notice)
    }
}

/// Finds a value by a JSON Pointer, also one without its first slash.
fn pointed<'v>(whole: &'v Value, path: &str) -> Option<&'v Value> {
    match path {
        "" | "/" | "#" => Some(whole),
        path if path.starts_with('/') => whole.pointer(path),
        path => whole.pointer(&format!("/{}", path.trim_start_matches("#/"))),
    }
}

/// Says what a value has at its top.
fn outline(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("It is a list of {} items: `/0` is the first.", items.len()),
        Value::Object(fields) => {
            let names: Vec<String> = fields
                .keys()
                .take(NAMES)
                .map(|it| super::fit::escaped(it))
                .collect();
            format!("It has: /{}.", super::label(&names.join(", /")))
        }
        _ => "It is a single value.".to_owned(),
    }
}

/// Names that are told where a path leads nowhere.
const NAMES: usize = 12;

/// Bytes of a notice.
const NOTICE: usize = 240;
