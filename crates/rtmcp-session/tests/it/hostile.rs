//! Endpoints that repeat themselves, come too late, leave things out, or never answer.

use std::time::Duration;

use rtmcp_core::{Private, ResponseParams, Timestamp};
use rtmcp_session::{
    CallState, CloseReason, Command, Event, Input, Options, Output, Phase, Playback, Trouble, Turn,
};
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::probe::{Probe, function_call};

fn text() -> Command {
    Command::SendText(Private::from("hello"))
}

fn greeting() -> Command {
    Command::Respond(Box::new(ResponseParams {
        instructions: Some(Private::from("greet")),
        ..ResponseParams::default()
    }))
}

#[test]
fn a_response_outside_the_conversation_told_twice_runs_nothing() {
    let mut probe = Probe::ready();
    probe.event(
        &json!({"type": "response.created", "response": {"id": "out", "conversation_id": null}}),
    );
    let done = json!({"type": "response.done", "response": {"id": "out",
        "conversation_id": null, "status": "completed", "output": [function_call("c")]}});
    probe.event(&done);
    probe.event(&done);
    probe.call("out", "late");
    assert_eq!(probe.calls(), [""; 0]);
}

#[test]
fn a_response_outside_the_conversation_known_only_from_its_end_runs_nothing() {
    let mut probe = Probe::ready();
    probe.created("in");
    probe.done("in", "completed");
    probe.event(&json!({"type": "response.done", "response": {"id": "out",
        "conversation_id": null, "status": "completed", "output": [function_call("c")]}}));
    assert_eq!(probe.calls(), [""; 0]);
}

#[test]
fn the_end_of_a_response_is_told_once() {
    let mut probe = Probe::ready();
    probe.created("r");
    probe.done("r", "completed");
    probe.done("r", "completed");
    let is_end = |event: &&Event| matches!(event, Event::ResponseEnded { .. });
    assert_eq!(probe.events().filter(is_end).count(), 1);
}

#[test]
fn the_beginning_of_a_response_told_twice_has_seen_no_more_than_the_first_time() {
    let mut probe = Probe::ready();
    probe.created("r");
    probe.tell(text());
    probe.acknowledge();
    probe.created("r");
    probe.done("r", "completed");
    assert_eq!(probe.requests().len(), 1, "nobody has seen the text");
}

#[test]
fn a_response_that_ended_before_it_began_is_not_being_written() {
    let mut probe = Probe::ready();
    probe.done("r", "completed");
    probe.created("r");
    probe.tell(text());
    assert_eq!(probe.requests().len(), 1);
    assert_eq!(probe.session.turn(), Turn::Idle);
}

#[test]
fn speech_that_comes_after_the_end_of_a_cut_response_is_not_played() {
    let mut probe = Probe::ready();
    probe.created("r");
    probe.speech("r", "m");
    probe.speech_started();
    probe.done("r", "cancelled");
    probe.did.clear();
    probe.speech("r", "m");
    assert_eq!(probe.played(), 0);
}

#[test]
fn speech_that_comes_after_the_end_of_a_whole_response_is_heard() {
    let mut probe = Probe::ready();
    probe.created("r");
    probe.done("r", "completed");
    probe.speech("r", "m");
    assert_eq!(probe.played(), 1);
    let item_id = rtmcp_core::ItemId::from("m");
    let end = Output::PlayEnd {
        item_id: item_id.clone(),
    };
    assert_eq!(probe.did.last(), Some(&end), "nobody else will say so");
    probe.tell(Input::Playback(Playback::Finished { item_id }));
    assert!(probe.session.is_idle());
}

#[test]
fn a_response_that_follows_ends_one_that_was_never_ended() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c");
    probe.created("r2");
    probe.done("r2", "completed");
    probe.finish("c");
    assert_eq!((probe.answered(), probe.requests().len()), (vec!["c"], 1));
}

