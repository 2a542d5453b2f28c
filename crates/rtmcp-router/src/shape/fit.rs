//! [`Fit`]: JSON in little room, that is still JSON and says what it lacks.
//!
//! A value that is too long keeps its form. Lists show their first items and end with
//! `"… 187 more items"`; texts are cut and say how long they are; objects keep their names, and what
//! is deep within them becomes a word about it. Room goes to what is short first, as ids, names and
//! sums tell more in fewer bytes than descriptions do, and what is left is shared evenly among the
//! rest. At least three items of a list are shown, however long each of them is: one whole item
//! says less about a list than three short ones.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use serde_json::{Map, Value};

use super::seam::Seam;

/// Puts values into little room, and remembers what it left out.
#[derive(Debug)]
pub(super) struct Fit<'s> {
    seam: Seam<'s>,
    pub(super) lost: Vec<Lost>,
}

/// Something that isn't shown whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    /// Where, as a JSON Pointer.
    pub(super) path: String,
    pub(super) what: What,
    /// How many of them are shown, counted from the first of all.
    pub(super) shown: usize,
    pub(super) total: usize,
}

/// What there is more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Items,
    Fields,
    /// Nothing of a list or an object but what it is.
    Inner,
    Characters,
    Lines,
    /// Parts of the result.
    Parts,
}

impl<'s> Fit<'s> {
    pub(super) fn new(seam: Seam<'s>) -> Self {
        Self {
            seam,
            lost: Vec::new(),
        }
    }

