//! The `rtmcp` command from outside: what it prints, how it ends, what it keeps.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod approvals;
mod attach;
mod errors;
mod page;
mod protocol;
mod record;
mod rtmcp;
mod say;
mod serve;
mod servers;
mod stage;
mod tools;
