//! Ears: from a script, a program, or a server.

mod http;
mod missing;
mod process;
mod script;

pub use http::Http;
pub use missing::Missing;
pub use process::Process;
pub use script::Script;

#[cfg(test)]
mod tests;
