//! Items by hand: where they go, what is kept of them, how the model's speech is cut.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    client::{Client, start},
    stub::{StubBrain, config, say, says, words},
};

fn message(id: &str, text: &str) -> Value {
    json!({"type": "message", "role": "user", "id": id,
        "content": [{"type": "input_text", "text": text}]})
}

async fn create_after(client: &mut Client, previous: Option<&str>, item: Value) -> Value {
    client
        .send(
            json!({"type": "conversation.item.create", "previous_item_id": previous, "item": item}),
        )
        .await;
    let mut events = client.until("conversation.item.done").await;
    assert_eq!(events[0]["type"], "conversation.item.added");
    assert_eq!(events[0]["previous_item_id"], events[1]["previous_item_id"]);
    events.remove(0)
}

#[tokio::test]
async fn items_go_to_the_end_the_front_or_behind_another() {
    let brain = says("Yes.");
    let sim = start(config(brain.clone())).await;
    let mut client = Client::connect(&sim).await;
    let b = create_after(&mut client, None, message("b", "two")).await;
    assert_eq!(b["previous_item_id"], Value::Null);
    assert_eq!(b["item"]["id"], "b");
    assert_eq!(b["item"]["status"], "completed");
    let d = create_after(&mut client, None, message("d", "four")).await;
    assert_eq!(d["previous_item_id"], "b");
    let a = create_after(&mut client, Some("root"), message("a", "one")).await;
    assert_eq!(a["previous_item_id"], Value::Null);
    let c = create_after(&mut client, Some("b"), message("c", "three")).await;
    assert_eq!(c["previous_item_id"], "b");
    client.send(json!({"type": "response.create"})).await;
    client.until("response.done").await;
    let seen: Vec<String> = brain.last_prompt().items.iter().map(words).collect();
    assert_eq!(seen, ["one", "two", "three", "four"]);
}

#[tokio::test]
async fn items_are_retrieved_and_deleted() {
    let sim = start(config(says("Hello."))).await;
    let mut client = Client::connect(&sim).await;
    client.say("Speak.").await;
    let events = client.until("response.done").await;
    client.until("rate_limits.updated").await;
    let item = &events[events.len() - 1]["response"]["output"][0];
    let retrieve = json!({"type": "conversation.item.retrieve", "item_id": item["id"]});
    let retrieved = client.ask(retrieve.clone()).await;
    assert_eq!(retrieved["type"], "conversation.item.retrieved");
    let part = &retrieved["item"]["content"][0];
    assert_eq!(part["transcript"], "Hello.");
    let audio = STANDARD.decode(part["audio"].as_str().unwrap()).unwrap();
    assert_eq!(audio.len(), 600 * 48);

    let deleted = client
        .ask(json!({"type": "conversation.item.delete", "item_id": item["id"]}))
        .await;
    assert_eq!(deleted["type"], "conversation.item.deleted");
    assert_eq!(deleted["item_id"], item["id"]);
    let gone = client.ask(retrieve).await;
    assert_eq!(gone["error"]["code"], "item_not_found");
}

#[tokio::test]
async fn truncation_drops_the_transcript_and_the_model_remembers_what_was_heard() {
    let brain = StubBrain::new(|prompt| match prompt.items.len() {
        1 => vec![say("aaaa bbbb cccc dddd")],
        _ => vec![say("Yes?")],
    });
    let sim = start(config(brain.clone())).await;
    let mut client = Client::connect(&sim).await;
    client.say("Speak.").await;
    let events = client.until("response.done").await;
    client.until("rate_limits.updated").await;
    let id = &events[events.len() - 1]["response"]["output"][0]["id"];
    // 19 characters of 100 ms: two words end before 1100 ms.
    let truncated = client
        .ask(
            json!({"type": "conversation.item.truncate", "item_id": id, "content_index": 0,
            "audio_end_ms": 1_100}),
        )
        .await;
    assert_eq!(truncated["type"], "conversation.item.truncated");
    assert_eq!(truncated["audio_end_ms"], 1_100);
    let retrieved = client
        .ask(json!({"type": "conversation.item.retrieve", "item_id": id}))
        .await;
    let part = &retrieved["item"]["content"][0];
    assert_eq!(part.get("transcript"), None);
    let audio = STANDARD.decode(part["audio"].as_str().unwrap()).unwrap();
    assert_eq!(audio.len(), 1_100 * 48);

    client.say("And then?").await;
    client.until("response.done").await;
    let seen: Vec<String> = brain.last_prompt().items.iter().map(words).collect();
    assert_eq!(seen, ["Speak.", "aaaa bbbb", "And then?"]);
}

