//! An endpoint that plays the model's speech itself, as over WebRTC: what sounds, and what is cut.

use std::time::Duration;

use rtmcp_core::{ItemId, Private};
use rtmcp_session::{Command, Event, Input, Options, Output, Playback, Player, Turn};
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::probe::Probe;

fn ready() -> Probe {
    let mut probe = Probe::with(Options {
        player: Player::Endpoint,
        ..Options::default()
    });
    probe.event(&json!({"type": "session.created", "session": {}}));
    probe.event(&json!({"type": "session.updated", "session": {}}));
    probe.did.clear();
    probe
}

/// The endpoint says that a response sounds, was heard, or was dropped.
fn said(probe: &mut Probe, kind: &str, response: &str) {
    let kind = format!("output_audio_buffer.{kind}");
    probe.event(&json!({"type": kind, "response_id": response}));
}

fn words(probe: &mut Probe, response: &str, item: &str) {
    probe.event(
        &json!({"type": "response.output_audio_transcript.delta", "response_id": response,
        "item_id": item, "delta": "word"}),
    );
}

fn truncated(probe: &mut Probe, item: &str, ms: u64) {
    probe.event(
        &json!({"type": "conversation.item.truncated", "item_id": item,
        "content_index": 0, "audio_end_ms": ms}),
    );
}

fn is_audible(probe: &Probe) -> bool {
    matches!(probe.session.turn(), Turn::Responding { audible: true, .. })
}

/// A response that was written, and sounds.
fn sounding() -> Probe {
    let mut probe = ready();
    probe.created("r");
    words(&mut probe, "r", "m");
    said(&mut probe, "started", "r");
    probe.done("r", "completed");
    assert!(is_audible(&probe));
    probe
}

fn idles(probe: &Probe) -> usize {
    let idle = |it: &&Output| matches!(it, Output::Notify(Event::Idle));
    probe.did.iter().filter(idle).count()
}

#[test]
fn speech_that_is_written_and_does_not_sound_yet_is_waited_for() {
    let mut probe = ready();
    probe.created("r");
    words(&mut probe, "r", "m");
    probe.done("r", "completed");
    let coming = Turn::Responding {
        response: None,
        audible: false,
    };
    assert_eq!(probe.session.turn(), coming);
    said(&mut probe, "started", "r");
    assert!(is_audible(&probe));
    assert_eq!(idles(&probe), 0);
    said(&mut probe, "stopped", "r");
    assert_eq!((probe.session.turn(), idles(&probe)), (Turn::Idle, 1));
}

#[test]
fn speech_that_never_sounds_is_waited_for_only_so_long() {
    let mut probe = ready();
    probe.created("r");
    words(&mut probe, "r", "m");
    probe.done("r", "completed");
    probe.pass(Options::default().playback_unbegun);
    assert_eq!((probe.session.turn(), idles(&probe)), (Turn::Idle, 1));
}

#[test]
fn speech_behind_other_speech_is_waited_for() {
    let mut probe = sounding();
    probe.created("s");
    words(&mut probe, "s", "n");
    probe.done("s", "completed");
    probe.pass(Duration::from_secs(20));
    said(&mut probe, "stopped", "r");
    assert_eq!(idles(&probe), 0);
    said(&mut probe, "started", "s");
    said(&mut probe, "stopped", "s");
    assert_eq!((probe.session.turn(), idles(&probe)), (Turn::Idle, 1));
}

#[test]
fn the_model_is_heard_from_the_start_to_the_stop() {
    let mut probe = ready();
    probe.created("r");
    probe.speech("r", "m");
    assert!(!is_audible(&probe));
    said(&mut probe, "started", "r");
    probe.done("r", "completed");
    assert!(is_audible(&probe) && !probe.session.is_idle());
    said(&mut probe, "stopped", "r");
    assert!(probe.session.is_idle());
    assert_eq!(probe.played(), 0, "the endpoint plays it");
    let idle = probe.events().filter(|event| **event == Event::Idle);
    assert_eq!(idle.count(), 1);
}

#[test]
fn what_sounds_late_is_heard_all_the_same() {
    let mut probe = ready();
    probe.created("r");
    words(&mut probe, "r", "m");
    probe.done("r", "completed");
    probe.pass(Options::default().playback_unbegun);
    assert!(probe.session.is_idle());
    // It sounds after all.
    said(&mut probe, "started", "r");
    assert!(is_audible(&probe));
    said(&mut probe, "stopped", "r");
    assert!(probe.session.is_idle());
}

#[test]
fn speech_whose_end_is_never_told_is_over_in_the_end() {
    let mut probe = sounding();
    probe.pass(Duration::from_millis(299_999));
    assert!(is_audible(&probe));
    probe.pass(Duration::from_millis(1));
    assert!(probe.session.is_idle());
    said(&mut probe, "started", "r");
    assert!(probe.session.is_idle(), "it comes no more");
}

#[test]
fn a_long_answer_is_heard_as_long_as_it_is_written() {
    let mut probe = ready();
    probe.created("r");
    said(&mut probe, "started", "r");
    for _ in 0..20 {
        probe.pass(Duration::from_secs(50));
        words(&mut probe, "r", "m");
        assert!(is_audible(&probe));
    }
}

