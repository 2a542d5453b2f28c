//! The `rtmcp` command: speak to agents, list and call tools, run the simulator and the sample
//! servers.
//!
//! | command | what it does |
//! |---|---|
//! | `rtmcp sim` | serves a Realtime endpoint that hears, thinks and speaks on this machine |
//! | `rtmcp mock` | serves a sample MCP server |
//! | `rtmcp tools` | lists the tools of MCP servers as a model sees them |
//! | `rtmcp call` | calls one tool, as in a session |
//! | `rtmcp say` | has one spoken or typed turn with an agent, and tells it step by step |
//! | `rtmcp serve` | serves the HTTP API by which pages hold calls without a key |
//! | `rtmcp check` | checks a configuration, its servers and its endpoint |
//!
//! Results go to stdout; questions, notes, errors and logs go to stderr. Exit codes are in
//! `rtmcp --help`. No rule about sessions or tools lives here: they are in `rtmcp` and below.

mod approval;
mod cli;
mod command;
mod console;
mod failure;
mod handover;
mod logging;
mod outcome;
mod reach;
pub mod serve;
mod signals;

pub use cli::{Cli, run};
pub use logging::log_calls;
pub use signals::Stop;
