//! What the TOML reader says is wrong, in the words of the file instead of those of Rust.

/// Words of the reader, and what people read instead.
const WORDS: [(&str, &str); 5] = [
    ("wanted string or table", "expected a word in quotes"),
    ("expected a sequence", "expected a list, such as `[\"…\"]`"),
    ("expected path string", "expected a path in quotes"),
    (
        "expected a nonzero usize",
        "expected a whole number above 0",
    ),
    ("expected usize", "expected a whole number"),
];

/// Says what is wrong with a line of the file. A text that stands there isn't repeated: it may be a
/// key in the wrong place.
pub(super) fn in_words(message: &str, line: &str) -> String {
    let message = message.trim_end();
    let line = line.trim();
    if message == "invalid type: map, expected a sequence" && line.starts_with('[') {
        return format!("there can be several of these: write it with two brackets, `[{line}]`");
    }
    let message = without_text(message);
    let words = WORDS.iter().find(|(theirs, _)| message.ends_with(theirs));
    match words {
        Some((theirs, ours)) => message.replace(theirs, ours),
        None => message,
    }
}

/// Takes out the text that was found where something else was expected.
fn without_text(message: &str) -> String {
    let expected = message.rfind(", expected ");
    match (message.split_once(": string \""), expected) {
        (Some((kind, _)), Some(at)) => format!("{kind}: text in quotes{}", &message[at..]),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn a_text_in_the_wrong_place_is_not_repeated() {
        let message = "invalid type: string \"sk-1, expected \\\"x\", expected a sequence";
        assert_eq!(
            in_words(message, "keys = \"sk-1\""),
            "invalid type: text in quotes, expected a list, such as `[\"…\"]`"
        );
    }

    #[test]
    fn one_bracket_too_few_is_shown_with_two() {
        assert_eq!(
            in_words("invalid type: map, expected a sequence", "[mcp]"),
            "there can be several of these: write it with two brackets, `[[mcp]]`"
        );
    }
}
