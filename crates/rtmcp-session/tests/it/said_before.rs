//! Words and calls in one response: what is said before a call is no reply to its output.

use std::time::Duration;

use rtmcp_core::{CallPolicy, ClientEvent, Private, ReplyMode};
use rtmcp_session::{Command, Event, Input, Output, ToolEnd, ToolNews};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{endpoint::Step, world::World};

/// A world in which the model says something, makes a call, and says more, all in one response.
fn with_words_around_a_call() -> World {
    let mut world = World::ready();
    world.endpoint.plans = [vec![
        Step::Speak,
        Step::BeginCall,
        Step::EndCall,
        Step::Speak,
    ]]
    .into();
    world.tell(Command::SendText(Private::from("book a table")));
    world.rest();
    assert_eq!(world.working.len(), 1);
    world
}

fn requests(world: &World) -> usize {
    let is_request = |output: &&Output| matches!(output, Output::Send(event) if matches!(**event, ClientEvent::ResponseCreate(_)));
    world.did.iter().filter(is_request).count()
}

fn idle(world: &World) -> usize {
    let events = world.events.iter();
    events.filter(|it| matches!(it, Event::Idle)).count()
}

#[test]
fn a_message_and_a_call_in_one_response_get_one_reply() {
    let mut world = with_words_around_a_call();
    let (asked, rested) = (requests(&world), idle(&world));
    world.finish_tool(ToolEnd::Answered);
    world.rest();
    world.pass(Duration::from_secs(120));
    world.rest();
    assert_eq!(requests(&world) - asked, 1, "one reply to the output");
    assert_eq!(world.endpoint.responses.len(), 2);
    assert_eq!(idle(&world) - rested, 1, "and the turn is over once");
    world.assert_every_call_answered();
}

#[test]
fn a_message_and_a_silent_call_in_one_response_get_no_second_reply() {
    let mut world = with_words_around_a_call();
    let asked = requests(&world);
    let call_id = world.working[0].clone();
    let policy = CallPolicy {
        reply: ReplyMode::Silent,
        ..CallPolicy::default()
    };
    let deadline = Duration::from_secs(30);
    world.tell(Input::Tool(call_id, ToolNews::Running { deadline, policy }));
    world.finish_tool(ToolEnd::Answered);
    world.rest();
    world.pass(Duration::from_secs(120));
    world.rest();
    assert_eq!(requests(&world), asked, "what was said is the answer");
    world.assert_every_call_answered();
}
