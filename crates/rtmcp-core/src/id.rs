//! The ids of the protocol, one type each, so that a call can't be mistaken for an item.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        ///
        /// Built from whatever string the peer sent; cloning is a reference count.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps a string from the wire.
            pub fn new(id: impl Into<Arc<str>>) -> Self {
                Self(id.into())
            }

            /// Returns the string as it goes over the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Tells whether the peer left the id out.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self(Arc::from(""))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(Arc::from(id))
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(Arc::from(id))
            }
        }

        $crate::shape::word! { $name }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self(Arc::from(String::deserialize(deserializer)?)))
            }
        }
    )*};
}

ids! {
    /// Names a session: `sess_…`.
    SessionId,
    /// Names a conversation: `conv_…`.
    ConversationId,
    /// Names an item of the conversation: `item_…`, `msg_…`.
    ItemId,
    /// Names a response of the model: `resp_…`.
    ResponseId,
    /// Names a function call, and links it to its output: `call_…`.
    CallId,
    /// Names a call at an endpoint, over WebRTC or the phone: `rtc_…`. Not to be mistaken for a
    /// [`CallId`], which is a function's.
    RealtimeCallId,
    /// Names an event; an error names the client event that caused it.
    EventId,
    /// Names an MCP server as its owner calls it in the configuration.
    ServerName,
}
