//! What part a text argument plays, by the words of its name and description.

use crate::engine::brain::rules::{tool::Property, words::stem};

/// The part that a text plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::brain::rules) enum Role {
    /// Where something comes from.
    From,
    /// Where it goes.
    To,
    Person,
    Place,
    /// Something to buy, or to count.
    Thing,
    /// What it is about.
    Topic,
    /// Words to be passed on as they are.
    Speech,
    Date,
    /// A number or code by which something is known.
    Code,
    Any,
}

/// Which words of a property speak for which part; the first that fits counts.
const SIGNS: &[(Role, &[&str])] = &[
    (Role::From, &["from", "source", "origin", "departure"]),
    (Role::To, &["to", "target", "destination", "arrival"]),
    (
        Role::Speech,
        &[
            "message", "text", "content", "body", "input", "string", "sentence", "prompt", "phrase",
        ],
    ),
    (
        Role::Topic,
        &[
            "subject",
            "topic",
            "about",
            "title",
            "query",
            "question",
            "reason",
            "problem",
            "issue",
            "keyword",
            "term",
            "summary",
            "description",
            "task",
            "comment",
            "search",
            "note",
        ],
    ),
    (
        Role::Person,
        &[
            "customer",
            "person",
            "user",
            "client",
            "contact",
            "patient",
            "employee",
            "member",
            "guest",
            "recipient",
            "assignee",
            "author",
            "owner",
            "people",
            "friend",
            "attendee",
        ],
    ),
    (
        Role::Place,
        &[
            "city", "location", "place", "country", "town", "address", "region", "airport",
            "where", "timezone", "area",
        ],
    ),
    (
        Role::Thing,
        &["product", "item", "article", "sku", "goods", "object"],
    ),
    (
        Role::Date,
        &["date", "day", "time", "when", "deadline", "month"],
    ),
    (
        Role::Code,
        &[
            "id",
            "number",
            "code",
            "order",
            "ticket",
            "invoice",
            "reference",
            "account",
            "key",
        ],
    ),
];

impl Role {
    pub(in crate::engine::brain::rules) fn of(property: &Property<'_>) -> Self {
        let by = |stems: &[String]| {
            let says = |signs: &[&str]| signs.iter().any(|it| stems.contains(&stem(it)));
            SIGNS
                .iter()
                .find(|(_, signs)| says(signs))
                .map(|(role, _)| *role)
        };
        let name: Vec<String> = property.words.iter().map(|it| stem(it)).collect();
        // From and to are said by names alone: descriptions have these words for their grammar.
        let about = by(&property.about).filter(|it| !matches!(it, Self::From | Self::To));
        by(&name).or(about).unwrap_or(Self::Any)
    }

    /// The words that lead to it, the best first.
    pub(super) fn prepositions(self) -> &'static [&'static str] {
        match self {
            Self::From => &["from"],
            Self::To => &["to", "into", "in"],
            Self::Person => &[
                "for", "named", "called", "to", "of", "with", "from", "about",
            ],
            Self::Place => &["in", "at", "near", "for", "of", "around", "from", "to"],
            Self::Topic => &[
                "about",
                "regarding",
                "concerning",
                "saying",
                "titled",
                "because",
                "that",
                "on",
                "for",
                "with",
            ],
            Self::Date => &["on", "at", "by", "until", "for"],
            Self::Code => &["number", "of", "for", "with"],
            Self::Any => &[
                "called", "named", "for", "of", "in", "about", "on", "to", "from",
            ],
            Self::Thing | Self::Speech => &[],
        }
    }

    /// Whether it is short and, where capitals are said, a name.
    pub(super) fn is_name(self) -> bool {
        matches!(
            self,
            Self::Person | Self::Place | Self::From | Self::To | Self::Code
        )
    }
}
