//! Whole sessions: a simulated endpoint, real MCP servers on loopback, and the bridge between.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at what it doesn't expect"
)]

mod approvals;
mod calls;
mod config;
mod connection;
mod endpoint;
mod failures;
mod gateway;
mod handover;
mod hostile;
mod legacy;
mod page;
mod policy;
mod privacy;
mod record;
mod rest;
mod results;
mod servers;
mod sideband;
mod sim;
mod speech;
mod stage;
mod stub;
mod webrtc;
