//! Responses on request: what differs from the session, outside the conversation, cancelled, cut.

use std::time::Duration;

use rtmcp_sim::{Pacing, Rates};
use serde_json::{Value, json};

use crate::{
    client::{Client, kinds, start},
    stub::{StubBrain, call, config, say, says, words},
};

/// A model that never gets to the end of what it says.
fn endless() -> Pacing {
    Pacing::Paced(Rates {
        audio_speed: 0.001,
        text_gap: Duration::from_secs(1_000),
        ..Rates::FAITHFUL
    })
}

async fn respond(client: &mut Client, response: Value) -> Vec<Value> {
    client
        .send(json!({"type": "response.create", "response": response}))
        .await;
    client.until("rate_limits.updated").await
}

fn done(events: &[Value]) -> &Value {
    &events
        .iter()
        .find(|it| it["type"] == "response.done")
        .unwrap()["response"]
}

#[tokio::test]
async fn four_calls_of_one_response_are_four_items() {
    let brain = StubBrain::new(|prompt| {
        let outputs = prompt.items.iter().map(words);
        match outputs.filter(|it| it.starts_with("output")).count() {
            0 => (0..4)
                .map(|it| call("f", &format!(r#"{{"n":{it}}}"#)))
                .collect(),
            count => vec![say(&format!("{count} outputs."))],
        }
    });
    let sim = start(config(brain)).await;
    let mut client = Client::connect(&sim).await;
    client.say("Do four things.").await;
    let events = client.until("response.done").await;
    client.until("rate_limits.updated").await;
    let output = done(&events)["output"].as_array().unwrap();
    assert_eq!(output.len(), 4);
    for (index, item) in output.iter().enumerate() {
        assert_eq!(item["arguments"], format!(r#"{{"n":{index}}}"#));
        let at = |kind: &str| {
            events
                .iter()
                .find(|it| it["type"] == kind && it["item"]["id"] == item["id"])
        };
        assert_eq!(
            at("response.output_item.added").unwrap()["output_index"],
            index
        );
        assert_eq!(
            at("response.output_item.done").unwrap()["output_index"],
            index
        );
        let call_id = &item["call_id"];
        let output = format!("output {index}");
        client
            .create(json!({"type": "function_call_output", "call_id": call_id, "output": output}))
            .await;
    }
    let events = respond(&mut client, json!({"output_modalities": ["text"]})).await;
    assert_eq!(
        done(&events)["output"][0]["content"][0]["text"],
        "4 outputs."
    );
}

#[tokio::test]
async fn only_one_call_is_made_where_parallel_ones_are_off() {
    let brain = StubBrain::new(|_| vec![call("f", "{}"), call("g", "{}"), say("Done.")]);
    let sim = start(config(brain)).await;
    let mut client = Client::connect(&sim).await;
    let events = respond(&mut client, json!({"parallel_tool_calls": false})).await;
    let output = done(&events)["output"].as_array().unwrap();
    let types: Vec<&str> = output
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["function_call", "message"]);
}

#[tokio::test]
async fn a_response_can_differ_from_the_session() {
    let brain = says("Yes.");
    let sim = start(config(brain.clone())).await;
    let mut client = Client::connect(&sim).await;
    client
        .update(json!({"instructions": "Be brief.", "tools": [{"type": "function", "name": "f"}]}))
        .await;
    let events = respond(
        &mut client,
        json!({
            "instructions": "Be kind.", "output_modalities": ["text"], "max_output_tokens": 100,
            "tools": [{"type": "function", "name": "g"}], "tool_choice": "none",
            "audio": {"output": {"voice": "cedar"}}, "metadata": {"purpose": "test"},
        }),
    )
    .await;
    for response in [&events[0]["response"], done(&events)] {
        assert_eq!(response["metadata"], json!({"purpose": "test"}));
        assert_eq!(response["output_modalities"], json!(["text"]));
        assert_eq!(response["max_output_tokens"], 100);
        assert_eq!(response["audio"]["output"]["voice"], "cedar");
        assert!(
            response["conversation_id"]
                .as_str()
                .unwrap()
                .starts_with("conv_")
        );
    }
    let prompt = brain.last_prompt();
    assert_eq!(prompt.instructions.expose(), "Be kind.");
    assert_eq!(prompt.tools[0].name, "g");
    assert!(prompt.tool_choice.is_some());

    respond(&mut client, json!({})).await;
    let prompt = brain.last_prompt();
    assert_eq!(prompt.instructions.expose(), "Be brief.");
    assert_eq!(prompt.tools[0].name, "f");
}

#[tokio::test]
async fn a_response_outside_the_conversation_leaves_no_trace_in_it() {
    let brain = StubBrain::new(|_| vec![say("A summary."), call("f", "{}")]);
    let sim = start(config(brain.clone())).await;
    let mut client = Client::connect(&sim).await;
    let long = client
        .create(json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "A long story."}]}))
        .await;
    let events = respond(
        &mut client,
        json!({
            "conversation": "none", "output_modalities": ["text"],
            "input": [
                {"type": "item_reference", "id": long["id"]},
                {"type": "message", "role": "user",
                    "content": [{"type": "input_text", "text": "Shorter!"}]},
            ],
        }),
    )
    .await;
    assert!(
        !kinds(&events)
            .iter()
            .any(|it| it.starts_with("conversation."))
    );
    let response = done(&events);
    assert_eq!(response["conversation_id"], Value::Null);
    let seen: Vec<String> = brain.last_prompt().items.iter().map(words).collect();
    assert_eq!(seen, ["A long story.", "Shorter!"]);

    let call_id = response["output"][1]["call_id"].as_str().unwrap();
    let refused = client
        .ask(json!({"type": "conversation.item.create", "item":
            {"type": "function_call_output", "call_id": call_id, "output": "late"}}))
        .await;
    assert_eq!(refused["error"]["code"], "invalid_tool_call_id");
    assert_eq!(
        refused["error"]["message"],
        format!("Tool call ID '{call_id}' not found in conversation.")
    );
    respond(&mut client, json!({})).await;
    assert_eq!(brain.last_prompt().items.len(), 1);
}

