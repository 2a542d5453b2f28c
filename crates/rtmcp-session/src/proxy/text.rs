//! Reads and edits JSON where it stands, so that everything else in a text stays byte for byte.
//!
//! The reading is lazy and forgiving: it finds members and elements by their commas, quotes and
//! brackets, allocates nothing, and stops as soon as it has what is asked for. Whatever is acted on
//! was decoded before, so that the text is known to be JSON; whatever isn't, goes on as it came.

use std::borrow::Cow;

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'a> {
    /// The key as it is written, between its quotes.
    pub(super) key: &'a str,
    /// The value as it is written.
    pub(super) value: &'a str,
    /// Both, from the key's first quote.
    pub(super) whole: &'a str,
}

impl Member<'_> {
    /// Tells whether the key is this one, however it is written (`to\u006fls`).
    fn is(&self, key: &str) -> bool {
        let read = || unquote(self.whole.get(..self.key.len() + 2)?);
        self.key == key || (self.key.contains('\\') && read().is_some_and(|it| it == key))
    }
}

/// Returns the members of an object, in order; none of what isn't one.
pub(super) fn members(object: &str) -> Members<'_> {
    Members(Parts::of(object, b'{'))
}

/// Returns the elements of an array, in order; none of what isn't one.
pub(super) fn elements(array: &str) -> Elements<'_> {
    Elements(Parts::of(array, b'['))
}

/// Returns what stands at a path of keys. Of members with the same key the last one counts.
pub(super) fn get<'a>(object: &'a str, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(object, |object, key| {
        let found = members(object).filter(|member| member.is(key));
        found.last().map(|member| member.value)
    })
}

/// Returns the string at a path of keys.
pub(super) fn get_str<'a>(object: &'a str, path: &[&str]) -> Option<Cow<'a, str>> {
    unquote(get(object, path)?)
}

/// Returns the `type` of an event, if a look at its first bytes tells for sure.
pub(super) fn kind(text: &str) -> Option<&str> {
    for member in members(text) {
        if member.key.contains('\\') {
            return None;
        }
        if member.key == "type" {
            return plain(member.value);
        }
    }
    None
}

/// Reads a string.
pub(super) fn unquote(value: &str) -> Option<Cow<'_, str>> {
    match plain(value) {
        Some(plain) => Some(Cow::Borrowed(plain)),
        None => serde_json::from_str(value).ok().map(Cow::Owned),
    }
}

/// Writes a string.
pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns a text in which no character is halved (`\ud83d` alone): that is JSON, but no string of ours
/// can hold it. None where all are whole.
pub(super) fn made_whole(text: &str) -> Option<String> {
    let unit = |from: usize| {
        let digits = text.get(from..from + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (mut whole, mut at) = (None, 0);
    while let Some(found) = text.get(at..).unwrap_or_default().find('\\') {
        at += found;
        match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => at += 12,
            (Some(0xD800..=0xDFFF), _) => {
                let whole: &mut String = whole.get_or_insert_with(|| text.to_owned());
                whole.replace_range(at..at + 6, "\\ufffd");
                at += 6;
            }
            _ => at += 2,
        }
    }
    whole
}

/// Changes of one text, to be made together.
#[derive(Debug)]
pub(super) struct Edits<'a> {
    text: &'a str,
    /// From where to where, and what comes there.
    changes: Vec<(usize, usize, String)>,
}

