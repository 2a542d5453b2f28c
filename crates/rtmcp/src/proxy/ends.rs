//! [`ProxyEnd`]: what is known of a proxied connection when it is over.

/// How a proxied connection ended, and what went over it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProxyEnd {
    /// Who ended it.
    pub by: ProxySide,
    /// The close code, as WebSocket libraries show it: 1005 for none, 1006 for a connection that
    /// broke off.
    pub code: u16,
    /// What was said with it, or seen.
    pub reason: String,
    /// Function calls of the model that were run here.
    pub calls: u64,
}

/// Who ended a proxied connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxySide {
    /// The client.
    Client,
    /// The endpoint.
    Endpoint,
    /// This program, which was told to stop.
    Proxy,
}
