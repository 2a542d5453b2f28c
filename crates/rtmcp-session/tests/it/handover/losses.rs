//! Each thing that a new connection can't have, and what is said of it.

use std::time::Duration;

use rtmcp_core::{ClientEvent, Private};
use rtmcp_session::{Command, Event, HandOver, Handover, Input, Loss, Options, Output, Playback};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::truth::short;
use crate::probe::Probe;

/// A session that is ready and will be handed over.
pub(super) fn ready(options: Options) -> Probe {
    let mut probe = Probe::with(Options {
        handover: Handover::Replay,
        ..options
    });
    greet(&mut probe);
    probe.did.clear();
    probe
}

pub(super) fn greet(probe: &mut Probe) {
    probe.event(&json!({"type": "session.created", "session": {}}));
    probe.event(&json!({"type": "session.updated", "session": {}}));
}

/// The connection is lost, and another one is there. Returns the items that it is given, and the
/// events that give them.
pub(super) fn replayed(probe: &mut Probe) -> Vec<(String, Value)> {
    probe.did.clear();
    probe.tell(Input::Disconnected);
    assert_eq!(probe.did.last(), Some(&Output::Connect));
    probe.tell(Input::Connected { at: None });
    greet(probe);
    given(probe)
}

/// Returns the items that were sent since the last time.
pub(super) fn given(probe: &Probe) -> Vec<(String, Value)> {
    let items = probe.sent().filter_map(|event| match event {
        ClientEvent::ConversationItemCreate(e) => Some((
            e.event_id.as_ref().unwrap().to_string(),
            serde_json::to_value(&e.item).unwrap(),
        )),
        _ => None,
    });
    items.collect()
}

/// The endpoint takes everything that it is given. Returns the report.
pub(super) fn take(probe: &mut Probe, items: &[(String, Value)]) -> HandOver {
    for (_, item) in items {
        probe.event(&json!({"type": "conversation.item.added", "item": item}));
    }
    report(probe)
}

pub(super) fn report(probe: &Probe) -> HandOver {
    let mut reports = probe.did.iter().filter_map(|output| match output {
        Output::Notify(Event::HandedOver(report)) => Some((**report).clone()),
        _ => None,
    });
    reports.next_back().unwrap()
}

pub(super) fn added(probe: &mut Probe, item: &Value) {
    for kind in ["added", "done"] {
        let kind = format!("conversation.item.{kind}");
        probe.event(&json!({"type": kind, "item": item}));
    }
}

/// What happens, what is given to the next connection, and what is lost.
fn assert_lost(happens: impl Fn(&mut Probe), is_given: &[&str], is_lost: &[Loss]) {
    let mut probe = ready(Options::default());
    happens(&mut probe);
    let items = replayed(&mut probe);
    let said: Vec<String> = items.iter().map(|(_, item)| short(item)).collect();
    assert_eq!(said, is_given);
    let report = take(&mut probe, &items);
    assert_eq!(report.lost, is_lost);
    assert_eq!(report.restored(), is_lost.is_empty());
    assert_eq!(report.replayed, is_given.len());
    // What is lost is no part of the conversation any more: the next report is about the next loss.
    let again = replayed(&mut probe);
    assert_eq!(take(&mut probe, &again).lost, []);
    let again: Vec<String> = again.iter().map(|(_, item)| short(item)).collect();
    assert_eq!(again, is_given);
}

fn user(id: &str, content: Value) -> Value {
    json!({"type": "message", "role": "user", "id": id, "content": content})
}

fn model(id: &str, status: &str, words: &str) -> Value {
    json!({"type": "message", "role": "assistant", "id": id, "status": status,
        "content": [{"type": "output_audio", "transcript": words}]})
}

#[test]
fn words_of_both_sides_and_tool_rounds_are_not_lost() {
    let happens = |probe: &mut Probe| {
        let system = json!([{"type": "input_text", "text": "be brief"}]);
        added(
            probe,
            &json!({"type": "message", "role": "system", "id": "m0", "content": system}),
        );
        added(
            probe,
            &user("m1", json!([{"type": "input_audio", "transcript": null}])),
        );
        probe.event(
            &json!({"type": "conversation.item.input_audio_transcription.completed",
            "item_id": "m1", "content_index": 0, "transcript": "hello"}),
        );
        added(probe, &model("m2", "completed", "good day"));
        added(
            probe,
            &json!({"type": "function_call", "id": "m3", "status": "completed",
            "call_id": "c1", "name": "f", "arguments": "{}"}),
        );
        added(
            probe,
            &json!({"type": "function_call_output", "id": "m4", "call_id": "c1",
            "output": "1"}),
        );
        added(
            probe,
            &json!({"type": "mcp_list_tools", "id": "m5", "server_label": "s",
            "tools": []}),
        );
        // It comes late, and stands between the first two.
        let text = json!([{"type": "input_text", "text": "typed"}]);
        let event = json!({"type": "conversation.item.added", "previous_item_id": "m0",
            "item": user("m6", text)});
        probe.event(&event);
    };
    let said = [
        "system: be brief",
        "user: typed",
        "user: hello",
        "assistant: good day",
        "function_call c1",
        "function_call_output c1",
    ];
    assert_lost(happens, &said, &[]);
}

