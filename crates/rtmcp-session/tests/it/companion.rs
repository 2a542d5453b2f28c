//! A session that shares its conversation: what a companion leaves to the party that leads, and what
//! each makes of the other's doings.

use std::time::Duration;

use rtmcp_core::{ClientEvent, Private, ResponseParams, SessionConfig};
use rtmcp_session::{
    CallState, CloseReason, Command, Event, Options, Output, Part, Phase, Player, Turn,
};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::probe::{Probe, function_call};

fn options(part: Part) -> Options {
    Options {
        part,
        player: Player::Endpoint,
        ..Options::default()
    }
}

fn companion() -> Probe {
    let mut probe = Probe::with(options(Part::Companion));
    probe.event(&json!({"type": "session.created", "session": {}}));
    probe.did.clear();
    probe
}

fn text() -> Command {
    Command::SendText(Private::from("hello"))
}

fn output_came(probe: &mut Probe, call: &str) {
    probe.event(
        &json!({"type": "conversation.item.added", "item": {"id": "by_another",
        "type": "function_call_output", "call_id": call, "output": "done"}}),
    );
}

fn states(probe: &Probe) -> Vec<CallState> {
    let state = |event: &Event| match event {
        Event::Call { state, .. } => Some(*state),
        _ => None,
    };
    probe.events().filter_map(state).collect()
}

/// The request for a reply to what was typed is on its way.
fn asking(probe: &mut Probe) -> String {
    probe.tell(text());
    probe.acknowledge();
    probe.requests().pop().unwrap()
}

#[test]
fn a_companion_is_ready_when_greeted_and_asks_for_nothing() {
    for greeting in ["session.created", "session.updated"] {
        let mut probe = Probe::with(options(Part::Companion));
        probe.tell(text());
        assert_eq!(probe.kinds(), [""; 0]);
        probe.event(&json!({"type": greeting, "session": {"id": "sess"}}));
        assert_eq!(probe.session.phase(), Phase::Ready);
        assert_eq!(
            probe.kinds(),
            ["conversation.item.create", "response.create"]
        );
        probe.event(&json!({"type": "session.updated", "session": {}}));
        let ready = |event: &&Event| matches!(event, Event::Ready { .. });
        assert_eq!(probe.events().filter(ready).count(), 1);
    }
}

#[test]
fn a_companion_that_nobody_greets_ends() {
    let mut probe = Probe::with(options(Part::Companion));
    probe.tell(text());
    probe.pass(Duration::from_secs(15));
    assert_eq!(probe.did, [Output::Close(CloseReason::Silent)]);
}

#[test]
fn a_companion_shows_calls_and_leaves_them_alone() {
    let mut probe = companion();
    probe.created("r1");
    let began = json!({"type": "function_call", "call_id": "c", "name": "work"});
    probe.event(&json!({"type": "response.output_item.added", "response_id": "r1", "item": began}));
    probe.call("r1", "c");
    probe.done("r1", "completed");
    assert_eq!(probe.session.turn(), Turn::AwaitingTools);
    // Whoever takes it for the party that runs the call is not heeded.
    probe.finish("c");
    output_came(&mut probe, "c");
    output_came(&mut probe, "c");
    assert_eq!(probe.session.turn(), Turn::Idle);
    let expected = [CallState::Seen, CallState::Dispatched, CallState::Answered];
    assert_eq!(states(&probe), expected);
    assert_eq!((probe.calls(), probe.kinds()), (vec![], vec![]));
}

#[test]
fn an_output_that_comes_before_its_call_ends_it() {
    let mut probe = companion();
    probe.created("r1");
    output_came(&mut probe, "c");
    probe.call("r1", "c");
    probe.done("r1", "completed");
    assert!(probe.session.is_idle());
    assert_eq!(states(&probe), []);
}

#[test]
fn a_call_that_the_other_party_forgets_is_not_waited_for_for_ever() {
    let mut probe = companion();
    probe.created("r1");
    probe.call("r1", "c");
    probe.done("r1", "completed");
    probe.pass(Duration::from_secs(60));
    assert!(probe.session.is_idle());
    output_came(&mut probe, "c");
    assert_eq!(states(&probe), [CallState::Dispatched, CallState::Answered]);
    assert_eq!(probe.kinds(), [""; 0]);
}

#[test]
fn a_companion_does_not_change_the_session() {
    let mut probe = Probe::with(options(Part::Companion));
    let change = |probe: &mut Probe| {
        probe.tell(Command::Configure(Box::new(SessionConfig::realtime())));
        probe.tell(Command::SetTools(vec![Default::default()]));
    };
    change(&mut probe);
    probe.event(&json!({"type": "session.created", "session": {}}));
    change(&mut probe);
    assert_eq!(probe.kinds(), [""; 0]);
}

#[test]
fn a_companion_that_closes_leaves_the_calls_running() {
    let mut probe = companion();
    probe.created("r1");
    probe.call("r1", "c");
    probe.did.clear();
    probe.tell(Command::Close);
    assert_eq!(probe.did, [Output::Close(CloseReason::Asked)]);
    assert!(probe.session.open_calls().is_empty());
}

#[test]
fn an_expired_session_ends_a_companion_too() {
    let mut probe = companion();
    probe.refuse("session_expired", None);
    assert!(matches!(
        probe.did.last(),
        Some(Output::Close(CloseReason::Fatal { .. }))
    ));
}

#[test]
fn the_leads_reply_that_has_seen_the_text_counts() {
    let mut probe = companion();
    let request = asking(&mut probe);
    probe.created_with_tag("r", "rtmcp_ev_3");
    probe.refuse("conversation_already_has_active_response", Some(&request));
    probe.done("r", "completed");
    probe.pass(Duration::from_secs(60));
    assert_eq!(probe.requests().len(), 1);
    assert!(probe.session.is_idle());
}

