//! Older names are read and written as today's; what a dialect doesn't know passes unchanged.

use rtmcp_core::{
    ClientEvent, ContentKind, Dialect, Item, Nullable, ServerEvent, SessionConfig,
    session::{MaxTokens, Modality, Voice},
};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::variants::all;

fn legacy(event: &Value) -> ServerEvent {
    Dialect::Legacy.decode(&event.to_string())
}

/// What a client event is in older names.
fn older(event: &Value) -> Value {
    let event = ClientEvent::decode(&event.to_string());
    serde_json::from_str(&Dialect::Legacy.encode(&event)).unwrap()
}

fn session(event: ServerEvent) -> SessionConfig {
    match event {
        ServerEvent::SessionCreated(it) => *it.session,
        ServerEvent::SessionUpdated(it) => *it.session,
        other => panic!("no session: {}", other.kind()),
    }
}

#[test]
fn a_dialect_is_known_by_its_word() {
    for dialect in Dialect::ALL {
        assert_eq!(dialect.to_string().parse(), Ok(dialect));
    }
    assert_eq!(Dialect::default(), Dialect::Openai);
    let error = "beta".parse::<Dialect>().unwrap_err().to_string();
    assert!(
        error.contains("`beta`") && error.contains("legacy"),
        "{error}"
    );
}

#[test]
fn azure_says_what_openai_says() {
    for (side, event) in all() {
        let text = event.to_string();
        for dialect in [Dialect::Openai, Dialect::Azure] {
            if side == "client" {
                let event = ClientEvent::decode(&text);
                assert_eq!(dialect.encode(&event), event.encode());
            } else {
                assert_eq!(dialect.decode(&text), ServerEvent::decode(&text));
            }
        }
    }
}

#[test]
fn older_names_are_todays_events() {
    for (old, new) in [
        ("response.text.delta", "response.output_text.delta"),
        ("response.text.done", "response.output_text.done"),
        ("response.audio.delta", "response.output_audio.delta"),
        ("response.audio.done", "response.output_audio.done"),
        (
            "response.audio_transcript.delta",
            "response.output_audio_transcript.delta",
        ),
        (
            "response.audio_transcript.done",
            "response.output_audio_transcript.done",
        ),
    ] {
        let (_, today) = all().into_iter().find(|(_, it)| it["type"] == new).unwrap();
        let mut before = today.clone();
        before["type"] = json!(old);
        assert_eq!(legacy(&before), ServerEvent::decode(&today.to_string()));
        assert_eq!(ServerEvent::decode(&before.to_string()).kind(), old);
    }
}

#[test]
fn todays_names_are_read_too() {
    for (side, event) in all() {
        if side == "server" {
            let expected = ServerEvent::decode(&event.to_string());
            // What `created` says of an item that grows is said by `added` today.
            if event["item"]["status"] != "in_progress" {
                assert_eq!(legacy(&event), expected);
            }
        }
    }
}

#[test]
fn a_flat_session_is_read() {
    let session = session(legacy(
        &json!({"type": "session.created", "event_id": "e", "session": {
        "id": "sess_1", "object": "realtime.session", "model": "m", "expires_at": 7,
        "modalities": ["text", "audio"], "instructions": "i", "voice": "alloy", "speed": 1.25,
        "input_audio_format": "g711_ulaw", "output_audio_format": "pcm16",
        "input_audio_transcription": null, "turn_detection": {"type": "server_vad"},
        "input_audio_noise_reduction": {"type": "far_field"},
        "tools": [{"type": "function", "name": "f"}], "tool_choice": "auto",
        "temperature": 0.8, "max_response_output_tokens": "inf", "smooth_output": true}}),
    ));
    assert_eq!(session.output_modalities, Some(vec![Modality::Audio]));
    assert_eq!(
        session.max_output_tokens,
        Some(MaxTokens::Word("inf".to_owned()))
    );
    let input = session.audio_input().unwrap();
    assert_eq!(input.format, Some(rtmcp_core::AudioFormat::PCMU));
    assert_eq!(input.transcription, Nullable::Null);
    assert!(input.turn_detection.as_set().is_some());
    assert!(input.noise_reduction.as_set().is_some());
    let output = session.audio_output().unwrap();
    assert_eq!(output.format, Some(rtmcp_core::AudioFormat::PCM_24K));
    assert_eq!(output.voice, Some(Voice::Name("alloy".to_owned())));
    assert_eq!(output.speed, Some(1.25));
    // No name of today stands for these.
    let rest: Vec<_> = session.extra.0.keys().map(String::as_str).collect();
    assert_eq!(rest, ["temperature", "smooth_output"]);
}

