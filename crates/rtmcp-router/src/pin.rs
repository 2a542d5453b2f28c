//! [`Pins`]: what was approved of each tool, so that a tool that changes is noticed.

mod change;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use rtmcp_core::{ServerName, ToolSpec};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Digest;

/// What was approved of the tools of each server.
///
/// A server can show harmless tools at first and others later, to whoever has stopped reading them.
/// So what the owner has seen is written down; what is new or different is left out until it is
/// approved too. The tools of a server that is seen for the first time are taken as they are.
///
/// Where it is kept is the caller's affair: [`Router::pins`](crate::Router::pins) returns it, and it
/// is JSON by its `Serialize`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// The tools of each server, by their names there.
    #[serde(default)]
    pub servers: BTreeMap<String, BTreeMap<String, Pin>>,
}

/// What was approved of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Stands for all of it.
    pub hash: ToolHash,
    /// What the hash is of, for saying what has changed.
    pub tool: Value,
}

impl Pin {
    /// Pins a tool as it is.
    pub fn of(tool: &ToolSpec) -> Self {
        let tool = parts(tool);
        Self {
            hash: ToolHash(Digest::of(&tool)),
            tool,
        }
    }
}

impl Pins {
    /// Tells whether anything was approved of a server.
    pub fn knows(&self, server: &ServerName) -> bool {
        self.servers.contains_key(server.as_str())
    }

    /// Approves the tools of a server as they are, and forgets those that it has no more.
    pub fn approve(&mut self, server: &ServerName, tools: &[ToolSpec]) {
        // Of two with one name the first is offered, so that it is the one that was seen.
        let seen = tools.iter().rev();
        let pins = seen.map(|tool| (tool.name.clone(), Pin::of(tool)));
        self.servers
            .insert(server.as_str().to_owned(), pins.collect());
    }

    /// Says how the tools of a server differ from what was approved, one sentence each; a server
    /// of which nothing was approved differs in nothing.
    pub fn changes(&self, server: &ServerName, tools: &[ToolSpec]) -> Vec<PinChange> {
        let Some(pins) = self.servers.get(server.as_str()) else {
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        let mut changes: Vec<PinChange> = tools
            .iter()
            .filter(|tool| seen.insert(tool.name.as_str()))
            .filter_map(|tool| self.change(server, tool))
            .collect();
        let gone = pins.keys().filter(|name| !seen.contains(name.as_str()));
        changes.extend(gone.map(|name| PinChange {
            tool: name.clone(),
            what: vec!["the server doesn't have it any more".to_owned()],
        }));
        changes
    }

    /// Says how a tool differs from what was approved; nothing where it doesn't.
    pub(crate) fn change(&self, server: &ServerName, tool: &ToolSpec) -> Option<PinChange> {
        let pins = self.servers.get(server.as_str())?;
        let what = match pins.get(&tool.name) {
            None => vec!["it is new".to_owned()],
            Some(pin) if pin.hash == ToolHash::of(tool) => return None,
            Some(pin) => change::words(&pin.tool, &parts(tool)),
        };
        Some(PinChange {
            tool: tool.name.clone(),
            what,
        })
    }
}

/// How a tool differs from what was approved of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PinChange {
    /// The tool's name on its server.
    pub tool: String,
    /// What is different, each a fragment for people.
    pub what: Vec<String>,
}

/// The digest of everything that a server says of a tool: its name, title, description, schemas and
/// annotations. The order of names in an object makes no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolHash(Digest);

impl ToolHash {
    /// Hashes what a server says of a tool.
    pub fn of(tool: &ToolSpec) -> Self {
        Self(Digest::of(&parts(tool)))
    }
}

impl fmt::Display for ToolHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Everything that a server says of a tool, as one value.
fn parts(tool: &ToolSpec) -> Value {
    let mut parts = Map::new();
    let mut put = |name: &str, value: Value| parts.insert(name.to_owned(), value);
    put("name", Value::from(tool.name.as_str()));
    if let Some(title) = &tool.title {
        put("title", Value::from(title.as_str()));
    }
    if let Some(description) = &tool.description {
        put("description", Value::from(description.as_str()));
    }
    put("inputSchema", Value::Object(tool.input_schema.clone()));
    if let Some(schema) = &tool.output_schema {
        put("outputSchema", Value::Object(schema.clone()));
    }
    // Plain booleans always have a form in JSON.
    if let Ok(annotations) = serde_json::to_value(tool.annotations) {
        put("annotations", annotations);
    }
    Value::Object(parts)
}
