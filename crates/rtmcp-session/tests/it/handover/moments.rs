//! When a session is handed over, and when it isn't.

use std::time::Duration;

use rtmcp_core::ClientEvent;
use rtmcp_session::{
    CloseReason, Command, Event, HandOverReason, Handover, Input, Loss, Options, Output, Part,
    Phase, Session,
};
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::losses::{added, given, greet, ready, replayed, report, take};
use crate::probe::{Probe, function_call};

const WALL: u64 = 1_800_000_000;

/// A session whose endpoint ends it after so many seconds.
fn expiring(seconds: u64) -> Probe {
    let mut probe = Probe::with(Options {
        handover: Handover::Replay,
        ..Options::default()
    });
    probe.tell(Input::Connected { at: Some(WALL) });
    let session = json!({"id": "sess_1", "expires_at": WALL + seconds});
    for kind in ["session.created", "session.updated"] {
        probe.event(&json!({"type": kind, "session": session}));
    }
    probe
}

fn connects(probe: &Probe) -> usize {
    let is_connect = |output: &&Output| **output == Output::Connect;
    probe.did.iter().filter(is_connect).count()
}

fn told(probe: &Probe) -> Vec<HandOverReason> {
    let told = probe.events().filter_map(|event| match event {
        Event::HandingOver { why } => Some(*why),
        _ => None,
    });
    told.collect()
}

#[test]
fn an_idle_moment_is_used_two_minutes_before_the_end() {
    let mut probe = expiring(3600);
    probe.pass(Duration::from_secs(3479));
    assert_eq!(connects(&probe), 0);
    probe.pass(Duration::from_secs(1));
    assert_eq!(connects(&probe), 1);
    // The one there is goes on until the next is there.
    assert_eq!(
        (probe.session.phase(), told(&probe)),
        (Phase::Ready, vec![])
    );
    probe.tell(Command::SendText("hello".into()));
    assert_eq!(given(&probe).len(), 1);
    let at = Some(WALL + 3481);
    probe.tell(Input::Connected { at });
    assert_eq!(told(&probe), [HandOverReason::Expiring]);
    assert_eq!(probe.session.phase(), Phase::HandingOver);
    probe.did.clear();
    greet(&mut probe);
    let items = given(&probe);
    assert_eq!(items.len(), 1);
    assert!(take(&mut probe, &items).restored());
    assert_eq!(probe.requests().len(), 1);
    assert_eq!(connects(&probe), 0);
}

#[test]
fn a_busy_session_is_handed_over_at_the_latest_moment() {
    let mut probe = expiring(3600);
    probe.created("r1");
    probe.event(
        &json!({"type": "response.output_item.done", "response_id": "r1",
        "item": function_call("c1")}),
    );
    probe.done("r1", "completed");
    probe.tell(Input::Tool(
        "c1".into(),
        rtmcp_session::ToolNews::Running {
            deadline: Duration::from_secs(9000),
            policy: rtmcp_core::CallPolicy::default(),
        },
    ));
    probe.pass(Duration::from_secs(3584));
    assert_eq!(connects(&probe), 0);
    probe.pass(Duration::from_secs(1));
    assert_eq!(connects(&probe), 1);
}

#[test]
fn of_a_short_session_half_is_left_in_peace() {
    let mut probe = expiring(60);
    probe.pass(Duration::from_secs(29));
    assert_eq!(connects(&probe), 0);
    probe.pass(Duration::from_secs(1));
    assert_eq!(connects(&probe), 1);
}

#[test]
fn a_clock_that_is_wrong_by_more_than_the_session_plans_nothing() {
    let mut probe = expiring(0);
    probe.pass(Duration::from_secs(7200));
    assert_eq!(connects(&probe), 0);
}