#[tokio::test]
async fn history_of_all_kinds_can_be_replayed() {
    let brain = says("Yes.");
    let sim = start(config(brain.clone())).await;
    let mut client = Client::connect(&sim).await;
    let speech = STANDARD.encode(vec![0; 48_00]);
    for item in [
        json!({"type": "message", "role": "system",
            "content": [{"type": "input_text", "text": "Be kind."}]}),
        json!({"type": "message", "role": "user",
            "content": [{"type": "input_audio", "audio": speech}]}),
        json!({"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": "One moment."}]}),
        json!({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}),
        json!({"type": "function_call_output", "call_id": "call_1", "output": ""}),
        json!({"type": "message", "role": "user",
            "content": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]}),
    ] {
        client.create(item).await;
    }
    client.send(json!({"type": "response.create"})).await;
    client.until("response.done").await;
    let seen: Vec<String> = brain.last_prompt().items.iter().map(words).collect();
    let heard = "what is the weather in paris";
    assert_eq!(seen, ["Be kind.", heard, "One moment.", "", "", ""]);
}

/// What a client does whose connection was lost: it tells a new session all that was said, under
/// the names that it had.
#[tokio::test]
async fn a_conversation_goes_on_in_another_session() {
    let sim = start(rtmcp_sim::SimConfig {
        engines: rtmcp_sim::Engines {
            brain: std::sync::Arc::new(rtmcp_sim::engine::brain::Rules),
            ..config(says("")).engines
        },
        ..config(says(""))
    })
    .await;
    let mut client = Client::connect(&sim).await;
    let text = json!({"output_modalities": ["text"]});
    client.update(text).await;
    let part = |kind: &str, text: &str| json!([{"type": kind, "text": text}]);
    let history = [
        json!({"id": "item_A", "type": "message", "role": "user",
            "content": part("input_text", "My name is Ada.")}),
        json!({"id": "item_B", "type": "message", "role": "assistant",
            "content": part("output_text", "Hello Ada.")}),
        json!({"id": "item_C", "type": "message", "role": "system",
            "content": part("input_text", "Be kind.")}),
        json!({"id": "item_D", "type": "message", "role": "user", "status": "completed",
            "object": "realtime.item", "content": part("input_text", "And the weather in Rome?")}),
        json!({"id": "item_E", "type": "function_call", "call_id": "call_E", "status": "completed",
            "name": "get_weather", "arguments": r#"{"city":"Rome"}"#}),
        json!({"id": "item_F", "type": "function_call_output", "call_id": "call_E",
            "output": "22 degrees"}),
        json!({"id": "item_G", "type": "message", "role": "assistant", "status": "incomplete",
            "content": part("output_text", "It is")}),
    ];
    let mut previous = Value::Null;
    for item in history {
        let id = item["id"].clone();
        client
            .send(json!({"type": "conversation.item.create", "item": item}))
            .await;
        for kind in ["conversation.item.added", "conversation.item.done"] {
            let event = client.next().await;
            assert_eq!(event["type"], kind);
            assert_eq!(event["item"]["id"], id);
            assert_eq!(event["previous_item_id"], previous);
        }
        previous = id;
    }
    for (question, answer) in [
        ("What is my name?", "You said: My name is Ada."),
        (
            "What did you tell me about the weather in Rome?",
            "22 degrees.",
        ),
    ] {
        client.say(question).await;
        let events = client.until("response.done").await;
        client.until("rate_limits.updated").await;
        let output = &events[events.len() - 1]["response"]["output"][0];
        assert_eq!(output["content"][0]["text"], answer);
    }
}