#[test]
fn the_endpoint_cuts_when_the_person_speaks_up() {
    let mut probe = sounding();
    probe.speech_started();
    assert_eq!(probe.kinds(), [""; 0]);
    truncated(&mut probe, "m", 420);
    truncated(&mut probe, "m", 420);
    said(&mut probe, "cleared", "r");
    let heard = Duration::from_millis(420);
    let item_id = ItemId::from("m");
    let line = probe.session.transcript().line(&item_id).unwrap();
    assert_eq!(line.cut, Some(heard));
    let told = Event::Interrupted { item_id, heard };
    let cuts = probe.events().filter(|event| **event == told);
    assert_eq!(cuts.count(), 1);
    probe.speech_stopped();
    assert!(!is_audible(&probe));
}

#[test]
fn either_word_of_a_cut_ends_what_is_heard() {
    let mut probe = sounding();
    truncated(&mut probe, "m", 420);
    assert!(probe.session.is_idle());
    let mut probe = sounding();
    said(&mut probe, "cleared", "r");
    assert!(probe.session.is_idle());
    // What was said before it sounds is not what is heard.
    let mut probe = sounding();
    truncated(&mut probe, "older", 420);
    assert!(is_audible(&probe));
}

#[test]
fn where_speech_does_not_interrupt_the_model_speaks_on() {
    let mut probe = sounding();
    probe.event(
        &json!({"type": "session.updated", "session": {"audio": {"input":
        {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}}}),
    );
    probe.speech_started();
    probe.speech_stopped();
    assert!(is_audible(&probe));
    assert_eq!(probe.kinds(), [""; 0]);
}

#[test]
fn stopping_by_hand_cancels_and_then_clears() {
    let mut probe = ready();
    probe.created("r");
    probe.tell(Command::Interrupt);
    assert_eq!(
        probe.kinds(),
        ["response.cancel", "output_audio_buffer.clear"]
    );
}

#[test]
fn stopping_by_hand_what_only_sounds_only_clears() {
    let mut probe = sounding();
    probe.tell(Command::Interrupt);
    assert_eq!(probe.kinds(), ["output_audio_buffer.clear"]);
    assert!(is_audible(&probe), "until the endpoint says so");
    said(&mut probe, "cleared", "r");
    probe.did.clear();
    probe.tell(Command::Interrupt);
    assert_eq!(probe.did, [], "nothing is left to stop");
}

#[test]
fn stopping_by_hand_what_may_sound_clears_too() {
    let mut probe = ready();
    probe.created("r");
    words(&mut probe, "r", "m");
    probe.done("r", "completed");
    // That it sounds may be on its way.
    probe.tell(Command::Interrupt);
    assert_eq!(probe.kinds(), ["output_audio_buffer.clear"]);
}

#[test]
fn a_cancel_that_comes_too_late_is_no_trouble() {
    let mut probe = ready();
    probe.created("r");
    probe.tell(Command::Interrupt);
    probe.done("r", "completed");
    probe.did.clear();
    probe.refuse("response_cancel_not_active", None);
    assert_eq!(probe.did, []);
}

#[test]
fn news_of_older_responses_change_nothing() {
    let mut probe = sounding();
    probe.created("r2");
    said(&mut probe, "started", "r2");
    said(&mut probe, "stopped", "r");
    said(&mut probe, "started", "r");
    probe.done("r2", "completed");
    assert!(is_audible(&probe));
    said(&mut probe, "stopped", "r2");
    assert!(probe.session.is_idle());
    // What is over doesn't sound again.
    said(&mut probe, "started", "r2");
    assert!(probe.session.is_idle());
}

#[test]
fn the_end_of_a_later_response_ends_what_came_before() {
    let mut probe = sounding();
    probe.created("r2");
    probe.done("r2", "completed");
    said(&mut probe, "stopped", "r2");
    assert!(probe.session.is_idle());
}

#[test]
fn responses_that_nobody_knows_begin_and_end() {
    for response in ["nobody_knows", ""] {
        let mut probe = ready();
        said(&mut probe, "stopped", response);
        said(&mut probe, "started", response);
        assert!(is_audible(&probe));
        said(&mut probe, "stopped", response);
        assert!(probe.session.is_idle());
    }
}

#[test]
fn a_pause_in_an_answer_is_not_its_end() {
    let mut probe = ready();
    probe.created("r");
    said(&mut probe, "started", "r");
    said(&mut probe, "stopped", "r");
    assert!(!is_audible(&probe));
    probe.done("r", "completed");
    said(&mut probe, "started", "r");
    assert!(is_audible(&probe));
}

#[test]
fn tools_are_answered_while_the_model_still_sounds() {
    let mut probe = ready();
    probe.created("r");
    words(&mut probe, "r", "m");
    said(&mut probe, "started", "r");
    probe.call("r", "c");
    probe.done("r", "completed");
    probe.finish("c");
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn a_reply_that_was_asked_for_does_not_talk_over_the_person() {
    let mut probe = ready();
    probe.tell(Command::SendText(Private::from("hello")));
    probe.speech_started();
    probe.created_as_asked("r");
    let kinds = probe.kinds();
    assert_eq!(
        kinds[kinds.len() - 2..],
        ["response.cancel", "output_audio_buffer.clear"]
    );
}

#[test]
fn a_player_of_this_side_cuts_nothing() {
    let mut probe = sounding();
    probe.speech("r", "m");
    let heard = Some((ItemId::from("m"), Duration::from_millis(50)));
    probe.tell(Input::Playback(Playback::Stopped { heard }));
    let item_id = ItemId::from("m");
    probe.tell(Input::Playback(Playback::Finished { item_id }));
    assert!(is_audible(&probe));
    assert_eq!(probe.kinds(), [""; 0]);
}
