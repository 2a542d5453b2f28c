//! [`Server`]: an MCP server that the client named, and which of its tools it lets the model use.

use rtmcp_core::{
    FunctionName, Item, ItemId, McpListTools, McpListedTool, ToolSpec, limits,
    session::{FunctionTool, McpTool, Tool},
};
use serde_json::{Map, Value};

use crate::proxy::toolbox::{NativeFunction, Toolbox};

/// A server.
#[derive(Debug)]
pub(in crate::proxy) struct Server {
    pub(in crate::proxy) import: u64,
    /// What the client says of it.
    pub(in crate::proxy) spec: McpTool,
    /// The item that lists its tools.
    pub(in crate::proxy) item_id: ItemId,
    /// All its tools, once they have come, each with its function where it has one.
    pub(in crate::proxy) tools: Vec<(ToolSpec, Option<String>)>,
}

/// Why an endpoint refuses a server.
#[derive(Debug)]
pub(in crate::proxy) struct Refusal {
    pub(in crate::proxy) code: &'static str,
    pub(in crate::proxy) message: String,
}

impl Server {
    /// Tells whether a tool needs somebody's approval.
    pub(in crate::proxy) fn needs_approval(&self, tool: &ToolSpec) -> bool {
        match &self.spec.require_approval {
            Some(Value::String(word)) => word != "never",
            Some(Value::Object(rules)) => {
                let never = rules.get("never").and_then(Value::as_object);
                !never.is_some_and(|filter| !filter.is_empty() && matches(filter, tool))
            }
            _ => true,
        }
    }

    /// Gives every tool that the model may use a function of its own.
    pub(in crate::proxy) fn name_functions(&mut self, toolbox: &mut Toolbox) {
        let label = self.spec.server_label.clone();
        toolbox.natives.retain(|native| native.label != label);
        for (tool, function) in &mut self.tools {
            *function = None;
            if !is_allowed(self.spec.allowed_tools.as_ref(), tool) {
                continue;
            }
            let name = free_name(toolbox, &label, &tool.name);
            let described = FunctionTool {
                name: name.clone(),
                description: tool.description.clone(),
                parameters: Some(tool.input_schema.clone()),
                ..FunctionTool::default()
            };
            let text = serde_json::to_string(&Tool::from(described)).unwrap_or_default();
            toolbox.natives.push(NativeFunction {
                label: label.clone(),
                name: name.clone(),
                text: text.into(),
            });
            *function = Some(name);
        }
    }

    /// Returns the tool that a function stands for.
    pub(in crate::proxy) fn tool(&self, function: &str) -> Option<&ToolSpec> {
        let is_it = |name: &Option<String>| name.as_deref() == Some(function);
        let mut tools = self.tools.iter();
        tools.find(|(_, name)| is_it(name)).map(|(tool, _)| tool)
    }

    /// Returns the function that stands for a tool.
    pub(in crate::proxy) fn function(&self, tool: &str) -> Option<&str> {
        let mut tools = self.tools.iter();
        tools.find(|(it, _)| it.name == tool)?.1.as_deref()
    }

    /// Returns the item that lists the tools that the model may use.
    pub(in crate::proxy) fn listed(&self) -> Item {
        let allowed = self.tools.iter().filter(|(_, function)| function.is_some());
        let listed = allowed.map(|(tool, _)| McpListedTool {
            name: tool.name.clone(),
            description: tool.description.clone(),
            input_schema: tool.input_schema.clone(),
            annotations: annotations(tool),
            ..McpListedTool::default()
        });
        McpListTools {
            id: Some(self.item_id.clone()),
            server_label: self.spec.server_label.clone(),
            tools: listed.collect(),
            ..McpListTools::default()
        }
        .into()
    }

    /// Tells whether a later word of the client means the same server.
    pub(in crate::proxy) fn is_same(&self, spec: &McpTool) -> bool {
        let by_label = spec.server_url.is_none();
        let secrets =
            self.spec.authorization == spec.authorization && self.spec.headers == spec.headers;
        by_label || (self.spec.server_url == spec.server_url && secrets)
    }