#[test]
fn a_response_that_follows_one_that_was_never_ended_may_answer_its_calls() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c");
    probe.finish("c");
    probe.acknowledge();
    probe.speech_started();
    probe.speech_stopped();
    probe.created("r2");
    probe.done("r2", "completed");
    assert_eq!(probe.requests().len(), 0, "the output was seen");
}

#[test]
fn a_response_of_which_nothing_more_comes_holds_up_the_next_for_a_minute() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c");
    probe.finish("c");
    // As long as anything comes, it is being written.
    for _ in 0..3 {
        probe.pass(Duration::from_secs(50));
        probe.speech("r1", "m");
    }
    assert_eq!(probe.requests().len(), 0);
    probe.pass(Duration::from_millis(59_999));
    assert_eq!(probe.requests().len(), 0);
    probe.pass(Duration::from_millis(1));
    assert_eq!(probe.requests().len(), 1);
    // It lives after all: the endpoint refuses, and the reply is asked for when it ends.
    let request = probe.requests().pop().unwrap();
    probe.refuse("conversation_already_has_active_response", Some(&request));
    probe.done("r1", "completed");
    probe.pass(Duration::from_secs(1));
    assert_eq!(probe.requests().len(), 2);
}

#[test]
fn a_call_that_becomes_whole_after_the_end_of_its_response_runs() {
    let mut probe = Probe::ready();
    probe.created("r");
    let mut begun = function_call("c");
    begun["status"] = json!("in_progress");
    probe.event(&json!({"type": "response.output_item.added", "response_id": "r", "item": begun}));
    probe.done("r", "completed");
    assert_eq!(
        probe.session.call_state(&"c".into()),
        Some(CallState::Dropped)
    );
    probe.call("r", "c");
    probe.call("r", "c");
    probe.finish("c");
    assert_eq!(
        (probe.calls(), probe.answered(), probe.requests().len()),
        (vec!["c"], vec!["c"], 1)
    );
}

#[test]
fn an_endpoint_that_never_greets_ends_the_session() {
    let mut probe = Probe::new();
    probe.tell(text());
    probe.pass(Options::default().setup_unanswered);
    assert_eq!(probe.did, [Output::Close(CloseReason::Silent)]);
}

#[test]
fn an_endpoint_that_never_takes_the_configuration_ends_the_session() {
    let mut probe = Probe::new();
    probe.event(&json!({"type": "session.created", "session": {}}));
    probe.pass(Options::default().setup_unanswered - Duration::from_millis(1));
    assert_eq!(probe.session.phase(), Phase::Connecting);
    probe.pass(Duration::from_millis(1));
    assert_eq!(probe.did.last(), Some(&Output::Close(CloseReason::Silent)));
    assert_eq!(Probe::ready().session.deadline(), None);
}

#[test]
fn a_refusal_of_the_configuration_that_names_no_event_counts() {
    let mut probe = Probe::new();
    probe.event(&json!({"type": "session.created", "session": {}}));
    probe.refuse("invalid_value", None);
    let message = "no".to_owned();
    assert_eq!(
        probe.did.last(),
        Some(&Output::Close(CloseReason::ConfigRefused { message }))
    );
}

#[test]
fn a_reply_that_failed_by_a_passing_fault_is_asked_for_again_later_and_later() {
    let mut probe = Probe::ready();
    probe.tell(text());
    for (times, wait) in [(1, 250), (2, 500), (3, 1000), (4, 2000), (5, 4000)] {
        assert_eq!(probe.requests().len(), times);
        probe.created_as_asked(&format!("r{times}"));
        fail(&mut probe, &format!("r{times}"), "server_error");
        probe.pass(Duration::from_millis(wait - 1));
        assert_eq!(probe.requests().len(), times);
        probe.pass(Duration::from_millis(1));
    }
    assert_eq!(probe.requests().len(), 6);
    // There is an end to it.
    probe.created_as_asked("r6");
    fail(&mut probe, "r6", "server_error");
    probe.pass(Duration::from_secs(60));
    assert_eq!(probe.requests().len(), 6);
    assert!(probe.session.is_idle());
}