#[test]
fn a_session_is_written_flat() {
    let update = json!({"type": "session.update", "event_id": "e", "session": {
        "type": "realtime", "instructions": "i", "output_modalities": ["audio"],
        "audio": {
            "input": {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": null,
                "transcription": {"model": "whisper-1"}},
            "output": {"format": {"type": "audio/pcma"}, "voice": "alloy"}},
        "max_output_tokens": 100, "temperature": 0.7,
        "tools": [{"type": "function", "name": "f", "parameters": {}}]}});
    assert_eq!(
        older(&update),
        json!({"type": "session.update", "event_id": "e", "session": {
            "instructions": "i", "modalities": ["text", "audio"],
            "input_audio_format": "pcm16", "turn_detection": null,
            "input_audio_transcription": {"model": "whisper-1"},
            "output_audio_format": "g711_alaw", "voice": "alloy",
            "max_response_output_tokens": 100, "temperature": 0.7,
            "tools": [{"type": "function", "name": "f", "parameters": {}}]}})
    );
}

#[test]
fn an_answer_is_asked_for_in_older_names() {
    let create = json!({"type": "response.create", "response": {
        "output_modalities": ["text"], "audio": {"output": {"voice": "alloy"}},
        "input": [{"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": "t"}]}]}});
    assert_eq!(
        older(&create),
        json!({"type": "response.create", "response": {
            "modalities": ["text"], "voice": "alloy",
            "input": [{"type": "message", "role": "assistant",
                "content": [{"type": "text", "text": "t"}]}]}})
    );
    let bare = json!({"type": "response.create"});
    assert_eq!(older(&bare), bare);
}

#[test]
fn parts_of_the_models_messages_have_older_names() {
    let message = |kind: &str| {
        json!({"type": "message", "id": "i", "role": "assistant",
            "content": [{"type": kind, "text": "t"}]})
    };
    let create = json!({"type": "conversation.item.create", "item": message("output_text")});
    assert_eq!(older(&create)["item"], message("text"));
    let done = legacy(
        &json!({"type": "response.output_item.done", "event_id": "e",
        "response_id": "r", "output_index": 0, "item": message("text")}),
    );
    let ServerEvent::ResponseOutputItemDone(done) = done else {
        panic!("an item ended");
    };
    let Item::Message(message) = &done.item else {
        panic!("a message");
    };
    assert_eq!(message.content[0].kind, ContentKind::OutputText);
}

#[test]
fn an_item_that_still_grows_was_added() {
    let created = |status: &str| {
        json!({"type": "conversation.item.created", "event_id": "e",
            "item": {"type": "message", "role": "assistant", "status": status, "content": []}})
    };
    let event = legacy(&created("in_progress"));
    assert!(matches!(event, ServerEvent::ConversationItemAdded(_)));
    let event = legacy(&created("completed"));
    assert!(matches!(event, ServerEvent::ConversationItemCreated(_)));
}

#[test]
fn arguments_may_come_without_the_name() {
    let event = legacy(
        &json!({"type": "response.function_call_arguments.done", "event_id": "e",
        "response_id": "r", "item_id": "i", "output_index": 0, "call_id": "c",
        "arguments": "{}"}),
    );
    assert!(
        matches!(event, ServerEvent::ResponseFunctionCallArgumentsDone(it) if it.name.is_empty())
    );
}

#[test]
fn what_has_no_older_name_stays_where_it_is() {
    let update = json!({"type": "session.update", "session": {
        "audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}},
            "output": {"voice": {"id": "voice_1"}}},
        "reasoning": {"effort": "low"}, "truncation": "auto"}});
    assert_eq!(
        older(&update)["session"],
        json!({"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}},
            "voice": {"id": "voice_1"}, "reasoning": {"effort": "low"}, "truncation": "auto"})
    );
    // Where a server says both, the name of today counts.
    let both = json!({"type": "session.updated", "event_id": "e", "session": {
        "voice": "old", "audio": {"output": {"voice": "new"}}}});
    let session = session(legacy(&both));
    let voice = session.audio_output().unwrap().voice.clone();
    assert_eq!(voice, Some(Voice::Name("new".to_owned())));
}

