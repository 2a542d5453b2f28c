//! A response that answers and calls a function: the reply to the output is told not to answer again.

use rtmcp_core::{ClientEvent, SessionConfig};
use rtmcp_session::Options;
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::probe::Probe;

const ANSWER: &str = "Your table for two is booked for eight o'clock tonight, at the window.";

fn ready() -> Probe {
    let config = SessionConfig {
        instructions: Some("You are a waiter.".into()),
        ..SessionConfig::realtime()
    };
    let mut probe = Probe::with(Options {
        config,
        ..Options::default()
    });
    probe.event(&json!({"type": "session.created", "session": {}}));
    probe.event(&json!({"type": "session.updated", "session": {}}));
    probe
}

/// The model says something and calls a function in one response, and the tool answers.
fn says_and_calls(words: &str, phase: Option<&str>) -> Probe {
    let mut probe = ready();
    probe.created("r1");
    probe.event(
        &json!({"type": "response.output_item.added", "response_id": "r1",
        "item": {"type": "message", "id": "m1", "role": "assistant", "phase": phase}}),
    );
    for (at, word) in words.split_inclusive(' ').enumerate() {
        probe.event(&json!({"type": "response.output_audio_transcript.delta",
            "response_id": "r1", "item_id": "m1", "content_index": 0, "delta": word,
            "event_id": format!("e{at}")}));
    }
    probe.call("r1", "c1");
    probe.done("r1", "completed");
    probe
}

/// What the reply that was asked for last is told, where it is told anything.
fn told(probe: &Probe) -> Option<String> {
    let requests = probe.sent().filter_map(|event| match event {
        ClientEvent::ResponseCreate(e) => e.response.as_ref(),
        _ => None,
    });
    let last = requests.last().unwrap();
    last.instructions.as_ref().map(|it| it.expose().clone())
}

#[test]
fn an_answer_that_was_given_with_the_call_is_not_given_again() {
    let mut probe = says_and_calls(ANSWER, None);
    probe.finish("c1");
    assert_eq!(probe.requests().len(), 1);
    let told = told(&probe).unwrap();
    assert!(told.starts_with("You are a waiter.\n\n"), "{told}");
    assert!(
        told.contains(&serde_json::to_string(ANSWER).unwrap()),
        "{told}"
    );
    assert!(told.contains("don't say it again"), "{told}");
}

#[test]
fn it_is_told_so_again_where_the_request_must_be_repeated() {
    let mut probe = says_and_calls(ANSWER, None);
    probe.finish("c1");
    let request = probe.requests().pop();
    probe.refuse("server_error", request.as_deref());
    probe.pass(std::time::Duration::from_secs(1));
    assert_eq!(probe.requests().len(), 2);
    assert!(told(&probe).is_some());
}

#[test]
fn words_that_only_announce_the_call_need_no_instructions() {
    let mut probe = says_and_calls("One moment, please, I'll look that up.", None);
    probe.finish("c1");
    assert_eq!((probe.requests().len(), told(&probe)), (1, None));
}

#[test]
fn a_model_that_tells_comments_from_answers_needs_no_instructions() {
    let mut probe = says_and_calls(ANSWER, Some("commentary"));
    probe.finish("c1");
    assert_eq!((probe.requests().len(), told(&probe)), (1, None));
}

#[test]
fn a_response_that_only_calls_gets_a_reply_without_instructions() {
    let mut probe = ready();
    probe.created("r1");
    probe.call("r1", "c1");
    probe.done("r1", "completed");
    probe.finish("c1");
    assert_eq!((probe.requests().len(), told(&probe)), (1, None));
}

#[test]
fn what_was_cut_off_may_be_said_again() {
    let mut probe = says_and_calls(ANSWER, None);
    probe.event(
        &json!({"type": "response.output_audio.delta", "response_id": "r1",
        "item_id": "m1", "delta": "A".repeat(6400)}),
    );
    probe.speech_started();
    let heard = Some(("m1".into(), std::time::Duration::from_millis(20)));
    let stopped = rtmcp_session::Playback::Stopped { heard };
    probe.tell(rtmcp_session::Input::Playback(stopped));
    probe.speech_stopped();
    probe.finish("c1");
    probe.pass(std::time::Duration::from_secs(5));
    assert_eq!((probe.requests().len(), told(&probe)), (1, None));
}

#[test]
fn after_another_turn_nothing_is_held_against_the_model() {
    let mut probe = says_and_calls(ANSWER, None);
    probe.finish("c1");
    probe.created_as_asked("r2");
    probe.call("r2", "c2");
    probe.done("r2", "completed");
    probe.finish("c2");
    assert_eq!((probe.requests().len(), told(&probe)), (2, None));
}
