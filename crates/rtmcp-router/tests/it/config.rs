//! Configurations that contradict themselves, and the deadlines and budgets of those that don't.

use std::{collections::BTreeMap, time::Duration};

use rtmcp_core::{FunctionName, ServerName};
use rtmcp_router::{Router, RouterConfig, ServerRules, StaticRoute, ToolRules};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{configured, offer, router, target, tool};

#[test]
fn a_contradiction_is_named_with_what_to_do() {
    let function = || FunctionName::new("find").unwrap();
    let route = |server: &str, tool: &str| StaticRoute::new(function(), server, tool);
    let server = || ServerRules::new("shop");
    let strict = ServerRules {
        allow: Some(vec!["quote".into()]),
        ..server()
    };
    let hasty = ServerRules {
        timeout: Duration::ZERO,
        ..server()
    };
    let tiny = ServerRules {
        output_tokens: 10,
        ..server()
    };
    let table = [
        (
            vec![ServerRules::new("")],
            vec![],
            "a server has an empty name: give each a short one, such as `shop`",
        ),
        (
            vec![server(), server()],
            vec![],
            "two servers are named `shop`: rename one of them",
        ),
        (
            vec![server()],
            vec![route("shp", "quote")],
            "function `find` leads to server `shp`, which is not configured: add it or correct the name",
        ),
        (
            vec![server()],
            vec![route("shop", "a"), route("shop", "b")],
            "two routes are named `find`: rename one of them",
        ),
        (
            vec![strict],
            vec![route("shop", "refund")],
            "function `find` leads to `refund` of `shop`, which its allow-list leaves out: add the tool to `allow` or remove the route",
        ),
        (
            vec![hasty],
            vec![],
            "server `shop` has a deadline of zero: give `timeout` and `approval_expires` some time",
        ),
        (
            vec![tiny],
            vec![],
            "server `shop` has `output_tokens = 10`: give it at least 128",
        ),
    ];
    for (servers, routes, expected) in table {
        assert_eq!(contradiction(servers, routes), expected);
    }
}

fn contradiction(servers: Vec<ServerRules>, routes: Vec<StaticRoute>) -> String {
    let config = RouterConfig {
        servers,
        routes,
        ..RouterConfig::default()
    };
    Router::new(config).unwrap_err().to_string()
}

#[test]
fn tools_of_a_server_that_nobody_configured_are_not_taken() {
    let mut router = router(&[("shop", &["quote"])]);
    let error = router
        .set_tools(&ServerName::from("other"), vec![tool("x")])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "server `other` is not configured: add it before its tools"
    );
    assert_eq!(crate::fixture::functions(&router).len(), 1);
}

#[test]
fn a_tools_own_rules_come_before_the_servers() {
    let rules = ServerRules {
        timeout: Duration::from_secs(20),
        tools: BTreeMap::from([(
            "slow".to_owned(),
            ToolRules {
                timeout: Some(Duration::from_secs(300)),
                approval_expires: Some(Duration::from_secs(5)),
                output_tokens: Some(1000),
                ..ToolRules::default()
            },
        )]),
        ..ServerRules::new("shop")
    };
    let mut router = configured(vec![rules]);
    offer(&mut router, "shop", vec![tool("slow"), tool("fast")]);
    let limits = |name: &str| {
        let to = target(&router, name, "{}");
        (
            to.timeout.as_secs(),
            to.approval_expires.as_secs(),
            to.shaping.tokens,
        )
    };
    assert_eq!(limits("slow"), (300, 5, 1000));
    assert_eq!(limits("fast"), (20, 60, 4000));
}
