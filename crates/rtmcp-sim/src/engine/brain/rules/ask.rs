//! Questions for what a tool must be given and the words didn't give.

use serde_json::Value;

use super::{
    fill::Role,
    tool::{Kind, Property},
};

/// Returns the question for an argument.
pub(super) fn question(property: &Property<'_>) -> String {
    let name = property.words.join(" ");
    match &property.kind {
        Kind::Choice(values) => {
            let values: Vec<String> = values.iter().map(|it| plain(it)).collect();
            format!("Which {name}: {}?", listed(&values, "or"))
        }
        Kind::Boolean => format!("Do you want {name}, yes or no?"),
        Kind::Number(_) if is_any(property, &["quantity", "count"]) => "How many?".to_owned(),
        Kind::Number(_) if is_any(property, &["amount", "price"]) => "How much?".to_owned(),
        Kind::Number(_) => format!("Which number for {name}?"),
        Kind::Text { .. } => match Role::of(property) {
            Role::Topic => "What is it about?".to_owned(),
            Role::Speech => format!("What is the {name}?"),
            _ => format!("Which {name}?"),
        },
        Kind::List(_) | Kind::Table(_) | Kind::Any => format!("What is the {name}?"),
    }
}

/// Returns the request with the answer to the question worked in.
pub(super) fn answered(request: &str, property: &Property<'_>, answer: &str) -> String {
    let request = request.trim_end_matches(['.', '?', '!', ' ']);
    let answer = answer.trim();
    let leads = ["for ", "in ", "about ", "on ", "to ", "from ", "at "];
    let led = leads.iter().any(|it| answer.to_lowercase().starts_with(it));
    let joint = match (&property.kind, Role::of(property)) {
        _ if led => "",
        (Kind::Text { .. }, Role::Place) => "in ",
        (Kind::Text { .. }, Role::Person) => "for ",
        (Kind::Text { .. }, Role::Topic) => "about ",
        (Kind::Text { .. }, Role::From) => "from ",
        (Kind::Text { .. }, Role::To) => "to ",
        (Kind::Text { .. }, Role::Thing | Role::Speech | Role::Any | Role::Date) => "",
        _ => return format!("{request} {} {answer}", property.words.join(" ")),
    };
    format!("{request} {joint}{answer}")
}

/// "a, b or c".
pub(super) fn listed(values: &[String], joint: &str) -> String {
    match values {
        [] => String::new(),
        [only] => only.clone(),
        [all @ .., last] => format!("{} {joint} {last}", all.join(", ")),
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn is_any(property: &Property<'_>, names: &[&str]) -> bool {
    property.words.iter().any(|it| names.contains(&it.as_str()))
}
