//! The tools of real servers, as they describe them.

use anyhow::Context as _;
use rtmcp_core::{Private, ServerName, ToolCall, ToolSpec};
use rtmcp_router::{Approve, Router, RouterConfig, ServerRules};
use serde_json::{Map, Value};

/// Written by `cargo xtask servers --update`.
const SERVERS: &str = include_str!("servers.json");

/// A server and its tools.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) name: ServerName,
    pub(crate) tools: Vec<ToolSpec>,
}

/// # Errors
///
/// When the fixture isn't what it should be.
pub(crate) fn servers() -> anyhow::Result<Vec<Server>> {
    let all: Map<String, Value> = serde_json::from_str(SERVERS)?;
    let servers = all.iter().map(|(name, tools)| {
        let tools = tools.as_array().context("a server has no tools")?;
        Ok(Server {
            name: ServerName::from(name.as_str()),
            tools: tools.iter().map(spec).collect::<anyhow::Result<_>>()?,
        })
    });
    servers.collect()
}

fn spec(tool: &Value) -> anyhow::Result<ToolSpec> {
    let text = |name: &str| tool[name].as_str().map(str::to_owned);
    Ok(ToolSpec {
        name: text("name").context("a tool has no name")?,
        description: text("description"),
        input_schema: tool["inputSchema"].as_object().cloned().unwrap_or_default(),
        output_schema: tool["outputSchema"].as_object().cloned(),
        ..ToolSpec::default()
    })
}

/// A router without tools that asks nobody.
pub(crate) fn router<'a>(names: impl Iterator<Item = &'a ServerName>) -> anyhow::Result<Router> {
    let rules = |name: &ServerName| ServerRules {
        approve: Some(Approve::Never),
        ..ServerRules::new(name.clone())
    };
    let config = RouterConfig {
        servers: names.map(rules).collect(),
        ..RouterConfig::default()
    };
    Ok(Router::new(config)?)
}

/// A call as a model makes it.
pub(crate) fn call(name: &str, arguments: &Value) -> ToolCall {
    ToolCall {
        call_id: "call_1".into(),
        response_id: "resp_1".into(),
        item_id: "item_1".into(),
        name: name.to_owned(),
        arguments: Private::new(arguments.to_string()),
    }
}
