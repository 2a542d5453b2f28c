//! [`within`]: words of strangers within a budget.

/// Cuts a text to a budget of characters at the end of a sentence, or of a word where the sentence
/// is long. Returns whether anything was cut.
pub(crate) fn within(text: &str, budget: usize) -> (String, bool) {
    let Some((end, _)) = text.char_indices().nth(budget) else {
        return (text.to_owned(), false);
    };
    let start = &text[..end];
    let sentence = start
        .char_indices()
        .filter(|(at, c)| ends_sentence(*c, text[at + c.len_utf8()..].chars().next()))
        .map(|(at, c)| at + c.len_utf8())
        .next_back();
    if let Some(at) = sentence.filter(|at| *at * 2 >= start.len()) {
        return (start[..at].trim_end().to_owned(), true);
    }
    // Room for the sign that something is missing.
    let room = start.char_indices().next_back().map_or(0, |(at, _)| at);
    let word = start[..room].rfind(char::is_whitespace);
    let at = word.filter(|at| *at * 2 >= room).unwrap_or(room);
    (format!("{}…", start[..at].trim_end()), true)
}

fn ends_sentence(c: char, next: Option<char>) -> bool {
    match c {
        '。' | '！' | '？' | '\n' => true,
        '.' | '!' | '?' => next.is_none_or(char::is_whitespace),
        _ => false,
    }
}
