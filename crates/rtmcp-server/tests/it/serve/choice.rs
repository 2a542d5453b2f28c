//! What a page can choose, and what it can't.

use reqwest::StatusCode;
use rtmcp::router::Pins;
use rtmcp_api::{EndpointKind, Happening, KeyState, ProblemCode, Settings, Tools};
use rtmcp_server::serve::{BackendConfig, NamedEndpoint};
use serde_json::json;

use super::{browser::Browser, stage::Stage};
use crate::stage::{KEY, nowhere};

/// Lets pages bring what they like.
fn open(config: &mut BackendConfig) {
    config.own_key = true;
    config.own_servers = true;
}

/// Adds endpoints: one of nobody, one that wants a key, and one where nobody is.
async fn more_endpoints() -> impl FnOnce(&mut BackendConfig) {
    let nowhere = format!("http://{}/v1", nowhere().await);
    move |config| {
        open(config);
        let first = config.endpoints[0].realtime.clone();
        let endpoint = |name: &str, kind, change: &dyn Fn(&mut rtmcp::Realtime)| {
            let mut realtime = first.clone();
            change(&mut realtime);
            let name = name.to_owned();
            NamedEndpoint {
                name,
                kind,
                realtime,
            }
        };
        config.endpoints.extend([
            endpoint("openai", EndpointKind::Openai, &|it| it.api_key = None),
            endpoint("away", EndpointKind::Other, &|it| {
                it.url = nowhere.parse().unwrap();
            }),
            endpoint("keyless", EndpointKind::Simulator, &|it| it.api_key = None),
        ]);
    }
}

#[tokio::test]
async fn a_page_is_told_what_it_can_choose() {
    let stage = Stage::with(more_endpoints().await).await;
    let browser = stage.browser().await;
    let settings: Settings = browser.send(browser.get("/api/settings")).await.json();
    let endpoints = settings.endpoints.iter();
    let endpoints: Vec<_> = endpoints.map(|it| (it.name.as_str(), it.key)).collect();
    let expected = [
        ("realtime", KeyState::Configured),
        ("openai", KeyState::Wanted),
        ("away", KeyState::Configured),
        ("keyless", KeyState::Unneeded),
    ];
    assert_eq!(endpoints, expected);
    assert!(settings.own_servers && settings.own_key);
    assert_eq!(settings.servers[0].name, "shop");
    assert_eq!(settings.servers[0].url, Some(stage.shop.url_mcp()));
    assert!(settings.instructions.starts_with("You help"));
}

#[tokio::test]
async fn what_is_wrong_with_an_endpoint_or_a_key_is_said() {
    let stage = Stage::with(more_endpoints().await).await;
    let browser = stage.browser().await;
    for (setup, code, words) in [
        (
            json!({"endpoint": "nothing"}),
            ProblemCode::BadRequest,
            "choose one of `realtime`, `openai`",
        ),
        (
            json!({"endpoint": "openai"}),
            ProblemCode::BadKey,
            "`openai` needs a key",
        ),
        (
            json!({"endpoint": "openai", "key": "sk-this-one-is-wrong"}),
            ProblemCode::BadKey,
            "`openai` refuses the key: Incorrect API key provided: Bearer (secret)",
        ),
        (
            json!({"key": "two words"}),
            ProblemCode::BadKey,
            "no key has",
        ),
        (
            json!({"endpoint": "keyless"}),
            ProblemCode::BadKey,
            "`keyless` refuses the key",
        ),
        (
            json!({"endpoint": "away"}),
            ProblemCode::Endpoint,
            "`away` can't be reached",
        ),
    ] {
        let said = browser.call_with(setup.clone()).await.problem(code);
        assert!(said.contains(words), "{setup}: {said}");
        let minted = browser.post("/api/token", &setup).await;
        assert_eq!(minted.problem(code), said);
    }
    let own = json!({"endpoint": "openai", "key": KEY});
    let answer = browser.call_with(own).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    assert!(!browser.told().contains("sk-this-one"), "a key came back");
}

