//! Voices: a program, a server, or plain tones.

mod http;
mod process;
mod tone;

pub use http::Http;
pub use process::Process;
pub use tone::Tone;

#[cfg(test)]
mod tests;
