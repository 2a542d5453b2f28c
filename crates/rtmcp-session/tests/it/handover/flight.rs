//! What is in flight as a connection is lost: calls, replies, speech, settings.

use std::time::Duration;

use rtmcp_core::{ClientEvent, Private, ResponseParams, SessionConfig, session::FunctionTool};
use rtmcp_session::{Command, Input, Options, Output, Phase, Playback, Turn};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::losses::{added, given, greet, ready, replayed, report, take};
use crate::probe::{Probe, function_call};

fn config(value: Value) -> Command {
    Command::Configure(Box::new(serde_json::from_value(value).unwrap()))
}

/// Returns what the new connection is set up with.
fn set_up(probe: &mut Probe) -> Value {
    probe.did.clear();
    probe.tell(Input::Disconnected);
    probe.tell(Input::Connected { at: None });
    probe.event(&json!({"type": "session.created", "session": {}}));
    let Some(ClientEvent::SessionUpdate(update)) = probe.sent().next() else {
        panic!("{:?}", probe.did);
    };
    serde_json::to_value(&update.session).unwrap()
}

/// Two calls, of which the endpoint has acknowledged nothing.
fn calling() -> Probe {
    let mut probe = ready(Options::default());
    probe.tell(Command::SendText("go".into()));
    probe.acknowledge();
    probe.created_as_asked("r1");
    for call in ["c1", "c2"] {
        added(&mut probe, &function_call(call));
        probe.call("r1", call);
    }
    probe.done("r1", "completed");
    probe
}

#[test]
fn each_call_gets_one_output_in_each_conversation() {
    let mut probe = calling();
    probe.finish("c1");
    probe.tell(Input::Disconnected);
    probe.did.clear();
    probe.finish("c2");
    assert_eq!(probe.sent().count(), 0, "nothing goes into no connection");
    probe.tell(Input::Connected { at: None });
    greet(&mut probe);
    assert_eq!(probe.answered(), ["c1", "c2"]);
    let items = given(&probe);
    assert_eq!(items.len(), 5);
    assert!(take(&mut probe, &items).restored());
    // Both are over: one reply, once the conversation has them.
    assert_eq!(probe.requests().len(), 1);
    assert_eq!(probe.answered(), ["c1", "c2"]);
}