#[test]
fn the_leads_reply_that_has_not_seen_the_text_does_not_count() {
    let mut probe = companion();
    probe.tell(text());
    let request = probe.requests().pop().unwrap();
    probe.created_with_tag("r", "rtmcp_ev_3");
    probe.acknowledge();
    probe.refuse("conversation_already_has_active_response", Some(&request));
    assert_eq!(probe.requests().len(), 1);
    probe.done("r", "completed");
    assert_eq!(probe.requests().len(), 2);
}

#[test]
fn a_reply_that_the_lead_asked_for_in_words_of_its_own_is_no_reply_to_the_text() {
    let mut lead = Probe::ready();
    lead.tell(Command::Respond(Box::new(ResponseParams {
        instructions: Some(Private::from("greet")),
        ..ResponseParams::default()
    })));
    let tag = lead.requests().pop().unwrap();
    let mut probe = companion();
    let request = asking(&mut probe);
    probe.created_with_tag("greeting", &tag);
    probe.refuse("conversation_already_has_active_response", Some(&request));
    probe.done("greeting", "completed");
    assert_eq!(probe.requests().len(), 2);
}

#[test]
fn the_companions_reply_that_has_seen_the_output_counts_for_the_lead() {
    let mut lead = Probe::ready();
    lead.created("r1");
    lead.call("r1", "c");
    lead.done("r1", "completed");
    lead.finish("c");
    lead.acknowledge();
    let request = lead.requests().pop().unwrap();
    lead.created_with_tag("r2", "rtmcp_cev_9");
    lead.refuse("conversation_already_has_active_response", Some(&request));
    lead.done("r2", "completed");
    lead.pass(Duration::from_secs(60));
    assert_eq!(lead.requests().len(), 1);
    assert!(lead.session.is_idle());
}

#[test]
fn both_parties_may_have_one_prefix() {
    let ids = |mut probe: Probe| {
        probe.event(&json!({"type": "session.created", "session": {}}));
        probe.event(&json!({"type": "session.updated", "session": {}}));
        probe.did.clear();
        probe.tell(text());
        let mut ids = probe.requests();
        ids.extend(probe.sent().filter_map(|event| match event {
            ClientEvent::ConversationItemCreate(e) => Some(e.item.id().unwrap().to_string()),
            _ => None,
        }));
        ids
    };
    for id in ids(Probe::with(options(Part::Lead))) {
        assert!(!ids(companion()).contains(&id), "{id} of both");
    }
}

#[test]
fn the_lead_runs_the_calls_of_a_reply_that_the_companion_asked_for() {
    let mut lead = Probe::ready();
    // An endpoint that names no conversation: only the tag says that the reply belongs to it.
    lead.event(&json!({"type": "response.created", "response": {"id": "r",
        "conversation_id": null, "metadata": {"rtmcp": "rtmcp_cev_9"}}}));
    lead.call("r", "c");
    assert_eq!(lead.calls(), ["c"]);
    // What was asked for outside the conversation is left alone.
    lead.event(
        &json!({"type": "response.created", "response": {"id": "out",
        "metadata": {"rtmcp": "rtmcp_cout_10"}}}),
    );
    lead.call("out", "d");
    assert_eq!(lead.calls(), ["c"]);
}

#[test]
fn only_the_lead_sees_to_it_that_the_person_is_answered() {
    for (mut probe, requests) in [(Probe::ready(), 1), (companion(), 0)] {
        probe.speech_started();
        probe.speech_stopped();
        probe.created("own");
        probe.event(&json!({"type": "response.done", "response": {"id": "own",
            "conversation_id": "conv", "status": "failed",
            "status_details": {"error": {"code": "server_error"}}}}));
        probe.pass(Duration::from_secs(1));
        assert_eq!(probe.requests().len(), requests);
    }
}

fn greeted(config: &Value, session: &Value) -> Probe {
    let mut probe = Probe::with(Options {
        config: serde_json::from_value(config.clone()).unwrap(),
        ..options(Part::Lead)
    });
    probe.event(&json!({"type": "session.created", "session": session}));
    probe
}

#[test]
fn an_error_of_the_other_party_does_not_refuse_the_configuration() {
    let config = json!({"type": "realtime"});
    let mut probe = greeted(&config, &config);
    probe.refuse("conversation_already_has_active_response", None);
    probe.refuse("response_cancel_not_active", None);
    probe.refuse("invalid_value", Some("rtmcp_cev_1"));
    probe.event(&json!({"type": "session.updated", "session": config}));
    assert_eq!(probe.session.phase(), Phase::Ready);
}

#[test]
fn a_lead_that_joins_a_call_does_not_ask_for_the_voice_that_it_has() {
    let config = json!({"audio": {"output": {"voice": "marin", "speed": 1.5}}});
    for (voice, asked) in [("marin", false), ("cedar", true)] {
        let session = json!({"audio": {"output": {"voice": voice}}});
        let probe = greeted(&config, &session);
        let update = probe.sent().next().unwrap().encode();
        assert_eq!(update.contains("marin"), asked, "{update}");
        assert!(update.contains("speed"), "{update}");
    }
}

#[test]
fn the_call_of_another_companion_reads_like_any_other() {
    // Both the whole response and the item tell of a call: it is told once.
    let mut probe = companion();
    probe.created("r");
    probe.call("r", "c");
    probe.event(&json!({"type": "response.done", "response": {"id": "r",
        "conversation_id": "conv", "status": "completed", "output": [function_call("c")]}}));
    assert_eq!(states(&probe), [CallState::Dispatched]);
}
