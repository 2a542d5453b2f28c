//! [`Settings`]: what a page can choose from, and [`Tools`]: what a server offers.

use serde::{Deserialize, Serialize};

use crate::Server;

/// Whether the backend is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// The version of the backend.
    pub version: String,
    /// How many calls run.
    pub calls: usize,
}

/// What a page can choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The Realtime endpoints; the first is used where none is named.
    pub endpoints: Vec<Endpoint>,
    /// The MCP servers that are configured.
    pub servers: Vec<ConfiguredServer>,
    /// Whether a page may name MCP servers of its own.
    pub own_servers: bool,
    /// Whether a page may bring a key of its own, for any endpoint.
    #[serde(default)]
    pub own_key: bool,
    /// What the model is told about its part, unless the page says otherwise.
    pub instructions: String,
}

/// A Realtime endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Names it in requests.
    pub name: String,
    /// What it is.
    pub kind: EndpointKind,
    /// The model.
    pub model: String,
    /// Whether a key is there.
    pub key: KeyState,
}

/// What an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointKind {
    /// OpenAI.
    Openai,
    /// A simulator on this machine.
    Simulator,
    /// Any other.
    Other,
}

/// Whether an endpoint's key is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// The backend has one.
    Configured,
    /// The page must bring one.
    Wanted,
    /// None is needed.
    Unneeded,
}

/// An MCP server of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfiguredServer {
    /// Names it in requests.
    pub name: String,
    /// Where it is: its address on this machine, or the host of one elsewhere, as the rest of that
    /// may be a secret. None for a program.
    pub url: Option<String>,
}

/// Asks for the tools of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolsRequest {
    /// The server; its `allow` is passed over.
    pub server: Server,
}

/// The tools of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tools {
    /// In the order of the server.
    pub tools: Vec<Tool>,
    /// How long connecting and listing took, in milliseconds.
    pub took_ms: u64,
    /// What the functions of this server's tools cost in each session that lists them, in tokens;
    /// an estimate.
    #[serde(default)]
    pub tokens: usize,
    /// What all functions of a session may cost; beyond it tools are found when they are needed.
    #[serde(default)]
    pub budget: usize,
}

/// A tool, as the page shows it and as the model would see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name at the server.
    pub name: String,
    /// What it does, in the server's words.
    pub description: Option<String>,
    /// The function that the model sees; none where it is left out.
    pub function: Option<String>,
    /// What became of it.
    #[serde(default)]
    pub verdict: ToolVerdict,
    /// Why it is left out, or how it was repaired.
    pub note: Option<String>,
    /// Whether the server says that it changes nothing.
    pub read_only: bool,
    /// Whether somebody is asked before it runs.
    pub asks: bool,
    /// What the function costs in a session's list, in tokens; an estimate.
    #[serde(default)]
    pub tokens: usize,
    /// What somebody should look at: words that read like instructions to the model.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// What became of a tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolVerdict {
    /// The model sees it as the server describes it.
    #[default]
    Ok,
    /// The model sees it with changes.
    Repaired,
    /// The model doesn't see it.
    LeftOut,
}