#[tokio::test]
async fn an_empty_input_clears_the_context_and_none_is_the_conversation() {
    let brain = says("Yes.");
    let sim = start(config(brain.clone())).await;
    let mut client = Client::connect(&sim).await;
    client.say("Hello.").await;
    client.until("rate_limits.updated").await;
    respond(&mut client, json!({"input": [], "conversation": "none"})).await;
    assert_eq!(brain.last_prompt().items.len(), 0);
    respond(&mut client, json!({"conversation": "none"})).await;
    assert_eq!(brain.last_prompt().items.len(), 2);
}

#[tokio::test]
async fn one_response_at_a_time_writes_to_the_conversation() {
    let mut config = config(says("This takes a while."));
    config.pacing = endless();
    let sim = start(config).await;
    let mut client = Client::connect(&sim).await;
    client.say("Hello.").await;
    let events = client.until("response.output_audio.delta").await;
    let id = events[0]["response"]["id"].as_str().unwrap();
    let refused = client
        .ask(json!({"type": "response.create", "event_id": "mine"}))
        .await;
    let error = &refused["error"];
    assert_eq!(error["code"], "conversation_already_has_active_response");
    assert_eq!(error["event_id"], "mine");
    assert_eq!(
        error["message"],
        format!(
            "Conversation already has an active response in progress: {id}. \
             Wait until the response is finished before creating a new one."
        )
    );
    // Beside it, any number may be written.
    client
        .send(json!({"type": "response.create", "response": {"conversation": "none"}}))
        .await;
    let created = client.until("response.created").await;
    let beside = &created[created.len() - 1]["response"]["id"];
    client
        .send(json!({"type": "response.cancel", "response_id": beside}))
        .await;
    let events = client.until("response.done").await;
    assert_eq!(done(&events)["id"], *beside);
    client.send(json!({"type": "response.cancel"})).await;
    let events = client.until("response.done").await;
    assert_eq!(done(&events)["id"], id);
    assert_eq!(
        done(&events)["status_details"]["reason"],
        "client_cancelled"
    );
}

#[tokio::test]
async fn a_cancelled_call_is_incomplete() {
    let mut config = config(StubBrain::new(|_| vec![call("f", r#"{"city":"Paris"}"#)]));
    config.pacing = endless();
    let sim = start(config).await;
    let mut client = Client::connect(&sim).await;
    client.send(json!({"type": "response.create"})).await;
    client.until("response.function_call_arguments.delta").await;
    client.send(json!({"type": "response.cancel"})).await;
    let events = client.until("response.done").await;
    assert_eq!(
        kinds(&events),
        [
            "response.function_call_arguments.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done"
        ]
    );
    assert_eq!(events[1]["item"]["status"], "incomplete");
    assert_eq!(events[1]["item"]["arguments"], r#"{"cit"#);
}

#[tokio::test]
async fn a_response_ends_where_its_tokens_do() {
    let sim = start(config(says("One two three four five six seven eight."))).await;
    let mut client = Client::connect(&sim).await;
    for modality in ["text", "audio"] {
        let response = json!({"output_modalities": [modality], "max_output_tokens": 4});
        let events = respond(&mut client, response).await;
        let response = done(&events);
        assert_eq!(response["status"], "incomplete");
        assert_eq!(response["status_details"]["reason"], "max_output_tokens");
        assert_eq!(response["output"][0]["status"], "incomplete");
        assert!(response["usage"]["output_tokens"].as_u64().unwrap() <= 4);
    }
}

#[tokio::test]
async fn usage_adds_up_and_limits_go_down() {
    let sim = start(config(says("It is sunny in Paris today."))).await;
    let mut client = Client::connect(&sim).await;
    let mut left = u64::MAX;
    for turn in 0..4 {
        client
            .say("A question of some length, so that something can be cached.")
            .await;
        let events = client.until("rate_limits.updated").await;
        let usage = &done(&events)["usage"];
        let number = |path: &str| usage.pointer(path).unwrap().as_u64().unwrap();
        let (input, output) = (number("/input_tokens"), number("/output_tokens"));
        assert_eq!(number("/total_tokens"), input + output);
        let read = ["text", "audio", "image"].map(|kind| {
            let all = number(&format!("/input_token_details/{kind}_tokens"));
            let cached = number(&format!(
                "/input_token_details/cached_tokens_details/{kind}_tokens"
            ));
            assert!(cached <= all);
            (all, cached)
        });
        assert_eq!(read.iter().map(|it| it.0).sum::<u64>(), input);
        let cached = number("/input_token_details/cached_tokens");
        assert_eq!(read.iter().map(|it| it.1).sum::<u64>(), cached);
        assert!(
            turn < 3 || cached > 0,
            "a long context is found in the cache: {usage}"
        );
        let written = number("/output_token_details/text_tokens")
            + number("/output_token_details/audio_tokens");
        assert_eq!(written, output);
        let limits = &events[events.len() - 1]["rate_limits"];
        let tokens = limits
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["name"] == "tokens");
        let remaining = tokens.unwrap()["remaining"].as_u64().unwrap();
        assert!(remaining < left, "{remaining} after {left}");
        left = remaining;
    }
}