    /// Returns a value in so many bytes of JSON, if they are not too few to say anything.
    pub(super) fn value(&mut self, value: &Value, room: usize, path: &str) -> Value {
        if length(value, room) <= room {
            return value.clone();
        }
        match value {
            Value::String(text) => Value::String(self.text(text, 0, room, path)),
            Value::Array(items) if room >= FOLDED => self.items(items, 0, room, path),
            Value::Object(fields) if room >= FOLDED => self.fields(fields, 0, room, path),
            Value::Array(_) | Value::Object(_) => self.folded(value, room, path),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// Returns items of a list from one on.
    pub(super) fn items(&mut self, items: &[Value], from: usize, room: usize, path: &str) -> Value {
        let all = items.get(from..).unwrap_or_default();
        let mut left = room.saturating_sub(MARK);
        let mut shown = Vec::new();
        for (nth, item) in all.iter().enumerate() {
            let promised = FIRST.min(all.len()).saturating_sub(nth);
            let share = left / promised.max(1);
            if length(item, share) < share {
                shown.push(item.clone());
            } else if promised > 0 && share > WORD {
                let at = format!("{path}/{}", from + nth);
                shown.push(self.value(item, share - 1, &at));
            } else {
                break;
            }
            let used = shown.last().map_or(0, |it| length(it, room)) + 1;
            left = left.saturating_sub(used);
        }
        let more = all.len() - shown.len();
        if more > 0 {
            self.lose(path, What::Items, from + shown.len(), items.len());
            let items = if more == 1 { "item" } else { "items" };
            shown.push(format!("… {more} more {items}").into());
        }
        Value::Array(shown)
    }

    /// Returns fields of an object from one on, in their order.
    pub(super) fn fields(
        &mut self,
        fields: &Map<String, Value>,
        from: usize,
        room: usize,
        path: &str,
    ) -> Value {
        let all: Vec<(&String, &Value)> = fields.iter().skip(from).collect();
        let names = |name: &str| name.len() + 4;
        let chosen = choose(&all, room.saturating_sub(FOLDED));
        let mark = if chosen.len() < all.len() { FOLDED } else { 2 };
        let taken: usize = chosen.iter().map(|nth| names(all[*nth].0)).sum();
        let mut left = room.saturating_sub(mark + taken);

        // What is short is shown whole; what is long shares the rest.
        let mut by_length: Vec<(usize, usize)> = chosen
            .iter()
            .map(|nth| (length(all[*nth].1, room), *nth))
            .collect();
        by_length.sort_unstable();
        let mut shown = vec![None; all.len()];
        for (done, (_, nth)) in by_length.iter().enumerate() {
            let share = left / (by_length.len() - done);
            let (name, field) = all[*nth];
            let at = format!("{path}/{}", escaped(name));
            let field = self.value(field, share, &at);
            left = left.saturating_sub(length(&field, room));
            shown[*nth] = Some(field);
        }
        let missing: Vec<&str> = (0..all.len())
            .filter(|nth| shown[*nth].is_none())
            .map(|nth| all[nth].0.as_str())
            .collect();
        let fields_shown = all.iter().zip(shown);
        let mut object: Map<String, Value> = fields_shown
            .filter_map(|((name, _), field)| Some(((*name).clone(), field?)))
            .collect();
        if let Some(first) = missing.first() {
            let at = format!("{path}/{}", escaped(first));
            self.lose(&at, What::Fields, object.len(), all.len());
            let fields = if missing.len() == 1 {
                "field"
            } else {
                "fields"
            };
            let words = format!(
                "{} more {fields}: {}",
                missing.len(),
                few(&missing, FOLDED - 30)
            );
            object.insert("…".to_owned(), words.into());
        }
        Value::Object(object)
    }

    /// Returns the characters of a text from one on, with a word about those that are missing.
    pub(super) fn text(&mut self, text: &str, from: usize, room: usize, path: &str) -> String {
        let characters = text.chars().count();
        let begin = self.seam.begin(text, from);
        let end = self
            .seam
            .end(text, begin, |piece| quoted(piece) + MARK <= room);
        let shown = &text[begin..end];
        let seen = text[..end].chars().count();
        if seen == characters {
            return shown.to_owned();
        }
        self.lose(path, What::Characters, seen, characters);
        let more = characters - seen;
        format!("{}… ({more} more characters)", shown.trim_end())
    }

    /// Returns a word about a list or an object that there is no room for.
    fn folded(&mut self, value: &Value, room: usize, path: &str) -> Value {
        let words = match value {
            Value::Object(fields) => {
                let names: Vec<&str> = fields.keys().map(String::as_str).collect();
                let count = format!("… {} fields", names.len());
                match room.checked_sub(count.len() + 6).filter(|it| *it >= 8) {
                    Some(room) => format!("{count}: {}", few(&names, room)),
                    None => count,
                }
            }
            Value::Array(items) => format!("… {} items", items.len()),
            other => return other.clone(),
        };
        let total = value
            .as_array()
            .map(Vec::len)
            .or(value.as_object().map(Map::len));
        self.lose(path, What::Inner, 0, total.unwrap_or_default());
        Value::String(words)
    }

    fn lose(&mut self, path: &str, what: What, shown: usize, total: usize) {
        self.lost.push(Lost {
            path: path.to_owned(),
            what,
            shown,
            total,
        });
    }
}

/// Chooses the fields that there is room for: single values first, then what holds others.
fn choose(fields: &[(&String, &Value)], room: usize) -> BTreeSet<usize> {
    let needs = |(name, field): &(&String, &Value)| name.len() + 4 + length(field, WORD).min(WORD);
    if fields.iter().map(needs).sum::<usize>() <= room {
        return (0..fields.len()).collect();
    }
    let holds_others = |nth: &usize| fields[*nth].1.is_array() || fields[*nth].1.is_object();
    let (deep, flat): (Vec<usize>, Vec<usize>) = (0..fields.len()).partition(holds_others);
    let mut left = room;
    let mut chosen = BTreeSet::new();
    for nth in flat.into_iter().chain(deep) {
        let Some(rest) = left.checked_sub(needs(&fields[nth])) else {
            break;
        };
        left = rest;
        chosen.insert(nth);
    }
    chosen
}

/// Lists names in so many bytes.
fn few(names: &[&str], room: usize) -> String {
    let mut list = String::new();
    for name in names {
        let between = if list.is_empty() { "" } else { ", " };
        if list.len() + between.len() + name.len() + 4 > room {
            list.push_str(between);
            list.push('…');
            break;
        }
        list.push_str(between);
        list.push_str(name);
    }
    list
}

/// Returns how long the JSON of a value is, or anything above `most` where it is longer.
pub(super) fn length(value: &Value, most: usize) -> usize {
    let mut count = Count { bytes: 0, most };
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.bytes,
        Err(_) => most.saturating_add(1),
    }
}

fn quoted(text: &str) -> usize {
    let extra = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\t' | b'\r' | 8 | 12 => 1,
        0..=31 => 5,
        _ => 0,
    };
    text.len() + 2 + text.bytes().map(extra).sum::<usize>()
}

/// Counts what is written, and refuses more than there is to be known of.
struct Count {
    bytes: usize,
    most: usize,
}

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len();
        match self.bytes > self.most {
            true => Err(io::ErrorKind::WriteZero.into()),
            false => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a name as a part of a JSON Pointer (RFC 6901).
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Items of a list that are shown however long they are.
const FIRST: usize = 3;

/// Bytes of `"… 1000000 more items",` and of `… (1000000 more characters)`, with brackets.
const MARK: usize = 40;

/// Bytes below which a list or an object becomes a word about it.
const FOLDED: usize = 96;

/// Bytes of such a word.
const WORD: usize = 24;

#[cfg(test)]
mod tests;
