//! [`Pins`]: what was approved of each tool, so that a tool that changes is noticed.

mod change;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use rtmcp_core::{ServerName, ToolSpec};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

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
            hash: ToolHash::of_value(&tool),
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
        let pins = tools.iter().map(|tool| (tool.name.clone(), Pin::of(tool)));
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

/// The SHA-256 of the canonical JSON of everything that a server says of a tool: its name, title,
/// description, schemas and annotations. The order of names in an object makes no difference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ToolHash([u8; 32]);

impl ToolHash {
    /// Hashes what a server says of a tool.
    pub fn of(tool: &ToolSpec) -> Self {
        Self::of_value(&parts(tool))
    }

    fn of_value(value: &Value) -> Self {
        let mut text = String::new();
        canonical(value, &mut text);
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

impl fmt::Display for ToolHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ToolHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ToolHash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        let digits = text.strip_prefix("sha256:").ok_or(BadHash)?;
        let mut hash = [0; 32];
        if digits.len() != 64 || !digits.is_ascii() {
            return Err(BadHash);
        }
        for (at, byte) in hash.iter_mut().enumerate() {
            let pair = digits.get(2 * at..2 * at + 2).ok_or(BadHash)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| BadHash)?;
        }
        Ok(Self(hash))
    }
}

/// A text that is no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is `sha256:` and 64 hexadecimal digits")]
pub struct BadHash;

impl Serialize for ToolHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ToolHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
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

/// Writes a value with the names of each object in the order of the alphabet.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                canonical(item, text);
            }
            text.push(']');
        }
        Value::Object(object) => {
            let sorted: BTreeMap<&String, &Value> = object.iter().collect();
            text.push('{');
            for (at, (name, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                canonical(value, text);
            }
            text.push('}');
        }
        plain => text.push_str(&plain.to_string()),
    }
}
