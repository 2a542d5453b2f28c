//! The shop's tools, the same on every transport.

use rmcp::model::{CallToolResult, Tool};
use rtmcp_mock::Sample;
use rtmcp_mock::shop::Shop;
use serde_json::{Value, json};

use crate::client::{
    Client, bind, call, child, piped, sse, stateless, stateless_piped, streamable, text,
};

#[tokio::test]
async fn streamable_http() {
    let running = bind(Shop::new()).await;
    everything_works(streamable(&running).await).await;
    let seen = running.stats().now();
    assert_eq!((seen.initialized, seen.discovered), (1, 0));
    running.shutdown().await;
}

#[tokio::test]
async fn streamable_http_without_a_session() {
    let running = bind(Shop::new()).await;
    everything_works(stateless(&running).await).await;
    let seen = running.stats().now();
    assert_eq!((seen.initialized, seen.discovered), (0, 1));
    running.shutdown().await;
}

#[tokio::test]
async fn http_with_sse() {
    let running = bind(Shop::new()).await;
    everything_works(sse(&running).await).await;
    running.shutdown().await;
}

#[tokio::test]
async fn a_pipe() {
    let shop = Shop::new();
    everything_works(piped(shop.clone()).await).await;
    assert_eq!(shop.stats().tool("quote").finished, 4);
}

#[tokio::test]
async fn a_pipe_without_a_handshake() {
    let shop = Shop::new();
    everything_works(stateless_piped(shop.clone()).await).await;
    assert_eq!(shop.stats().now().initialized, 0);
}

#[tokio::test]
async fn stdio() {
    everything_works(child().await).await;
}

#[tokio::test]
async fn sessions_share_what_was_written() {
    let running = bind(Shop::new()).await;
    let ticket = json!({ "customer": "Hedy Lamarr", "subject": "a scratch" });
    for (client, id) in [
        (streamable(&running).await, "T-1001"),
        (stateless(&running).await, "T-1002"),
        (sse(&running).await, "T-1003"),
    ] {
        let opened = call(&client, "create_ticket", ticket.clone())
            .await
            .unwrap();
        assert_eq!(data(&opened)["id"], id);
    }
    running.shutdown().await;
}

async fn everything_works(client: Client) {
    let tools = client.list_all_tools().await.unwrap();
    the_hints_are_honest(&tools);
    asking(&client, &tools).await;
    writing(&client, &tools).await;
    what_cannot_be_done_is_said(&client).await;
    client.cancel().await.unwrap();
}

fn the_hints_are_honest(tools: &[Tool]) {
    let hints = |tool: &Tool| {
        let hints = tool.annotations.clone().unwrap();
        assert_eq!(hints.open_world_hint, Some(false));
        assert!(tool.title.is_some() && tool.description.is_some() && tool.output_schema.is_some());
        let hints = [
            hints.read_only_hint,
            hints.destructive_hint,
            hints.idempotent_hint,
        ];
        (tool.name.to_string(), hints.map(Option::unwrap))
    };
    let expected = [
        ("create_ticket", [false, false, false]),
        ("get_weather", [true, false, true]),
        ("issue_refund", [false, true, false]),
        ("lookup_customer", [true, false, true]),
        ("quote", [true, false, true]),
    ];
    let listed: Vec<_> = tools.iter().map(hints).collect();
    assert_eq!(
        listed,
        expected.map(|(name, hints)| (name.to_owned(), hints))
    );
}

async fn asking(client: &Client, tools: &[Tool]) {
    let weather = ask(client, tools, "get_weather", json!({ "city": "paris" })).await;
    assert_eq!(
        text(&weather),
        "18 degrees and sunny in Paris, according to sample data."
    );
    assert_eq!(data(&weather)["temperature_celsius"], 18);

    let ada = ask(client, tools, "lookup_customer", json!({ "name": "Ada" })).await;
    assert_eq!(
        text(&ada),
        "Ada Lovelace is a gold customer with 2 open orders: order 1042, two lamps, 79 dollars and \
         80 cents; order 1043, one desk, 249 dollars."
    );
    assert_eq!(data(&ada)["open_orders"][0]["number"], 1042);

    let lamps = json!({ "product": "lamps", "quantity": 3 });
    let quote = ask(client, tools, "quote", lamps).await;
    let spoken = "3 lamps cost 119 dollars and 70 cents, at 39 dollars and 90 cents each.";
    assert_eq!(text(&quote), spoken);
    assert_eq!(data(&quote)["total"], 119.7);
}

async fn writing(client: &Client, tools: &[Tool]) {
    let broken = json!({ "customer": "Ada Lovelace", "subject": "a broken lamp" });
    let ticket = ask(client, tools, "create_ticket", broken).await;
    assert_eq!(
        text(&ticket),
        "Ticket T-1001 is open for Ada Lovelace: a broken lamp."
    );
    assert_eq!(data(&ticket)["priority"], "normal");

    let urgent = json!({ "customer": "Turing", "subject": "no keyboard", "priority": "high" });
    let ticket = ask(client, tools, "create_ticket", urgent).await;
    assert_eq!(data(&ticket)["id"], "T-1002");

    let twenty = json!({ "order": 1042, "amount": 20 });
    let refund = ask(client, tools, "issue_refund", twenty).await;
    assert_eq!(text(&refund), "Refunded 20 dollars on order 1042.");
    assert_eq!(data(&refund)["remaining"], 59.8);
}

async fn what_cannot_be_done_is_said(client: &Client) {
    for (tool, arguments, answer) in [
        ("get_weather", json!({ "city": " " }), "Which city?"),
        (
            "lookup_customer",
            json!({ "name": "Nobody" }),
            "The customers are Ada Lovelace, Alan",
        ),
        (
            "quote",
            json!({ "product": "sofa", "quantity": 1 }),
            "It sells lamps, desks",
        ),
        (
            "quote",
            json!({ "product": "lamp", "quantity": 0 }),
            "at least one",
        ),
        (
            "create_ticket",
            json!({ "customer": "Ada", "subject": "" }),
            "Give a subject",
        ),
        (
            "issue_refund",
            json!({ "order": 1, "amount": 5 }),
            "The orders are 1042, 1043",
        ),
        (
            "issue_refund",
            json!({ "order": 1042, "amount": 60 }),
            "59 dollars and 80 cents left",
        ),
        (
            "issue_refund",
            json!({ "order": 1042, "amount": -5 }),
            "at least one cent",
        ),
        (
            "quote",
            json!({ "product": "lamp" }),
            "missing field `quantity`",
        ),
    ] {
        let refused = call(client, tool, arguments).await.unwrap();
        assert_eq!(refused.is_error, Some(true), "{tool}");
        assert!(text(&refused).contains(answer), "{tool}: {refused:?}");
    }
    assert!(call(client, "sing", json!({})).await.is_err());
}

/// Calls a tool and holds both sides to what its schemas say.
async fn ask(client: &Client, tools: &[Tool], name: &str, arguments: Value) -> CallToolResult {
    let tool = tools.iter().find(|tool| tool.name == name).unwrap();
    assert!(
        jsonschema::is_valid(&tool.schema_as_json_value(), &arguments),
        "{name}"
    );
    let result = call(client, name, arguments).await.unwrap();
    assert_ne!(result.is_error, Some(true), "{result:?}");
    let output = Value::Object(tool.output_schema.as_deref().unwrap().clone());
    assert!(jsonschema::is_valid(&output, data(&result)), "{name}");
    result
}

fn data(result: &CallToolResult) -> &Value {
    result.structured_content.as_ref().unwrap()
}
