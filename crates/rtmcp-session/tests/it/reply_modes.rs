//! What becomes of the conversation when a call is over: a reply, silence, a reply when it is idle, or
//! one at once.

use std::time::Duration;

use rtmcp_core::{CallPolicy, ClientEvent, Duplicates, Item, OnBargeIn, Private, ReplyMode, Role};
use rtmcp_session::{Command, Event, Input, Playback, ToolEnd, ToolNews};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::probe::Probe;

/// A session in which these calls of one response run, each with its mode.
fn running(modes: &[ReplyMode]) -> Probe {
    let mut probe = Probe::ready();
    probe.created("r1");
    let calls: Vec<String> = (1..=modes.len()).map(|it| format!("c{it}")).collect();
    calls.iter().for_each(|call| probe.call("r1", call));
    probe.done("r1", "completed");
    for (call, reply) in calls.iter().zip(modes) {
        run(&mut probe, call, *reply);
    }
    probe
}

fn run(probe: &mut Probe, call: &str, reply: ReplyMode) {
    let policy = CallPolicy {
        reply,
        on_barge_in: OnBargeIn::Finish,
        duplicates: Duplicates::Run,
        ..CallPolicy::default()
    };
    let deadline = Duration::from_secs(60);
    probe.tell(Input::Tool(
        call.into(),
        ToolNews::Running { deadline, policy },
    ));
}

/// The model says something, and it sounds.
fn speaks(probe: &mut Probe) {
    probe.created("talk");
    probe.speech("talk", "m1");
}

fn heard(probe: &mut Probe, item: &str) {
    let item_id = item.into();
    probe.tell(Input::Playback(Playback::Finished { item_id }));
}

#[test]
fn nobody_is_asked_for_a_reply_to_a_silent_tool() {
    let mut probe = running(&[ReplyMode::Silent]);
    probe.finish("c1");
    probe.pass(Duration::from_secs(60));
    assert_eq!((probe.answered(), probe.requests().len()), (vec!["c1"], 0));
    assert!(probe.session.is_idle(), "and nothing is waited for");
    assert!(probe.events().any(|it| *it == Event::Idle));
}

#[test]
fn a_silent_tool_that_gave_no_answer_is_reported() {
    let mut probe = running(&[ReplyMode::Silent]);
    probe.pass(Duration::from_secs(60));
    assert_eq!((probe.answered(), probe.requests().len()), (vec!["c1"], 1));
}