#[test]
fn anything_else_is_kept_whole() {
    for text in [
        "",
        "hello",
        r#"{"type":"response.smell.delta","delta":1}"#,
        r#"{"type":"session.created","session":"s"}"#,
        r#"{"type":"session.created","session":{"audio":7,"voice":"v"}}"#,
        r#"{"type":"response.audio.delta","delta":7}"#,
    ] {
        let event = Dialect::Legacy.decode(text);
        let Ok(expected) = serde_json::from_str::<Value>(text) else {
            assert!(matches!(event, ServerEvent::Unknown(_)));
            continue;
        };
        let back: Value = serde_json::from_str(&event.encode()).unwrap();
        for field in ["session", "delta"] {
            let mut given = back[field].clone();
            if let Some(session) = given.as_object_mut() {
                session.shift_remove("type");
            }
            assert_eq!(given, expected[field], "{text}");
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod random {
    use proptest::prelude::{Strategy, proptest};
    use rtmcp_core::{ClientEvent, Dialect, ServerEvent};
    use serde_json::{Value, json};

    /// Settings, each of which may be there: where they are, and what they may be.
    fn settings() -> Vec<(&'static str, Vec<Value>)> {
        let formats = vec![
            json!({"type": "audio/pcm", "rate": 24000}),
            json!({"type": "audio/pcmu"}),
            json!({"type": "audio/pcma"}),
            json!({"type": "audio/opus"}),
            json!({"type": "audio/pcm", "rate": 16000}),
        ];
        vec![
            (
                "/output_modalities",
                vec![json!(["audio"]), json!(["text"])],
            ),
            ("/instructions", vec![json!(""), json!("i")]),
            ("/audio/input/format", formats.clone()),
            (
                "/audio/input/transcription",
                vec![json!(null), json!({"model": "m"})],
            ),
            (
                "/audio/input/noise_reduction",
                vec![json!(null), json!({"type": "near_field"})],
            ),
            (
                "/audio/input/turn_detection",
                vec![json!(null), json!({"type": "semantic_vad"})],
            ),
            ("/audio/input/new", vec![json!({"a": [1, null]})]),
            ("/audio/output/format", formats),
            (
                "/audio/output/voice",
                vec![json!("alloy"), json!({"id": "voice_1"})],
            ),
            ("/audio/output/speed", vec![json!(0.5)]),
            ("/max_output_tokens", vec![json!(7), json!("inf")]),
            (
                "/tools",
                vec![json!([]), json!([{"type": "function", "name": "f"}])],
            ),
            (
                "/tool_choice",
                vec![json!("none"), json!({"type": "function", "name": "f"})],
            ),
            ("/tracing", vec![json!(null), json!("auto")]),
            ("/temperature", vec![json!(0.5)]),
        ]
    }

    fn put(object: &mut Value, pointer: &str, value: Value) {
        let names = pointer.split('/').skip(1);
        let place = names.fold(object, |place, name| &mut place[name]);
        *place = value;
    }

    fn session() -> impl Strategy<Value = Value> {
        let choices: Vec<_> = settings()
            .into_iter()
            .map(|(at, values)| {
                let value = proptest::option::of(proptest::sample::select(values));
                value.prop_map(move |value| (at, value))
            })
            .collect();
        choices.prop_map(|chosen| {
            let mut session = json!({"type": "realtime"});
            for (at, value) in chosen {
                if let Some(value) = value {
                    put(&mut session, at, value);
                }
            }
            session
        })
    }

    proptest! {
        /// An endpoint that says back what it was told is understood.
        #[test]
        fn what_is_written_in_older_names_is_read_as_it_was(session in session()) {
            let update = json!({"type": "session.update", "session": session});
            let ClientEvent::SessionUpdate(update) = ClientEvent::decode(&update.to_string())
            else { panic!("an update") };
            let config = update.session.clone();
            let told = Dialect::Legacy.encode(&ClientEvent::SessionUpdate(update));
            let told: Value = serde_json::from_str(&told).unwrap();
            let echo = json!({"type": "session.updated", "event_id": "e",
                "session": told["session"]});
            let ServerEvent::SessionUpdated(echo) = Dialect::Legacy.decode(&echo.to_string())
            else { panic!("an echo") };
            assert_eq!(echo.session, config);
        }

        #[test]
        fn any_text_is_an_event(text in ".{0,200}") {
            for dialect in Dialect::ALL {
                assert_eq!(dialect.decode(&text), ServerEvent::decode(&text));
            }
        }
    }
}
