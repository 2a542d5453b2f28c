//! [`Dialect`]: which naming of the protocol an endpoint speaks.

mod legacy;

use std::{fmt, str::FromStr};

use crate::{ClientEvent, ServerEvent};

/// Which naming of the protocol an endpoint speaks.
///
/// Events are always those of today in here: a dialect reads older names into them, and writes them
/// in older names. What a dialect doesn't know passes unchanged.
///
/// # Example
///
/// ```
/// use rtmcp_core::{ClientEvent, Dialect, ServerEvent};
///
/// let dialect: Dialect = "legacy".parse()?;
/// let text = r#"{"type":"response.text.delta","event_id":"e1","response_id":"r1",
///     "item_id":"i1","output_index":0,"content_index":0,"delta":"Hello"}"#;
/// let ServerEvent::ResponseOutputTextDelta(more) = dialect.decode(text) else {
///     panic!("words of the model");
/// };
/// assert_eq!(more.delta.expose(), "Hello");
///
/// let update = r#"{"type":"session.update",
///     "session":{"type":"realtime","audio":{"output":{"voice":"alloy"}}}}"#;
/// let update = ClientEvent::decode(update);
/// assert_eq!(
///     dialect.encode(&update),
///     r#"{"type":"session.update","session":{"voice":"alloy"}}"#,
/// );
/// # Ok::<(), rtmcp_core::UnknownDialect>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The published protocol.
    #[default]
    Openai,
    /// The published protocol at Azure. Its events are the same; only what is around them differs:
    /// the address, and the header that carries the key.
    Azure,
    /// The protocol as it was before it was published as stable: older names of events and content,
    /// and a flat session. Endpoints of other vendors still speak it.
    Legacy,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::Openai, Self::Azure, Self::Legacy];

    /// Returns the dialect's name in a configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Azure => "azure",
            Self::Legacy => "legacy",
        }
    }

    /// Reads what an endpoint of this dialect says; total, as [`ServerEvent::decode`] is.
    pub fn decode(self, text: &str) -> ServerEvent {
        match self {
            Self::Openai | Self::Azure => ServerEvent::decode(text),
            Self::Legacy => legacy::decode(text),
        }
    }

    /// Writes what an endpoint of this dialect is told.
    pub fn encode(self, event: &ClientEvent) -> String {
        match self {
            Self::Openai | Self::Azure => event.encode(),
            Self::Legacy => legacy::encode(event),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| UnknownDialect(text.to_owned()))
    }
}

/// A word that names no [`Dialect`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no dialect: use \"openai\", \"azure\", or \"legacy\" for an endpoint that speaks the older names"
)]
pub struct UnknownDialect(pub String);
