//! Every error that a client's event can cause: its code, its field, and that nothing else happens.

use serde_json::{Value, json};

use crate::{
    client::{Client, start},
    stub::{config, says},
};

/// What is sent, and the code and field of the error, a case a line.
const CASES: &str = include_str!("refusals.jsonl");

/// Cases that are too large to be written down.
fn large_cases() -> Vec<Value> {
    let many: Vec<Value> = (0..129)
        .map(|it| json!({"type": "function", "name": format!("f{it}")}))
        .collect();
    vec![
        json!({"code": "array_above_max_length", "param": "session.tools", "event":
            {"type": "session.update", "session": {"type": "realtime", "tools": many}}}),
        json!({"code": "string_above_max_length", "param": "response.metadata.k", "event":
            {"type": "response.create", "response": {"metadata": {"k": "v".repeat(513)}}}}),
    ]
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_code_and_field() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    client
        .create(json!({"type": "message", "role": "user", "id": "taken", "content": []}))
        .await;
    let cases = CASES.lines().map(|it| serde_json::from_str(it).unwrap());
    let cases: Vec<Value> = cases.chain(large_cases()).collect();
    assert!(cases.len() > 40);
    for (index, case) in cases.into_iter().enumerate() {
        let mut event = case["event"].clone();
        let event_id = format!("event {index}");
        event["event_id"] = json!(event_id);
        let answer = client.ask(event).await;
        assert_eq!(answer["type"], "error", "{case} got {answer}");
        let error = &answer["error"];
        assert_eq!(error["type"], "invalid_request_error");
        assert_eq!(error["code"], case["code"], "{case} got {error}");
        assert_eq!(
            error.get("param").unwrap_or(&Value::Null),
            &case["param"],
            "{case}"
        );
        assert_eq!(error["event_id"], event_id);
    }
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_and_the_session_goes_on() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    for text in ["{", "hello", "[]", ""] {
        client.send_text(text).await;
        let answer = client.next().await;
        assert_eq!(answer["error"]["code"], "invalid_event", "{text}");
    }
    client.say("Still there?").await;
    client.until("response.done").await;
}

#[tokio::test]
async fn truncating_beyond_the_end_says_how_long_the_sound_is() {
    let sim = start(config(says("Hello."))).await;
    let mut client = Client::connect(&sim).await;
    client.say("Speak.").await;
    let events = client.until("response.done").await;
    client.until("rate_limits.updated").await;
    let id = &events[events.len() - 1]["response"]["output"][0]["id"];
    let answer = client
        .ask(
            json!({"type": "conversation.item.truncate", "item_id": id, "content_index": 0,
            "audio_end_ms": 601}),
        )
        .await;
    assert_eq!(answer["error"]["code"], "invalid_value");
    let message = "Audio content of 600ms is already shorter than 601ms";
    assert_eq!(answer["error"]["message"], message);
}

#[tokio::test]
async fn a_short_commit_says_how_short() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    client
        .update(json!({"audio": {"input": {"turn_detection": null}}}))
        .await;
    // 50 ms: 2400 bytes.
    client
        .send(json!({"type": "input_audio_buffer.append", "audio": "A".repeat(3_200)}))
        .await;
    let answer = client
        .ask(json!({"type": "input_audio_buffer.commit"}))
        .await;
    assert_eq!(answer["error"]["code"], "input_audio_buffer_commit_empty");
    assert_eq!(
        answer["error"]["message"],
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, \
         but buffer only has 50.00ms of audio."
    );
}
