//! Words of strangers, as a model reads them: without what nobody sees, and within a budget.

/// Takes out what is invisible: a reader of the list of tools must see what the model reads. Returns
/// how many characters that were.
pub(crate) fn visible(text: &str) -> (String, usize) {
    let mut shown = String::with_capacity(text.len());
    let mut removed = 0;
    let mut characters = text.chars().peekable();
    let mut before = None;
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => continue,
            '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => shown.push('\n'),
            '\n' | '\t' => shown.push(c),
            // Letters of some scripts, and pictures, are joined or parted by these.
            '\u{200C}' | '\u{200D}' | '\u{FE0E}' | '\u{FE0F}'
                if before.is_some_and(joins) && (c > '\u{F000}' || next_joins(&mut characters)) =>
            {
                shown.push(c);
            }
            c if is_hidden(c) => {
                removed += 1;
                continue;
            }
            c => shown.push(c),
        }
        before = Some(c);
    }
    (shown, removed)
}

fn next_joins(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    characters.peek().copied().is_some_and(joins)
}

/// Tells whether a joiner or a selector can follow or precede this.
fn joins(c: char) -> bool {
    !c.is_ascii() && !is_hidden(c)
}

/// Tells whether a character shows nothing, or changes the order in which others are shown.
pub(crate) fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' | '\r' => false,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}'
        | '\u{17B5}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' => true,
        c => {
            c.is_control()
                || matches!(
                    c,
                    '\u{180B}'..='\u{180F}'
                        | '\u{200B}'..='\u{200F}'
                        | '\u{202A}'..='\u{202E}'
                        | '\u{2060}'..='\u{206F}'
                        | '\u{FE00}'..='\u{FE0F}'
                        | '\u{FFF0}'..='\u{FFFB}'
                        | '\u{E0000}'..='\u{E0FFF}'
                )
        }
    }
}

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
