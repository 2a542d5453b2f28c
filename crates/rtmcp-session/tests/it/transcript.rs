//! The transcript keeps the order of the conversation, whenever its words arrive.

use rtmcp_core::ServerEvent;
use rtmcp_session::Event;
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::world::World;

fn tell(world: &mut World, value: &Value) {
    world.tell(ServerEvent::decode(&value.to_string()));
}

fn lines(world: &World) -> Vec<(String, String, bool)> {
    let lines = world.session.transcript().lines().iter();
    let line = |line: &rtmcp_session::Line| {
        (
            line.item_id.to_string(),
            line.text.expose().clone(),
            line.done,
        )
    };
    lines.map(line).collect()
}

fn line(id: &str, text: &str, done: bool) -> (String, String, bool) {
    (id.to_owned(), text.to_owned(), done)
}

#[test]
fn the_question_stands_before_the_answer_though_its_words_come_later() {
    let mut world = World::ready();
    tell(
        &mut world,
        &json!({"type": "input_audio_buffer.committed", "item_id": "q", "previous_item_id": null}),
    );
    tell(
        &mut world,
        &json!({"type": "response.output_item.added", "response_id": "r",
        "item": {"type": "message", "role": "assistant", "id": "a", "content": []}}),
    );
    tell(
        &mut world,
        &json!({"type": "conversation.item.added", "previous_item_id": "q",
        "item": {"type": "message", "role": "assistant", "id": "a", "content": []}}),
    );
    for delta in ["It is ", "sunny."] {
        tell(
            &mut world,
            &json!({"type": "response.output_audio_transcript.delta",
            "response_id": "r", "item_id": "a", "delta": delta}),
        );
    }
    tell(
        &mut world,
        &json!({"type": "conversation.item.input_audio_transcription.completed",
        "item_id": "q", "transcript": "How is the weather?"}),
    );
    tell(
        &mut world,
        &json!({"type": "response.output_audio_transcript.done",
        "response_id": "r", "item_id": "a", "transcript": "It is sunny."}),
    );
    assert_eq!(
        lines(&world),
        [
            line("q", "How is the weather?", true),
            line("a", "It is sunny.", true)
        ]
    );
}

#[test]
fn an_item_is_moved_where_the_endpoint_says_it_is() {
    let mut world = World::ready();
    for (id, previous) in [("a", Value::Null), ("c", json!("a")), ("b", json!("a"))] {
        tell(
            &mut world,
            &json!({"type": "conversation.item.added", "previous_item_id": previous,
            "item": {"type": "message", "role": "user", "id": id, "content": []}}),
        );
    }
    let ids: Vec<String> = lines(&world).into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, ["a", "b", "c"]);
}

#[test]
fn words_come_as_they_are_said() {
    let mut world = World::ready();
    for delta in ["Hel", "lo"] {
        tell(
            &mut world,
            &json!({"type": "conversation.item.input_audio_transcription.delta",
            "item_id": "q", "delta": delta}),
        );
    }
    let said: Vec<(&str, bool)> = world
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Transcript { text, done, .. } => Some((text.expose().as_str(), *done)),
            _ => None,
        })
        .collect();
    assert_eq!(said, [("Hel", false), ("Hello", false)]);
}

#[test]
fn a_deleted_item_is_gone() {
    let mut world = World::ready();
    tell(
        &mut world,
        &json!({"type": "conversation.item.added",
        "item": {"type": "message", "role": "user", "id": "a",
        "content": [{"type": "input_text", "text": "hello"}]}}),
    );
    assert_eq!(lines(&world), [line("a", "hello", false)]);
    tell(
        &mut world,
        &json!({"type": "conversation.item.deleted", "item_id": "a"}),
    );
    assert_eq!(lines(&world), []);
}

#[test]
fn an_answer_to_a_tool_keeps_its_place_when_it_is_whole_after_the_next_words() {
    let mut world = World::ready();
    let item = |kind: &str, role: &str, id: &str, previous: &str| {
        json!({"type": format!("conversation.item.{kind}"), "previous_item_id": previous,
        "item": {"type": "message", "role": role, "id": id, "content": []}})
    };
    // The item before the answer is the output of a call, which has no words.
    tell(&mut world, &item("added", "assistant", "a", "output"));
    tell(&mut world, &item("added", "user", "q", "a"));
    tell(&mut world, &item("done", "assistant", "a", "output"));
    assert_eq!(lines(&world), [line("a", "", false), line("q", "", false)]);
}
