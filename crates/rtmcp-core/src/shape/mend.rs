//! [`Mend`]: how what isn't in its published shape is read all the same, but for the fields at fault.
//!
//! Every event is first read strictly and straight from its text. Only where that fails is it read
//! field by field, and a field that holds another type than expected stays in [`Extra`](super::Extra)
//! under its own name: so that encoding gives it back, and its name says that it was misread.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Nullable;
use crate::{
    AudioFormat, Private,
    session::{MaxTokens, ToolChoice, Truncation, Voice},
};

/// What can be read in part.
pub(crate) trait Mend: Sized {
    /// Reads what can be read; `None` when nothing sensible is left.
    fn mend(value: &Value) -> Option<Self>;

    /// Tells whether the value says that the peer left it out.
    fn is_left_out(&self) -> bool {
        false
    }

    /// Names the fields that couldn't be read, here and below.
    fn misread(&self, _at: Place<'_>, _found: &mut Vec<String>) {}
}

/// Where in an event something is.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    Root,
    Field(&'a Self, &'static str),
    Index(&'a Self, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Place::Root, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// What is read whole or not at all.
macro_rules! whole {
    ($($type:ty)*) => {
        $( impl Mend for $type {
            fn mend(value: &Value) -> Option<Self> {
                Self::deserialize(value).ok()
            }
        } )*
    };
}

/// Words and ids: an empty one was left out.
macro_rules! word {
    ($type:ty) => {
        impl $crate::shape::Mend for $type {
            fn mend(value: &::serde_json::Value) -> Option<Self> {
                ::serde::Deserialize::deserialize(value).ok()
            }

            fn is_left_out(&self) -> bool {
                self.as_str().is_empty()
            }
        }
    };
}

pub(crate) use word;

/// Whole numbers; some servers write them as `12.0`.
macro_rules! number {
    ($($type:ty)*) => {
        $( impl Mend for $type {
            fn mend(value: &Value) -> Option<Self> {
                let read = Self::deserialize(value).ok();
                read.or_else(|| whole_number(value)?.try_into().ok())
            }
        } )*
    };
}

number! { u8 u32 u64 i64 }

/// Returns a number that has nothing behind its point, where it is known exactly.
fn whole_number(value: &Value) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = value.as_f64()?;
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

whole! {
    String bool f64 Value Map<String, Value> AudioFormat ToolChoice Voice MaxTokens
    Truncation
}

impl<V: for<'de> Deserialize<'de>> Mend for BTreeMap<String, V> {
    fn mend(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }
}

impl<T: Mend> Mend for Vec<T> {
    fn mend(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::mend).collect()
    }

    fn misread(&self, at: Place<'_>, found: &mut Vec<String>) {
        for (index, it) in self.iter().enumerate() {
            it.misread(Place::Index(&at, index), found);
        }
    }
}

impl<T: Mend> Mend for Option<T> {
    fn mend(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::mend(value).map(Some),
        }
    }

    fn misread(&self, at: Place<'_>, found: &mut Vec<String>) {
        if let Some(it) = self {
            it.misread(at, found);
        }
    }
}

impl<T: Mend> Mend for Nullable<T> {
    fn mend(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Null),
            value => T::mend(value).map(Self::Set),
        }
    }

    fn misread(&self, at: Place<'_>, found: &mut Vec<String>) {
        if let Some(it) = self.as_set() {
            it.misread(at, found);
        }
    }
}

impl<T: Mend> Mend for Box<T> {
    fn mend(value: &Value) -> Option<Self> {
        T::mend(value).map(Self::new)
    }

    fn misread(&self, at: Place<'_>, found: &mut Vec<String>) {
        T::misread(self, at, found);
    }
}

impl<T: Mend> Mend for Private<T> {
    fn mend(value: &Value) -> Option<Self> {
        T::mend(value).map(Self::new)
    }

    fn misread(&self, at: Place<'_>, found: &mut Vec<String>) {
        self.expose().misread(at, found);
    }
}
