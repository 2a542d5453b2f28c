//! Commands of other programs: from one text to words, and from words to a running child.

use std::{io, process::Stdio};

use tokio::process::{Child, Command};

use super::EngineError;

/// Splits a command as a shell would: at spaces, but not inside `'…'` or `"…"`.
///
/// Returns None when a quote isn't closed.
pub(super) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// Starts a program whose three streams are ours, and which ends when its handle is dropped.
pub(super) fn start(engine: &'static str, command: &[String]) -> Result<Child, EngineError> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(EngineError::new(engine, "no program is named; give one"));
    };
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| EngineError::new(engine, cannot_start(program, &error)))
}

fn cannot_start(program: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!(
            "there is no program `{program}`; run `cargo xtask setup`, or name one that is on PATH"
        ),
        _ => format!("`{program}` can't be started ({error}); check that it may be run"),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn quotes_keep_words_together() {
        let words = split(r#"say  --voice "en us" 'a "b"' x"y z" """#).unwrap();
        assert_eq!(words, ["say", "--voice", "en us", r#"a "b""#, "xy z", ""]);
        assert_eq!(split("").unwrap(), [""; 0]);
        assert_eq!(split("say 'it"), None);
    }
}
