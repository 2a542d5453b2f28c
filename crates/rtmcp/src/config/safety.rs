//! [`Safety`]: which addresses are reached when somebody other than the owner names them.

use rtmcp_mcp::{AllowList, Endpoint, Guard, ServerConfig};

/// Which addresses are reached when somebody other than the owner names them: a page with a server
/// of its own, a client of the proxy, or a server that says where to sign in.
///
/// By default only `https` at public addresses.
#[derive(Clone, Debug, Default)]
pub struct Safety {
    /// What may be reached besides.
    pub allow: AllowList,
    /// Whether the configured servers must keep to the same rules.
    pub strict: bool,
}

impl Safety {
    /// The guard for addresses that strangers name.
    pub fn strangers(&self) -> Guard {
        Guard::strangers(self.allow.clone())
    }

    /// Gives a server of the owner's the guard that it is to have.
    pub(crate) fn guard(&self, server: &mut ServerConfig) -> Result<(), rtmcp_mcp::Forbidden> {
        if !self.strict {
            server.guard = Guard::owner(self.allow.clone());
            return Ok(());
        }
        server.guard = self.strangers();
        match &server.endpoint {
            Endpoint::Http { url, .. } => server.guard.check(url),
            Endpoint::Stdio { .. } => Ok(()),
        }
    }
}
