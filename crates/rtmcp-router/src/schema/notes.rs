//! [`Notes`]: what was changed in a schema, as sentences for people.

use std::collections::BTreeMap;

/// What was changed, counted, as one change is often made in many places.
#[derive(Debug, Default)]
pub(super) struct Notes {
    counted: BTreeMap<Change, usize>,
    said: Vec<String>,
}

/// A change that can happen in many places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    Reference,
    Recursion,
    Outline,
    Dangling,
    Constant,
    Nullable,
    Items,
    Tuple,
    Impossible,
    Enum,
    Pattern,
    OldKeyword,
    Name,
    Words,
    Invisible,
}

impl Notes {
    pub(super) fn count(&mut self, change: Change) {
        *self.counted.entry(change).or_insert(0) += 1;
    }

    /// Takes over what was noted elsewhere.
    pub(super) fn absorb(&mut self, other: Self) {
        for (change, times) in other.counted {
            *self.counted.entry(change).or_insert(0) += times;
        }
        self.said.extend(other.said);
    }

    pub(super) fn say(&mut self, sentence: impl Into<String>) {
        self.said.push(sentence.into());
    }

    /// Returns one sentence for each kind of change.
    pub(super) fn sentences(self) -> Vec<String> {
        let counted = self.counted.into_iter();
        self.said
            .into_iter()
            .chain(counted.map(|(change, times)| change.sentence(times)))
            .collect()
    }
}

impl Change {
    fn sentence(self, times: usize) -> String {
        let s = if times == 1 { "" } else { "s" };
        let (is, leads) = if times == 1 {
            ("is", "leads")
        } else {
            ("are", "lead")
        };
        match self {
            Self::Reference => format!(
                "{times} reference{s} (`$ref`) {is} written out in place, as not every endpoint \
                 follows them"
            ),
            Self::Recursion => {
                "its recursion is shown a few levels deep; calls are checked to any depth"
                    .to_owned()
            }
            Self::Outline => format!(
                "{times} part{s} too deep or too large to show {is} cut to an outline; calls are \
                 checked with all of it"
            ),
            Self::Dangling => {
                format!("{times} reference{s} {leads} nowhere: anything is taken there")
            }
            Self::Constant => format!("{times} `const` {is} shown as `enum`, which means the same"),
            Self::Nullable => format!("{times} `nullable` {is} read as a type that may be null"),
            Self::Items => format!(
                "{times} array{s} without `items` got one that takes anything, as endpoints want one"
            ),
            Self::Tuple => format!(
                "{times} list{s} of items by position {is} shown as one form, with the order in \
                 words; calls are checked by position"
            ),
            Self::Impossible => {
                format!("{times} form{s} that no value fits {is} hidden from the model")
            }
            Self::Enum => format!(
                "{times} long `enum`{s} {is} shown by the first values; calls are checked with all"
            ),
            Self::Pattern => format!(
                "{times} `pattern`{s} that not every endpoint can read {is} shown in words; calls \
                 are checked with them where they can be read here"
            ),
            Self::OldKeyword => {
                format!("{times} keyword{s} of older drafts {is} shown in today's form")
            }
            Self::Name => format!(
                "{times} argument name{s} with characters that endpoints refuse got another for the \
                 model; the server sees its own"
            ),
            Self::Words => format!("{times} description{s} of arguments {is} cut to the budget"),
            Self::Invisible => {
                format!("{times} invisible character{s} {is} taken out of its words")
            }
        }
    }
}
