//! [`Cut`]: what of a result isn't shown, and the notice that says so to the model.

use std::collections::BTreeMap;

use rtmcp_core::Private;
use serde_json::json;

use super::fit::{Lost, What};
use crate::read_more::READ_MORE;

/// How much of a result the model reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// What the model reads, in estimated tokens.
    pub shown: usize,
    /// What all of it would have been.
    pub total: usize,
    /// What the model is told: what was cut, and how to read the rest.
    pub notice: Private<String>,
}

/// What is missing of the part of a result that has this handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) handle: String,
    pub(super) lost: Lost,
}

/// Whether the model can read the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Kept,
    /// The result is larger than what is kept.
    TooLarge,
    /// Nothing is.
    Gone,
}

/// Says what is missing, and how to read it.
pub(super) fn notice(missing: &[Missing], rest: Rest) -> String {
    let groups = groups(missing);
    let facts: Vec<String> = groups.iter().take(FACTS).map(|group| fact(group)).collect();
    let mut words = format!("[cut: {}", facts.join("; "));
    let more: usize = groups.iter().skip(FACTS).map(Vec::len).sum();
    if more > 0 {
        words.push_str(&format!("; and {more} more places, each marked with …"));
    }
    match (rest, groups.first().and_then(|group| group.first())) {
        (Rest::Kept, Some(first)) => {
            words.push_str(&format!(". To read on: {READ_MORE} {}]", arguments(first)));
        }
        (Rest::TooLarge, _) => words.push_str(". The rest is too large to be kept]"),
        (Rest::Gone, _) => words.push_str(". The rest can't be read]"),
        (Rest::Kept, None) => words.push(']'),
    }
    words
}

/// Returns the arguments that read what is missing.
pub(super) fn arguments(missing: &Missing) -> String {
    let mut arguments = json!({ "handle": missing.handle });
    if !missing.lost.path.is_empty() {
        arguments["path"] = missing.lost.path.as_str().into();
    }
    if missing.lost.shown > 0 && !matches!(missing.lost.what, What::Fields | What::Parts) {
        arguments["from"] = missing.lost.shown.into();
    }
    arguments.to_string()
}

/// Groups what is missing in the same way at places that differ by a number alone; what is missing
/// near the top comes first.
fn groups(missing: &[Missing]) -> Vec<Vec<&Missing>> {
    let mut groups: BTreeMap<_, Vec<&Missing>> = BTreeMap::new();
    for it in missing {
        let path = pattern(&it.lost.path);
        let depth = path.matches('/').count();
        let key = (
            it.lost.what == What::Inner,
            depth,
            it.lost.what,
            it.handle.clone(),
            path,
        );
        groups.entry(key).or_default().push(it);
    }
    groups.into_values().collect()
}

fn fact(group: &[&Missing]) -> String {
    let Some(first) = group.first() else {
        return String::new();
    };
    let lost = &first.lost;
    let place = match (pattern(&lost.path).as_str(), group.len()) {
        ("", _) => String::new(),
        (_, 1) => format!(" of {}", short(&lost.path)),
        (pattern, _) => format!(" of {}", short(pattern)),
    };
    let what = match lost.what {
        What::Items => "items",
        What::Fields => "fields",
        What::Characters => "characters",
        What::Lines => "lines",
        What::Parts => "parts of the result",
        What::Inner => return format!("{} only named{place}", count(group.len(), "value")),
    };
    match (group.len(), lost.what) {
        // A field's path is that of the first one that is missing.
        (_, What::Fields) => format!("{} of {} {what} are shown", lost.shown, lost.total),
        (1, _) => format!("{} of {} {what}{place} are shown", lost.shown, lost.total),
        (many, What::Characters) => format!("{many} texts{place} are cut"),
        (many, _) => format!("{many} lists{place} are cut"),
    }
}

fn count(count: usize, word: &str) -> String {
    let s = if count == 1 { " is" } else { "s are" };
    format!("{count} {word}{s}")
}

/// Puts a sign in place of numbers: `/orders/*/note`.
fn pattern(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.parse::<usize>() {
        Ok(_) => "*",
        Err(_) => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn short(path: &str) -> String {
    match path.char_indices().nth(PATH) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path.to_owned(),
    }
}

/// Things that a notice says before it only counts.
const FACTS: usize = 3;

/// Characters of a path that a notice shows.
const PATH: usize = 60;
