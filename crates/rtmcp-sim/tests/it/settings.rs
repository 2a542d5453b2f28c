//! The session object: what it is at first, and what an update changes.

use serde_json::json;

use crate::{
    client::{Client, request, start},
    stub::{config, says},
};

#[tokio::test]
async fn a_session_begins_with_its_whole_configuration() {
    let sim = start(config(says("Yes."))).await;
    let (_client, first) = Client::open(request(&sim)).await.unwrap();
    let session = &first["session"];
    assert_eq!(session["type"], "realtime");
    assert_eq!(session["object"], "realtime.session");
    assert_eq!(session["model"], "gpt-realtime-2.1");
    assert_eq!(session["output_modalities"], json!(["audio"]));
    assert_eq!(session["audio"]["output"]["voice"], "alloy");
    assert_eq!(
        session["audio"]["input"]["turn_detection"]["type"],
        "server_vad"
    );
    assert!(session["id"].as_str().unwrap().starts_with("sess_"));
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    let left = session["expires_at"].as_u64().unwrap() - now;
    assert!((3_590..=3_600).contains(&left), "{left} s left");
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    let before = client.update(json!({})).await;
    let after = client
        .update(json!({
            "instructions": "Be kind.",
            "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.7}}},
            "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
        }))
        .await;
    let mut expected = before.clone();
    expected["instructions"] = json!("Be kind.");
    expected["audio"]["input"]["turn_detection"]["threshold"] = json!(0.7);
    expected["tools"] =
        json!([{"type": "function", "name": "f", "parameters": {"type": "object"}}]);
    assert_eq!(after, expected);

    let after = client
        .update(json!({"audio": {"output": {"speed": 1.25}}}))
        .await;
    expected["audio"]["output"]["speed"] = json!(1.25);
    assert_eq!(after, expected);
}

#[tokio::test]
async fn emptiness_and_null_clear() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    let before = client.update(json!({})).await;
    client
        .update(json!({
            "instructions": "Be kind.",
            "tools": [{"type": "function", "name": "f"}],
            "tool_choice": {"type": "function", "name": "f"},
            "max_output_tokens": 100,
            "audio": {"input": {"transcription": {"model": "whisper-1"},
                "noise_reduction": {"type": "near_field"}}},
        }))
        .await;
    let after = client
        .update(json!({
            "instructions": "",
            "tools": [],
            "tool_choice": null,
            "max_output_tokens": null,
            "audio": {"input": {"transcription": null, "noise_reduction": null,
                "turn_detection": null}},
        }))
        .await;
    let mut expected = before;
    expected["instructions"] = json!("");
    expected["audio"]["input"]["turn_detection"] = json!(null);
    assert_eq!(after, expected);
}

#[tokio::test]
async fn one_bad_tool_voids_the_whole_update() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    let before = client.update(json!({})).await;
    let refused = client
        .ask(json!({"type": "session.update", "event_id": "e1", "session": {
            "type": "realtime", "instructions": "Be kind.",
            "tools": [{"type": "function", "name": "good"}, {"type": "function", "name": "a.b"}],
        }}))
        .await;
    let error = &refused["error"];
    assert_eq!(error["code"], "invalid_value");
    assert_eq!(error["param"], "session.tools[1].name");
    assert_eq!(error["event_id"], "e1");
    assert_eq!(
        error["message"],
        "Invalid 'session.tools[1].name': string does not match pattern. Expected a string that \
         matches the pattern '^[a-zA-Z0-9_-]+$'."
    );
    assert_eq!(client.update(json!({})).await, before);
}

#[tokio::test]
async fn the_model_stays_and_the_voice_stays_once_it_was_heard() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    let same = client.update(json!({"model": "gpt-realtime-2.1"})).await;
    assert_eq!(same["model"], "gpt-realtime-2.1");
    let refused = client
        .ask(json!({"type": "session.update",
            "session": {"type": "realtime", "model": "gpt-realtime-2"}}))
        .await;
    assert_eq!(refused["error"]["param"], "session.model");

    let other = json!({"audio": {"output": {"voice": "cedar"}}});
    let before = client.update(other.clone()).await;
    assert_eq!(before["audio"]["output"]["voice"], "cedar");
    client.say("Hello.").await;
    client.until("rate_limits.updated").await;
    client.update(other).await;
    let refused = client
        .ask(json!({"type": "session.update",
            "session": {"type": "realtime", "audio": {"output": {"voice": "marin"}}}}))
        .await;
    assert_eq!(refused["error"]["code"], "cannot_update_voice");
}
