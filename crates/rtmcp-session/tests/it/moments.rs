//! A person who speaks up, or presses stop, at every possible moment.

use std::time::Duration;

use rtmcp_core::{ItemId, Private, ResponseParams};
use rtmcp_session::{Command, Input, Output, Playback, Turn};
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::probe::Probe;

fn text() -> Command {
    Command::SendText(Private::from("hello"))
}

fn stopped(probe: &mut Probe, heard: Option<(&str, u64)>) {
    let heard = heard.map(|(id, ms)| (ItemId::from(id), Duration::from_millis(ms)));
    probe.tell(Input::Playback(Playback::Stopped { heard }));
}

fn stops(probe: &Probe) -> usize {
    let is_stop = |output: &&Output| matches!(output, Output::StopPlayback);
    probe.did.iter().filter(is_stop).count()
}

#[test]
fn stopping_by_hand_before_the_reply_begins_stops_the_reply() {
    let mut probe = Probe::ready();
    probe.tell(text());
    probe.tell(Command::Interrupt);
    assert_eq!(probe.kinds().last(), Some(&"response.cancel"));
    probe.created_as_asked("r");
    probe.speech("r", "m");
    assert_eq!(probe.played(), 0);
    probe.done("r", "cancelled");
    probe.pass(Duration::from_secs(60));
    assert_eq!(probe.requests().len(), 1, "it was stopped, and stays so");
    probe.tell(text());
    probe.created_as_asked("r2");
    probe.speech("r2", "m2");
    assert_eq!(probe.played(), 1, "the next one is heard");
}

#[test]
fn a_reply_that_was_asked_for_does_not_talk_over_the_person() {
    let mut probe = Probe::ready();
    probe.tell(text());
    // The person speaks up while the request is on its way.
    probe.speech_started();
    probe.created_as_asked("r");
    assert_eq!(probe.kinds().last(), Some(&"response.cancel"));
    probe.speech("r", "m");
    assert_eq!(probe.played(), 0);
    probe.done("r", "cancelled");
    assert_eq!(probe.requests().len(), 1);
    // The endpoint doesn't answer by itself: what was wanted before is still wanted.
    probe.speech_stopped();
    probe.pass(Duration::from_secs(3));
    assert_eq!(probe.requests().len(), 2);
}

#[test]
fn a_reply_of_its_own_survives_the_person_who_speaks_over_its_beginning() {
    let mut probe = Probe::ready();
    probe.tell(Command::Respond(Box::new(ResponseParams {
        instructions: Some(Private::from("greet")),
        ..ResponseParams::default()
    })));
    probe.speech_started();
    probe.created_as_asked("r");
    probe.done("r", "cancelled");
    probe.speech_stopped();
    probe.created("own");
    probe.done("own", "completed");
    let last = probe.sent().last().unwrap().encode();
    assert!(
        probe.requests().len() == 2 && last.contains("greet"),
        "{last}"
    );
}

#[test]
fn two_interruptions_before_the_player_answers_are_cut_each_where_it_was_heard() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.speech("r1", "a");
    probe.speech_started();
    probe.done("r1", "cancelled");
    probe.speech_stopped();
    probe.created("r2");
    probe.speech("r2", "b");
    probe.speech_started();
    assert_eq!(stops(&probe), 2);
    stopped(&mut probe, Some(("a", 70)));
    stopped(&mut probe, Some(("b", 30)));
    assert_eq!(probe.cuts(), [("a", 70), ("b", 30)]);
}

#[test]
fn a_player_that_answers_only_the_second_stop_cuts_both() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.speech("r1", "a");
    probe.speech_started();
    probe.done("r1", "cancelled");
    probe.speech_stopped();
    probe.created("r2");
    probe.speech("r2", "b");
    probe.speech_started();
    stopped(&mut probe, Some(("b", 30)));
    assert_eq!(probe.cuts(), [("a", 1), ("b", 30)]);
}

