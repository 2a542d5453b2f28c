//! What the tests build routers and calls from.

use rtmcp_core::{Private, ServerName, ToolAnnotations, ToolCall, ToolSpec};
use rtmcp_router::{
    Function, READ_MORE, Refusal, Route, Router, RouterConfig, ServerRules, Target,
};
use serde_json::{Map, Value, json};

/// A tool of this name that takes anything and doesn't say what it does.
pub(crate) fn tool(name: &str) -> ToolSpec {
    with_schema(name, json!({ "type": "object", "properties": {} }))
}

/// A tool that says that it only reads.
pub(crate) fn reader(name: &str) -> ToolSpec {
    ToolSpec {
        annotations: ToolAnnotations {
            read_only: Some(true),
            ..ToolAnnotations::default()
        },
        ..tool(name)
    }
}

pub(crate) fn with_schema(name: &str, schema: Value) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        input_schema: object(schema),
        ..ToolSpec::default()
    }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

/// A router over servers with default rules, and the tools of each.
pub(crate) fn router(servers: &[(&str, &[&str])]) -> Router {
    let rules = servers.iter().map(|(name, _)| ServerRules::new(*name));
    let mut router = configured(rules.collect());
    for (server, tools) in servers {
        offer(&mut router, server, tools.iter().map(|t| tool(t)).collect());
    }
    router
}

pub(crate) fn configured(servers: Vec<ServerRules>) -> Router {
    Router::new(RouterConfig {
        servers,
        ..RouterConfig::default()
    })
    .unwrap()
}

/// A router over one server named `shop` with one tool.
pub(crate) fn shop(tool: ToolSpec) -> Router {
    let mut router = configured(vec![ServerRules::new("shop")]);
    offer(&mut router, "shop", vec![tool]);
    router
}

pub(crate) fn offer(router: &mut Router, server: &str, tools: Vec<ToolSpec>) {
    router.set_tools(&ServerName::from(server), tools).unwrap();
}

pub(crate) fn call(name: &str, arguments: &str) -> ToolCall {
    ToolCall {
        call_id: "call_1".into(),
        response_id: "resp_1".into(),
        item_id: "item_1".into(),
        name: name.to_owned(),
        arguments: Private::from(arguments),
    }
}

/// Returns where a call goes, whether a person is asked first or not.
pub(crate) fn target(router: &Router, name: &str, arguments: &str) -> Target {
    match router.clone().route(&call(name, arguments)) {
        Route::To(target) | Route::Ask(target) => target,
        Route::Refuse(refusal) => panic!("refused: {}", refusal.output()),
        Route::Answer(shaped) => panic!("answered: {}", shaped.text.expose()),
    }
}

pub(crate) fn refusal(router: &Router, name: &str, arguments: &str) -> Refusal {
    match router.clone().route(&call(name, arguments)) {
        Route::Refuse(refusal) => refusal,
        Route::To(target) | Route::Ask(target) => panic!("routed to {}", target.tool),
        Route::Answer(shaped) => panic!("answered: {}", shaped.text.expose()),
    }
}

/// Returns the functions as the model sees them, in order.
pub(crate) fn functions(router: &Router) -> Vec<String> {
    names(router.functions())
}

/// Returns the functions of a session that starts now.
pub(crate) fn hand_out(router: &mut Router) -> Vec<String> {
    names(router.hand_out())
}

/// Returns the names of tools; the function that is always there among them is known.
fn names<'f>(functions: impl Iterator<Item = Function<'f>>) -> Vec<String> {
    let names = functions.map(|it| it.name.to_string());
    names.filter(|it| it != READ_MORE).collect()
}
