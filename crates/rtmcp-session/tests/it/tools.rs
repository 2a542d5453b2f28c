//! Calls: when they run, when they don't, and how each ends.

use std::time::Duration;

use rtmcp_core::{CallPolicy, ClientEvent, Item, Private, ServerEvent};
use rtmcp_session::{CallState, Command, Event, Input, Output, ToolEnd, ToolNews, Trouble};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{endpoint::Step, world::World};

const CALL: [Step; 2] = [Step::BeginCall, Step::EndCall];

/// A world in which the person asked and the model made `calls` calls in one response.
fn with_calls(calls: usize) -> World {
    let mut world = World::ready();
    world.endpoint.plans = [CALL.repeat(calls)].into();
    world.tell(Command::SendText(Private::from("work")));
    world.rest();
    assert_eq!(world.working.len(), calls);
    world
}

fn event(value: &Value) -> Input {
    ServerEvent::decode(&value.to_string()).into()
}

fn requests(world: &World) -> usize {
    let is_request = |output: &&Output| matches!(output, Output::Send(event) if matches!(**event, ClientEvent::ResponseCreate(_)));
    world.did.iter().filter(is_request).count()
}

fn last_output(world: &World) -> &str {
    let output = world.did.iter().rev().find_map(|output| match output {
        Output::Send(event) => match &**event {
            ClientEvent::ConversationItemCreate(e) => match &*e.item {
                Item::FunctionCallOutput(output) => Some(output.output.expose().as_str()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    output.unwrap()
}

#[test]
fn four_parallel_calls_get_four_outputs_and_one_reply() {
    let mut world = with_calls(4);
    let before = requests(&world);
    for done in 1..=4 {
        world.finish_tool(ToolEnd::Answered);
        world.rest();
        assert_eq!(
            world.watch.outputs.len(),
            done,
            "an output goes out at once"
        );
        assert_eq!(requests(&world) - before, usize::from(done == 4));
    }
    world.assert_every_call_answered();
    assert_eq!(world.endpoint.responses.len(), 2);
}

#[test]
fn a_call_that_is_cut_off_does_not_run() {
    let mut world = World::ready();
    world.endpoint.plans = [vec![Step::BeginCall, Step::Speak]].into();
    world.tell(Command::SendText(Private::from("work")));
    while world.bring_up() || world.bring_down() {}
    world.endpoint.step();
    world.endpoint.person_speaks();
    world.rest();
    assert!(world.watch.calls.is_empty());
    assert!(world.events.iter().any(|event| matches!(
        event,
        Event::Call {
            state: CallState::Dropped,
            ..
        }
    )));
}

#[test]
fn a_repeated_call_runs_once() {
    let mut world = World::ready();
    let done = json!({"type": "response.output_item.done", "response_id": "r", "item":
        {"type": "function_call", "status": "completed", "call_id": "c", "name": "n", "arguments": "{}"}});
    for _ in 0..3 {
        world.tell(event(&done));
    }
    assert_eq!(world.watch.calls.len(), 1);
}

#[test]
fn a_call_known_only_from_the_whole_response_runs() {
    let mut world = World::ready();
    let done = json!({"type": "response.done", "response": {"id": "r", "status": "completed", "output": [
        {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"}]}});
    world.tell(event(&done));
    assert_eq!(world.watch.calls.len(), 1);
}

#[test]
fn calls_outside_the_conversation_do_not_run() {
    let mut world = World::ready();
    world.tell(event(&json!({"type": "response.created",
        "response": {"id": "r", "conversation_id": null}})));
    world.tell(event(&json!({"type": "response.output_item.done", "response_id": "r", "item":
        {"type": "function_call", "status": "completed", "call_id": "c", "name": "n", "arguments": "{}"}})));
    assert!(world.watch.calls.is_empty());
}

#[test]
fn a_silent_tool_expires_and_is_stopped() {
    let mut world = with_calls(1);
    let call_id = world.working[0].clone();
    let deadline = Duration::from_secs(5);
    world.tell(Input::Tool(
        call_id.clone(),
        ToolNews::Running {
            deadline,
            policy: CallPolicy::default(),
        },
    ));
    world.pass(Duration::from_millis(4_999));
    assert_eq!(world.session.call_state(&call_id), Some(CallState::Running));
    world.pass(Duration::from_millis(1));
    assert_eq!(world.session.call_state(&call_id), Some(CallState::Expired));
    assert!(last_output(&world).contains("may or may not have taken effect"));
    assert!(world.working.is_empty(), "the tool was told to stop");
    world.rest();
    world.assert_nothing_unanswered();
}

#[test]
fn a_call_that_nobody_takes_up_expires_too() {
    let mut world = with_calls(1);
    world.pass(Duration::from_secs(61));
    world.rest();
    world.assert_every_call_answered();
}

#[test]
fn an_approval_that_nobody_gives_expires() {
    let mut world = with_calls(1);
    let call_id = world.working[0].clone();
    let expires = Duration::from_secs(90);
    world.tell(Input::Tool(
        call_id.clone(),
        ToolNews::AwaitingApproval {
            expires,
            notice: None,
        },
    ));
    // The tool's own time doesn't run while somebody decides.
    world.pass(Duration::from_millis(89_999));
    assert_eq!(
        world.session.call_state(&call_id),
        Some(CallState::AwaitingApproval)
    );
    world.pass(Duration::from_millis(1));
    assert!(last_output(&world).contains("nobody decided in time"));
    world.rest();
    world.assert_nothing_unanswered();
}

#[test]
fn an_approved_call_gets_its_time_from_then_on() {
    let mut world = with_calls(1);
    let call_id = world.working[0].clone();
    let expires = Duration::from_secs(30);
    world.tell(Input::Tool(
        call_id.clone(),
        ToolNews::AwaitingApproval {
            expires,
            notice: None,
        },
    ));
    world.pass(Duration::from_secs(20));
    let deadline = Duration::from_secs(20);
    world.tell(Input::Tool(
        call_id.clone(),
        ToolNews::Running {
            deadline,
            policy: CallPolicy::default(),
        },
    ));
    world.pass(Duration::from_secs(19));
    assert_eq!(world.session.call_state(&call_id), Some(CallState::Running));
}

#[test]
fn closing_answers_what_is_open_and_losing_the_line_orphans_it() {
    let mut world = with_calls(2);
    world.tell(Command::Close);
    assert_eq!(world.watch.outputs.len(), 2);
    assert!(last_output(&world).contains("session is ending"));

    let mut world = with_calls(2);
    let call_id = world.working[0].clone();
    world.tell(Input::Disconnected);
    assert_eq!(world.watch.outputs.len(), 0);
    assert_eq!(
        world.session.call_state(&call_id),
        Some(CallState::Orphaned)
    );
}

#[test]
fn a_call_that_nobody_decided_about_is_not_said_to_have_run_perhaps() {
    let mut world = with_calls(1);
    let call_id = world.working[0].clone();
    let expires = Duration::from_secs(60);
    world.tell(Input::Tool(
        call_id,
        ToolNews::AwaitingApproval {
            expires,
            notice: None,
        },
    ));
    world.tell(Command::Close);
    assert!(last_output(&world).starts_with("The call was not made"));
}

#[test]
fn an_output_that_the_endpoint_refuses_is_reported() {
    let mut world = World::ready();
    world.tell(event(&json!({"type": "response.output_item.done", "response_id": "r", "item":
        {"type": "function_call", "status": "completed", "call_id": "c", "name": "n", "arguments": "{}"}})));
    world.finish_tool(ToolEnd::Answered);
    // The endpoint of this world never made that call.
    world.rest();
    assert!(world.events.iter().any(|event| matches!(
        event,
        Event::Trouble(Trouble::OutputRefused { call_id, .. }) if call_id.as_str() == "c"
    )));
    assert_eq!(
        world.session.call_state(&"c".into()),
        Some(CallState::Orphaned)
    );
}
