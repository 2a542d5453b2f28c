//! The simulator from outside: over real sockets, as its clients see it.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod caller;
mod calls;
mod client;
mod doors;
mod faults;
mod items;
mod privacy;
mod published;
mod refusals;
mod responses;
mod rest;
mod settings;
mod sideband;
mod speech;
mod stub;
mod turns;