#[tokio::test]
async fn a_page_cannot_take_what_the_owner_does_not_give() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let url = stage.shop.url_mcp();
    let forbidden = [
        json!({"key": KEY}),
        json!({"servers": [{"name": "mine", "url": url}]}),
        json!({"servers": [{"name": "shop", "url": url}]}),
        json!({"servers": [{"name": "shop", "headers": {"authorization": "Bearer x"}}]}),
        json!({"servers": [{"name": "shop", "transport": "sse"}]}),
    ];
    for setup in forbidden {
        let answer = browser.call_with(setup.clone()).await;
        answer.problem(ProblemCode::Forbidden);
        if let Some(server) = setup.pointer("/servers/0") {
            let tools = browser.post("/api/tools", &json!({"server": server})).await;
            tools.problem(ProblemCode::Forbidden);
        }
    }
    assert!(stage.endpoint.asked().is_empty());
}

#[tokio::test]
async fn servers_that_cannot_be_meant_are_refused() {
    let stage = Stage::with(open).await;
    let browser = stage.browser().await;
    let url = "http://127.0.0.1:9/mcp";
    for (servers, words) in [
        (json!([{"name": "nothing"}]), "choose one of `shop`"),
        (json!([{"name": "shop"}, {"name": "shop"}]), "one name"),
        (json!([{"name": "", "url": url}]), "`name`"),
        (json!([{"name": "a", "url": "ftp://x"}]), "`url`"),
        (
            json!([{"name": "a", "url": "http://u:p@x/mcp"}]),
            "as a header",
        ),
        (
            json!([{"name": "a", "url": url, "transport": "stdio"}]),
            "`http` or `sse`",
        ),
        (
            json!([{"name": "a", "url": url, "headers": {"a b": "c"}}]),
            "`headers`",
        ),
        (
            json!([{"name": "a", "url": url, "headers": {"Host": "c"}}]),
            "`headers`",
        ),
        (
            json!([{"name": "a", "url": url, "headers": {"a": "b\nc"}}]),
            "`headers`",
        ),
        (json!(vec![json!({"name": "x"}); 9]), "8 servers at most"),
    ] {
        let answer = browser.call_with(json!({"servers": servers})).await;
        let said = answer.problem(ProblemCode::BadRequest);
        assert!(said.contains(words), "{servers}: {said}");
    }
}

#[tokio::test]
async fn a_call_has_the_tools_that_were_chosen_and_no_others() {
    let stage = Stage::with(|config| {
        open(config);
        let allow = ["get_weather", "issue_refund"].map(str::to_owned);
        config.router.servers[0].allow = Some(allow.into());
    });
    let stage = stage.await;
    let browser = stage.browser().await;
    // What the owner leaves out can't be chosen.
    let allow = ["get_weather", "lookup_customer"];
    let setup = json!({"servers": [{"name": "shop", "allow": allow}]});
    let call = browser.call_with(setup).await.json();
    let mut events = browser.events(&call).await;
    events.ready().await;
    for (call_id, function, reason) in [
        ("c1", "get_weather", "answered"),
        ("c2", "issue_refund", "unknown_function"),
        ("c3", "lookup_customer", "unknown_function"),
    ] {
        stage
            .endpoint
            .call(call_id, function, &json!({"city": "Rome"}));
        let end = events.until(|it| match it {
            Happening::ToolFinished { reason, .. } => Some(reason.clone()),
            _ => None,
        });
        assert_eq!(end.await, reason, "{function}");
    }
}

