//! What decoding and encoding share: finding the tag, keeping what isn't understood.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Private,
    shape::{Unknown, trouble},
};

/// Returns the `type` of an event without reading the rest of it into memory.
///
/// `None` when the text isn't a JSON object or has no such string.
///
/// # Example
///
/// ```
/// use rtmcp_core::kind_of;
///
/// assert_eq!(kind_of(r#"{"event_id":"e1","type":"response.done"}"#).as_deref(), Some("response.done"));
/// assert_eq!(kind_of("hello"), None);
/// ```
pub fn kind_of(text: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Tag<'a> {
        #[serde(rename = "type", borrow)]
        kind: Cow<'a, str>,
    }
    serde_json::from_str::<Tag<'_>>(text)
        .ok()
        .map(|tag| tag.kind)
}

/// Reads a text as whatever JSON it is, or keeps it as it is.
pub(crate) fn value_of(text: &str) -> Result<Value, Unknown> {
    serde_json::from_str(text).map_err(|error| Unknown {
        kind: String::new(),
        value: Private::new(Value::String(text.to_owned())),
        trouble: Some(trouble(&error)),
    })
}

/// Names an event as it is called today.
pub(crate) fn call(event: &mut Value, kind: &str) {
    if let Some(name) = event.get_mut("type")
        && name != kind
    {
        *name = Value::from(kind);
    }
}

/// Writes an event.
pub(crate) fn encode<T: Serialize>(event: &T) -> String {
    // Maps here have string keys and numbers are finite, so that writing can't fail.
    serde_json::to_string(event).unwrap_or_default()
}
