//! [`CallRequest`]: what a call is made of, and who decides about its tools.

use std::collections::BTreeMap;

use rtmcp_core::Private;
use serde::{Deserialize, Serialize};

/// An MCP server that a session is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// A configured server's name; or, with `url`, the name that the page gives to its own.
    pub name: String,
    /// The address of a server of the page's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `http` (Streamable HTTP) or `sse`; found out where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// Sent with each request to a server of the page's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Private<String>>,
    /// The tools that the model may call, by their names at the server; all where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
}

/// What a session is set up with. Everything has a default in the backend's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The name of a Realtime endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The key of that endpoint, where the page brings one; kept in memory for this session only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Private<String>>,
    /// The MCP servers; all configured ones where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers: Option<Vec<Server>>,
    /// What the model is told about its part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Private<String>>,
    /// The voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
}

/// Asks for a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRequest {
    /// The browser's side of it.
    #[serde(flatten)]
    pub source: CallSource,
    /// The session.
    #[serde(flatten)]
    pub setup: Setup,
}

/// The browser's side of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallSource {
    /// An offer (SDP), to be passed on to the endpoint.
    Sdp(String),
    /// A call that the browser has made itself, with a [`Token`]: `rtc_…`.
    CallId(String),
}

/// A call that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Names the session at the backend.
    pub id: String,
    /// The endpoint's answer (SDP), where an offer was passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp: Option<String>,
    /// The endpoint's name for the call.
    pub call_id: String,
}

/// Asks for a key that a browser may have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequest {
    /// The session, which is bound into the key.
    #[serde(flatten)]
    pub setup: Setup,
    /// How long it can be used to begin a call, in seconds: 10 to 7200, 60 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// A key that a browser may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The key: `ek_…`.
    pub value: Private<String>,
    /// Until when it can be used to begin a call, in seconds since 1970.
    pub expires_at: u64,
    /// Where the browser posts its offer, as `application/sdp`.
    pub calls_url: String,
    /// The model that it is bound to.
    pub model: String,
}

/// Decides about a call that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Whether it may run.
    pub approve: bool,
    /// Why not, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Private<String>>,
}
