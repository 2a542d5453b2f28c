//! What the vocabulary promises: total decoding, nothing lost, nothing private shown.

mod events;
mod privacy;
#[cfg(not(target_arch = "wasm32"))]
mod published;
mod totality;
