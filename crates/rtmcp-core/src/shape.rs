//! The shapes that every wire type shares: tolerant fields, kept unknowns, tagged unions.
//!
//! Three macros write the types, so that the definitions read like the protocol's own tables:
//!
//! - `wire!` makes a struct. `name: T` is always sent, and reads as its default when the peer
//!   leaves it out or sends null (an empty id or word stands for one that was left out); `name?: T` is an `Option`; `name??: T` is a [`Nullable`], for
//!   the few fields where null says something else than absence. A field of another type than
//!   expected is passed over, and kept in `extra`; but `name!: T` is what the whole is about:
//!   where that can't be read, nothing sensible is left. `name as "wire"` is called `wire` there.
//! - `tagged!` makes a union over the field `type`, with `Unknown` for what it doesn't know.
//! - `words!` makes an enum of strings, with `Other` for what it doesn't know.

mod mend;
mod wire;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::Private;

/// The fields of an object that this version doesn't know, kept as they came; and those that it
/// knows, but that hold another type than expected.
///
/// They are encoded again where they were, a misread one instead of the field that it would be. `Debug` shows their names only.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extra(pub Map<String, Value>);

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Extra {
    /// Tells whether a field is kept here.
    pub(crate) fn has(&self, name: &str) -> bool {
        !self.0.is_empty() && self.0.contains_key(name)
    }

    /// Keeps what wasn't read.
    pub(crate) fn without(object: &Map<String, Value>, read: &[&str]) -> Self {
        let rest = object
            .iter()
            .filter(|(name, _)| !read.contains(&name.as_str()));
        Self(
            rest.map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }
}

/// A field for which null and absence mean two things: clear it, or leave it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Nullable<T> {
    /// The field isn't there.
    #[default]
    Absent,
    /// The field is null.
    Null,
    /// The field has a value.
    Set(T),
}

impl<T> Nullable<T> {
    /// Tells whether the field isn't there.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Tells whether the field is null.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Returns the value, if there is one.
    pub const fn as_set(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Set))
    }
}

/// Something of a kind that this version doesn't know, or doesn't find in the known shape.
///
/// It is never an error and never lost: encoding gives back what came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unknown {
    /// Its `type`, empty where it has none.
    pub kind: String,
    /// What came, whole; a string where the text wasn't JSON.
    pub value: Private<Value>,
    /// What kept a known kind from being read, without a word of the payload.
    pub trouble: Option<String>,
}

impl Unknown {
    /// Keeps a value as it came.
    pub(crate) fn new(value: Value, error: Option<&serde_json::Error>) -> Self {
        let kind = value.get("type").and_then(Value::as_str);
        let is_strange = !value.is_object() && !value.is_null();
        let strange = is_strange.then(|| "not an object".to_owned());
        Self {
            kind: kind.unwrap_or_default().to_owned(),
            trouble: error.map(trouble).or(strange),
            value: Private::new(value),
        }
    }
}

/// Says what is wrong with a text without quoting it: serde's own words quote the payload.
pub(crate) fn trouble(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a field of another type than expected",
        serde_json::error::Category::Eof => "text that ends too early",
        serde_json::error::Category::Io | serde_json::error::Category::Syntax => "not JSON",
    };
    match (error.line(), error.column()) {
        (0, _) | (1, 0) => what.to_owned(),
        (1, column) => format!("{what}, at character {column}"),
        (line, column) => format!("{what}, at line {line}, character {column}"),
    }
}

/// Reads a field, and takes null for its default.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Puts the tag in front of a body.
#[derive(Serialize)]
pub(crate) struct WithTag<'a, T> {
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    #[serde(flatten)]
    pub(crate) body: &'a T,
}

macro_rules! tagged {
    ($(#[$doc:meta])* $name:ident { $( $(#[$vdoc:meta])* $variant:ident = $kind:literal, )* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $( $(#[$vdoc])* $variant($variant), )*
            /// Of a kind or shape that this version doesn't know, kept as it came.
            Unknown($crate::shape::Unknown),
        }

        impl $name {
            /// Every kind that this version knows, by its name on the wire.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// Returns the kind by its name on the wire.
            pub fn kind(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $kind, )*
                    Self::Unknown(unknown) => &unknown.kind,
                }
            }
        }

        $( impl From<$variant> for $name {
            fn from(body: $variant) -> Self {
                Self::$variant(body)
            }
        } )*

        impl Default for $name {
            /// What a peer left out.
            fn default() -> Self {
                Self::from_value(::serde_json::Value::Null)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                match self {
                    $( Self::$variant(body) => {
                        $crate::shape::WithTag { kind: $kind, body }.serialize(s)
                    } )*
                    Self::Unknown(unknown) => unknown.value.serialize(s),
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Ok(Self::from_value(::serde_json::Value::deserialize(d)?))
            }
        }

        impl $name {
            pub(crate) fn from_value(value: ::serde_json::Value) -> Self {
                use ::serde::Deserialize as _;
                let kind = value.get("type").and_then(::serde_json::Value::as_str);
                let error = match kind {
                    $( Some($kind) => match $variant::deserialize(&value) {
                        Ok(mut body) => {
                            body.extra.0.shift_remove("type");
                            return Self::$variant(body);
                        }
                        Err(error) => error,
                    }, )*
                    _ => return Self::Unknown($crate::shape::Unknown::new(value, None)),
                };
                Self::mended(value, &error)
            }

            /// Reads what can be read of a value whose strict reading failed with `error`.
            pub(crate) fn mended(
                value: ::serde_json::Value,
                error: &::serde_json::Error,
            ) -> Self {
                use $crate::shape::Mend as _;
                let kind = value.get("type").and_then(::serde_json::Value::as_str);
                let body = match kind {
                    $( Some($kind) => $variant::mend(&value).map(|mut body| {
                        body.extra.0.shift_remove("type");
                        Self::$variant(body)
                    }), )*
                    _ => None,
                };
                let unknown = || Self::Unknown($crate::shape::Unknown::new(value, Some(error)));
                body.unwrap_or_else(unknown)
            }
        }

        impl $crate::shape::Mend for $name {
            fn mend(value: &::serde_json::Value) -> Option<Self> {
                Some(Self::from_value(value.clone()))
            }

            fn misread(&self, at: $crate::shape::Place<'_>, found: &mut Vec<String>) {
                match self {
                    $( Self::$variant(body) => $crate::shape::Mend::misread(body, at, found), )*
                    Self::Unknown(unknown) if unknown.trouble.is_some() => {
                        found.push(at.to_string());
                    }
                    Self::Unknown(_) => {}
                }
            }
        }
    };
}

macro_rules! words {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$vdoc:meta])* $variant:ident = $word:literal, )* } )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name {
            $( $(#[$vdoc])* #[serde(rename = $word)] $variant, )*
            /// A word that this version doesn't know, kept as it came.
            #[serde(untagged)]
            Other(String),
        }

        impl $name {
            /// Returns the word as it goes over the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )*
                    Self::Other(word) => word,
                }
            }
        }

        $crate::shape::word! { $name }

        impl Default for $name {
            /// The word that a peer left out.
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}

pub(crate) use mend::{Mend, Place, word};
pub(crate) use wire::wire;
pub(crate) use {tagged, words};