#[test]
fn a_reply_that_failed_for_good_or_was_begun_is_not_asked_for_again() {
    let mut probe = Probe::ready();
    probe.tell(text());
    probe.created_as_asked("r1");
    fail(&mut probe, "r1", "content_filter");
    probe.pass(Duration::from_secs(60));
    probe.tell(text());
    probe.created_as_asked("r2");
    probe.speech("r2", "m");
    fail(&mut probe, "r2", "server_error");
    probe.pass(Duration::from_secs(60));
    assert_eq!(probe.requests().len(), 2, "half an answer isn't said again");
    let is_trouble =
        |event: &&Event| matches!(event, Event::Trouble(Trouble::ResponseFailed { .. }));
    assert_eq!(probe.events().filter(is_trouble).count(), 2);
}

#[test]
fn the_endpoints_own_reply_that_failed_is_asked_for() {
    for thinks in [0, 5] {
        let mut probe = Probe::ready();
        probe.speech_started();
        probe.speech_stopped();
        probe.pass(Duration::from_secs(thinks));
        probe.created("r");
        fail(&mut probe, "r", "rate_limit_exceeded");
        probe.pass(Duration::from_secs(1));
        assert_eq!(probe.requests().len(), 1);
    }
}

#[test]
fn a_greeting_that_failed_keeps_its_words() {
    let mut probe = Probe::ready();
    probe.tell(greeting());
    probe.created_as_asked("r");
    fail(&mut probe, "r", "server_error");
    probe.pass(Duration::from_secs(1));
    let last = probe.sent().last().unwrap().encode();
    assert!(
        probe.requests().len() == 2 && last.contains("greet"),
        "{last}"
    );
}

fn fail(probe: &mut Probe, id: &str, code: &str) {
    probe.event(&json!({"type": "response.done", "response": {"id": id,
        "conversation_id": "conv", "status": "failed",
        "status_details": {"type": "failed", "error": {"type": code, "code": code}}}}));
}

#[test]
fn a_reply_of_its_own_is_no_reply_to_the_tools() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c");
    probe.tell(greeting());
    probe.finish("c");
    probe.acknowledge();
    probe.done("r1", "completed");
    probe.created_as_asked("r2");
    probe.done("r2", "completed");
    assert_eq!(
        probe.requests().len(),
        2,
        "the greeting, and the reply to the tool"
    );
}

#[test]
fn a_reply_that_comes_after_it_was_given_up_is_not_doubled() {
    let mut probe = Probe::ready();
    probe.tell(greeting());
    let first = probe.requests().pop().unwrap();
    probe.pass(Options::default().reply_unanswered);
    assert_eq!(probe.requests().len(), 2);
    let second = probe.requests().pop().unwrap();
    probe.created_with_tag("r1", &first);
    probe.refuse("conversation_already_has_active_response", Some(&second));
    probe.done("r1", "completed");
    probe.pass(Duration::from_secs(60));
    assert_eq!(probe.requests().len(), 2);
}

#[test]
fn a_refusal_told_twice_without_its_event_does_not_double_the_reply() {
    let mut probe = Probe::ready();
    probe.tell(greeting());
    probe.refuse("conversation_already_has_active_response", None);
    probe.pass(Duration::from_millis(250));
    assert_eq!(probe.requests().len(), 2);
    probe.refuse("conversation_already_has_active_response", None);
    // It was a repetition: the second request had been taken.
    probe.created_as_asked("r");
    probe.done("r", "completed");
    probe.pass(Duration::from_secs(60));
    assert_eq!(probe.requests().len(), 2);
}