/// Calls a tool without arguments that matter. Returns how it ended.
async fn ends(stage: &Stage, browser: &Browser, setup: serde_json::Value) -> String {
    let call = browser.call_with(setup).await.json();
    let mut events = browser.events(&call).await;
    events.ready().await;
    let arguments = json!({"city": "Rome"});
    stage.endpoint.call("c1", "get_weather", &arguments);
    let end = events.until(|it| match it {
        Happening::ToolFinished { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    end.await
}

#[tokio::test]
async fn a_choice_of_tools_is_no_way_around_what_is_approved_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tools.json");
    let pins = file.clone();
    let stage = Stage::with(|config| {
        config.router.offer.pins = Some(Pins::default());
        config.pins = Some(pins);
    });
    let stage = stage.await;
    let browser = stage.browser().await;
    // Seen for the first time, the tools are approved as they are.
    assert_eq!(ends(&stage, &browser, json!({})).await, "answered");
    let mut approved = rtmcp::pins::load(&file).unwrap();
    let shop = approved.servers.get_mut("shop").unwrap();
    assert!(shop.remove("get_weather").is_some());
    std::fs::write(&file, serde_json::to_string(&approved).unwrap()).unwrap();
    let setup = json!({"servers": [{"name": "shop", "allow": ["get_weather"]}]});
    let browser = stage.browser().await;
    assert_eq!(ends(&stage, &browser, setup).await, "unknown_function");
}

#[tokio::test]
async fn a_call_may_have_no_tools_at_all() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let call = browser.call_with(json!({"servers": []})).await.json();
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage
        .endpoint
        .call("c1", "get_weather", &json!({"city": "Rome"}));
    assert!(stage.endpoint.output("c1").await.contains("get_weather"));
    assert_eq!(stage.shop.stats().tool("get_weather").started, 0);
}

#[tokio::test]
async fn a_server_of_the_pages_own_is_used_with_its_headers() {
    let stage = Stage::with(open).await;
    let browser = stage.browser().await;
    let guarded = rtmcp_mock::serve::Server::new(rtmcp_mock::shop::Shop::new());
    let guarded = guarded.bearer("token-of-the-page");
    let guarded = guarded.bind(crate::stage::LOOPBACK).await.unwrap();
    let server = |token: &str| {
        let token = format!("Bearer {token}");
        json!({"name": "mine", "url": guarded.url_mcp(), "headers": {"authorization": token}})
    };
    let wrong = json!({"server": server("another-token")});
    let said = browser.post("/api/tools", &wrong).await;
    let said = said.problem(ProblemCode::McpServer);
    assert!(said.contains("mine") && !said.contains("another"), "{said}");
    let right = json!({"server": server("token-of-the-page")});
    let tools: Tools = browser.post("/api/tools", &right).await.json();
    assert!(tools.tools.iter().any(|it| it.name == "get_weather"));

    let setup = json!({"servers": [server("token-of-the-page")]});
    let call = browser.call_with(setup).await.json();
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage
        .endpoint
        .call("c1", "get_weather", &json!({"city": "Rome"}));
    assert!(stage.endpoint.output("c1").await.contains("Rome"));
    browser.end(&call).await;
    events.rest().await;
    assert!(!browser.told().contains("token-of-the-page"));
}

#[tokio::test]
async fn tools_are_listed_with_what_becomes_of_them() {
    let stage = Stage::with(|config| {
        let allow = ["get_weather", "issue_refund"].map(str::to_owned);
        config.router.servers[0].allow = Some(allow.into());
    });
    let stage = stage.await;
    let browser = stage.browser().await;
    let request = json!({"server": {"name": "shop", "allow": []}});
    let tools: Tools = browser.post("/api/tools", &request).await.json();
    let tool = |name: &str| tools.tools.iter().find(|it| it.name == name).unwrap();
    let weather = tool("get_weather");
    assert_eq!(weather.function.as_deref(), Some("get_weather"));
    assert!(weather.read_only && !weather.asks && weather.description.is_some());
    let refund = tool("issue_refund");
    assert!(!refund.read_only && refund.asks);
    let customer = tool("lookup_customer");
    assert!(customer.function.is_none() && customer.note.is_some());
}

#[tokio::test]
async fn a_server_that_is_gone_is_said_to_be_and_listed_again_when_it_is_back() {
    let stage = Stage::with(open).await;
    let browser = stage.browser().await;
    let place = nowhere().await;
    let own = json!({"server": {"name": "mine", "url": format!("http://{place}/mcp")}});
    let said = browser.post("/api/tools", &own).await;
    let said = said.problem(ProblemCode::McpServer);
    assert!(said.contains(&place.to_string()), "{said}");
    let back = rtmcp_mock::serve::Server::new(rtmcp_mock::shop::Shop::new());
    let back = back.bind(place).await.unwrap();
    let tools: Tools = browser.post("/api/tools", &own).await.json();
    assert!(!tools.tools.is_empty());
    back.shutdown().await;
}
