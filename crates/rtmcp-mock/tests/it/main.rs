//! The sample servers, asked over every transport that they serve.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod client;
mod connections;
mod doors;
mod shop;
mod sse_client;
mod trouble;