#[test]
fn turning_turn_detection_off_ends_the_turn_that_it_began() {
    let mut probe = Probe::ready();
    probe.speech_started();
    probe.tell(text());
    assert_eq!(probe.requests().len(), 0);
    probe.event(&json!({"type": "session.updated",
        "session": {"audio": {"input": {"turn_detection": null}}}}));
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn an_acknowledgement_without_an_item_id_counts() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c");
    probe.finish("c");
    probe.event(&json!({"type": "conversation.item.added", "item":
        {"type": "function_call_output", "call_id": "c", "output": "done"}}));
    probe.speech_started();
    probe.done("r1", "cancelled");
    probe.speech_stopped();
    probe.created("r2");
    probe.done("r2", "completed");
    assert_eq!(
        probe.requests().len(),
        0,
        "the endpoint's own reply has seen it"
    );
}

#[test]
fn an_endpoint_that_says_null_of_every_conversation_is_understood() {
    let mut probe = Probe::ready();
    let created = |id: &str| {
        json!({"type": "response.created",
            "response": {"id": id, "conversation_id": null, "metadata": null}})
    };
    let done = |id: &str| {
        json!({"type": "response.done",
            "response": {"id": id, "conversation_id": null, "status": "completed"}})
    };
    // Its own reply to the person, then one that was asked for.
    probe.speech_started();
    probe.speech_stopped();
    probe.event(&created("r1"));
    probe.call("r1", "c1");
    probe.event(&done("r1"));
    probe.finish("c1");
    assert_eq!((probe.calls(), probe.requests().len()), (vec!["c1"], 1));
    probe.event(&created("r2"));
    probe.call("r2", "c2");
    probe.event(&done("r2"));
    probe.finish("c2");
    assert_eq!(
        (probe.calls(), probe.requests().len()),
        (vec!["c1", "c2"], 2)
    );
}

#[test]
fn a_turn_ended_by_hand_and_told_twice_is_one() {
    let mut probe = Probe::ready();
    probe.tell(Command::CommitAudio);
    probe.tell(Command::CommitAudio);
    let committed = |item: &str| json!({"type": "input_audio_buffer.committed", "item_id": item});
    probe.event(&committed("one"));
    probe.event(&committed("one"));
    probe.created_as_asked("r");
    probe.event(&committed("two"));
    probe.done("r", "completed");
    assert_eq!(probe.requests().len(), 2, "one reply to each");
}

#[test]
fn the_same_tools_are_not_sent_twice() {
    let mut probe = Probe::ready();
    let tools = || {
        Command::SetTools(vec![rtmcp_core::session::FunctionTool {
            name: "work".to_owned(),
            ..Default::default()
        }])
    };
    probe.tell(tools());
    probe.tell(tools());
    assert_eq!(probe.kinds(), ["session.update"]);
}

#[test]
fn a_call_id_that_another_response_used_is_reported_and_not_run() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c");
    probe.finish("c");
    probe.done("r1", "completed");
    probe.created_as_asked("r2");
    probe.call("r2", "c");
    assert_eq!((probe.calls(), probe.answered()), (vec!["c"], vec!["c"]));
    assert!(
        probe
            .events()
            .any(|event| matches!(event, Event::Trouble(Trouble::NotUnderstood { .. })))
    );
}

#[test]
fn calls_without_an_id_are_passed_over() {
    let mut probe = Probe::ready();
    probe.created("r");
    for id in [json!(""), json!(null)] {
        let mut item = function_call("c");
        item["call_id"] = id;
        for kind in ["added", "done"] {
            probe.event(
                &json!({"type": format!("response.output_item.{kind}"), "response_id": "r",
                "item": item}),
            );
        }
    }
    probe.done("r", "completed");
    assert_eq!(probe.calls(), [""; 0]);
    assert!(
        !probe
            .events()
            .any(|event| matches!(event, Event::Call { .. }))
    );
    assert!(probe.session.is_idle());
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    let mut probe = Probe::ready();
    probe.now = Timestamp::from_millis(10_000);
    probe.tell(Input::Tick);
    probe.now = Timestamp::from_millis(1_000);
    probe.tell(text());
    let (due, _) = probe.session.deadline().unwrap();
    assert_eq!(due.as_millis(), 25_000);
}
