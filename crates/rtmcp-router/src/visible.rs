//! [`visible`]: a text without what nobody sees: terminal codes, control characters, characters
//! without a shape.
//!
//! Strangers hide words so: from the person who looks at a result and not from the model that reads
//! it, or the other way round. Signs that a script needs stay: the joiners of Persian and Indic
//! scripts and of pictures, and the selector after a picture.

use std::borrow::Cow;

/// What is seen of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visible<'t> {
    pub(crate) text: Cow<'t, str>,
    /// How many characters were taken out. The code for red letters counts as one, as it hides
    /// nothing; a string for the terminal counts in full, as it can.
    pub(crate) removed: usize,
}

/// Takes out what nobody sees: who looks at a text must see what the model reads.
pub(crate) fn visible(text: &str) -> Visible<'_> {
    // Most texts are plain ASCII, which bytes tell sooner than characters.
    let is_ascii = text
        .bytes()
        .all(|it| matches!(it, b' '..=b'~' | b'\n' | b'\t'));
    if is_ascii || text.chars().all(is_plain) {
        return Visible {
            text: Cow::Borrowed(text),
            removed: 0,
        };
    }
    let mut clean = String::with_capacity(text.len());
    let mut removed = 0;
    let mut rest = text.chars().peekable();
    let mut last = None;
    while let Some(sign) = rest.next() {
        let next = rest.peek().copied();
        match sign {
            ESCAPE => removed += 1 + skip_code(&mut rest, next),
            // The same in one character.
            '\u{9b}' => {
                skip_control(&mut rest);
                removed += 1;
            }
            '\u{9d}' | '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}' => {
                removed += 1 + skip_string(&mut rest);
            }
            '\r' if next == Some('\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => clean.push('\n'),
            '\u{200c}' | '\u{200d}' if joins(last, next) => clean.push(sign),
            '\u{fe0e}' | '\u{fe0f}' if last.is_some_and(|it: char| !is_unseen(it)) => {
                clean.push(sign);
            }
            sign if is_unseen(sign) => removed += 1,
            sign => clean.push(sign),
        }
        last = Some(sign);
    }
    Visible {
        text: Cow::Owned(clean),
        removed,
    }
}

fn is_plain(sign: char) -> bool {
    sign == '\n'
        || sign == '\t'
        || (' '..='~').contains(&sign)
        || (sign > '\u{9f}' && !is_unseen(sign))
}

/// Tells whether a character shows nothing, or changes the direction of what follows.
fn is_unseen(sign: char) -> bool {
    match sign {
        '\n' | '\t' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // The soft hyphen, joiners, marks of direction, invisible operators, the byte order mark.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => {
            true
        }
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}' => true,
        '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' => true,
        // Letters that only machines read, and selectors that can spell a text.
        '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

/// Tells whether a joiner stands where a script or a picture needs one.
fn joins(last: Option<char>, next: Option<char>) -> bool {
    let needs = |side: Option<char>| {
        side.is_some_and(|it| {
            !it.is_ascii() && !it.is_numeric() && (!is_unseen(it) || it == '\u{fe0f}')
        })
    };
    needs(last) && needs(next)
}

type Rest<'t> = std::iter::Peekable<std::str::Chars<'t>>;

/// Skips what follows an escape. Returns how many characters of a string that hides.
fn skip_code(rest: &mut Rest<'_>, next: Option<char>) -> usize {
    match next {
        Some('[') => {
            rest.next();
            skip_control(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            rest.next();
            return skip_string(rest);
        }
        Some('\u{20}'..='\u{2f}') => {
            while rest
                .next_if(|it| ('\u{20}'..='\u{2f}').contains(it))
                .is_some()
            {}
            rest.next_if(|it| ('\u{30}'..='\u{7e}').contains(it));
        }
        Some('\u{30}'..='\u{7e}') => {
            rest.next();
        }
        _ => {}
    }
    0
}

/// Skips a control sequence, such as the one for red letters.
fn skip_control(rest: &mut Rest<'_>) {
    while rest
        .next_if(|it| ('\u{20}'..='\u{3f}').contains(it))
        .is_some()
    {}
    rest.next_if(|it| ('\u{40}'..='\u{7e}').contains(it));
}

/// Skips a string for the terminal, such as a title or a link. One that doesn't end on its line
/// loses only its beginning: it must not swallow a result. Returns how many characters it has.
fn skip_string(rest: &mut Rest<'_>) -> usize {
    let ahead = rest
        .clone()
        .take_while(|it| *it != '\n')
        .take(LONGEST_STRING);
    let mut length = 0;
    let mut ends = false;
    for sign in ahead {
        length += 1;
        if matches!(sign, '\u{7}' | '\u{9c}' | ESCAPE) {
            ends = true;
            break;
        }
    }
    if !ends {
        return 0;
    }
    (0..length).for_each(|_| {
        rest.next();
    });
    rest.next_if_eq(&'\\');
    length
}

const ESCAPE: char = '\u{1b}';

/// Characters of a title or a link of a terminal.
const LONGEST_STRING: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_taken_out() {
        for (text, seen) in [
            ("a\u{1b}[31mred\u{1b}[0m b", "ared b"),
            ("a\u{1b}[2J\u{1b}[1;1Hb", "ab"),
            ("\u{1b}]0;title\u{7}b", "b"),
            (
                "\u{1b}]8;;https://x.example\u{1b}\\link\u{1b}]8;;\u{1b}\\",
                "link",
            ),
            ("\u{9b}31mred", "red"),
            ("a\u{1b}]never ends\nb", "anever ends\nb"),
            ("a\u{1b}(Bb\u{1b}cc", "abc"),
            ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
            ("pay\u{202e}001\u{202c}", "pay001"),
            ("4242\u{200b}4242\u{ad}\u{2060}\u{feff}", "42424242"),
            ("4242\u{200d}4242", "42424242"),
            ("hi\u{e0049}\u{e0067}\u{e006e}", "hi"),
            ("a\u{fe0f}\u{fe0e}\u{fe01}", "a\u{fe0f}"),
            ("a\0\u{8}\u{7f}b\tc\nd", "ab\tc\nd"),
        ] {
            assert_eq!(visible(text).text, seen, "{text:?}");
        }
    }

    #[test]
    fn what_scripts_and_pictures_need_stays() {
        for text in [
            "می\u{200c}خواهم",
            "👩\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}\u{200d}🔥",
            "क्\u{200d}ष",
            "日本語 ü ß – “x”",
        ] {
            assert_eq!(
                (visible(text).text.as_ref(), visible(text).removed),
                (text, 0)
            );
        }
        assert!(matches!(visible("plain").text, Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_taken_out_is_counted() {
        for (text, removed) in [
            ("plain", 0),
            ("a\r\nb\rc\u{2028}d", 0),
            ("4242\u{200b}4242\u{ad}\u{2060}\u{feff}", 4),
            ("\u{1b}[31mred\u{1b}[0m", 2),
            ("\u{9b}31mred", 1),
            ("a\u{1b}(Bb", 1),
            ("\u{1b}]0;title\u{7}b", 9),
            ("a\u{1b}]never ends\nb", 1),
        ] {
            assert_eq!(visible(text).removed, removed, "{text:?}");
        }
    }
}
