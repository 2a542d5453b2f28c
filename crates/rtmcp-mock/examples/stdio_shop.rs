//! The sample shop as a stdio server: what an MCP client starts as a child process.
//!
//! `cargo run -p rtmcp-mock --example stdio_shop`

use rtmcp_mock::serve::stdio;
use rtmcp_mock::shop::Shop;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    stdio(Shop::new()).await
}
