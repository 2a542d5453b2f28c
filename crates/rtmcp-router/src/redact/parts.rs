//! Redaction of texts that are read one after the other: a secret may begin in one and end in the
//! next.

use std::ops::Range;

use super::{Reader, Redaction, Secret, replaced};

impl Redaction {
    /// Hides what a reader may not see in texts that are read in a row, also what is spread over
    /// several of them.
    pub(crate) fn row(&self, reader: Reader, texts: &mut [&mut String]) {
        if !self.hides_from(reader) {
            return;
        }
        // As one line after the other, and as if nothing stood between them.
        for between in ["\n", ""] {
            if texts.len() > 1 {
                self.across(reader, texts, between);
            }
        }
        for text in texts {
            let clean = self.text(reader, text);
            if clean != **text {
                **text = clean.into_owned();
            }
        }
    }

    fn across(&self, reader: Reader, texts: &mut [&mut String], between: &str) {
        let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        let whole: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
        let whole = whole.join(between);
        let mut found = self.found(reader, &whole);
        let places = places(&lengths, between.len());
        // What lies within one text is found there, with all that JSON needs.
        found.retain(|it| met(&places, &it.place).nth(1).is_some());
        if found.is_empty() {
            return;
        }
        let mut within: Vec<Vec<Secret>> = vec![Vec::new(); texts.len()];
        for secret in found {
            for at in met(&places, &secret.place) {
                let part = &places[at];
                within[at].push(Secret {
                    place: secret.place.start.max(part.start) - part.start
                        ..secret.place.end.min(part.end) - part.start,
                    instead: secret.instead.clone(),
                });
            }
        }
        for (text, here) in texts.iter_mut().zip(&within) {
            if !here.is_empty() {
                **text = replaced(text, here);
            }
        }
    }
}

fn places(lengths: &[usize], between: usize) -> Vec<Range<usize>> {
    let mut at = 0;
    let place = |length: &usize| {
        let place = at..at + length;
        at = place.end + between;
        place
    };
    lengths.iter().map(place).collect()
}

/// Returns which parts a place meets. Both are in order: a server may send a secret in each of very
/// many parts.
fn met(parts: &[Range<usize>], place: &Range<usize>) -> impl Iterator<Item = usize> {
    let first = parts.partition_point(|part| part.end <= place.start);
    let end = place.end;
    let after = parts[first..].iter();
    let count = after.take_while(move |part| part.start < end).count();
    first..first + count
}