#[test]
fn what_cannot_be_had_early_is_asked_for_again_at_the_latest_moment() {
    let mut probe = expiring(3600);
    probe.pass(Duration::from_secs(3480));
    probe.tell(Input::NotConnected);
    assert_eq!((connects(&probe), probe.session.phase()), (1, Phase::Ready));
    probe.pass(Duration::from_secs(105));
    assert_eq!(connects(&probe), 2);
    probe.tell(Input::NotConnected);
    assert_eq!((connects(&probe), probe.session.phase()), (2, Phase::Ready));
    // Then the endpoint ends it, and there is nothing else to try.
    let error = json!({"type": "invalid_request_error", "code": "session_expired", "message": ""});
    probe.event(&json!({"type": "error", "error": error}));
    assert_eq!(
        (connects(&probe), told(&probe)),
        (3, vec![HandOverReason::Expired])
    );
    probe.tell(Input::Disconnected);
    probe.tell(Input::NotConnected);
    assert_eq!(
        probe.did.last(),
        Some(&Output::Close(CloseReason::Disconnected))
    );
}

#[test]
fn a_connection_that_is_lost_while_the_next_one_is_dialed_is_waited_for_once() {
    let mut probe = expiring(3600);
    probe.pass(Duration::from_secs(3480));
    probe.tell(Input::Disconnected);
    assert_eq!(
        (connects(&probe), told(&probe)),
        (1, vec![HandOverReason::Dropped])
    );
    probe.tell(Input::Connected { at: None });
    greet(&mut probe);
    assert_eq!(report(&probe).why, HandOverReason::Dropped);
}

#[test]
fn a_session_ends_with_its_connection_where_nothing_else_is_asked_for() {
    for input in [Input::Disconnected, Input::Ended] {
        let mut probe = Probe::ready();
        probe.tell(input);
        assert_eq!(probe.did, [Output::Close(CloseReason::Disconnected)]);
    }
    let mut probe = ready(Options::default());
    probe.tell(Input::Ended);
    assert_eq!(probe.did, [Output::Close(CloseReason::Disconnected)]);
}

#[test]
fn a_connection_that_is_lost_before_the_session_was_ready_is_replaced_in_silence() {
    let mut probe = Probe::with(Options {
        handover: Handover::Replay,
        ..Options::default()
    });
    probe.tell(Command::SendText("hello".into()));
    probe.event(&json!({"type": "session.created", "session": {}}));
    probe.tell(Input::Disconnected);
    assert_eq!(
        (connects(&probe), probe.session.phase()),
        (1, Phase::Connecting)
    );
    // What is late is of the one that is gone.
    probe.event(&json!({"type": "session.updated", "session": {}}));
    assert_eq!(probe.session.phase(), Phase::Connecting);
    probe.tell(Input::Connected { at: None });
    greet(&mut probe);
    assert_eq!(probe.session.phase(), Phase::Ready);
    assert!(
        probe
            .events()
            .any(|event| matches!(event, Event::Ready { .. }))
    );
    assert_eq!(given(&probe).len(), 1);
}

#[test]
fn idle_is_told_again() {
    let mut probe = ready(Options::default());
    assert_eq!(replayed(&mut probe), []);
    assert_eq!(probe.events().last(), Some(&Event::Idle));
}

#[test]
fn a_new_connection_that_is_lost_as_well_begins_again_and_not_for_ever() {
    let mut probe = ready(Options::default());
    added(&mut probe, &function_call("c1"));
    let mut ids = Vec::new();
    for _ in 0..8 {
        let items = replayed(&mut probe);
        ids.extend(items.into_iter().map(|(id, _)| id));
    }
    ids.dedup();
    assert_eq!(ids.len(), 8);
    probe.tell(Input::Disconnected);
    assert_eq!(
        probe.did.last(),
        Some(&Output::Close(CloseReason::Disconnected))
    );
}

#[test]
fn an_endpoint_that_does_not_greet_is_given_up_for_another() {
    let mut probe = ready(Options::default());
    probe.tell(Input::Disconnected);
    probe.tell(Input::Connected { at: None });
    probe.pass(Duration::from_secs(15));
    assert_eq!(connects(&probe), 2);
    assert_eq!(probe.session.phase(), Phase::HandingOver);
}

