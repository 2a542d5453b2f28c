//! Finding tools when they are needed, instead of listing all.

use rtmcp_core::{ServerName, ToolSpec};
use rtmcp_router::{
    Approve, CALL_TOOL, Discover, FIND_TOOL, OfferRules, Route, Router, RouterConfig, ServerRules,
    StaticRoute,
};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{call, functions, offer, reader, refusal, target, with_schema};

fn discovering(offer: OfferRules, servers: &[&str]) -> Router {
    Router::new(RouterConfig {
        servers: servers.iter().map(|name| ServerRules::new(*name)).collect(),
        offer,
        ..RouterConfig::default()
    })
    .unwrap()
}

fn described(name: &str, description: &str) -> ToolSpec {
    ToolSpec {
        description: Some(description.to_owned()),
        ..reader(name)
    }
}

fn desk() -> Vec<ToolSpec> {
    let order = json!({
        "type": "object",
        "properties": { "number": { "type": "string", "description": "The order's number, such as A-7." } },
        "required": ["number"],
    });
    vec![
        ToolSpec {
            description: Some("Shows where a parcel is and when it will arrive.".into()),
            ..with_schema("track_shipment", order.clone())
        },
        ToolSpec {
            description: Some("Gives the money for an order back to the customer.".into()),
            ..with_schema("refundOrder", order)
        },
        described("list_invoices", "Lists the invoices of a customer."),
        described("weather", "Tells the weather of a city."),
        described("天気予報", "都市の現在の天気を返します。"),
    ]
}

fn on() -> OfferRules {
    OfferRules {
        discover: Discover::On,
        ..OfferRules::default()
    }
}

fn found(router: &mut Router, arguments: &Value) -> Value {
    let Route::Answer(answer) = router.route(&call(FIND_TOOL, &arguments.to_string())) else {
        panic!("find_tool is answered by the router")
    };
    serde_json::from_str(answer.text.expose()).unwrap_or_else(|_| json!(answer.text.expose()))
}

fn names(found: &Value) -> Vec<&str> {
    let functions = found["functions"].as_array().unwrap();
    functions
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect()
}

#[test]
fn what_is_asked_for_is_found_by_other_words_of_the_same_kind() {
    let mut router = discovering(on(), &["desk"]);
    offer(&mut router, "desk", desk());
    for (query, first) in [
        ("refund an order", "refundOrder"),
        ("where is my parcel", "track_shipment"),
        ("shipments tracking", "track_shipment"),
        ("invoice", "list_invoices"),
        ("天気", "desk__2e7fb2d7"),
        ("weahter", "weather"),
    ] {
        let found = found(&mut router, &json!({ "query": query }));
        if first.starts_with("desk__") {
            assert!(names(&found)[0].starts_with("desk__"), "{query}: {found}");
        } else {
            assert_eq!(names(&found)[0], first, "{query}: {found}");
        }
    }
    let one = found(
        &mut router,
        &json!({ "query": "order customer", "limit": 1 }),
    );
    assert_eq!(names(&one), ["refundOrder"]);
    assert_eq!(one["more"], 2);
    assert_eq!(
        one["functions"][0]["parameters"]["required"],
        json!(["number"])
    );
    let nothing = found(&mut router, &json!({ "query": "zzz" }));
    assert!(
        nothing.as_str().unwrap().starts_with("No function fits"),
        "{nothing}"
    );
    let wrong = found(&mut router, &json!({ "words": "x" }));
    assert!(wrong.as_str().unwrap().contains("can't read its arguments"));
}

#[test]
fn the_session_has_two_functions_and_those_that_the_owner_always_wants() {
    let always = OfferRules {
        always: vec![
            "weather".into(),
            "desk.list_invoices".into(),
            "other.*".into(),
        ],
        ..on()
    };
    let mut router = discovering(always, &["desk", "other"]);
    offer(&mut router, "desk", desk());
    offer(&mut router, "other", vec![reader("a"), reader("b")]);
    let listed: Vec<String> = functions(&router);
    for name in ["list_invoices", "weather", "a", "b", FIND_TOOL, CALL_TOOL] {
        assert!(listed.iter().any(|it| it == name), "{name}: {listed:?}");
    }
    assert!(!listed.iter().any(|it| it == "refundOrder"));
    let described = router.functions().find(|it| it.name.as_str() == FIND_TOOL);
    let words = described.unwrap().description.unwrap();
    assert!(
        words.contains("7") && words.contains("desk (5), other (2)"),
        "{words}"
    );
    let listed = router.report().iter().filter(|it| it.listed).count();
    assert_eq!(listed, 4);
    let cost = router.cost();
    assert!(cost.discovering && cost.all > 0 && cost.listed > 0);
}

