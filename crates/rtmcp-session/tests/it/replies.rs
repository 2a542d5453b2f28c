//! The arbiter: when the model is asked for a reply, and when it isn't.

use std::time::Duration;

use rtmcp_core::{ClientEvent, Private, ResponseParams, ServerEvent};
use rtmcp_session::{Command, Event, Input, Output, ToolEnd, Trouble, Turn};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{endpoint::Step, world::World};

fn event(value: &Value) -> Input {
    ServerEvent::decode(&value.to_string()).into()
}

/// The ids of the requests for a reply, in order.
fn requests(world: &World) -> Vec<String> {
    let id = |output: &Output| match output {
        Output::Send(event) => match &**event {
            ClientEvent::ResponseCreate(e) => Some(e.event_id.as_ref().unwrap().to_string()),
            _ => None,
        },
        _ => None,
    };
    world.did.iter().filter_map(id).collect()
}

fn refuse(world: &mut World, code: &str) {
    let event_id = requests(world).pop().unwrap();
    world.tell(event(
        &json!({"type": "error", "error": {"type": "x", "code": code,
        "message": "m", "event_id": event_id}}),
    ));
}

/// A world in which the person typed, and the request for a reply is on its way.
fn asking() -> World {
    let mut world = World::ready();
    world.tell(Command::SendText(Private::from("hello")));
    assert_eq!(requests(&world).len(), 1);
    world
}

#[test]
fn a_refusal_because_a_response_is_active_waits_for_its_end() {
    let mut world = asking();
    world.tell(event(&json!({"type": "response.created", "response": {"id": "r", "metadata": {"rtmcp": "other"}}})));
    refuse(&mut world, "conversation_already_has_active_response");
    world.pass(Duration::from_secs(30));
    assert_eq!(requests(&world).len(), 1);
    world.tell(event(
        &json!({"type": "response.done", "response": {"id": "r"}}),
    ));
    assert_eq!(requests(&world).len(), 2);
}

#[test]
fn a_refusal_without_a_known_response_is_tried_again_later_and_later() {
    let mut world = asking();
    for (times, wait) in [(2, 250), (3, 500), (4, 1000)] {
        refuse(&mut world, "conversation_already_has_active_response");
        world.pass(Duration::from_millis(wait - 1));
        assert_eq!(requests(&world).len(), times - 1);
        world.pass(Duration::from_millis(1));
        assert_eq!(requests(&world).len(), times);
    }
}

#[test]
fn an_error_that_passes_is_reported_and_tried_again_five_times() {
    let mut world = asking();
    for _ in 0..5 {
        refuse(&mut world, "server_error");
        world.pass(Duration::from_secs(10));
    }
    assert_eq!(requests(&world).len(), 6);
    refuse(&mut world, "server_error");
    world.pass(Duration::from_secs(60));
    assert_eq!(requests(&world).len(), 6);
    let is_trouble = |event: &&Event| matches!(event, Event::Trouble(Trouble::Endpoint { .. }));
    assert_eq!(world.events.iter().filter(is_trouble).count(), 6);
}

#[test]
fn a_request_that_nothing_comes_of_is_repeated() {
    let mut world = asking();
    world.pass(Duration::from_millis(14_999));
    assert_eq!(requests(&world).len(), 1);
    world.pass(Duration::from_millis(1));
    assert_eq!(requests(&world).len(), 2);
}

#[test]
fn nobody_is_asked_while_the_person_speaks() {
    let mut world = World::ready();
    world.tell(event(
        &json!({"type": "input_audio_buffer.speech_started", "item_id": "i"}),
    ));
    world.tell(Command::SendText(Private::from("hello")));
    world.pass(Duration::from_secs(10));
    assert_eq!(requests(&world), [""; 0]);
    // The endpoint is about to answer by itself; when it doesn't, the reply is asked for.
    world.tell(event(
        &json!({"type": "input_audio_buffer.speech_stopped", "item_id": "i"}),
    ));
    world.pass(Duration::from_millis(2_999));
    assert_eq!(requests(&world), [""; 0]);
    world.pass(Duration::from_millis(1));
    assert_eq!(requests(&world).len(), 1);
}

