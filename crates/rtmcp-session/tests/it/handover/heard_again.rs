//! What was said over one connection and is heard again over the next one: it interrupts nothing that
//! came of it, and what is said after it does.

use std::time::Duration;

use rtmcp_core::{CallPolicy, OnBargeIn};
use rtmcp_session::{Command, Input, Options, Output, ToolNews};
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::losses::{added, ready, replayed, take};
use crate::probe::Probe;

/// A question of 500 ms was answered with speech and a call, and before the answer is over the
/// connection is lost: over the next one the question is heard again.
fn heard_again() -> Probe {
    let mut probe = ready(Options::default());
    say(&mut probe);
    start(&mut probe, "said", 100);
    stop(&mut probe, "said", 500);
    probe.created("r1");
    probe.speech("r1", "m1");
    probe.call("r1", "c1");
    run(&mut probe, OnBargeIn::Cancel);
    let items = replayed(&mut probe);
    take(&mut probe, &items);
    let kinds = probe.kinds();
    let appended = kinds.iter().filter(|it| it.ends_with("append"));
    assert_eq!(appended.count(), 5);
    assert!(!stops(&probe));
    start(&mut probe, "again", 100);
    probe
}

fn say(probe: &mut Probe) {
    for _ in 0..5 {
        probe.tell(Command::Audio("A".repeat(6400).into()));
    }
}

fn start(probe: &mut Probe, item: &str, at_ms: u64) {
    probe.event(&json!({"type": "input_audio_buffer.speech_started",
        "item_id": item, "audio_start_ms": at_ms}));
}

fn stop(probe: &mut Probe, item: &str, at_ms: u64) {
    probe.event(&json!({"type": "input_audio_buffer.speech_stopped",
        "item_id": item, "audio_end_ms": at_ms}));
    probe.event(&json!({"type": "input_audio_buffer.committed", "item_id": item}));
    added(
        probe,
        &json!({"type": "message", "role": "user", "id": item,
        "content": [{"type": "input_audio", "transcript": null}]}),
    );
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

fn stops(probe: &Probe) -> bool {
    let is_stop = |it: &Output| matches!(it, Output::StopPlayback | Output::CancelTool(_));
    probe.did.iter().any(is_stop)
}

#[test]
fn what_is_heard_again_interrupts_neither_its_answer_nor_its_call() {
    let mut probe = heard_again();
    stop(&mut probe, "again", 500);
    assert!(!stops(&probe));
}

#[test]
fn what_is_said_after_it_interrupts_both() {
    let mut probe = heard_again();
    stop(&mut probe, "again", 500);
    say(&mut probe);
    start(&mut probe, "more", 600);
    assert!(probe.did.contains(&Output::StopPlayback));
    assert!(probe.did.contains(&Output::CancelTool("c1".into())));
}

#[test]
fn it_stays_known_as_heard_over_one_more_connection() {
    let mut probe = heard_again();
    let items = replayed(&mut probe);
    take(&mut probe, &items);
    start(&mut probe, "once_more", 100);
    assert!(!stops(&probe));
    stop(&mut probe, "once_more", 500);
    say(&mut probe);
    start(&mut probe, "more", 600);
    assert!(probe.did.contains(&Output::StopPlayback));
    assert!(probe.did.contains(&Output::CancelTool("c1".into())));
}