#[test]
fn a_call_within_a_call_has_all_rules_of_the_tool_that_it_names() {
    let mut router = discovering(on(), &["desk"]);
    offer(&mut router, "desk", desk());
    let wrapped =
        |name: &str, arguments: Value| json!({ "name": name, "arguments": arguments }).to_string();
    let refund = wrapped("refundOrder", json!({ "number": "A-7" }));
    let Route::Ask(asked) = router.route(&call(CALL_TOOL, &refund)) else {
        panic!("a refund needs a yes")
    };
    assert_eq!(asked.tool, "refundOrder");
    assert_eq!(asked.arguments.expose()["number"], "A-7");
    // As text, as models write arguments; and by its own name.
    let text = json!({ "name": "weather", "arguments": "{}" }).to_string();
    assert_eq!(
        target(&router, CALL_TOOL, &text).function.as_str(),
        "weather"
    );
    assert_eq!(target(&router, "weather", "{}").tool, "weather");
    assert_eq!(
        target(&router, CALL_TOOL, r#"{"name":"weather"}"#).tool,
        "weather"
    );

    for (arguments, kind, words) in [
        (
            wrapped("refundOrdr", json!({})),
            "unknown_function",
            "`refundOrder`",
        ),
        (
            wrapped("refundOrder", json!({})),
            "invalid_arguments",
            "\"number\" is missing",
        ),
        (
            wrapped("refundOrder", json!([1])),
            "not_an_object",
            "an array",
        ),
        (
            json!({ "arguments": {} }).to_string(),
            "bad_call",
            "\"name\" is missing",
        ),
        (
            json!({ "name": "weather", "city": "Paris" }).to_string(),
            "bad_call",
            "\"city\" must stand within",
        ),
        (
            wrapped(CALL_TOOL, json!({})),
            "bad_call",
            "can't call itself",
        ),
        ("[]".to_owned(), "bad_call", "no JSON object"),
        ("{".to_owned(), "bad_call", "not valid JSON"),
    ] {
        let refusal = refusal(&router, CALL_TOOL, &arguments);
        assert_eq!(refusal.kind(), kind, "{arguments}");
        assert!(refusal.output().contains(words), "{}", refusal.output());
    }
}

fn crowd(prefix: &str, tools: usize) -> Vec<ToolSpec> {
    let words = "Does one of the many things that a large company needs every day. ".repeat(2);
    (0..tools)
        .map(|n| described(&format!("{prefix}_{n}"), &words))
        .collect()
}

fn is_discovering(router: &Router) -> bool {
    router.functions().any(|it| it.name.as_str() == FIND_TOOL)
}

#[test]
fn the_budget_decides_and_a_server_that_comes_and_goes_does_not_flap() {
    let mut router = discovering(
        OfferRules {
            budget: 2_000,
            ..OfferRules::default()
        },
        &["base", "extra"],
    );
    let (base, extra) = (ServerName::from("base"), ServerName::from("extra"));
    router.set_tools(&base, crowd("base", 32)).unwrap();
    let alone = router.cost();
    assert!(
        !alone.discovering && (1_600..2_000).contains(&alone.all),
        "{alone:?}"
    );
    router.set_tools(&extra, crowd("extra", 10)).unwrap();
    assert!(is_discovering(&router));
    for _ in 0..3 {
        router.clear_tools(&extra);
        assert!(
            is_discovering(&router),
            "within a fifth of the budget it stays"
        );
        router.set_tools(&extra, crowd("extra", 10)).unwrap();
    }
    router.clear_tools(&extra);
    router.set_tools(&base, crowd("base", 20)).unwrap();
    assert!(
        !is_discovering(&router),
        "well within the budget all are listed"
    );
}

#[test]
fn a_thousand_tools_are_all_within_reach() {
    let servers: Vec<String> = (0..20).map(|n| format!("server{n}")).collect();
    let names: Vec<&str> = servers.iter().map(String::as_str).collect();
    let mut router = discovering(OfferRules::default(), &names);
    for server in &names {
        offer(&mut router, server, crowd(server, 50));
    }
    let listed = functions(&router);
    assert!(listed.len() <= 4, "{listed:?}");
    assert!(router.report().iter().all(|it| it.verdict.is_offered()));
    let wrapped = json!({ "name": "server19_49", "arguments": {} }).to_string();
    assert_eq!(
        target(&router, CALL_TOOL, &wrapped).server.as_str(),
        "server19"
    );
    let found = found(&mut router, &json!({ "query": "server7_31", "limit": 3 }));
    assert_eq!(names_of(&found)[0], "server7_31");
}

fn names_of(found: &Value) -> Vec<String> {
    names(found).into_iter().map(str::to_owned).collect()
}

#[test]
fn the_names_of_our_own_functions_are_nobody_else_s_but_the_owner_s() {
    let mut router = discovering(on(), &["shop"]);
    offer(&mut router, "shop", vec![reader(FIND_TOOL)]);
    let report = &router.report()[0];
    assert_eq!(
        report.function.as_ref().unwrap().as_str(),
        "shop__find_tool"
    );
    // An owner who wants the name has it.
    let route = StaticRoute::new(FIND_TOOL.parse_name(), "shop", FIND_TOOL);
    router.add_route(route).unwrap();
    assert_eq!(target(&router, FIND_TOOL, "{}").server.as_str(), "shop");
}

trait ParseName {
    fn parse_name(&self) -> rtmcp_core::FunctionName;
}

impl ParseName for str {
    fn parse_name(&self) -> rtmcp_core::FunctionName {
        rtmcp_core::FunctionName::new(self).unwrap()
    }
}

#[test]
fn rules_of_the_owner_hold_for_what_is_found_too() {
    let mut router = Router::new(RouterConfig {
        servers: vec![ServerRules {
            allow: Some(vec!["weather".into()]),
            approve: Some(Approve::Always),
            ..ServerRules::new("desk")
        }],
        offer: on(),
        ..RouterConfig::default()
    })
    .unwrap();
    offer(&mut router, "desk", desk());
    let all = found(
        &mut router,
        &json!({ "query": "order invoice parcel weather", "limit": 20 }),
    );
    assert_eq!(names(&all), ["weather"]);
    let hidden = json!({ "name": "refundOrder", "arguments": { "number": "1" } }).to_string();
    assert_eq!(
        refusal(&router, CALL_TOOL, &hidden).kind(),
        "unknown_function"
    );
    let asked = json!({ "name": "weather", "arguments": {} }).to_string();
    assert!(matches!(
        router.route(&call(CALL_TOOL, &asked)),
        Route::Ask(_)
    ));
}
