//! How a tool differs from what was approved of it, in words for people.

use serde_json::{Map, Value};

/// Says what is different, each a fragment.
pub(super) fn words(was: &Value, is: &Value) -> Vec<String> {
    let mut words = Vec::new();
    for part in ["title", "description"] {
        let (was, is) = (was.get(part), is.get(part));
        if was != is {
            words.push(text(part, was, is));
        }
    }
    for (part, called) in [("inputSchema", "argument"), ("outputSchema", "result")] {
        let (was, is) = (was.get(part), is.get(part));
        if was != is {
            schema(called, was, is, &mut words);
        }
    }
    hints(was.get("annotations"), is.get("annotations"), &mut words);
    words
}

fn text(part: &str, was: Option<&Value>, is: Option<&Value>) -> String {
    let quoted = |text: &Value| format!("“{}”", excerpt(text.as_str().unwrap_or_default(), 0));
    match (was, is) {
        (Some(was), None) => format!("its {part} is gone; it was {}", quoted(was)),
        (None, Some(is)) => format!("it has a {part} now: {}", quoted(is)),
        (Some(was), Some(is)) => {
            let (was, is) = (
                was.as_str().unwrap_or_default(),
                is.as_str().unwrap_or_default(),
            );
            // A long text that differs at its end is shown there.
            let same = was.chars().zip(is.chars()).take_while(|(a, b)| a == b);
            let from = same.count().saturating_sub(BEFORE);
            format!(
                "its {part} was “{}” and is “{}”",
                excerpt(was, from),
                excerpt(is, from)
            )
        }
        (None, None) => String::new(),
    }
}

fn excerpt(text: &str, from: usize) -> String {
    let mut shown: String = text.chars().skip(from).take(SHOWN).collect();
    if from > 0 {
        shown.insert(0, '…');
    }
    if text.chars().count() > from + SHOWN {
        shown.push('…');
    }
    shown
}

fn schema(called: &str, was: Option<&Value>, is: Option<&Value>, words: &mut Vec<String>) {
    let before = words.len();
    let none = Map::new();
    let properties = |schema: Option<&Value>| {
        let properties = schema.and_then(|it| it.get("properties"));
        properties
            .and_then(Value::as_object)
            .unwrap_or(&none)
            .clone()
    };
    let (old, new) = (properties(was), properties(is));
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        words.push(format!("{called} `{}` is new", excerpt(name, 0)));
    }
    for (name, value) in &old {
        match new.get(name) {
            None => words.push(format!("{called} `{}` is gone", excerpt(name, 0))),
            Some(now) if now != value => {
                words.push(format!("{called} `{}` has changed", excerpt(name, 0)));
            }
            Some(_) => {}
        }
    }
    if words.len() == before {
        words.push(format!("the schema of its {called}s has changed"));
    }
}

fn hints(was: Option<&Value>, is: Option<&Value>, words: &mut Vec<String>) {
    let said = [
        ("readOnlyHint", "it only reads"),
        ("destructiveHint", "it may destroy something"),
        ("idempotentHint", "it can be repeated without harm"),
        ("openWorldHint", "it reaches a world of unknown things"),
    ];
    for (hint, meaning) in said {
        let (was, is) = (
            was.and_then(|it| it.get(hint)).and_then(Value::as_bool),
            is.and_then(|it| it.get(hint)).and_then(Value::as_bool),
        );
        if was != is {
            words.push(format!(
                "whether {meaning}: it said {}, and says {}",
                answer(was),
                answer(is)
            ));
        }
    }
}

fn answer(hint: Option<bool>) -> &'static str {
    match hint {
        Some(true) => "yes",
        Some(false) => "no",
        None => "nothing",
    }
}

/// Characters of a text that are shown.
const SHOWN: usize = 160;

/// Characters before the first difference that are shown.
const BEFORE: usize = 40;
