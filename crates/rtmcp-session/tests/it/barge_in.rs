//! Barge-in: the model's speech stops, and is cut back to what was heard.

use std::time::Duration;

use rtmcp_core::{ClientEvent, Private, ServerEvent};
use rtmcp_session::{Command, Event, Input, Output, Turn};
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{endpoint::Step, world::World};

/// A world in which the model has said a second of speech, whole.
fn after_a_second_of_speech() -> World {
    let mut world = World::ready();
    world.endpoint.plans = [vec![Step::Speak; 10]].into();
    world.tell(Command::SendText(Private::from("speak")));
    world.rest();
    assert!(!world.endpoint.is_writing());
    world
}

fn cuts(world: &World) -> Vec<u64> {
    let cut = |output: &Output| match output {
        Output::Send(event) => match &**event {
            ClientEvent::ConversationItemTruncate(e) => Some(e.audio_end_ms),
            _ => None,
        },
        _ => None,
    };
    world.did.iter().filter_map(cut).collect()
}

#[test]
fn speech_is_cut_at_what_was_heard_though_the_response_is_whole() {
    let mut world = after_a_second_of_speech();
    world.pass(Duration::from_millis(420));
    assert_eq!(
        world.session.turn(),
        Turn::Responding {
            response: None,
            audible: true
        }
    );
    world.endpoint.person_speaks();
    world.rest();
    assert_eq!(cuts(&world), [420]);
    assert!(world.events.iter().any(|event| matches!(
        event,
        Event::Interrupted { heard, .. } if *heard == Duration::from_millis(420)
    )));
}

#[test]
fn speech_that_was_heard_whole_is_not_cut() {
    let mut world = after_a_second_of_speech();
    world.pass(Duration::from_millis(1_000));
    world.endpoint.person_speaks();
    world.rest();
    assert_eq!(cuts(&world), [0; 0]);
    assert_eq!(world.session.turn(), Turn::UserSpeaking);
}

#[test]
fn what_comes_after_the_cut_is_not_played() {
    let mut world = World::ready();
    world.endpoint.plans = [vec![Step::Speak; 10]].into();
    world.tell(Command::SendText(Private::from("speak")));
    while world.bring_up() || world.bring_down() {}
    for _ in 0..5 {
        world.endpoint.step();
    }
    // Two of the five pieces have arrived when the person speaks up.
    world.bring_down();
    world.bring_down();
    world.pass(Duration::from_millis(50));
    let speech = json!({"type": "input_audio_buffer.speech_started", "item_id": "i"});
    world.tell(ServerEvent::decode(&speech.to_string()));
    world.did.clear();
    while world.bring_down() {}
    assert!(
        !world
            .did
            .iter()
            .any(|output| matches!(output, Output::Play { .. }))
    );
}

#[test]
fn a_cut_is_never_beyond_the_speech_and_never_at_zero() {
    let mut world = after_a_second_of_speech();
    let item_id = world.did.iter().find_map(|output| match output {
        Output::Play { item_id, .. } => Some(item_id.clone()),
        _ => None,
    });
    world.endpoint.person_speaks();
    world.rest();
    assert_eq!(cuts(&world), [1], "nothing was heard");

    let mut world = World::ready();
    world.endpoint.plans = [vec![Step::Speak; 3]].into();
    world.tell(Command::SendText(Private::from("speak")));
    while world.bring_up() || world.bring_down() {}
    world.endpoint.step();
    while world.bring_down() {}
    let played = Duration::from_secs(9);
    let progress = rtmcp_session::Playback::Progress {
        item_id: item_id.unwrap(),
        played,
    };
    world.player_lies = true;
    world.tell(Input::Playback(progress));
    world.endpoint.person_speaks();
    world.rest();
    assert_eq!(cuts(&world), [100], "a player that claims too much");
}

#[test]
fn interrupting_by_hand_cancels_and_cuts() {
    let mut world = World::ready();
    world.endpoint.plans = [vec![Step::Speak; 10]].into();
    world.tell(Command::SendText(Private::from("speak")));
    while world.bring_up() || world.bring_down() {}
    for _ in 0..5 {
        world.endpoint.step();
    }
    while world.bring_down() {}
    world.pass(Duration::from_millis(200));
    world.tell(Command::Interrupt);
    world.rest();
    assert_eq!(cuts(&world), [200]);
    assert!(!world.endpoint.is_writing());
}

#[test]
fn where_speech_does_not_interrupt_nothing_is_cut() {
    let mut world = World::ready();
    let updated = json!({"type": "session.updated", "session": {"audio": {"input":
        {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}}});
    world.tell(ServerEvent::decode(&updated.to_string()));
    world.endpoint.plans = [vec![Step::Speak; 10]].into();
    world.tell(Command::SendText(Private::from("speak")));
    world.rest();
    world.pass(Duration::from_millis(100));
    let speech = json!({"type": "input_audio_buffer.speech_started", "item_id": "i"});
    world.tell(ServerEvent::decode(&speech.to_string()));
    assert_eq!(cuts(&world), [0; 0]);
    assert!(!world.did.contains(&Output::StopPlayback));
}
