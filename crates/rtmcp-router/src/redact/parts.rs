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
        found.retain(|it| places.iter().filter(|part| meets(part, &it.place)).count() > 1);
        if found.is_empty() {
            return;
        }
        for (text, part) in texts.iter_mut().zip(places) {
            let here: Vec<Secret> = found
                .iter()
                .filter(|it| meets(&part, &it.place))
                .map(|it| Secret {
                    place: it.place.start.max(part.start) - part.start
                        ..it.place.end.min(part.end) - part.start,
                    instead: it.instead.clone(),
                })
                .collect();
            **text = replaced(text, &here);
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

fn meets(part: &Range<usize>, place: &Range<usize>) -> bool {
    part.start < place.end && place.start < part.end
}
