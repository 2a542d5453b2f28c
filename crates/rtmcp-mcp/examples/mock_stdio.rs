//! The misbehaving sample server as a stdio server, for the tests to start as a child process.
//!
//! `cargo run -p rtmcp-mcp --example mock_stdio`

use rtmcp_mock::{serve::stdio, trouble::Trouble};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    stdio(Trouble::new()).await
}
