//! What stands out in an event, for one line of the console.

use serde_json::Value;

/// The longest summary, in letters.
const LONGEST: usize = 120;

/// Where the telling part of an event may be, the most telling first.
const TELLING: [&str; 16] = [
    "/error/message",
    "/message",
    "/delta",
    "/transcript",
    "/text",
    "/item/name",
    "/item/content/0/text",
    "/item/content/0/transcript",
    "/item/output",
    "/arguments",
    "/tool",
    "/function",
    "/response/status_details/error/message",
    "/response/status",
    "/item/type",
    "/model",
];

/// Returns the type of an event, or the kind of a happening.
pub(super) fn kind(event: &Value) -> &str {
    let word = |key| event.get(key).and_then(Value::as_str);
    word("type").or_else(|| word("kind")).unwrap_or("untyped")
}

/// Returns what stands out in an event; empty where nothing does.
pub(super) fn of(event: &Value) -> String {
    let texts = TELLING
        .iter()
        .filter_map(|path| event.pointer(path)?.as_str());
    let telling = texts.map(str::trim).find(|text| !text.is_empty());
    let mut summary = String::new();
    let mut letters = telling.unwrap_or_default().chars();
    for letter in letters.by_ref().take(LONGEST) {
        summary.push(if letter.is_control() { ' ' } else { letter });
    }
    if letters.next().is_some() {
        summary.push('…');
    }
    summary
}