impl<'a> Edits<'a> {
    /// No changes yet.
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            changes: Vec::new(),
        }
    }

    /// Replaces a part of the text.
    pub(super) fn replace(&mut self, part: &'a str, with: String) {
        let from = self.place(part);
        self.changes.push((from, from + part.len(), with));
    }

    /// Sets a member of an object in the text.
    pub(super) fn set(&mut self, object: &'a str, key: &str, value: &str) {
        let found = members(object).filter(|member| member.is(key)).last();
        if let Some(member) = found {
            return self.replace(member.value, value.to_owned());
        }
        let comma = if members(object).next().is_some() {
            ","
        } else {
            ""
        };
        let start = self.place(object) + 1;
        let member = format!("{}:{value}{comma}", quote(key));
        self.changes.push((start, start, member));
    }

    /// Leaves members out of an object in the text.
    pub(super) fn keep_members(&mut self, object: &'a str, keep: impl Fn(&Member<'_>) -> bool) {
        if members(object).all(|member| keep(&member)) {
            return;
        }
        let kept = members(object).filter(keep).map(|member| member.whole);
        let kept: Vec<&str> = kept.collect();
        self.replace(object, format!("{{{}}}", kept.join(",")));
    }

    /// Leaves elements out of an array in the text.
    pub(super) fn keep_elements(&mut self, array: &'a str, keep: impl Fn(&str) -> bool) {
        if elements(array).all(&keep) {
            return;
        }
        let kept: Vec<&str> = elements(array).filter(|it| keep(it)).collect();
        self.replace(array, format!("[{}]", kept.join(",")));
    }

    /// Returns the text with its changes, if there are any.
    pub(super) fn finish(mut self) -> Option<String> {
        if self.changes.is_empty() {
            return None;
        }
        self.changes.sort_by_key(|(from, to, _)| (*from, *to));
        let mut edited = String::with_capacity(self.text.len());
        let mut at = 0;
        for (from, to, with) in &self.changes {
            edited.push_str(self.text.get(at..*from).unwrap_or_default());
            edited.push_str(with);
            at = at.max(*to);
        }
        edited.push_str(self.text.get(at..).unwrap_or_default());
        Some(edited)
    }

    /// Returns where a part of the text begins.
    fn place(&self, part: &str) -> usize {
        part.as_ptr().addr() - self.text.as_ptr().addr()
    }
}

/// Iterates over the members of an object.
#[derive(Debug)]
pub(super) struct Members<'a>(Parts<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        let parts = &mut self.0;
        let start = parts.begin()?;
        let key_end = end_of_string(parts.text, start)?;
        let colon = skip_spaces(parts.text, key_end);
        let value_start = skip_spaces(parts.text, colon + 1);
        let value_end = end_of_value(parts.text, value_start)?;
        parts.at = value_end;
        Some(Member {
            key: parts.text.get(start + 1..key_end - 1)?,
            value: parts.text.get(value_start..value_end)?,
            whole: parts.text.get(start..value_end)?,
        })
    }
}

/// Iterates over the elements of an array.
#[derive(Debug)]
pub(super) struct Elements<'a>(Parts<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let parts = &mut self.0;
        let start = parts.begin()?;
        parts.at = end_of_value(parts.text, start)?;
        parts.text.get(start..parts.at)
    }
}

/// What stands between the brackets of a text, part by part.
#[derive(Debug)]
struct Parts<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str, bracket: u8) -> Self {
        let start = skip_spaces(text, 0);
        let opens = text.as_bytes().get(start) == Some(&bracket);
        let at = if opens { start + 1 } else { text.len() };
        Self { text, at }
    }

    /// Goes to the beginning of the next part, if there is one.
    fn begin(&mut self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = skip_spaces(self.text, self.at);
        if bytes.get(at) == Some(&b',') {
            at = skip_spaces(self.text, at + 1);
        }
        let more = bytes
            .get(at)
            .is_some_and(|byte| !matches!(byte, b'}' | b']'));
        self.at = if more { at } else { self.text.len() };
        more.then_some(at)
    }
}

/// Reads a string without escapes.
fn plain(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('\\')).then_some(inner)
}

fn skip_spaces(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let spaces = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
    at + spaces.count()
}

/// Returns the end of the string that begins at a quote.
fn end_of_string(text: &str, start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        let quote = at + text.get(at..)?.find('"')?;
        let before = text.as_bytes().get(start + 1..quote)?;
        let escapes = before.iter().rev().take_while(|byte| **byte == b'\\');
        if escapes.count() % 2 == 0 {
            return Some(quote + 1);
        }
        at = quote + 1;
    }
}

/// Returns the end of the value that begins here.
fn end_of_value(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.get(start)? == &b'"' {
        return end_of_string(text, start);
    }
    let (mut at, mut depth) = (start, 0_usize);
    loop {
        match bytes.get(at) {
            Some(b'"') => at = end_of_string(text, at)?,
            Some(b'{' | b'[') => (at, depth) = (at + 1, depth + 1),
            Some(b'}' | b']') if depth > 1 => (at, depth) = (at + 1, depth - 1),
            Some(b'}' | b']') if depth == 1 => return Some(at + 1),
            Some(b'}' | b']' | b',') if depth == 0 => return Some(at),
            Some(byte) if depth == 0 && byte.is_ascii_whitespace() => return Some(at),
            Some(_) => at += 1,
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests;
