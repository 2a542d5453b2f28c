//! Which tools of a server the model may use, under what names, and what is refused.

use rtmcp_core::{
    ToolAnnotations, ToolSpec,
    session::{FunctionTool, McpTool},
};
use serde_json::{Value, json};

use super::{Server, check};
use crate::proxy::toolbox::Toolbox;

fn spec(value: Value) -> McpTool {
    serde_json::from_value(value).unwrap()
}

fn tool(name: &str, read_only: Option<bool>) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        annotations: ToolAnnotations {
            read_only,
            ..ToolAnnotations::default()
        },
        ..ToolSpec::default()
    }
}

fn server(value: Value) -> Server {
    let tools = [
        tool("read", Some(true)),
        tool("write", Some(false)),
        tool("what", None),
    ];
    Server {
        import: 1,
        spec: spec(value),
        item_id: "i".into(),
        tools: tools.map(|tool| (tool, None)).into(),
    }
}

fn allowed(value: &Value) -> Vec<String> {
    let mut server = server(json!({"server_label": "s", "allowed_tools": value}));
    server.name_functions(&mut Toolbox::default());
    let functions = server
        .tools
        .into_iter()
        .filter_map(|(_, function)| function);
    functions.collect()
}

fn asking(value: &Value) -> Vec<String> {
    let server = server(json!({"server_label": "s", "require_approval": value}));
    let tools = server.tools.iter().map(|(tool, _)| tool);
    let asking = tools.filter(|tool| server.needs_approval(tool));
    asking.map(|tool| tool.name.clone()).collect()
}

#[test]
fn allowed_tools_are_names_or_a_filter() {
    assert_eq!(allowed(&Value::Null), ["read", "write", "what"]);
    assert_eq!(allowed(&json!(["write", "none"])), ["write"]);
    assert_eq!(
        allowed(&json!({"tool_names": ["what", "read"]})),
        ["read", "what"]
    );
    assert_eq!(allowed(&json!({"read_only": true})), ["read"]);
    assert_eq!(
        allowed(&json!({"read_only": true, "tool_names": ["write"]})),
        [""; 0]
    );
}

#[test]
fn approval_is_needed_unless_it_is_not() {
    let all = ["read", "write", "what"];
    assert_eq!(asking(&Value::Null), all);
    assert_eq!(asking(&json!("always")), all);
    assert_eq!(asking(&json!("never")), [""; 0]);
    assert_eq!(
        asking(&json!({"never": {"tool_names": ["what"]}})),
        ["read", "write"]
    );
    assert_eq!(
        asking(&json!({"never": {"read_only": true}})),
        ["write", "what"]
    );
    assert_eq!(asking(&json!({"never": {}})), all);
    assert_eq!(asking(&json!({"always": {"read_only": false}})), all);
}

#[test]
fn functions_have_names_of_their_own() {
    let mut toolbox = Toolbox::default();
    toolbox.set(&[FunctionTool {
        name: "read".to_owned(),
        ..FunctionTool::default()
    }]);
    let long = "x".repeat(70);
    let names = ["read", "a.b/c", "a b c", &long, "", &long];
    let mut server = server(json!({"server_label": "my docs"}));
    server.tools = names.map(|name| (tool(name, None), None)).into();
    server.name_functions(&mut toolbox);
    let functions: Vec<_> = server
        .tools
        .iter()
        .map(|(_, it)| it.as_deref().unwrap())
        .collect();
    let x = |many: usize| "x".repeat(many);
    let with_label = format!("my_docs_{}", x(56));
    let expected = [
        "my_docs_read",
        "a_b_c",
        "my_docs_a_b_c",
        &x(64),
        "my_docs_",
        &with_label,
    ];
    assert_eq!(functions, expected);
    // Once more, and they are the same.
    server.name_functions(&mut toolbox);
    assert_eq!(server.tools[0].1.as_deref(), Some("my_docs_read"));
}

#[test]
fn what_an_endpoint_refuses_is_refused() {
    let one = json!({"server_label": "s", "server_url": "https://a.example"});
    let refused = [
        vec![json!({"server_url": "https://a.example"})],
        vec![one.clone(), one.clone()],
        vec![json!({"server_label": "s"})],
        vec![json!({"server_label": "s", "server_url": "https://a.example", "connector_id": "c"})],
        vec![json!({"server_label": "s", "connector_id": "connector_gmail"})],
        vec![json!({"server_label": "s", "tunnel_id": "tunnel_x"})],
        vec![
            json!({"server_label": "s", "server_url": "https://a.example", "authorization": "a",
            "headers": {"authorization": "b"}}),
        ],
    ];
    for specs in refused {
        let specs: Vec<McpTool> = specs.into_iter().map(spec).collect();
        let refusal = check(&specs, &[]).unwrap_err();
        assert!(!refusal.message.contains("https"), "{refusal:?}");
    }
    assert!(check(&[spec(one)], &[]).is_ok());
    let known = [server(
        json!({"server_label": "s", "server_url": "https://a.example"}),
    )];
    assert!(check(&[spec(json!({"server_label": "s"}))], &known).is_ok());
}

#[test]
fn a_session_names_so_many_servers_and_no_more() {
    let named = |from: usize, to: usize| -> Vec<McpTool> {
        let server =
            |at| spec(json!({"server_label": format!("s{at}"), "server_url": "https://s.example"}));
        (from..to).map(server).collect()
    };
    assert!(check(&named(0, 32), &[]).is_ok());
    assert!(check(&named(0, 33), &[]).is_err());
    let known: Vec<Server> = (0..32)
        .map(|at| server(json!({"server_label": format!("s{at}")})))
        .collect();
    assert!(check(&named(0, 32), &known).is_ok(), "named again");
    assert!(check(&named(32, 33), &known).is_err(), "one after another");
}
