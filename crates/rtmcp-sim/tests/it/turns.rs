//! Whole turns: typed and spoken, with and without calls.

use serde_json::{Value, json};

use crate::{
    client::{Client, kinds, start},
    stub::{StubBrain, call, config, say, says, words},
};

#[tokio::test]
async fn a_typed_turn_is_answered_in_text() {
    let sim = start(config(says("It is sunny, I hear."))).await;
    let mut client = Client::connect(&sim).await;
    client.update(json!({"output_modalities": ["text"]})).await;
    client.say("How is the weather?").await;
    let events = client.until("rate_limits.updated").await;
    assert_eq!(
        kinds(&events),
        [
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
            "rate_limits.updated",
        ]
    );
    let deltas = events
        .iter()
        .filter(|it| it["type"] == "response.output_text.delta");
    let deltas: Vec<&str> = deltas.map(|it| it["delta"].as_str().unwrap()).collect();
    assert_eq!(deltas, ["It", " is", " sunny,", " I", " hear."]);
    let response = &events[events.len() - 2]["response"];
    assert_eq!(response["status"], "completed");
    assert_eq!(
        response["output"][0]["content"][0]["text"],
        "It is sunny, I hear."
    );
}

#[tokio::test]
async fn a_function_is_called_and_its_output_is_answered() {
    let brain = StubBrain::new(|prompt| match prompt.items.last().map(words) {
        Some(output) if output == "21 degrees" => vec![say("It has 21 degrees.")],
        _ => vec![call("get_weather", r#"{"city":"Paris"}"#)],
    });
    let sim = start(config(brain)).await;
    let mut client = Client::connect(&sim).await;
    client
        .update(json!({"tools": [{"type": "function", "name": "get_weather"}]}))
        .await;
    client.say("How is the weather in Paris?").await;
    let events = client.until("rate_limits.updated").await;
    assert_eq!(
        kinds(&events),
        [
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
            "rate_limits.updated",
        ]
    );
    assert_eq!(events[1]["item"]["arguments"], "");
    assert_eq!(events[1]["item"]["status"], "in_progress");
    let response = &events[events.len() - 2]["response"];
    let item = &response["output"][0];
    assert_eq!(item["name"], "get_weather");
    assert_eq!(item["arguments"], r#"{"city":"Paris"}"#);
    assert_eq!(item["status"], "completed");
    answer(&mut client, &item["call_id"], "21 degrees").await;
    client.send(json!({"type": "response.create"})).await;
    let events = client.until("response.done").await;
    let response = &events[events.len() - 1]["response"];
    let transcript = &response["output"][0]["content"][0]["transcript"];
    assert_eq!(transcript, "It has 21 degrees.");
}

async fn answer(client: &mut Client, call_id: &Value, output: &str) {
    client
        .create(json!({"type": "function_call_output", "call_id": call_id, "output": output}))
        .await;
}
