//! Calls that the model makes again without knowing what came of the first one.

use std::time::Duration;

use rtmcp_core::{CallPolicy, ClientEvent, Duplicates, Item};
use rtmcp_session::{CallState, Input, ToolEnd, ToolNews};
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::probe::Probe;

/// A session in which a call of one response runs.
fn running(duplicates: Duplicates) -> Probe {
    let mut probe = Probe::ready();
    probe.created("r1");
    call(&mut probe, "r1", "c1", r#"{"order": 7, "cents": 250}"#);
    probe.done("r1", "completed");
    run(&mut probe, "c1", duplicates);
    probe
}

fn call(probe: &mut Probe, response: &str, call: &str, arguments: &str) {
    probe.event(
        &json!({"type": "response.output_item.done", "response_id": response,
        "item": {"type": "function_call", "id": format!("i_{call}"), "status": "completed",
        "call_id": call, "name": "refund", "arguments": arguments}}),
    );
}

fn run(probe: &mut Probe, call: &str, duplicates: Duplicates) {
    let policy = CallPolicy {
        duplicates,
        ..CallPolicy::default()
    };
    let deadline = Duration::from_secs(60);
    probe.tell(Input::Tool(
        call.into(),
        ToolNews::Running { deadline, policy },
    ));
}

fn output_of(probe: &Probe, call: &str) -> String {
    let mut outputs = probe.sent().filter_map(|event| match event {
        ClientEvent::ConversationItemCreate(e) => match &*e.item {
            Item::FunctionCallOutput(it) if it.call_id.as_str() == call => {
                Some(it.output.expose().clone())
            }
            _ => None,
        },
        _ => None,
    });
    outputs.next().unwrap()
}

/// The same arguments, written otherwise.
const SAME: &str = r#"{"cents":250,"order":7}"#;

#[test]
fn a_write_that_is_made_again_while_it_runs_runs_once() {
    let mut probe = running(Duplicates::Answer);
    probe.created("r2");
    call(&mut probe, "r2", "c2", SAME);
    probe.done("r2", "completed");
    assert_eq!(probe.calls(), ["c1"]);
    assert!(output_of(&probe, "c2").contains("still running"));
    let state = probe.session.call_state(&"c2".into());
    assert_eq!(state, Some(CallState::Refused));
    probe.finish("c1");
    assert_eq!(probe.answered(), ["c2", "c1"]);
}

#[test]
fn a_write_that_was_answered_meanwhile_is_not_made_again() {
    let mut probe = running(Duplicates::Answer);
    // This response began before the output was there.
    probe.created("r2");
    probe.finish("c1");
    probe.acknowledge();
    call(&mut probe, "r2", "c2", SAME);
    assert_eq!(probe.calls(), ["c1"]);
    assert!(output_of(&probe, "c2").contains("answered just now"));
}

#[test]
fn a_write_that_is_meant_runs_again() {
    let mut probe = running(Duplicates::Answer);
    probe.finish("c1");
    probe.acknowledge();
    probe.created_as_asked("r2");
    call(&mut probe, "r2", "c2", SAME);
    assert_eq!(
        probe.calls(),
        ["c1", "c2"],
        "the model knows the first output"
    );
}

#[test]
fn a_write_that_is_meant_runs_again_where_the_endpoint_says_nothing_of_items() {
    let mut probe = running(Duplicates::Answer);
    probe.finish("c1");
    probe.created_as_asked("r2");
    call(&mut probe, "r2", "c2", SAME);
    assert_eq!(probe.calls(), ["c1", "c2"]);
}

#[test]
fn other_arguments_are_another_call() {
    let mut probe = running(Duplicates::Answer);
    probe.created("r2");
    call(&mut probe, "r2", "c2", r#"{"order": 8, "cents": 250}"#);
    assert_eq!(probe.calls(), ["c1", "c2"]);
}

#[test]
fn a_read_runs_as_often_as_it_is_called() {
    let mut probe = running(Duplicates::Run);
    probe.created("r2");
    call(&mut probe, "r2", "c2", SAME);
    assert_eq!(probe.calls(), ["c1", "c2"]);
}

#[test]
fn the_calls_of_one_response_are_all_meant() {
    let mut probe = Probe::ready();
    probe.created("r1");
    call(&mut probe, "r1", "c1", SAME);
    run(&mut probe, "c1", Duplicates::Answer);
    call(&mut probe, "r1", "c2", SAME);
    assert_eq!(probe.calls(), ["c1", "c2"], "two of the same were ordered");
}

#[test]
fn nobody_is_asked_twice_about_the_same() {
    let mut probe = Probe::ready();
    probe.created("r1");
    call(&mut probe, "r1", "c1", SAME);
    probe.done("r1", "completed");
    let (expires, notice) = (Duration::from_secs(60), None);
    let news = ToolNews::AwaitingApproval { expires, notice };
    probe.tell(Input::Tool("c1".into(), news));
    probe.created("r2");
    call(&mut probe, "r2", "c2", SAME);
    assert_eq!(probe.calls(), ["c1"]);
    assert!(output_of(&probe, "c2").contains("waiting for somebody's approval"));
}

#[test]
fn a_model_that_repeats_itself_is_not_asked_again_and_again() {
    let mut probe = running(Duplicates::Answer);
    let mut asked = Vec::new();
    for turn in 2..6 {
        let (response, id) = (format!("r{turn}"), format!("c{turn}"));
        probe.created(&response);
        call(&mut probe, &response, &id, SAME);
        probe.done(&response, "completed");
        asked.push(probe.requests().len());
        if probe.requests().len() == 1 && turn == 2 {
            probe.created_as_asked("reply");
            probe.done("reply", "completed");
        }
    }
    assert_eq!(asked, [1, 1, 1, 1]);
    assert_eq!(probe.calls(), ["c1"]);
    probe.tell(Input::Tool(
        "c1".into(),
        ToolNews::finished(ToolEnd::Answered, "refunded".into()),
    ));
    assert_eq!(
        probe.requests().len(),
        2,
        "and then it hears what came of it"
    );
}

#[test]
fn calls_that_are_not_whole_cancelled_or_outside_never_run() {
    let mut probe = Probe::ready();
    // Cut off while it is written.
    probe.created("r1");
    probe.event(
        &json!({"type": "response.output_item.added", "response_id": "r1",
        "item": {"type": "function_call", "id": "i_c1", "call_id": "c1", "name": "refund",
        "status": "in_progress", "arguments": "{"}}),
    );
    probe.event(
        &json!({"type": "response.output_item.done", "response_id": "r1",
        "item": {"type": "function_call", "id": "i_c1", "call_id": "c1", "name": "refund",
        "status": "incomplete", "arguments": "{\"order\":"}}),
    );
    probe.event(&json!({"type": "response.done", "response": {"id": "r1",
        "conversation_id": "conv", "status": "cancelled", "output": [{"type": "function_call",
        "id": "i_c1", "call_id": "c1", "name": "refund", "arguments": "{\"order\":"}]}}));
    // Of a response outside the conversation.
    probe.event(&json!({"type": "response.created",
        "response": {"id": "out", "conversation_id": null}}));
    call(&mut probe, "out", "c2", SAME);
    assert_eq!(probe.calls(), [""; 0]);
    assert_eq!(probe.answered(), [""; 0]);
}
