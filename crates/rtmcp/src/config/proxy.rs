//! [`ProxyConfig`]: whether clients of the Realtime API are served, and who may be one.

use rtmcp_core::Private;

/// How clients of the Realtime API are let in that know nothing of rtmcp, and gain its tools.
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    /// Which keys clients show.
    pub keys: ProxyKeys,
    /// Who runs MCP tools that a client itself names in its session.
    pub native: NativeTools,
    /// Of which other origins pages may be clients.
    pub origins: ProxyOrigins,
}

/// Which keys clients of a proxy show.
#[derive(Clone, Debug)]
pub enum ProxyKeys {
    /// One of these. The endpoint is shown [`Realtime::api_key`](crate::Realtime::api_key).
    Own(Vec<Private<String>>),
    /// Keys of the endpoint, which decides about them. Whoever has one can use the tools.
    Pass,
}

/// Who runs MCP tools that a client names itself, with `"type": "mcp"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NativeTools {
    /// The endpoint.
    #[default]
    Pass,
    /// The proxy, in the endpoint's place, with the events that an endpoint would send.
    Emulate,
}

/// Which pages may be clients of a proxy, besides its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyOrigins {
    /// All: what lets them in is a key that they can't guess.
    Any,
    /// Those of these origins, such as `https://app.example`.
    These(Vec<String>),
}