#[test]
fn a_tool_that_ends_during_the_replay_is_answered_at_once() {
    let mut probe = calling();
    let items = replayed(&mut probe);
    assert_eq!(probe.answered(), [""; 0]);
    probe.finish("c1");
    assert_eq!(probe.answered(), ["c1"]);
    probe.finish("c2");
    assert!(take(&mut probe, &items).restored());
    assert_eq!(probe.answered(), ["c1", "c2"]);
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn a_tool_that_ends_after_it_is_answered_there() {
    let mut probe = calling();
    let items = replayed(&mut probe);
    take(&mut probe, &items);
    assert_eq!(probe.session.turn(), Turn::AwaitingTools);
    assert_eq!(probe.requests(), [""; 0]);
    probe.finish("c1");
    probe.finish("c2");
    assert_eq!(probe.answered(), ["c1", "c2"]);
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn a_reply_that_was_asked_for_or_begun_is_asked_for_again() {
    for begun in [false, true] {
        let mut probe = ready(Options::default());
        probe.tell(Command::SendText("hello".into()));
        probe.acknowledge();
        if begun {
            probe.created_as_asked("r1");
        }
        let items = replayed(&mut probe);
        take(&mut probe, &items);
        assert_eq!(probe.requests().len(), 1);
        probe.created_as_asked("r1");
        probe.done("r1", "completed");
        assert_eq!(probe.requests().len(), 1);
        assert!(probe.session.is_idle());
    }
}

#[test]
fn an_answer_that_starts_over_is_not_heard_on() {
    let mut probe = ready(Options::default());
    probe.tell(Command::SendText("hello".into()));
    probe.created_as_asked("r1");
    probe.speech("r1", "m1");
    probe.did.clear();
    probe.tell(Input::Disconnected);
    assert!(probe.did.contains(&Output::StopPlayback));
    let heard = Some(("m1".into(), Duration::from_millis(50)));
    probe.tell(Input::Playback(Playback::Stopped { heard }));
    // There is nobody who could cut it.
    assert_eq!(probe.cuts(), []);
}

#[test]
fn an_answer_that_is_whole_is_heard_to_its_end() {
    let mut probe = ready(Options::default());
    probe.created("r1");
    probe.speech("r1", "m1");
    probe.done("r1", "completed");
    replayed(&mut probe);
    assert!(!probe.did.contains(&Output::StopPlayback));
    assert!(matches!(
        probe.session.turn(),
        Turn::Responding { audible: true, .. }
    ));
    probe.tell(Command::Interrupt);
    let heard = Some(("m1".into(), Duration::from_millis(50)));
    probe.tell(Input::Playback(Playback::Stopped { heard }));
    assert_eq!(probe.cuts(), [], "the endpoint has its words and no sound");
}

#[test]
fn what_the_person_stopped_is_not_asked_for_again() {
    let mut probe = ready(Options::default());
    probe.tell(Command::SendText("hello".into()));
    probe.acknowledge();
    probe.created_as_asked("r1");
    probe.tell(Command::Interrupt);
    let items = replayed(&mut probe);
    take(&mut probe, &items);
    assert_eq!(probe.requests(), [""; 0]);
}

#[test]
fn what_the_person_stops_between_is_not_asked_for_again() {
    let mut probe = ready(Options::default());
    probe.tell(Command::SendText("hello".into()));
    probe.acknowledge();
    probe.created_as_asked("r1");
    probe.tell(Input::Disconnected);
    probe.tell(Command::Interrupt);
    probe.did.clear();
    probe.tell(Input::Connected { at: None });
    greet(&mut probe);
    let items = given(&probe);
    take(&mut probe, &items);
    assert_eq!(probe.requests(), [""; 0]);
}

#[test]
fn a_reply_in_words_of_the_application_keeps_them() {
    let mut probe = ready(Options::default());
    let params = json!({"instructions": "greet", "metadata": {"kind": "greeting"}});
    let params: ResponseParams = serde_json::from_value(params).unwrap();
    probe.tell(Command::Respond(Box::new(params)));
    probe.created_as_asked("r1");
    replayed(&mut probe);
    let asked = probe.sent().filter_map(|event| match event {
        ClientEvent::ResponseCreate(e) => e.response.clone(),
        _ => None,
    });
    let asked: Vec<_> = asked.collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].instructions.as_ref().unwrap().expose(), "greet");
    assert_eq!(asked[0].metadata.as_ref().unwrap()["kind"], "greeting");
}

#[test]
fn what_is_typed_between_waits_for_the_conversation() {
    let mut probe = ready(Options::default());
    probe.tell(Input::Disconnected);
    probe.tell(Command::SendText("hello".into()));
    probe.tell(Input::Connected { at: None });
    greet(&mut probe);
    let last: Vec<&str> = probe.kinds().into_iter().rev().take(2).collect();
    assert_eq!(last, ["response.create", "conversation.item.create"]);
    assert_eq!(report(&probe).replayed, 0);
}

#[test]
fn a_turn_that_was_ended_by_hand_is_said_and_ended_again() {
    for committed in [false, true] {
        let mut probe = ready(Options::default());
        let off = json!({"audio": {"input": {"turn_detection": null}}});
        probe.event(&json!({"type": "session.updated", "session": off}));
        probe.tell(Command::Audio(Private::new("A".repeat(6400))));
        probe.tell(Command::CommitAudio);
        if committed {
            probe.event(&json!({"type": "input_audio_buffer.committed", "item_id": "m1"}));
            added(
                &mut probe,
                &json!({"type": "message", "role": "user", "id": "m1",
                "content": [{"type": "input_audio", "transcript": null}]}),
            );
        }
        probe.did.clear();
        probe.tell(Input::Disconnected);
        probe.tell(Input::Connected { at: None });
        greet(&mut probe);
        assert_eq!(report(&probe).lost, []);
        let kinds = probe.kinds();
        let said = ["input_audio_buffer.append", "input_audio_buffer.commit"];
        assert_eq!(kinds[1..3], said);
        probe.event(&json!({"type": "input_audio_buffer.committed", "item_id": "m2"}));
        assert_eq!(probe.requests().len(), 1);
    }
}

