//! What the vocabulary promises: total decoding, nothing lost, nothing private shown.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod dialect;
mod events;
mod mended;
mod privacy;
#[cfg(not(target_arch = "wasm32"))]
mod published;
mod totality;
mod variants;