#[test]
fn the_endpoints_own_reply_counts_if_it_has_seen_everything() {
    let mut world = World::ready();
    world.endpoint.plans = [vec![Step::BeginCall, Step::EndCall]].into();
    world.tell(Command::SendText(Private::from("work")));
    world.rest();
    world.endpoint.person_speaks();
    world.rest();
    world.finish_tool(ToolEnd::Answered);
    world.rest();
    world.endpoint.person_stops();
    world.rest();
    world.pass(Duration::from_secs(30));
    world.rest();
    // The question, and the endpoint's own answer to what was said since and to the output.
    assert_eq!(
        (requests(&world).len(), world.endpoint.responses.len()),
        (1, 2)
    );
    world.assert_nothing_unanswered();
}

#[test]
fn an_own_reply_that_has_not_seen_the_output_does_not_count() {
    let mut world = World::ready();
    world.endpoint.plans = [vec![Step::BeginCall, Step::EndCall]].into();
    world.tell(Command::SendText(Private::from("work")));
    world.rest();
    world.endpoint.person_speaks();
    world.endpoint.person_stops();
    world.endpoint.step();
    // The endpoint's reply has begun; the output comes too late for it.
    world.finish_tool(ToolEnd::Answered);
    world.rest();
    assert_eq!(world.endpoint.responses.len(), 3);
    world.assert_nothing_unanswered();
}

#[test]
fn replies_of_their_own_are_not_merged() {
    let mut world = World::ready();
    for words in ["greet", "explain"] {
        let params = ResponseParams {
            instructions: Some(Private::from(words)),
            ..ResponseParams::default()
        };
        world.session_only(Command::Respond(Box::new(params)));
    }
    world.rest();
    assert_eq!(world.endpoint.responses.len(), 2);
}

#[test]
fn a_reply_outside_the_conversation_leaves_the_conversation_free() {
    let mut world = World::ready();
    let params = ResponseParams {
        conversation: Some("none".to_owned()),
        ..ResponseParams::default()
    };
    world.session_only(Command::Respond(Box::new(params)));
    let request = requests(&world).pop().unwrap();
    world.tell(event(&json!({"type": "response.created", "response":
        {"id": "out", "conversation_id": null, "metadata": {"rtmcp": request}}})));
    assert_eq!(world.session.turn(), Turn::Idle);
    // While it is being written, the conversation goes on.
    world.session_only(Command::SendText(Private::from("hello")));
    assert_eq!(requests(&world).len(), 2);
}

#[test]
fn a_turn_ended_by_hand_is_answered_once_the_endpoint_has_it() {
    let mut world = World::ready();
    world.tell(Command::CommitAudio);
    assert_eq!(requests(&world), [""; 0]);
    world.session_only(event(
        &json!({"type": "input_audio_buffer.committed", "item_id": "i"}),
    ));
    assert_eq!(requests(&world).len(), 1);
}

#[test]
fn an_empty_turn_is_not_answered() {
    let mut world = World::ready();
    world.tell(Command::CommitAudio);
    let Some(Output::Send(commit)) = world.did.last() else {
        panic!("a commit")
    };
    let event_id = commit.event_id().unwrap().clone();
    world.tell(event(
        &json!({"type": "error", "error": {"type": "invalid_request_error",
        "code": "input_audio_buffer_commit_empty", "message": "m", "event_id": event_id}}),
    ));
    world.pass(Duration::from_secs(60));
    assert_eq!(requests(&world), [""; 0]);
}

#[test]
fn the_turn_is_over_once_everything_was_answered_and_heard() {
    let mut world = World::ready();
    let idle = |world: &World| world.events.iter().filter(|it| **it == Event::Idle).count();
    world.endpoint.plans = [vec![Step::BeginCall, Step::EndCall], vec![Step::Speak]].into();
    world.tell(Command::SendText(Private::from("work")));
    world.rest();
    assert_eq!(world.session.turn(), Turn::AwaitingTools);
    world.finish_tool(ToolEnd::Answered);
    assert_eq!((idle(&world), world.session.is_idle()), (0, false));
    world.rest();
    assert_eq!(idle(&world), 0, "the reply is not heard yet");
    world.pass(Duration::from_millis(100));
    assert_eq!((idle(&world), world.session.is_idle()), (1, true));
}
