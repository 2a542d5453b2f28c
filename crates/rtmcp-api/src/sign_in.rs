//! [`SignIn`]: where a visitor signs in to an MCP server.

use serde::{Deserialize, Serialize};

/// Where a visitor signs in to an MCP server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// What the page opens in a window of its own, on a click. The browser comes back to the
    /// backend; then the server's tools come into the call, told as `server_ready`.
    pub url: String,
    /// How long the visitor has, in milliseconds.
    pub expires_ms: u64,
}
