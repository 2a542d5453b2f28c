//! What a client asks for and doesn't get.

use std::time::Duration;

use rtmcp_sim::{Pacing, Rates, SimConfig};
use serde_json::{Value, json};

use super::{done, faulty, prepare, text, turn};
use crate::{
    client::{Client, kinds, start},
    stub::{StubBrain, call, say, says, words},
};

#[tokio::test]
async fn a_response_is_refused_though_none_is_active() {
    let sim = start(faulty(says("Yes."), &["active-response@create=2"])).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    let first = turn(&mut client).await;
    let error = client
        .ask(json!({"type": "response.create", "event_id": "mine"}))
        .await;
    assert_eq!(
        error["error"]["code"],
        "conversation_already_has_active_response"
    );
    assert_eq!(error["error"]["event_id"], "mine");
    let message = error["error"]["message"].as_str().unwrap();
    assert!(
        message.contains(done(&first)["id"].as_str().unwrap()),
        "{message}"
    );
    client.send(json!({"type": "response.create"})).await;
    let events = client.until("response.done").await;
    assert_eq!(done(&events)["status"], "completed");
}

#[tokio::test]
async fn a_turn_by_voice_is_answered_before_the_client_asks_for_a_reply_to_its_tool() {
    let brain = StubBrain::new(|prompt| match prompt.items.last().map(words) {
        Some(output) if output == "21 degrees" => vec![say("It has 21 degrees.")],
        Some(_) if prompt.items.len() == 1 => vec![call("look", "{}")],
        _ => vec![say("Nothing new.")],
    });
    // Slow enough for the client's request to come in between.
    let rates = Rates {
        text_gap: Duration::from_millis(200),
        ..Rates::FAITHFUL
    };
    let sim = start(SimConfig {
        pacing: Pacing::Paced(rates),
        ..faulty(brain, &["vad-race"])
    })
    .await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    let called = turn(&mut client).await;
    let call_id = &done(&called)["output"][0]["call_id"];
    client
        .send(json!({"type": "conversation.item.create", "item":
            {"type": "function_call_output", "call_id": call_id, "output": "21 degrees"}}))
        .await;
    client.send(json!({"type": "response.create"})).await;
    let raced = client.until("response.created").await;
    assert_eq!(
        kinds(&raced),
        [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "conversation.item.added",
            "conversation.item.done",
            "response.created",
        ]
    );
    let mut events = Vec::new();
    while events.last().is_none_or(|it: &Value| it["type"] != "error") {
        events.push(client.next().await);
    }
    let refused = events.last().unwrap();
    assert_eq!(
        refused["error"]["code"],
        "conversation_already_has_active_response"
    );
    events.extend(client.until("response.done").await);
    assert_eq!(text(&events), "It has 21 degrees.");
}

#[tokio::test]
async fn a_client_that_finds_turns_itself_has_no_race() {
    let brain = StubBrain::new(|prompt| match prompt.items.len() {
        1 => vec![call("look", "{}")],
        _ => vec![say("Done.")],
    });
    let sim = start(faulty(brain, &["vad-race@always"])).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    client
        .update(json!({"audio": {"input": {"turn_detection": null}}}))
        .await;
    let called = turn(&mut client).await;
    let call_id = &done(&called)["output"][0]["call_id"];
    client
        .create(json!({"type": "function_call_output", "call_id": call_id, "output": "1"}))
        .await;
    client.send(json!({"type": "response.create"})).await;
    let events = client.until("response.done").await;
    assert_eq!(events[0]["type"], "response.created");
    assert_eq!(text(&events), "Done.");
}
