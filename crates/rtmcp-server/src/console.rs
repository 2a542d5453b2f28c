//! Lines for people: results to stdout, notes and errors to stderr.
//!
//! What others wrote (speech, results, names of tools) is shown without control characters, which
//! could make a terminal show something else than what is there. Whoever prints such a text makes it
//! [`plain`], as it belongs on one line; what is forgotten is caught here.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
};

/// Prints a line of the result; to a terminal, without what could fool it.
pub(crate) fn out(line: impl Display) {
    let line = format!("{line}\n");
    match io::stdout().is_terminal() {
        true => put(&mut io::stdout().lock(), &harmless(&line)),
        false => put(&mut io::stdout().lock(), &line),
    }
}

/// Prints a line beside the result.
pub(crate) fn note(line: impl Display) {
    put(&mut io::stderr().lock(), &harmless(&format!("{line}\n")));
}

/// Prints a question, and stays on its line.
pub(crate) fn ask(question: impl Display) {
    put(&mut io::stderr().lock(), &harmless(&format!("{question} ")));
}

/// Prints what went wrong, and goes on.
pub(crate) fn warn(line: impl Display) {
    note(format!("warning: {line}"));
}

/// Prints what went wrong.
pub(crate) fn error(line: &str) {
    note(format!("error: {line}"));
}

/// Returns a text of somebody else on one line, without control characters.
pub(crate) fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        c if c.is_whitespace() => ' ',
        c => shown(c),
    };
    text.chars().map(shown).collect()
}

/// Returns lines without control characters.
pub(crate) fn harmless(lines: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => c,
        c => shown(c),
    };
    lines.chars().map(shown).collect()
}

fn shown(c: char) -> char {
    match c.is_control() || is_direction(c) {
        true => '\u{fffd}',
        false => c,
    }
}

/// Returns the beginning of a text, as [`plain`], and says how much is missing.
pub(crate) fn brief(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}… ({} bytes)", plain(&text[..end]), text.len()),
        None => plain(text),
    }
}

/// Characters that change the direction of what follows, and so what a line seems to say.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn put(to: &mut impl Write, text: &str) {
    // Whoever read this is gone: there is nobody to tell.
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

#[cfg(test)]
mod tests {
    use super::{brief, harmless, plain};

    #[test]
    fn what_others_write_cannot_fool_a_terminal() {
        assert_eq!(plain("a\u{1b}[2Kb\nc"), "a\u{fffd}[2Kb c");
        assert_eq!(plain("pay\u{202e}001"), "pay\u{fffd}001");
        assert_eq!(plain("18 °C à Paris"), "18 °C à Paris");
        let lines = "one\ttwo\r\n\u{1b}]0;title\u{7}\u{9b}31mred\n";
        let shown = "one\ttwo\u{fffd}\n\u{fffd}]0;title\u{fffd}\u{fffd}31mred\n";
        assert_eq!(harmless(lines), shown);
    }

    #[test]
    fn a_long_text_says_how_long_it_is() {
        assert_eq!(brief("äbc", 3), "äbc");
        assert_eq!(brief("äbcd", 3), "äbc… (5 bytes)");
    }
}
