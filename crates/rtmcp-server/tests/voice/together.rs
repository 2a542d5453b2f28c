//! Several calls in one response, and several servers in one session, asked for aloud.

use rtmcp::mcp::ServerConfig;
use serde_json::{Value, json};

use crate::{
    call::Call,
    server::NAME,
    stage::{Stage, shop, with_shop},
    turn::assert_words,
    wire::Way,
};

const CITIES: [&str; 4] = ["Paris", "Rome", "London", "Tokyo"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_calls_of_one_response_get_four_outputs_and_one_reply() {
    let (stage, shop) = (Stage::set_up().await, shop().await);
    let config = with_shop(stage.config(), &shop);
    let mut call = Call::open(config).await;
    let clip = stage
        .espeak("What is the weather in Paris and in Rome and in London and in Tokyo?")
        .await;
    let turn = call.ask(&clip).await;
    let wanted = CITIES.map(|city| ("get_weather", json!({"city": city})));
    assert_eq!(turn.called(), wanted, "heard: {}", turn.heard);
    assert_eq!(turn.ends(), ["answered"; 4]);
    assert_eq!(shop.stats().tool("get_weather").finished, 4);

    let done = call.wire.all(Way::Received, "response.done");
    assert_eq!(done.len(), 2, "the calls, and one reply");
    let call_ids = |items: Vec<Value>| -> Vec<String> {
        let ids = items
            .iter()
            .map(|it| it["call_id"].as_str().unwrap().to_owned());
        let mut ids: Vec<String> = ids.collect();
        ids.sort_unstable();
        ids
    };
    let calls = done[0]["response"]["output"].as_array().unwrap().clone();
    let outputs = call.wire.outputs().into_iter().map(|it| it["item"].clone());
    assert_eq!(call_ids(outputs.collect()), call_ids(calls));
    let [.., first, second, third, fourth, last] = &call.wire.sent()[..] else {
        panic!("four outputs and a request");
    };
    for output in [first, second, third, fourth] {
        assert_eq!(output, "conversation.item.create");
    }
    assert_eq!(last, "response.create");
    assert_eq!(call.wire.all(Way::Sent, "response.create").len(), 1);

    let understood = stage.understand(turn.sound()).await;
    assert_words(&understood, &CITIES);
    assert_words(
        &understood,
        &["18|eighteen", "22|twenty-two", "14|fourteen", "21"],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_answer_in_one_session() {
    let (stage, shop) = (Stage::set_up().await, shop().await);
    let everything = ServerConfig::stdio(NAME, &stage.tools.everything, ["stdio"]);
    let config = with_shop(stage.config(), &shop).server(everything);
    let mut call = Call::open(config).await;

    let weather = stage.espeak("What is the weather in Paris?").await;
    let first = call.ask(&weather).await;
    assert_eq!(first.called(), [("get_weather", json!({"city": "Paris"}))]);
    assert_eq!(first.calls[0].server.as_str(), "shop");

    let sum = stage.espeak("What is 50 plus 30?").await;
    let second = call.ask(&sum).await;
    assert_eq!(second.called(), [("get-sum", json!({"a": 50, "b": 30}))]);
    assert_eq!(second.calls[0].server.as_str(), NAME);

    let understood = stage.understand(first.sound()).await;
    assert_words(&understood, &["18|eighteen", "paris"]);
    let understood = stage.understand(second.sound()).await;
    assert_words(&understood, &["80|eighty"]);
    assert_eq!(shop.stats().tool("get_weather").finished, 1);
}
