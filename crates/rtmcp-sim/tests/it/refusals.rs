//! Every error that a client's event can cause: its code, its field, and that nothing else happens.

use serde_json::{Value, json};

use crate::{
    client::{Client, start},
    stub::{config, says},
};

/// What is sent, and the code and field of the error.
fn cases() -> Vec<(Value, &'static str, &'static str)> {
    let item = |item: Value| json!({"type": "conversation.item.create", "item": item});
    let session = |mut session: Value| {
        session["type"] = json!("realtime");
        json!({"type": "session.update", "session": session})
    };
    let respond = |response: Value| json!({"type": "response.create", "response": response});
    let truncate = |id: &str, part: i64, end: i64| {
        json!({"type": "conversation.item.truncate", "item_id": id, "content_index": part,
            "audio_end_ms": end})
    };
    let many: Vec<Value> = (0..129)
        .map(|it| json!({"type": "function", "name": format!("f{it}")}))
        .collect();
    let pairs: Value = (0..17).map(|it| (format!("k{it}"), json!("v"))).collect();
    vec![
        (json!({}), "invalid_event", "type"),
        (json!({"type": 7}), "invalid_type", "type"),
        (json!({"type": "response.begin"}), "invalid_value", "type"),
        (
            json!({"type": "session.update"}),
            "missing_required_parameter",
            "session",
        ),
        (
            json!({"type": "session.update", "session": {"instructions": ""}}),
            "missing_required_parameter",
            "session.type",
        ),
        (
            json!({"type": "session.update", "session": {"type": "transcription"}}),
            "invalid_value",
            "session.type",
        ),
        (
            session(json!({"voice": "marin"})),
            "unknown_parameter",
            "session.voice",
        ),
        (
            session(json!({"temperature": 0.8})),
            "unknown_parameter",
            "session.temperature",
        ),
        (
            session(json!({"instructions": 7})),
            "invalid_type",
            "session.instructions",
        ),
        (
            session(json!({"output_modalities": ["text", "audio"]})),
            "invalid_value",
            "session.output_modalities",
        ),
        (
            session(json!({"max_output_tokens": 4097})),
            "invalid_value",
            "session.max_output_tokens",
        ),
        (
            session(json!({"audio": {"output": {"speed": 2.0}}})),
            "invalid_value",
            "session.audio.output.speed",
        ),
        (
            session(json!({"audio": {"input": {"format": {"type": "audio/pcmu"}}}})),
            "invalid_value",
            "session.audio.input.format.type",
        ),
        (
            session(json!({"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}})),
            "invalid_value",
            "session.audio.input.format.rate",
        ),
        (
            session(json!({"audio": {"input": {"turn_detection":
                {"type": "server_vad", "idle_timeout_ms": 10}}}})),
            "invalid_value",
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        (
            session(json!({"tools": [{"type": "function"}]})),
            "missing_required_parameter",
            "session.tools[0].name",
        ),
        (
            session(json!({"tools": [{"type": "function", "name": "f", "strict": true}]})),
            "unknown_parameter",
            "session.tools[0].strict",
        ),
        (
            session(json!({"tools": [{"type": "function", "name": "n".repeat(65)}]})),
            "string_above_max_length",
            "session.tools[0].name",
        ),
        (
            session(json!({"tools": [{"type": "mcp", "server_label": "shop"}]})),
            "invalid_value",
            "session.tools[0].type",
        ),
        (
            session(json!({"tools": many})),
            "array_above_max_length",
            "session.tools",
        ),
        (
            json!({"type": "input_audio_buffer.append"}),
            "missing_required_parameter",
            "audio",
        ),
        (
            json!({"type": "input_audio_buffer.append", "audio": "§"}),
            "invalid_value",
            "audio",
        ),
        (
            json!({"type": "input_audio_buffer.append", "audio": "AAAA"}),
            "invalid_value",
            "audio",
        ),
        (
            json!({"type": "input_audio_buffer.commit"}),
            "input_audio_buffer_commit_empty",
            "",
        ),
        (
            json!({"type": "output_audio_buffer.clear"}),
            "invalid_value",
            "type",
        ),
        (
            json!({"type": "conversation.item.create"}),
            "missing_required_parameter",
            "item",
        ),
        (
            item(json!({"type": "picture"})),
            "invalid_value",
            "item.type",
        ),
        (
            item(json!({"type": "message", "role": "user"})),
            "missing_required_parameter",
            "item.content",
        ),
        (
            item(json!({"type": "message", "role": "user",
                "content": [{"type": "text", "text": "hi"}]})),
            "invalid_value",
            "item.content[0].type",
        ),
        (
            item(json!({"type": "message", "role": "assistant",
                "content": [{"type": "output_audio", "audio": "AAAA"}]})),
            "invalid_value",
            "item.content[0].type",
        ),
        (
            item(json!({"type": "message", "role": "user", "id": "i".repeat(33), "content": []})),
            "string_above_max_length",
            "item.id",
        ),
        (
            item(json!({"type": "message", "role": "user", "id": "taken", "content": []})),
            "invalid_value",
            "item.id",
        ),
        (
            item(json!({"type": "function_call_output", "call_id": "call_x", "output": "1"})),
            "invalid_tool_call_id",
            "item.call_id",
        ),
        (
            item(json!({"type": "function_call_output", "call_id": "call_x", "output": {}})),
            "invalid_type",
            "item.output",
        ),
        (
            json!({"type": "conversation.item.create", "previous_item_id": "nowhere",
                "item": {"type": "message", "role": "user", "content": []}}),
            "item_not_found",
            "previous_item_id",
        ),
        (
            json!({"type": "conversation.item.retrieve", "item_id": "nowhere"}),
            "item_not_found",
            "item_id",
        ),
        (
            json!({"type": "conversation.item.delete", "item_id": "nowhere"}),
            "item_not_found",
            "item_id",
        ),
        (
            truncate("nowhere", 0, 0),
            "item_truncate_invalid_item_id",
            "item_id",
        ),
        (truncate("taken", 0, 0), "invalid_value", "item_id"),
        (truncate("taken", 1, 0), "invalid_value", "content_index"),
        (
            truncate("taken", 0, -1),
            "item_truncate_invalid_audio_end_ms",
            "audio_end_ms",
        ),
        (
            json!({"type": "response.cancel"}),
            "response_cancel_not_active",
            "",
        ),
        (
            json!({"type": "response.cancel", "response_id": "resp_x"}),
            "response_cancel_not_active",
            "",
        ),
        (
            respond(json!({"output_modalities": ["text", "audio"]})),
            "invalid_value",
            "response.output_modalities",
        ),
        (
            respond(json!({"conversation": "other"})),
            "invalid_value",
            "response.conversation",
        ),
        (
            respond(json!({"metadata": pairs})),
            "invalid_value",
            "response.metadata",
        ),
        (
            respond(json!({"metadata": {"k": "v".repeat(513)}})),
            "string_above_max_length",
            "response.metadata.k",
        ),
        (
            respond(json!({"input": [{"type": "item_reference", "id": "nowhere"}]})),
            "item_not_found",
            "response.input[0].id",
        ),
        (
            json!({"type": "response.create", "modalities": ["text"]}),
            "unknown_parameter",
            "modalities",
        ),
    ]
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_code_and_field() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    client
        .create(json!({"type": "message", "role": "user", "id": "taken", "content": []}))
        .await;
    for (index, (mut event, code, param)) in cases().into_iter().enumerate() {
        let event_id = format!("event {index}");
        event["event_id"] = json!(event_id);
        let answer = client.ask(event.clone()).await;
        assert_eq!(answer["type"], "error", "{event} got {answer}");
        let error = &answer["error"];
        assert_eq!(error["type"], "invalid_request_error");
        assert_eq!(error["code"], code, "{event} got {error}");
        assert_eq!(
            error["param"].as_str().unwrap_or_default(),
            param,
            "{event}"
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
