//! From the greeting to the first word, and what stops a session.

use rtmcp_core::{ClientEvent, Private, ServerEvent, Timestamp, session::FunctionTool};
use rtmcp_session::{CloseReason, Command, Event, Input, Options, Output, Phase, Session, Trouble};
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{endpoint::Manners, world::World};

fn sent(outputs: &[Output]) -> Vec<&str> {
    let mut kinds = Vec::new();
    for output in outputs {
        if let Output::Send(event) = output {
            kinds.push(event.kind());
        }
    }
    kinds
}

fn event(value: &serde_json::Value) -> Input {
    ServerEvent::decode(&value.to_string()).into()
}

fn tool(name: &str) -> FunctionTool {
    FunctionTool {
        name: name.to_owned(),
        ..FunctionTool::default()
    }
}

#[test]
fn what_is_wanted_before_the_session_is_ready_is_done_then() {
    let mut world = World::new(Manners::GOOD);
    world.tell(Command::Audio(Private::from("AAAA")));
    world.tell(Command::SendText(Private::from("hello")));
    assert_eq!(world.did, []);
    world.rest();
    let kinds = sent(&world.did);
    let expected = [
        "session.update",
        "input_audio_buffer.append",
        "conversation.item.create",
        "response.create",
    ];
    assert_eq!(kinds, expected);
    assert!(matches!(world.events.first(), Some(Event::Ready { .. })));
}

#[test]
fn of_too_much_early_sound_the_oldest_goes() {
    let options = Options {
        held_audio_bytes: 10,
        ..Options::default()
    };
    let mut session = Session::new(options);
    for audio in ["AAAA", "BBBB", "CCCC"] {
        let command = Command::Audio(Private::from(audio));
        assert_eq!(session.handle(Timestamp::ZERO, command.into()).count(), 0);
    }
    let greeting = event(&json!({"type": "session.created", "session": {}}));
    session.handle(Timestamp::ZERO, greeting).for_each(drop);
    let ready = event(&json!({"type": "session.updated", "session": {}}));
    let outputs: Vec<Output> = session.handle(Timestamp::ZERO, ready).collect();
    let appended: Vec<&str> = outputs
        .iter()
        .filter_map(|output| match output {
            Output::Send(event) => match &**event {
                ClientEvent::InputAudioBufferAppend(e) => Some(e.audio.expose().as_str()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    assert_eq!(appended, ["BBBB", "CCCC"]);
}

#[test]
fn early_tools_come_with_the_first_update() {
    let mut session = Session::new(Options::default());
    let command = Command::SetTools(vec![tool("work")]);
    session
        .handle(Timestamp::ZERO, command.into())
        .for_each(drop);
    let greeting = event(&json!({"type": "session.created", "session": {}}));
    let outputs: Vec<Output> = session.handle(Timestamp::ZERO, greeting).collect();
    let [Output::Send(update)] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert!(update.encode().contains(r#""name":"work""#));
}

#[test]
fn new_tools_wait_until_no_response_is_written() {
    let mut world = World::ready();
    world.tell(event(
        &json!({"type": "response.created", "response": {"id": "r"}}),
    ));
    world.did.clear();
    world.tell(Command::SetTools(vec![tool("work")]));
    assert_eq!(sent(&world.did), [""; 0]);
    world.tell(event(
        &json!({"type": "response.done", "response": {"id": "r"}}),
    ));
    assert_eq!(sent(&world.did), ["session.update"]);
}

#[test]
fn a_refused_configuration_ends_the_session_with_the_endpoints_words() {
    let mut session = Session::new(Options::default());
    let greeting = event(&json!({"type": "session.created", "session": {}}));
    let outputs: Vec<Output> = session.handle(Timestamp::ZERO, greeting).collect();
    let [Output::Send(update)] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    let error = json!({"type": "error", "error": {"type": "invalid_request_error",
        "code": "invalid_value", "message": "Invalid 'session.audio.output.voice'",
        "event_id": update.event_id().unwrap()}});
    let outputs: Vec<Output> = session.handle(Timestamp::ZERO, event(&error)).collect();
    let message = "Invalid 'session.audio.output.voice'".to_owned();
    assert_eq!(
        outputs,
        [Output::Close(CloseReason::ConfigRefused { message })]
    );
    assert_eq!(session.phase(), Phase::Closed);
}

#[test]
fn a_fatal_error_ends_the_session_and_others_do_not() {
    let mut world = World::ready();
    let error = |code: &str| {
        event(&json!({"type": "error", "error": {"type": "x", "code": code, "message": "m"}}))
    };
    world.tell(error("item_not_found"));
    assert_eq!(world.session.phase(), Phase::Ready);
    assert!(matches!(
        world.events.last(),
        Some(Event::Trouble(Trouble::Endpoint { code: Some(code), .. })) if code == "item_not_found"
    ));
    world.tell(error("session_expired"));
    assert!(matches!(
        &world.closed,
        Some(CloseReason::Fatal { code, .. }) if code == "session_expired"
    ));
}

#[test]
fn nothing_happens_after_the_end() {
    let mut world = World::ready();
    world.tell(Command::Close);
    world.did.clear();
    world.tell(Command::SendText(Private::from("hello")));
    world.tell(event(
        &json!({"type": "response.created", "response": {"id": "r"}}),
    ));
    world.tell(Input::Disconnected);
    assert_eq!(world.did, []);
}

#[test]
fn what_is_not_understood_is_reported_and_passed_over() {
    let mut world = World::ready();
    world.tell(event(&json!({"type": "response.done", "response": 7})));
    assert!(matches!(
        world.events.last(),
        Some(Event::Trouble(Trouble::NotUnderstood { kind, .. })) if kind == "response.done"
    ));
    world.events.clear();
    world.tell(event(&json!({"type": "something.new"})));
    assert_eq!(world.events, []);
}