#[test]
fn deleted_items_stay_deleted() {
    let happens = |probe: &mut Probe| {
        added(probe, &model("m1", "completed", "one"));
        added(probe, &model("m2", "completed", "two"));
        probe.event(&json!({"type": "conversation.item.deleted", "item_id": "m1"}));
    };
    assert_lost(happens, &["assistant: two"], &[]);
}

#[test]
fn speech_without_words_is_lost() {
    let happens = |probe: &mut Probe| {
        probe.event(&json!({"type": "input_audio_buffer.committed", "item_id": "m1"}));
        added(
            probe,
            &user("m1", json!([{"type": "input_audio", "transcript": null}])),
        );
        added(probe, &model("m2", "completed", "yes"));
    };
    let item_id = "m1".into();
    assert_lost(happens, &["assistant: yes"], &[Loss::Speech { item_id }]);
}

#[test]
fn speech_that_nobody_here_has_the_sound_of_is_lost() {
    let happens = |probe: &mut Probe| probe.speech_started();
    let item_id = "said".into();
    assert_lost(happens, &[], &[Loss::Speech { item_id }]);
}

#[test]
fn pictures_are_lost_and_their_words_are_not() {
    let happens = |probe: &mut Probe| {
        let content = json!([{"type": "input_text", "text": "what is this?"},
            {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]);
        added(probe, &user("m1", content));
    };
    let item_id = "m1".into();
    assert_lost(
        happens,
        &["user: what is this?"],
        &[Loss::Image { item_id }],
    );
}

#[test]
fn what_only_the_endpoint_can_make_is_lost() {
    let happens = |probe: &mut Probe| {
        added(
            probe,
            &json!({"type": "mcp_call", "id": "m1", "server_label": "s", "name": "f",
            "arguments": "{}", "output": "1"}),
        );
        added(probe, &json!({"type": "hologram", "id": "m2"}));
    };
    let lost = |item_id: &str, kind: &str| Loss::Foreign {
        item_id: item_id.into(),
        kind: kind.to_owned(),
    };
    assert_lost(
        happens,
        &[],
        &[lost("m1", "mcp_call"), lost("m2", "hologram")],
    );
}

#[test]
fn what_was_cut_is_given_as_far_as_it_was_heard() {
    let happens = |probe: &mut Probe| {
        probe.created("r1");
        let item = model("m1", "in_progress", "");
        probe.event(
            &json!({"type": "response.output_item.added", "response_id": "r1",
            "item": item}),
        );
        probe.event(&json!({"type": "response.output_audio_transcript.delta",
            "response_id": "r1", "item_id": "m1", "delta": "one two three four five"}));
        for _ in 0..4 {
            probe.speech("r1", "m1");
        }
        probe.tell(Command::Interrupt);
        let heard = Some(("m1".into(), Duration::from_millis(200)));
        probe.tell(Input::Playback(Playback::Stopped { heard }));
        added(
            probe,
            &model("m1", "incomplete", "one two three four five six"),
        );
        probe.done("r1", "cancelled");
    };
    let item_id = "m1".into();
    assert_lost(
        happens,
        &["assistant: one two"],
        &[Loss::CutShort { item_id }],
    );
}

#[test]
fn of_what_the_endpoint_cut_nobody_knows_how_much_it_was() {
    let happens = |probe: &mut Probe| {
        added(probe, &model("m1", "completed", "one two three"));
        probe.event(
            &json!({"type": "conversation.item.truncated", "item_id": "m1",
            "content_index": 0, "audio_end_ms": 500}),
        );
    };
    let item_id = "m1".into();
    assert_lost(happens, &[], &[Loss::CutShort { item_id }]);
}

#[test]
fn what_the_model_was_still_writing_is_lost() {
    let happens = |probe: &mut Probe| {
        probe.created("r1");
        let call = json!({"type": "function_call", "id": "m2", "status": "in_progress",
            "call_id": "c1", "name": "f", "arguments": ""});
        for item in [model("m1", "in_progress", ""), call] {
            probe.event(
                &json!({"type": "response.output_item.added", "response_id": "r1",
                "item": item}),
            );
        }
    };
    let (item_id, call_id) = ("m1".into(), "c1".into());
    assert_lost(
        happens,
        &[],
        &[Loss::CutShort { item_id }, Loss::Call { call_id }],
    );
}

#[test]
fn responses_outside_the_conversation_are_lost() {
    let happens = |probe: &mut Probe| {
        probe.created("r1");
        probe.done("r1", "completed");
        probe.event(&json!({"type": "response.created", "response": {"id": "r2",
            "conversation_id": null}}));
        let aside = model("m1", "completed", "aside");
        probe.event(
            &json!({"type": "response.output_item.done", "response_id": "r2",
            "item": aside}),
        );
    };
    let response_id = "r2".into();
    assert_lost(happens, &[], &[Loss::Response { response_id }]);
}

#[test]
fn of_too_much_the_oldest_is_lost_but_no_call_without_its_output() {
    let mut probe = ready(Options {
        replay_bytes: 12,
        ..Options::default()
    });
    added(&mut probe, &model("m1", "completed", "long ago"));
    added(
        &mut probe,
        &json!({"type": "function_call", "id": "m2", "status": "completed",
        "call_id": "c1", "name": "f", "arguments": "{}"}),
    );
    added(&mut probe, &model("m3", "completed", "a while"));
    added(
        &mut probe,
        &json!({"type": "function_call_output", "id": "m4", "call_id": "c1",
        "output": "1"}),
    );
    added(&mut probe, &model("m5", "completed", "just now"));
    let items = replayed(&mut probe);
    let said: Vec<String> = items.iter().map(|(_, item)| short(item)).collect();
    let expected = [
        "function_call c1",
        "function_call_output c1",
        "assistant: just now",
    ];
    assert_eq!(said, expected);
    assert_eq!(take(&mut probe, &items).lost, [Loss::Older { items: 2 }]);
}

#[test]
fn what_the_endpoint_refuses_is_lost() {
    let mut probe = ready(Options::default());
    added(&mut probe, &model("m1", "completed", "one"));
    added(&mut probe, &model("m2", "completed", "two"));
    for named in [true, false] {
        let items = replayed(&mut probe);
        let about = named.then(|| items[0].0.clone());
        probe.event(
            &json!({"type": "error", "error": {"type": "invalid_request_error",
            "code": "invalid_value", "message": "no", "event_id": about}}),
        );
        let item_id = items[0].1["id"].as_str().unwrap().into();
        let message = "no".to_owned();
        let report = take(&mut probe, &items[1..]);
        assert_eq!(report.lost, [Loss::Refused { item_id, message }]);
        assert_eq!(report.replayed, items.len() - 1);
    }
}

#[test]
fn what_the_endpoint_says_nothing_of_is_not_claimed() {
    let mut probe = ready(Options::default());
    added(&mut probe, &model("m1", "completed", "one"));
    added(&mut probe, &model("m2", "completed", "two"));
    let items = replayed(&mut probe);
    probe.event(&json!({"type": "conversation.item.created", "item": items[0].1}));
    probe.pass(Duration::from_secs(4));
    let over = |it: &Output| matches!(it, Output::Notify(Event::HandedOver(_)));
    assert!(!probe.did.iter().any(over));
    probe.pass(Duration::from_secs(1));
    let item_id = "m2".into();
    let report = report(&probe);
    assert_eq!(report.lost, [Loss::Unacknowledged { item_id }]);
    assert_eq!(report.replayed, 1);
}

#[test]
fn sound_beyond_what_is_kept_is_lost() {
    let mut probe = ready(Options {
        held_audio_bytes: 3 * 6400,
        ..Options::default()
    });
    probe.speech_started();
    for _ in 0..5 {
        probe.tell(Command::Audio(Private::new("A".repeat(6400))));
    }
    probe.tell(Input::Disconnected);
    probe.tell(Command::Audio(Private::new("A".repeat(6400))));
    probe.did.clear();
    probe.tell(Input::Connected { at: None });
    greet(&mut probe);
    let span = Duration::from_millis(300);
    assert_eq!(report(&probe).lost, [Loss::Sound { span }]);
    let sound = probe
        .sent()
        .filter(|it| it.kind() == "input_audio_buffer.append");
    assert_eq!(sound.count(), 3);
}
