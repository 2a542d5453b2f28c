//! What becomes of a call when the person interrupts: its policy says so, and it has one output.

use std::time::Duration;

use rtmcp_core::{CallPolicy, ClientEvent, Item, OnBargeIn};
use rtmcp_session::{CallState, Command, Input, Output, Playback, ToolNews};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::probe::Probe;

/// A session in which a call runs.
fn running(on_barge_in: OnBargeIn) -> Probe {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c1");
    probe.done("r1", "completed");
    run(&mut probe, on_barge_in);
    probe
}

fn run(probe: &mut Probe, on_barge_in: OnBargeIn) {
    let policy = CallPolicy {
        on_barge_in,
        ..CallPolicy::default()
    };
    let deadline = Duration::from_secs(60);
    let news = ToolNews::Running { deadline, policy };
    probe.tell(Input::Tool("c1".into(), news));
}

/// The person says something, and the endpoint answers them.
fn interrupt(probe: &mut Probe) {
    probe.speech_started();
    probe.speech_stopped();
    probe.created("own");
    probe.speech("own", "m1");
}

fn answer_is_heard(probe: &mut Probe) {
    probe.done("own", "completed");
    let item_id = "m1".into();
    probe.tell(Input::Playback(Playback::Finished { item_id }));
}

/// The calls that were stopped.
fn stopped(probe: &Probe) -> usize {
    let stops = probe.did.iter();
    stops
        .filter(|it| matches!(it, Output::CancelTool(_)))
        .count()
}

fn outputs(probe: &Probe) -> Vec<String> {
    let outputs = probe.sent().filter_map(|event| match event {
        ClientEvent::ConversationItemCreate(e) => match &*e.item {
            Item::FunctionCallOutput(output) => Some(output.output.expose().clone()),
            _ => None,
        },
        _ => None,
    });
    outputs.collect()
}

#[test]
fn a_silent_call_runs_on_and_is_not_replied_to() {
    let mut probe = running(OnBargeIn::Silent);
    interrupt(&mut probe);
    probe.finish("c1");
    answer_is_heard(&mut probe);
    probe.pass(Duration::from_secs(30));
    assert_eq!(outputs(&probe), ["done"]);
    assert_eq!((probe.requests().len(), stopped(&probe)), (0, 0));
}

#[test]
fn a_call_to_be_finished_is_replied_to_as_if_nothing_had_happened() {
    let mut probe = running(OnBargeIn::Finish);
    interrupt(&mut probe);
    probe.finish("c1");
    probe.done("own", "completed");
    assert_eq!(outputs(&probe), ["done"]);
    assert_eq!((probe.requests().len(), stopped(&probe)), (1, 0));
}

#[test]
fn a_call_to_be_reported_is_reported_when_the_conversation_is_idle() {
    let mut probe = running(OnBargeIn::Report);
    interrupt(&mut probe);
    probe.finish("c1");
    probe.done("own", "completed");
    probe.pass(Duration::from_secs(5));
    assert_eq!(probe.requests().len(), 0, "the model is still heard");
    let item_id = "m1".into();
    probe.tell(Input::Playback(Playback::Finished { item_id }));
    assert_eq!(probe.requests().len(), 1);
    assert_eq!((outputs(&probe).len(), stopped(&probe)), (1, 0));
}

#[test]
fn a_call_to_be_reported_needs_no_report_where_the_next_turn_has_seen_it() {
    let mut probe = running(OnBargeIn::Report);
    probe.speech_started();
    probe.finish("c1");
    probe.acknowledge();
    probe.speech_stopped();
    probe.created("own");
    probe.done("own", "completed");
    probe.pass(Duration::from_secs(60));
    assert_eq!(probe.requests().len(), 0);
}

#[test]
fn a_call_to_be_cancelled_is_stopped_and_its_output_says_so() {
    let mut probe = running(OnBargeIn::Cancel);
    probe.speech_started();
    assert_eq!(stopped(&probe), 1);
    let outputs = outputs(&probe);
    assert!(outputs[0].contains("cancelled because the user interrupted"));
    let state = probe.session.call_state(&"c1".into());
    assert_eq!(state, Some(CallState::Cancelled));
    // What the tool still says changes nothing, and no reply is asked for.
    probe.finish("c1");
    probe.speech_stopped();
    probe.created("own");
    probe.done("own", "completed");
    probe.pass(Duration::from_secs(60));
    assert_eq!(probe.answered(), ["c1"]);
    assert_eq!(probe.requests().len(), 0);
}

#[test]
fn stopping_by_hand_interrupts_as_well() {
    let mut probe = running(OnBargeIn::Cancel);
    probe.tell(Command::Interrupt);
    assert_eq!((probe.answered(), stopped(&probe)), (vec!["c1"], 1));
}

#[test]
fn what_is_typed_interrupts_nothing() {
    let mut probe = running(OnBargeIn::Cancel);
    probe.tell(Command::SendText("and hurry".into()));
    assert_eq!((probe.answered().len(), stopped(&probe)), (0, 0));
}

#[test]
fn speech_before_the_call_interrupts_nothing() {
    let mut probe = Probe::ready();
    probe.speech_started();
    probe.speech_stopped();
    probe.created("r1");
    probe.call("r1", "c1");
    probe.done("r1", "completed");
    run(&mut probe, OnBargeIn::Cancel);
    assert_eq!((probe.answered().len(), stopped(&probe)), (0, 0));
}

#[test]
fn the_turn_that_made_the_call_can_be_interrupted_before_it_is_whole() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c1");
    run(&mut probe, OnBargeIn::Cancel);
    probe.speech("r1", "m1");
    probe.speech_started();
    assert_eq!((probe.answered(), stopped(&probe)), (vec!["c1"], 1));
}

#[test]
fn who_interrupts_before_the_policy_is_known_has_interrupted() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c1");
    probe.done("r1", "completed");
    probe.speech_started();
    assert_eq!(probe.answered().len(), 0);
    run(&mut probe, OnBargeIn::Cancel);
    assert_eq!((probe.answered(), stopped(&probe)), (vec!["c1"], 1));
}

#[test]
fn who_says_yes_to_a_call_does_not_interrupt_it() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c1");
    probe.done("r1", "completed");
    let (expires, notice) = (Duration::from_secs(60), None);
    let news = ToolNews::AwaitingApproval { expires, notice };
    probe.tell(Input::Tool("c1".into(), news));
    probe.speech_started();
    probe.speech_stopped();
    run(&mut probe, OnBargeIn::Cancel);
    assert_eq!((probe.answered().len(), stopped(&probe)), (0, 0));
}

#[test]
fn a_call_that_fails_is_reported_though_it_was_to_be_silent() {
    let mut probe = running(OnBargeIn::Silent);
    interrupt(&mut probe);
    answer_is_heard(&mut probe);
    probe.pass(Duration::from_secs(60));
    assert_eq!((probe.answered(), probe.requests().len()), (vec!["c1"], 1));
}