#[test]
fn interrupting_twice_stops_once() {
    let mut probe = Probe::ready();
    probe.created("r");
    probe.speech("r", "m");
    probe.speech_started();
    probe.speech_started();
    probe.tell(Command::Interrupt);
    assert_eq!(stops(&probe), 1);
    stopped(&mut probe, Some(("m", 40)));
    stopped(&mut probe, Some(("m", 40)));
    assert_eq!(probe.cuts(), [("m", 40)]);
}

#[test]
fn a_person_who_speaks_up_between_two_messages_cuts_only_what_was_not_heard() {
    let mut probe = Probe::ready();
    probe.created("r");
    probe.speech("r", "a");
    probe.event(&json!({"type": "response.output_audio.done", "response_id": "r", "item_id": "a"}));
    let item_id = ItemId::from("a");
    probe.tell(Input::Playback(Playback::Finished { item_id }));
    probe.speech_started();
    assert_eq!(stops(&probe), 0, "nothing sounds");
    probe.speech("r", "b");
    assert_eq!(probe.played(), 1, "what comes after is not played");
}

#[test]
fn speech_too_short_to_be_cut_is_not_cut() {
    let mut probe = Probe::ready();
    probe.created("r");
    probe.event(
        &json!({"type": "response.output_audio.delta", "response_id": "r",
        "item_id": "m", "delta": "AAAA"}),
    );
    probe.speech_started();
    stopped(&mut probe, Some(("m", 5)));
    assert_eq!(probe.cuts(), []);
}

#[test]
fn a_person_who_speaks_up_while_a_tool_works_gets_one_reply_to_both() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c");
    probe.done("r1", "completed");
    probe.speech_started();
    probe.finish("c");
    probe.acknowledge();
    assert_eq!(probe.requests().len(), 0, "not while the person speaks");
    probe.speech_stopped();
    probe.created("r2");
    probe.done("r2", "completed");
    probe.pass(Duration::from_secs(60));
    assert_eq!(probe.requests().len(), 0);
}

#[test]
fn a_turn_ended_by_hand_while_the_person_speaks_again_is_answered() {
    let mut probe = Probe::ready();
    let told = |kind: &str, item: &str| json!({"type": format!("input_audio_buffer.{kind}"), "item_id": item});
    probe.event(&told("speech_started", "one"));
    // The first turn ends by silence while the request is on its way.
    probe.tell(Command::CommitAudio);
    probe.event(&told("speech_stopped", "one"));
    probe.event(&told("committed", "one"));
    probe.created("r");
    probe.event(&told("speech_started", "two"));
    probe.done("r", "cancelled");
    probe.event(&told("committed", "two"));
    assert_eq!(probe.session.turn(), Turn::Idle);
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn speech_without_an_end_does_not_hold_up_replies_for_ever() {
    let mut probe = Probe::ready();
    probe.speech_started();
    probe.tell(text());
    probe.pass(Duration::from_millis(59_999));
    assert_eq!(probe.requests().len(), 0);
    assert_eq!(probe.session.turn(), Turn::UserSpeaking);
    probe.pass(Duration::from_millis(1));
    assert_eq!(probe.requests().len(), 1);
    // The end comes after all, and the endpoint's own reply with it.
    probe.acknowledge();
    probe.created_as_asked("r");
    probe.done("r", "completed");
    probe.speech_stopped();
    probe.created("own");
    probe.done("own", "completed");
    probe.pass(Duration::from_secs(120));
    assert!(probe.session.is_idle());
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn the_time_of_speech_begins_with_each_turn() {
    let mut probe = Probe::ready();
    probe.speech_started();
    probe.pass(Duration::from_secs(50));
    probe.speech_stopped();
    probe.speech_started();
    probe.pass(Duration::from_secs(50));
    assert_eq!(probe.session.turn(), Turn::UserSpeaking);
}