#[test]
fn a_tool_that_can_wait_is_replied_to_when_what_sounds_is_over() {
    let mut probe = running(&[ReplyMode::WhenIdle]);
    speaks(&mut probe);
    probe.finish("c1");
    probe.done("talk", "completed");
    probe.pass(Duration::from_secs(10));
    assert_eq!(probe.requests().len(), 0, "the model is still heard");
    heard(&mut probe, "m1");
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn a_tool_that_can_wait_waits_for_the_others() {
    let mut probe = running(&[ReplyMode::WhenIdle]);
    probe.created("r2");
    probe.call("r2", "other");
    probe.done("r2", "completed");
    run(&mut probe, "other", ReplyMode::Silent);
    probe.finish("c1");
    assert_eq!(probe.requests().len(), 0);
    probe.finish("other");
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn a_tool_that_can_wait_does_not_wait_for_a_decision() {
    let mut probe = running(&[ReplyMode::WhenIdle]);
    probe.created("r2");
    probe.call("r2", "other");
    probe.done("r2", "completed");
    let (expires, notice) = (Duration::from_secs(60), None);
    let news = ToolNews::AwaitingApproval { expires, notice };
    probe.tell(Input::Tool("other".into(), news));
    probe.finish("c1");
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn a_tool_that_can_not_wait_cuts_what_the_model_says() {
    let mut probe = running(&[ReplyMode::Interrupt]);
    speaks(&mut probe);
    probe.finish("c1");
    assert_eq!(probe.requests().len(), 0, "one answer at a time");
    let cancels = probe
        .kinds()
        .into_iter()
        .filter(|it| *it == "response.cancel");
    assert_eq!(cancels.count(), 1);
    let stopped = probe.did.iter();
    let stops = stopped.filter(|it| matches!(it, rtmcp_session::Output::StopPlayback));
    assert_eq!(stops.count(), 1);
    let heard = Some(("m1".into(), Duration::from_millis(40)));
    probe.tell(Input::Playback(Playback::Stopped { heard }));
    assert_eq!(probe.cuts(), [("m1", 40)]);
    probe.done("talk", "cancelled");
    assert_eq!(probe.requests().len(), 1);
    // Once is enough.
    probe.pass(Duration::from_secs(5));
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn what_only_sounds_is_cut_before_the_reply_is_asked_for() {
    let mut probe = running(&[ReplyMode::Interrupt]);
    speaks(&mut probe);
    probe.done("talk", "completed");
    probe.finish("c1");
    assert_eq!(
        probe.requests().len(),
        0,
        "the endpoint must know what was heard"
    );
    let heard = Some(("m1".into(), Duration::from_millis(40)));
    probe.tell(Input::Playback(Playback::Stopped { heard }));
    let kinds = probe.kinds();
    assert_eq!(
        kinds[kinds.len() - 2..],
        ["conversation.item.truncate", "response.create"]
    );
}

#[test]
fn a_player_that_says_nothing_keeps_no_reply_from_being_asked_for() {
    let mut probe = running(&[ReplyMode::Interrupt]);
    speaks(&mut probe);
    probe.done("talk", "completed");
    probe.finish("c1");
    probe.pass(Duration::from_millis(250));
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn a_person_who_speaks_is_not_interrupted() {
    let mut probe = running(&[ReplyMode::Interrupt]);
    probe.speech_started();
    probe.finish("c1");
    probe.pass(Duration::from_secs(5));
    assert_eq!(probe.requests().len(), 0);
    probe.speech_stopped();
    assert_eq!(probe.requests().len(), 0, "the endpoint answers them first");
    // It began before it had the output.
    probe.created("own");
    let cancels = probe
        .kinds()
        .into_iter()
        .filter(|it| *it == "response.cancel");
    assert_eq!(cancels.count(), 1, "and is cut then, as it can't know");
}

#[test]
fn a_response_that_is_writing_a_call_is_let_finish() {
    let mut probe = running(&[ReplyMode::Interrupt]);
    speaks(&mut probe);
    probe.event(
        &serde_json::json!({"type": "response.output_item.added", "response_id": "talk",
        "item": {"type": "function_call", "id": "i_c9", "call_id": "c9", "name": "other",
        "status": "in_progress", "arguments": ""}}),
    );
    probe.finish("c1");
    assert!(!probe.kinds().contains(&"response.cancel"));
    probe.event(
        &serde_json::json!({"type": "response.output_item.done", "response_id": "talk",
        "item": {"type": "function_call", "id": "i_c9", "call_id": "c9", "name": "other",
        "status": "completed", "arguments": "{}"}}),
    );
    assert!(probe.kinds().contains(&"response.cancel"));
    assert_eq!(probe.calls(), ["c1", "c9"]);
}

#[test]
fn the_most_eager_of_a_batch_counts() {
    use ReplyMode::{Interrupt, Reply, Silent, WhenIdle};
    for (modes, asked) in [
        ([Silent, Silent], 0),
        ([Silent, Reply], 1),
        ([Reply, WhenIdle], 1),
        ([Silent, Interrupt], 1),
    ] {
        let mut probe = running(&modes);
        probe.finish("c1");
        assert_eq!(probe.requests().len(), 0, "the batch is settled together");
        probe.finish("c2");
        assert_eq!(probe.requests().len(), asked, "{modes:?}");
    }
    let mut probe = running(&[Silent, WhenIdle]);
    speaks(&mut probe);
    probe.done("talk", "completed");
    probe.finish("c1");
    probe.finish("c2");
    assert_eq!(probe.requests().len(), 0, "when it is idle");
    heard(&mut probe, "m1");
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn a_call_that_was_refused_is_replied_to_whatever_its_tool_says() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c1");
    probe.done("r1", "completed");
    let news = ToolNews::finished(ToolEnd::Refused, "no such tool".into());
    probe.tell(Input::Tool("c1".into(), news));
    assert_eq!(probe.requests().len(), 1, "the model can correct it");
}

/// The messages that were given, by role and text.
fn told(probe: &Probe) -> Vec<(Role, String)> {
    let items = probe.sent().filter_map(|event| match event {
        ClientEvent::ConversationItemCreate(e) => match &*e.item {
            Item::Message(message) => Some(message),
            _ => None,
        },
        _ => None,
    });
    let text = |it: &rtmcp_core::Message| it.content[0].text.clone().unwrap().into_exposed();
    items.map(|it| (it.role.clone(), text(it))).collect()
}

#[test]
fn the_model_is_told_that_a_call_waits_for_a_decision() {
    let mut probe = Probe::ready();
    probe.created("r1");
    probe.call("r1", "c1");
    probe.done("r1", "completed");
    let expires = Duration::from_secs(60);
    let notice = Some(Private::from("Ask whether 12.50 may be refunded."));
    let news = ToolNews::AwaitingApproval { expires, notice };
    probe.tell(Input::Tool("c1".into(), news));
    let words = "Ask whether 12.50 may be refunded.".to_owned();
    assert_eq!(told(&probe), [(Role::System, words)]);
    assert_eq!(probe.requests().len(), 1);
    // The conversation goes on, and the call is answered in its time.
    probe.acknowledge();
    probe.created_as_asked("ask");
    probe.done("ask", "completed");
    assert_eq!(probe.answered(), [""; 0]);
    probe.pass(expires);
    assert_eq!((probe.answered(), probe.requests().len()), (vec!["c1"], 2));
}

#[test]
fn what_the_model_is_told_is_no_turn_of_anybody() {
    let mut probe = Probe::ready();
    let (text, reply) = (
        Private::from("The server `shop` is gone."),
        ReplyMode::Silent,
    );
    probe.tell(Command::Tell { text, reply });
    assert_eq!(told(&probe).len(), 1);
    probe.acknowledge();
    probe.pass(Duration::from_secs(60));
    assert_eq!(probe.requests().len(), 0);
    assert!(probe.session.transcript().lines().is_empty());
    assert!(
        !probe
            .events()
            .any(|it| matches!(it, Event::Transcript { .. }))
    );
}

#[test]
fn what_the_model_is_told_has_the_reply_that_is_wanted() {
    for (reply, asked) in [(ReplyMode::Reply, 1), (ReplyMode::WhenIdle, 0)] {
        let mut probe = Probe::ready();
        speaks(&mut probe);
        probe.done("talk", "completed");
        let text = Private::from("news");
        probe.tell(Command::Tell { text, reply });
        assert_eq!(probe.requests().len(), asked, "{reply:?}");
        heard(&mut probe, "m1");
        assert_eq!(probe.requests().len(), 1);
    }
}

#[test]
fn what_the_model_is_told_before_the_session_is_ready_is_told_then() {
    let mut probe = Probe::new();
    let (text, reply) = (Private::from("news"), ReplyMode::Reply);
    probe.tell(Command::Tell { text, reply });
    assert_eq!(told(&probe).len(), 0);
    probe.event(&serde_json::json!({"type": "session.created", "session": {}}));
    probe.event(&serde_json::json!({"type": "session.updated", "session": {}}));
    assert_eq!((told(&probe).len(), probe.requests().len()), (1, 1));
}
