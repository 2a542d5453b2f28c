//! [`Private<T>`]: what people say and what tools answer never reaches a log by accident.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that must not appear in logs, errors or `Debug` output.
///
/// Speech, transcripts, tool arguments, tool results and keys are wrapped in it. `Debug` prints
/// `Private(..)` and there is no `Display`; reading the value is the visible act of calling
/// [`expose`](Self::expose). On the wire it is transparent.
///
/// # Example
///
/// ```
/// use rtmcp_core::Private;
///
/// let secret = Private::new(String::from("my card is 4242"));
/// assert_eq!(format!("{secret:?}"), "Private(..)");
/// assert_eq!(secret.expose(), "my card is 4242");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value: the one way to read it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Returns the value for changing it.
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }

    /// Unwraps the value.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(..)")
    }
}

impl<T> From<T> for Private<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Private<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}
