//! [`Plan`]: which servers are tried and with what calls, as `xtask/servers/servers.json` says.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;
use serde_json::Value;

use super::stage::Stage;

/// All servers, in order.
pub(super) struct Plan {
    pub(super) servers: Vec<Planned>,
}

/// One server.
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) package: String,
    pub(super) transport: String,
    pub(super) way: Way,
    pub(super) env: BTreeMap<String, String>,
    /// What its user should know.
    pub(super) know: String,
    pub(super) calls: Vec<Call>,
}

/// How it is reached.
pub(super) enum Way {
    /// rtmcp starts it and speaks over its stdin and stdout.
    Command(Vec<String>),
    /// It is started first, and says in its output when it is there.
    Listens {
        start: Vec<String>,
        ready: String,
        url: String,
    },
}

/// A call, and what must come of it.
pub(super) struct Call {
    pub(super) what: String,
    pub(super) function: String,
    pub(super) arguments: Value,
    /// Somebody would be asked.
    pub(super) asks: bool,
    /// How it ends: `answered` unless the plan says otherwise.
    pub(super) ends: String,
    /// What the model must read,
    pub(super) contains: Vec<String>,
    /// and must not.
    pub(super) lacks: Vec<String>,
    /// Kinds of parts that the server must answer with.
    pub(super) parts: Vec<String>,
}

impl Plan {
    /// # Errors
    ///
    /// When the file can't be read or isn't what it should be.
    pub(super) fn read(file: &Path, stage: &Stage) -> anyhow::Result<Self> {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let all: Value = serde_json::from_str(&text)?;
        let servers = all["servers"].as_array().context("it has no servers")?;
        let servers = servers.iter().map(|it| Planned::read(&stage.fill(it)));
        Ok(Self {
            servers: servers.collect::<anyhow::Result<_>>()?,
        })
    }
}

impl Planned {
    fn read(server: &Value) -> anyhow::Result<Self> {
        let name = text(server, "name")?;
        let read = || -> anyhow::Result<Self> {
            let way = match &server["command"] {
                Value::Null => Way::Listens {
                    start: texts(&server["start"]),
                    ready: text(server, "ready")?,
                    url: text(server, "url")?,
                },
                command => Way::Command(texts(command)),
            };
            let env = server["env"].as_object().into_iter().flatten();
            let env = env.map(|(name, it)| (name.clone(), it.as_str().unwrap_or_default().into()));
            let calls = server["calls"].as_array().into_iter().flatten();
            Ok(Self {
                name: name.clone(),
                package: text(server, "package")?,
                transport: text(server, "transport")?,
                way,
                env: env.collect(),
                know: text(server, "know")?,
                calls: calls.map(Call::read).collect::<anyhow::Result<_>>()?,
            })
        };
        read().with_context(|| format!("server {name} in servers.json"))
    }
}

impl Call {
    fn read(call: &Value) -> anyhow::Result<Self> {
        Ok(Self {
            what: text(call, "what")?,
            function: text(call, "function")?,
            arguments: call["arguments"].clone(),
            asks: call["asks"].as_bool().unwrap_or_default(),
            ends: call["ends"].as_str().unwrap_or("answered").to_owned(),
            contains: texts(&call["contains"]),
            lacks: texts(&call["lacks"]),
            parts: texts(&call["parts"]),
        })
    }
}

fn text(of: &Value, name: &str) -> anyhow::Result<String> {
    let text = of[name]
        .as_str()
        .with_context(|| format!("`{name}` is missing"))?;
    Ok(text.to_owned())
}

fn texts(of: &Value) -> Vec<String> {
    let texts = of.as_array().into_iter().flatten();
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}
