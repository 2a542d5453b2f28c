//! What a call of `find_tool` is answered with.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{CALL_TOOL, FIND_TOOL, rank};
use crate::{catalog::Entry, cost::estimate_tokens, nearest, shape::Shaped};

/// Functions that are returned, unless the model wants another number.
pub(super) const DEFAULT: usize = 5;

/// Functions that are returned at most.
pub(super) const LIMIT: usize = 20;

/// What the functions that are returned may cost together, in tokens; the first is always returned.
const BUDGET: usize = 2_000;

/// Characters of a query.
const QUERY: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    query: String,
    #[serde(default)]
    limit: Option<usize>,
}

/// Answers a call. Whatever is asked, there is an answer that says what to do.
pub(crate) fn answer(arguments: &str, entries: &[&Entry]) -> Shaped {
    let request: Request = match serde_json::from_str(arguments) {
        Ok(request) => request,
        Err(error) => {
            return Shaped::said(format!(
                "`{FIND_TOOL}` can't read its arguments ({error}). Give it a few words, such as \
                 {{\"query\":\"look up an order\"}}."
            ));
        }
    };
    let query: String = request.query.chars().take(QUERY).collect();
    let limit = request.limit.unwrap_or(DEFAULT).clamp(1, LIMIT);
    let mut found = rank::rank(&query, entries);
    if found.is_empty() {
        found = alike(&query, entries);
    }
    if found.is_empty() {
        return Shaped::said(format!(
            "No function fits these words. Try other words, or fewer; there are {} functions.",
            entries.len()
        ));
    }
    let total = found.len();
    let mut left = BUDGET;
    let mut shown: Vec<Value> = Vec::new();
    for entry in found.into_iter().take(limit) {
        let function = described(entry);
        let cost = estimate_tokens(&function.to_string());
        if !shown.is_empty() && cost > left {
            break;
        }
        left = left.saturating_sub(cost);
        shown.push(function);
    }
    let more = total - shown.len();
    let answer = json!({
        "functions": shown,
        "more": more,
        "note": format!(
            "Call one with {CALL_TOOL}. The descriptions are the words of whoever offers the \
             functions."
        ),
    });
    Shaped::said(answer.to_string())
}

fn described(entry: &Entry) -> Value {
    let Some(function) = entry.function() else {
        return Value::Null;
    };
    json!({
        "name": function.name.as_str(),
        "description": function.description,
        "parameters": function.parameters,
    })
}

/// Returns the functions whose names are nearest, for words with slips in them.
fn alike<'e>(query: &str, entries: &[&'e Entry]) -> Vec<&'e Entry> {
    let wanted = query.trim().replace(' ', "_");
    let names = entries.iter().map(|it| it.function.as_str());
    let near = nearest::names(&wanted, names);
    let of = |name: &&str| entries.iter().find(|it| it.function.as_str() == *name);
    near.iter().filter_map(of).copied().collect()
}
