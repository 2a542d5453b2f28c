//! The two vocabularies: what a client says and what a server says.
//!
//! The structs carry the names of the events: [`server::ResponseDone`] is `response.done`.

pub mod client;
pub mod server;

pub use client::ClientEvent;
pub use server::ServerEvent;

/// Makes the enum over all events of one side, with total decoding from text.
macro_rules! events {
    ($(#[$doc:meta])* $name:ident { $( $(#[$vdoc:meta])* $variant:ident = $kind:literal, )* }) => {
        $crate::shape::tagged! {
            $(#[$doc])* $name { $( $(#[$vdoc])* $variant = $kind, )* }
        }

        impl $name {
            /// Reads an event from its text.
            ///
            /// Total: an event of an unknown kind, one of which nothing sensible can be read, or a
            /// text that isn't JSON at all comes back as `Unknown`, whole, with what was wrong. A
            /// field of another type than expected is passed over: see [`misread`](Self::misread).
            pub fn decode(text: &str) -> Self {
                // The tag first, so that the body is read once, straight into its own type.
                Self::decode_as($crate::wire::kind_of(text).as_deref(), text)
            }

            /// Reads an event that says itself to be of `kind`, or is known to be.
            pub(crate) fn decode_as(kind: Option<&str>, text: &str) -> Self {
                let error = match kind {
                    $( Some($kind) => match ::serde_json::from_str::<$variant>(text) {
                        Ok(mut body) => {
                            body.extra.0.shift_remove("type");
                            return Self::$variant(body);
                        }
                        Err(error) => Some(error),
                    }, )*
                    _ => None,
                };
                match ($crate::wire::value_of(text), kind, error) {
                    (Ok(mut value), Some(kind), Some(error)) => {
                        $crate::wire::call(&mut value, kind);
                        Self::mended(value, &error)
                    }
                    (Ok(value), ..) => Self::Unknown($crate::shape::Unknown::new(value, None)),
                    (Err(unknown), ..) => Self::Unknown(unknown),
                }
            }

            /// Names the fields that held another type than expected, as `session.audio.input`.
            ///
            /// They read as if they weren't there, and are kept in the `extra` of what they are in.
            /// An event of which nothing sensible is left is `Unknown`, and names none.
            pub fn misread(&self) -> Vec<String> {
                let mut found = Vec::new();
                if !matches!(self, Self::Unknown(_)) {
                    $crate::shape::Mend::misread(self, $crate::shape::Place::Root, &mut found);
                }
                found
            }

            /// Writes an event as text.
            pub fn encode(&self) -> String {
                $crate::wire::encode(self)
            }
        }
    };
}

pub(crate) use events;
