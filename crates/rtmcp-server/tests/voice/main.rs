//! Whole conversations by voice: a WAV is spoken into a session, a real recognizer hears it, the
//! tools of real servers run, and the reply is speech that the recognizer understands again.
//!
//! Needs what `cargo xtask setup` installs: an ear (Whisper), two voices (espeak-ng and flite) and
//! `@modelcontextprotocol/server-everything`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at what it doesn't expect"
)]

mod approvals;
mod call;
mod everything;
mod interruption;
mod microphone;
mod quiet;
mod server;
mod shop;
mod stage;
mod together;
mod tools;
mod turn;
mod wire;
