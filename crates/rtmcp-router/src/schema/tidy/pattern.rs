//! Patterns that all endpoints can read.
//!
//! JSON Schema has the patterns of ECMAScript. Endpoints that check a tool's schema do so with
//! another language's, and refuse a session for a pattern that it doesn't know (`'\p{L}' is not a
//! 'regex'`). What all of them know is shown as it is, and the rest in words.

use serde_json::{Map, Value};

use super::{add_words, cut};
use crate::schema::notes::{Change, Notes};

/// Moves a pattern to the description, where not all endpoints can read it.
pub(super) fn show(schema: &mut Map<String, Value>, notes: &mut Notes) {
    if let Some(Value::String(pattern)) = schema.get("pattern")
        && !is_common(pattern)
    {
        let sentence = format!("Pattern: {}", cut(pattern, SHOWN));
        schema.shift_remove("pattern");
        add_words(schema, &sentence);
        notes.count(Change::Pattern);
    }
    if let Some(Value::Object(patterns)) = schema.get_mut("patternProperties") {
        let before = patterns.len();
        patterns.retain(|pattern, _| is_common(pattern));
        (patterns.len()..before).for_each(|_| notes.count(Change::Pattern));
        if patterns.is_empty() {
            schema.shift_remove("patternProperties");
            // Names that fit the pattern are taken all the same.
            if before > 0 && schema.get("additionalProperties") == Some(&Value::Bool(false)) {
                schema.shift_remove("additionalProperties");
            }
        }
    }
}

/// Tells whether a pattern has only what the common engines know alike.
fn is_common(pattern: &str) -> bool {
    if pattern.len() > LENGTH {
        return false;
    }
    let mut rest = pattern.chars();
    let (mut depth, mut within_class) = (0_i32, false);
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                // A backslash at the end, or one before a letter that has no meaning everywhere.
                None => return false,
                Some(c) if c.is_ascii_alphabetic() && !KNOWN.contains(c) => return false,
                Some('x') if !hexadecimal(&rest, 2) => return false,
                Some('u') if !hexadecimal(&rest, 4) => return false,
                Some(_) => {}
            },
            '[' if within_class => return false,
            '[' => within_class = true,
            ']' => within_class = false,
            '(' if !within_class => {
                depth += 1;
                if rest.as_str().starts_with("?<") || rest.as_str().starts_with("?P") {
                    return false;
                }
            }
            ')' if !within_class => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && !within_class
}

fn hexadecimal(rest: &std::str::Chars<'_>, digits: usize) -> bool {
    let text = rest.as_str().as_bytes();
    text.len() >= digits && text[..digits].iter().all(u8::is_ascii_hexdigit)
}

/// Letters that mean the same after a backslash everywhere.
const KNOWN: &str = "bBdDsSwWfnrtvxu";

/// Bytes of a pattern that is worth its tokens.
const LENGTH: usize = 300;

/// Characters of a pattern in words.
const SHOWN: usize = 120;