    /// Takes what a later word of the client says about which tools may be used.
    pub(in crate::proxy) fn refine(&mut self, spec: &McpTool) {
        if spec.server_url.is_some() {
            self.spec = spec.clone();
        }
        if let Some(allowed) = &spec.allowed_tools {
            self.spec.allowed_tools = Some(allowed.clone());
        }
        if let Some(approval) = &spec.require_approval {
            self.spec.require_approval = Some(approval.clone());
        }
    }
}

/// Servers that a client may name in a session. Each is a connection that the proxy opens and keeps.
const MOST: usize = 32;

/// Finds what an endpoint refuses before it asks any server.
pub(in crate::proxy) fn check(specs: &[McpTool], known: &[Server]) -> Result<(), Refusal> {
    let is_known = |label: &str| known.iter().any(|it| it.spec.server_label == label);
    let new = specs.iter().filter(|it| !is_known(&it.server_label));
    if known.len() + new.count() > MOST {
        return Err(Refusal {
            code: "invalid_value",
            message: format!("A session may name {MOST} MCP servers at most."),
        });
    }
    for (at, spec) in specs.iter().enumerate() {
        let label = &spec.server_label;
        let refuse = |message: String| {
            let code = "invalid_value";
            Err(Refusal { code, message })
        };
        if label.is_empty() {
            return refuse("An MCP tool needs a 'server_label'.".to_owned());
        }
        if specs.iter().take(at).any(|it| it.server_label == *label) {
            return refuse(format!("Duplicate MCP 'server_label' found: '{label}'."));
        }
        let addresses = [&spec.server_url, &spec.connector_id, &spec.tunnel_id];
        let named = addresses.iter().filter(|it| it.is_some()).count();
        if named > 1 || (named == 0 && !is_known(label)) {
            return refuse(format!(
                "MCP server '{label}' must have exactly one of 'server_url', 'connector_id' and 'tunnel_id'."
            ));
        }
        if spec.server_url.is_none() && named == 1 {
            return refuse(format!(
                "MCP server '{label}' must have a 'server_url': connectors and tunnels can't be reached from here."
            ));
        }
        let headers = spec.headers.as_ref().map(|headers| headers.expose());
        let mut keys = headers.into_iter().flat_map(Map::keys);
        if spec.authorization.is_some() && keys.any(|it| it.eq_ignore_ascii_case("authorization")) {
            return refuse(format!(
                "MCP server '{label}' must not have both 'authorization' and an 'Authorization' header."
            ));
        }
    }
    Ok(())
}

fn annotations(tool: &ToolSpec) -> Option<Map<String, Value>> {
    match serde_json::to_value(tool.annotations) {
        Ok(Value::Object(hints)) if !hints.is_empty() => Some(hints),
        _ => None,
    }
}

fn is_allowed(allowed: Option<&Value>, tool: &ToolSpec) -> bool {
    match allowed {
        Some(Value::Array(names)) => names.iter().any(|name| name.as_str() == Some(&tool.name)),
        Some(Value::Object(filter)) => matches(filter, tool),
        _ => true,
    }
}

/// Tells whether a tool fulfils all conditions of a filter.
fn matches(filter: &Map<String, Value>, tool: &ToolSpec) -> bool {
    let names = filter.get("tool_names").and_then(Value::as_array);
    let named = names.is_none_or(|names| names.iter().any(|it| it.as_str() == Some(&tool.name)));
    let read_only = filter.get("read_only").and_then(Value::as_bool);
    named && read_only.is_none_or(|wanted| wanted != tool.annotations.writes())
}

/// Finds a name for a function that nothing else has.
fn free_name(toolbox: &Toolbox, label: &str, tool: &str) -> String {
    let fit = |text: &str, room: usize| -> String {
        let good = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        text.chars().map(good).take(room).collect()
    };
    let plain = fit(tool, limits::FUNCTION_NAME_CHARS);
    let with_label = fit(&format!("{label}_{tool}"), limits::FUNCTION_NAME_CHARS);
    let shorter = fit(tool, limits::FUNCTION_NAME_CHARS - 8);
    let numbered = (2_u32..).map(|number| format!("{shorter}_{number}"));
    let mut names = [plain, with_label].into_iter().chain(numbered);
    let free = |name: &String| FunctionName::new(name).is_ok() && toolbox.is_free(name);
    names.find(free).unwrap_or_default()
}

#[cfg(test)]
mod tests;
