//! Tools of a stranger's server: the first line is a schema, or a list of tools; the rest is what a
//! model calls them with. One bad tool never voids the session.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rtmcp_core::{ServerName, ToolCall, ToolSpec, limits};
use rtmcp_router::{Approve, Router, RouterConfig, ServerRules};
use serde_json::{Map, Value};

fuzz_target!(|text: &str| {
    let (schema, arguments) = text.split_once('\n').unwrap_or((text, "{}"));
    let Ok(schema) = serde_json::from_str(schema) else {
        return;
    };
    let tools = match schema {
        Value::Array(tools) => tools.iter().enumerate().map(listed).collect(),
        Value::Object(schema) => vec![tool("t", schema)],
        _ => return,
    };
    let mut router = router();
    let set = router.set_tools(&ServerName::from("stranger"), tools);
    set.expect("the server is configured");
    let mut names = Vec::new();
    for function in router.functions() {
        assert!(function.name.as_str().len() <= limits::FUNCTION_NAME_CHARS);
        assert_eq!(function.parameters.get("type"), Some(&Value::from("object")));
        names.push(function.name.to_string());
    }
    for name in names {
        let _ = router.route(&ToolCall {
            call_id: "call_1".into(),
            response_id: "resp_1".into(),
            item_id: "item_1".into(),
            name,
            arguments: arguments.into(),
        });
    }
});

fn router() -> Router {
    let rules = ServerRules {
        approve: Some(Approve::Never),
        ..ServerRules::new("stranger")
    };
    let config = RouterConfig {
        servers: vec![rules],
        ..RouterConfig::default()
    };
    Router::new(config).expect("one server contradicts nothing")
}

fn listed((at, tool_in): (usize, &Value)) -> ToolSpec {
    let name = tool_in.get("name").and_then(Value::as_str);
    let schema = tool_in.get("inputSchema").and_then(Value::as_object);
    let description = tool_in.get("description").and_then(Value::as_str);
    ToolSpec {
        description: description.map(str::to_owned),
        ..tool(name.unwrap_or(&at.to_string()), schema.cloned().unwrap_or_default())
    }
}

fn tool(name: &str, schema: Map<String, Value>) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        output_schema: Some(schema.clone()),
        input_schema: schema,
        ..ToolSpec::default()
    }
}