#[test]
fn speech_whose_words_are_known_is_not_said_again() {
    let mut probe = ready(Options::default());
    probe.speech_started();
    probe.tell(Command::Audio(Private::new("A".repeat(6400))));
    probe.speech_stopped();
    probe.event(&json!({"type": "input_audio_buffer.committed", "item_id": "said"}));
    added(
        &mut probe,
        &json!({"type": "message", "role": "user", "id": "said",
        "content": [{"type": "input_audio", "transcript": null}]}),
    );
    probe.event(
        &json!({"type": "conversation.item.input_audio_transcription.completed",
        "item_id": "said", "content_index": 0, "transcript": "hello"}),
    );
    let items = replayed(&mut probe);
    assert_eq!(items.len(), 1);
    assert!(take(&mut probe, &items).restored());
    assert!(!probe.kinds().contains(&"input_audio_buffer.append"));
    // The endpoint was about to answer, and this one doesn't know.
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn the_next_session_is_set_up_with_all_that_was_changed() {
    let mut probe = ready(Options {
        config: serde_json::from_value(json!({"type": "realtime", "instructions": "one",
            "audio": {"output": {"voice": "cedar", "speed": 1.5}}, "prompt": {"id": "p"}}))
        .unwrap(),
        ..Options::default()
    });
    let change = json!({"instructions": "two", "prompt": null,
        "audio": {"input": {"turn_detection": null}, "output": {"speed": 1.0}}});
    probe.tell(config(change));
    probe.tell(config(json!({"max_output_tokens": 0})));
    let refused = probe.sent().last().unwrap().event_id().unwrap().to_string();
    let function = FunctionTool {
        name: "f".to_owned(),
        ..FunctionTool::default()
    };
    probe.tell(Command::SetTools(vec![function]));
    probe.event(&json!({"type": "session.updated", "session": {}}));
    probe.refuse("invalid_value", Some(&refused));
    probe.event(&json!({"type": "session.updated", "session": {}}));
    let expected = json!({"type": "realtime", "instructions": "two", "prompt": null,
        "audio": {"input": {"turn_detection": null}, "output": {"voice": "cedar", "speed": 1.0}},
        "tools": [{"type": "function", "name": "f"}]});
    assert_eq!(set_up(&mut probe), expected);
}

#[test]
fn changes_that_nobody_answered_are_asked_for_again() {
    let mut probe = ready(Options::default());
    probe.tell(config(json!({"instructions": "two"})));
    probe.tell(Command::SetTools(vec![FunctionTool::default()]));
    assert_eq!(set_up(&mut probe), json!({"type": "realtime"}));
    probe.did.clear();
    probe.event(&json!({"type": "session.updated", "session": {}}));
    let changes = probe.sent().map(|event| match event {
        ClientEvent::SessionUpdate(e) => (*e.session).clone(),
        other => panic!("{}", other.kind()),
    });
    let changes: Vec<SessionConfig> = changes.collect();
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0].instructions.as_ref().unwrap().expose(), "two");
    assert_eq!(changes[1].tools.as_ref().unwrap().len(), 1);
}

#[test]
fn what_another_party_changed_is_kept_as_well() {
    let mut probe = ready(Options::default());
    let session = json!({"instructions": "theirs", "id": "sess", "vendor_field": 1});
    probe.event(&json!({"type": "session.updated", "session": session}));
    let expected = json!({"type": "realtime", "instructions": "theirs"});
    assert_eq!(set_up(&mut probe), expected);
}

#[test]
fn closing_between_leaves_no_call_open() {
    let mut probe = calling();
    probe.tell(Input::Disconnected);
    probe.did.clear();
    probe.tell(Command::Close);
    assert_eq!(probe.session.phase(), Phase::Closed);
    assert!(probe.session.open_calls().is_empty());
    let stopped = probe
        .did
        .iter()
        .filter(|it| matches!(it, Output::CancelTool(_)));
    assert_eq!((stopped.count(), probe.sent().count()), (2, 0));
}

#[test]
fn what_is_kept_shows_nothing_private() {
    const SECRET: &str = "4242";
    let mut probe = ready(Options::default());
    probe.tell(Command::SendText(SECRET.into()));
    probe.speech_started();
    probe.tell(Command::Audio(SECRET.repeat(100).into()));
    probe.tell(config(json!({"instructions": SECRET})));
    added(
        &mut probe,
        &json!({"type": "message", "role": "assistant", "id": "m1",
        "content": [{"type": "output_audio", "transcript": SECRET}]}),
    );
    let call = json!({"type": "function_call", "id": "m2", "status": "completed",
        "call_id": "c1", "name": "f", "arguments": SECRET});
    added(&mut probe, &call);
    assert!(!format!("{:?}", probe.session).contains(SECRET));
    probe.tell(Input::Disconnected);
    assert!(!format!("{:?}", probe.session).contains(SECRET));
    assert!(!format!("{:?}", probe.did).contains(SECRET));
}
