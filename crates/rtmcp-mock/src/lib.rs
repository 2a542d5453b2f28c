//! Sample and misbehaving MCP servers to try things on.
//!
//! Four servers, each over three transports:
//!
//! * [`shop::Shop`], a small business with weather, customers, prices, tickets and refunds: what a
//!   voice model would really be given, with honest annotations and results that can be read out.
//! * `trouble`, which does on request what servers do wrong: answers late or never,
//!   floods, lies about its schema, forgets the session, drops the connection.
//! * [`talker::Talker`], which speaks of its own accord: its tools change, it asks the person, logs,
//!   and has resources and prompts.
//! * [`many::Many`], which has any number of tools, to see what a crowd of them costs.
//!
//! All count what happens to them ([`stats::Stats`]), so that a test can wait for the event it is
//! about instead of sleeping.
//!
//! Each can be served behind [`oauth::OAuth`], so that a person must sign in first.
//!
//! # Transports
//!
//! [`serve::Server::bind`] serves Streamable HTTP at `/mcp` and the older HTTP+SSE transport at
//! `/sse` and `/message`, on one port. [`serve::stdio`] serves the process's own stdin and stdout,
//! [`serve::pipe`] any other pair of byte streams.
//!
//! # Protocol revisions
//!
//! Over Streamable HTTP a client that opens with `initialize` gets a session and speaks 2024-11-05
//! to 2025-11-25; one that opens with `server/discover`, or sends any request with the
//! `MCP-Protocol-Version: 2026-07-28` header and its `_meta`, is answered without a session. Both
//! kinds may use one server at the same time. Over HTTP+SSE and stdio the first message decides in
//! the same way.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use rtmcp_mock::{serve::Server, shop::Shop};
//!
//! let running = Server::new(Shop::new()).bind(([127, 0, 0, 1], 0).into()).await?;
//! let url = running.url_mcp(); // http://127.0.0.1:PORT/mcp
//! # let _ = url;
//! running.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod answer;
pub mod many;
pub mod oauth;
mod sample;
pub mod serve;
pub mod shop;
pub mod stats;
pub mod talker;
pub mod trouble;

pub use sample::{Reading, Sample};
