//! [`FaultSpec`]: a fault as it is written, `KIND[=VALUE][@WHEN]`.

use std::{num::NonZeroU64, str::FromStr};

use serde::Deserialize;

use super::{FaultKind, kind::ROWS};

/// A fault, and when it strikes.
///
/// `WHEN` is `always`, or up to two of `session=N`, and one of `event=N`, `response=N`, `call=N`,
/// `output=N` and `create=N`, with a comma between them; a number counts from 1, and `every`
/// stands for all. What isn't said is the first. Faults that are more a state than a moment
/// (`slow`, `expire`, `loss`, `delay`, `jitter`) strike always, unless something is said.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct FaultSpec {
    /// What goes wrong.
    pub kind: FaultKind,
    /// When.
    pub when: When,
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// In which session.
    pub session: Which,
    /// On which occasion; a kind has its own, and a few have two.
    pub occasion: Occasion,
    /// On which of these occasions in a session.
    pub nth: Which,
}

/// One of many, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// This one, counted from 1.
    Nth(NonZeroU64),
    /// All.
    Every,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A client asks for a session.
    Session,
    /// The server says an event.
    Event,
    /// A response. What befalls the connection does so after the first delta of it.
    Response,
    /// The model calls a function.
    Call,
    /// A client gives the output of a function.
    Output,
    /// A client asks for a response.
    Create,
}

impl FaultSpec {
    /// A fault that strikes when it does where nothing is said.
    pub fn new(kind: FaultKind) -> Self {
        let always = kind.row().is_some_and(|it| it.always);
        let which = match always {
            true => Which::Every,
            false => Which::FIRST,
        };
        let occasion = kind.occasions().first().copied();
        Self {
            when: When {
                session: which,
                occasion: occasion.unwrap_or(Occasion::Session),
                nth: which,
            },
            kind,
        }
    }
}

impl FromStr for FaultSpec {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let (kind, when) = match text.split_once('@') {
            Some((kind, when)) => (kind, Some(when)),
            None => (text, None),
        };
        let mut spec = Self::new(kind.trim().parse()?);
        match when {
            None => {}
            Some("always") => (spec.when.session, spec.when.nth) = (Which::Every, Which::Every),
            Some(when) => {
                let bad = || BadFault::when(&spec.kind, when);
                spec.when = when_of(&spec.kind, when).ok_or_else(bad)?;
            }
        }
        Ok(spec)
    }
}

impl TryFrom<String> for FaultSpec {
    type Error = BadFault;

    fn try_from(text: String) -> Result<Self, BadFault> {
        text.parse()
    }
}

fn when_of(kind: &FaultKind, text: &str) -> Option<When> {
    let occasions = kind.occasions();
    let (mut session, mut moment) = (None, None);
    for part in text.split(',') {
        let (name, which) = part.trim().split_once('=')?;
        let which = which.parse().ok()?;
        if name == Occasion::Session.name() {
            session.replace(which).is_none().then_some(())?;
        } else {
            let occasion = occasions.iter().find(|it| it.name() == name)?;
            moment.replace((*occasion, which)).is_none().then_some(())?;
        }
    }
    let (occasion, nth) = moment.unwrap_or((*occasions.first()?, Which::FIRST));
    let session = session.unwrap_or(Which::FIRST);
    Some(When {
        session,
        occasion,
        nth,
    })
}

impl When {
    /// On this occasion, in any session that it is asked of.
    pub(super) fn is(self, occasion: Occasion, number: u64) -> bool {
        self.occasion == occasion && self.nth.is(number)
    }
}

impl Which {
    /// The first one.
    pub const FIRST: Self = Self::Nth(NonZeroU64::MIN);

    pub(super) fn is(self, number: u64) -> bool {
        match self {
            Self::Nth(nth) => nth.get() == number,
            Self::Every => true,
        }
    }
}

impl FromStr for Which {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "every" => Ok(Self::Every),
            number => number.parse().map(Self::Nth),
        }
    }
}

impl Occasion {
    const fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Event => "event",
            Self::Response => "response",
            Self::Call => "call",
            Self::Output => "output",
            Self::Create => "create",
        }
    }
}

/// A text that names no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFault {
    /// There is no such kind.
    #[error("`{name}` is no fault; name one of {}", names())]
    Unknown {
        /// What stands in its place.
        name: String,
    },
    /// The kind doesn't take this value.
    #[error("`{name}={value}` can't be: {name} takes {takes}")]
    Value {
        /// The kind.
        name: String,
        /// The value.
        value: String,
        /// What it takes.
        takes: String,
    },
    /// It can't strike then.
    #[error(
        "`{name}@{when}` can't be: after {name}@ comes `always`, or {forms}, with a comma between two"
    )]
    When {
        /// The kind.
        name: String,
        /// What was said.
        when: String,
        /// What it takes.
        forms: String,
    },
    /// It strikes a session as it begins, and can't be a step of a scenario.
    #[error("`{name}` can't be a step: a session has begun by then; write it under `faults`")]
    Step {
        /// The kind.
        name: String,
    },
}

impl BadFault {
    pub(super) fn unknown(name: &str) -> Self {
        Self::Unknown {
            name: name.to_owned(),
        }
    }

    pub(super) fn value(name: &str, value: &str, takes: &str) -> Self {
        Self::Value {
            name: name.to_owned(),
            value: value.to_owned(),
            takes: takes.to_owned(),
        }
    }

    fn when(kind: &FaultKind, when: &str) -> Self {
        let moments = kind.occasions().iter().copied();
        let moments = moments.filter(|it| *it != Occasion::Session);
        let all = [Occasion::Session].into_iter().chain(moments);
        let forms: Vec<_> = all.map(|it| format!("`{}=N`", it.name())).collect();
        Self::When {
            name: kind.name().to_owned(),
            when: when.to_owned(),
            forms: forms.join(", "),
        }
    }
}

impl FaultKind {
    /// Reads a fault that is a step of a scenario: it strikes the response that it is in.
    ///
    /// # Errors
    ///
    /// [`BadFault`] when it is none, or one that strikes a session as it begins.
    pub(crate) fn in_step(text: &str) -> Result<Self, BadFault> {
        let kind: Self = text.parse()?;
        match kind.occasions() {
            [Occasion::Session] => Err(BadFault::Step {
                name: kind.name().to_owned(),
            }),
            _ => Ok(kind),
        }
    }
}

fn names() -> String {
    let names: Vec<_> = ROWS.iter().map(|it| it.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests;