#[test]
fn a_sideband_rejoins_and_gives_what_the_conversation_lacks() {
    let mut probe = Probe::with(Options {
        handover: Handover::Rejoin,
        ..Options::default()
    });
    greet(&mut probe);
    probe.created("r1");
    for call in ["c1", "c2"] {
        probe.call("r1", call);
    }
    probe.done("r1", "completed");
    probe.finish("c1");
    probe.tell(Command::SendText("hello".into()));
    probe.tell(Input::Disconnected);
    probe.did.clear();
    probe.finish("c2");
    assert_eq!(probe.sent().count(), 0);
    probe.tell(Input::Connected { at: None });
    probe.event(&json!({"type": "session.created", "session": {}}));
    // What was sent may have come; what wasn't, can't have.
    let asked = [
        "conversation.item.retrieve",
        "conversation.item.retrieve",
        "conversation.item.create",
    ];
    assert_eq!(probe.kinds(), asked);
    assert_eq!(probe.answered(), ["c2"]);
    let ids: Vec<String> = probe
        .sent()
        .map(|it| it.event_id().unwrap().to_string())
        .collect();
    let looked_for = probe.sent().find_map(|event| match event {
        ClientEvent::ConversationItemRetrieve(e) => Some(e.item_id.to_string()),
        _ => None,
    });
    let have = json!({"type": "function_call_output", "id": looked_for, "call_id": "c1",
        "output": "done"});
    let items: Vec<_> = given(&probe).into_iter().map(|(_, item)| item).collect();
    probe.did.clear();
    probe.event(&json!({"type": "conversation.item.retrieved", "item": have}));
    let error = json!({"type": "invalid_request_error", "code": "item_not_found", "message": "",
        "event_id": ids[1]});
    probe.event(&json!({"type": "error", "error": error}));
    let missing = given(&probe);
    assert_eq!(missing[0].1["content"][0]["text"], "hello");
    for item in items.iter().chain(missing.iter().map(|(_, item)| item)) {
        added(&mut probe, item);
    }
    let report = report(&probe);
    assert_eq!(
        (report.replayed, &report.lost[..]),
        (3, &[Loss::Unseen][..])
    );
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn a_sideband_ends_with_its_call() {
    let mut probe = Probe::with(Options {
        handover: Handover::Rejoin,
        ..Options::default()
    });
    greet(&mut probe);
    let error = json!({"type": "invalid_request_error", "code": "session_expired", "message": ""});
    probe.event(&json!({"type": "error", "error": error}));
    assert_eq!(probe.session.phase(), Phase::Closed);
}

#[test]
fn a_companion_rejoins_and_never_replays() {
    let companion = |handover| Options {
        handover,
        part: Part::Companion,
        ..Options::default()
    };
    let mut probe = Probe::with(companion(Handover::Replay));
    greet(&mut probe);
    probe.tell(Input::Disconnected);
    assert_eq!(probe.session.phase(), Phase::Closed);

    let mut probe = Probe::with(companion(Handover::Rejoin));
    greet(&mut probe);
    probe.did.clear();
    probe.tell(Input::Disconnected);
    probe.tell(Input::Connected { at: None });
    probe.event(&json!({"type": "session.created", "session": {}}));
    assert_eq!(probe.session.phase(), Phase::Ready);
    assert_eq!(
        (probe.sent().count(), report(&probe).lost),
        (0, vec![Loss::Unseen])
    );
}

#[test]
fn nothing_is_kept_where_nothing_is_handed_over() {
    let mut session = Session::new(Options::default());
    assert_eq!(
        session
            .handle(
                rtmcp_core::Timestamp::ZERO,
                Input::Connected { at: Some(WALL) }
            )
            .count(),
        0
    );
    assert_eq!(session.phase(), Phase::Connecting);
}
