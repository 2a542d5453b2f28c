//! The shop's tools, on every transport.

use rtmcp_mock::serve::Server;
use rtmcp_mock::shop::Shop;
use serde_json::json;

use crate::client::{Client, bind, call, piped, streamable, text};

#[tokio::test]
async fn the_shop_serves_streamable_http() {
    let shop = Shop::new();
    let running = bind(Server::new(shop)).await;
    let client = streamable(&running).await;
    every_tool_answers(&client).await;
    client.cancel().await.unwrap();
    running.shutdown().await;
}

#[tokio::test]
async fn the_shop_serves_a_pipe() {
    let client = piped(Shop::new()).await;
    every_tool_answers(&client).await;
    client.cancel().await.unwrap();
}

async fn every_tool_answers(client: &Client) {
    let tools = client.list_all_tools().await.unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(
        names,
        [
            "create_ticket",
            "get_weather",
            "issue_refund",
            "lookup_customer",
            "quote"
        ]
    );
    let weather = call(client, "get_weather", json!({"city": "paris"}))
        .await
        .unwrap();
    assert_eq!(
        text(&weather),
        "18 degrees and sunny in Paris, according to sample data."
    );
    assert_eq!(
        weather.structured_content.unwrap()["temperature_celsius"],
        18
    );
}
