//! Decisions: about exactly what was asked, once, in time, by who may; and what is remembered.

#[cfg(not(target_arch = "wasm32"))]
mod interleaving;

use std::{collections::BTreeSet, time::Duration};

use rtmcp_core::{Private, Timestamp, ToolCall};
use rtmcp_router::{
    ApprovalRequest, Approvals, ApproveRule, Ask, Asked, Channel, DecideError, Decision, Digest,
    Outcome, Remember, Route, Router, RouterConfig, ServerRules, Target,
};
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{call, offer, tool};

/// A router that asks by these rules; else as the annotations say.
fn ruled(rules: Vec<ApproveRule>) -> Router {
    let mut config = RouterConfig {
        servers: vec![ServerRules::new("shop"), ServerRules::new("bank")],
        ..RouterConfig::default()
    };
    config.approvals.rules = rules;
    Router::new(config).unwrap()
}

fn shop() -> Router {
    let mut router = ruled(Vec::new());
    let mut harmless = tool("note");
    harmless.annotations.destructive = Some(false);
    offer(&mut router, "shop", vec![tool("refund"), harmless]);
    router
}

fn asked(router: &mut Router, name: &str, arguments: &str) -> Target {
    match router.route(&call(name, arguments)) {
        Route::Ask(target) => target,
        other => panic!("not asked: {other:?}"),
    }
}

fn waits(approvals: &mut Approvals, at: u64, id: &str, target: Target) -> ApprovalRequest {
    match approvals.ask(seconds(at), &id.into(), target) {
        Asked::Waits(request) => *request,
        Asked::Granted(target) => panic!("{} runs unasked", target.tool),
    }
}

const fn seconds(at: u64) -> Timestamp {
    Timestamp::from_millis(at * 1000)
}

fn outcomes(approvals: &mut Approvals) -> Vec<(String, Outcome)> {
    let lines = approvals.take_audit();
    lines
        .map(|line| (line.call_id.to_string(), line.outcome))
        .collect()
}

#[test]
fn a_yes_to_exactly_this_lets_it_run_once() {
    let (mut router, mut approvals) = (shop(), Approvals::default());
    let target = asked(&mut router, "refund", r#"{"cents":250,"order":"A-7"}"#);
    let request = waits(&mut approvals, 0, "call_1", target.clone());
    assert_eq!(request.expires(), Duration::from_secs(60));
    let yes = Decision {
        hash: Some(request.hash),
        who: Some(Private::from("ann")),
        ..Decision::yes("call_1", Channel::Page)
    };
    let decided = approvals.decide(seconds(59), yes.clone()).unwrap();
    assert!(decided.allowed);
    assert_eq!(decided.target, target);

    let again = approvals.decide(seconds(59), yes).unwrap_err();
    assert_eq!(
        again.to_string(),
        "this call doesn't wait for a decision any more: it was approved"
    );
    let lines: Vec<_> = approvals.take_audit().collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].stood, Duration::from_secs(59));
    assert_eq!(lines[0].channel, Some(Channel::Page));
    assert_eq!(lines[0].hash, request.hash);
}

#[test]
fn a_decision_about_other_arguments_changes_nothing() {
    let (mut router, mut approvals) = (shop(), Approvals::default());
    let target = asked(&mut router, "refund", r#"{"cents":250}"#);
    let request = waits(&mut approvals, 0, "call_1", target);
    let target = asked(&mut router, "refund", r#"{"cents":251}"#);
    let other = waits(&mut approvals, 0, "call_2", target);
    assert_ne!(request.hash, other.hash);
    for allow in [true, false] {
        let wrong = Decision {
            hash: Some(other.hash),
            allow,
            ..Decision::yes("call_1", Channel::Page)
        };
        let error = approvals.decide(seconds(1), wrong).unwrap_err();
        assert_eq!(error, DecideError::OtherArguments);
    }
    assert_eq!(approvals.pending().len(), 2);
    assert_eq!(approvals.take_audit().count(), 0);
}

#[test]
fn a_tool_that_is_described_otherwise_is_another_thing_to_approve() {
    let mut router = shop();
    let before = asked(&mut router, "refund", "{}");
    let mut changed = tool("refund");
    changed.description = Some("Also empties the till.".into());
    offer(&mut router, "shop", vec![changed]);
    let after = asked(&mut router, "refund", "{}");
    let mut approvals = Approvals::default();
    let before = waits(&mut approvals, 0, "call_1", before);
    let yes = Decision {
        remember: Remember::Arguments,
        ..Decision::yes("call_1", Channel::Page)
    };
    approvals.decide(seconds(1), yes).unwrap();
    let after = waits(&mut approvals, 2, "call_2", after);
    assert_ne!(before.hash, after.hash);
}

#[test]
fn nobody_decides_after_the_time_is_over() {
    let (mut router, mut approvals) = (shop(), Approvals::default());
    let target = asked(&mut router, "refund", "{}");
    waits(&mut approvals, 0, "call_1", target.clone());
    waits(&mut approvals, 10, "call_2", target);
    assert_eq!(approvals.deadline(), Some(seconds(60)));
    let late = approvals.decide(seconds(60), Decision::yes("call_1", Channel::Page));
    let outcome = Outcome::Expired;
    assert_eq!(late.unwrap_err(), DecideError::Settled { outcome });
    assert!(approvals.expire(seconds(69)).is_empty());
    assert_eq!(approvals.expire(seconds(70)).len(), 1);
    assert!(approvals.withdraw(seconds(71), &"call_2".into()).is_none());
    let unknown = approvals.decide(seconds(71), Decision::yes("call_3", Channel::Page));
    assert_eq!(unknown.unwrap_err(), DecideError::Unknown);
    let expected = ["call_1", "call_2"].map(|id| (id.to_owned(), Outcome::Expired));
    assert_eq!(outcomes(&mut approvals), expected);
}

#[test]
fn who_may_not_decide_can_neither_approve_nor_deny() {
    let mut rule = ApproveRule::new(Ask::Always);
    rule.by = Some(BTreeSet::from([Channel::Webhook]));
    rule.expires = Some(Duration::from_secs(5));
    let mut router = ruled(vec![rule]);
    offer(&mut router, "shop", vec![tool("refund")]);
    let mut approvals = Approvals::default();
    let target = asked(&mut router, "refund", "{}");
    waits(&mut approvals, 0, "call_1", target);
    for decision in [
        Decision::yes("call_1", Channel::Voice),
        Decision::no("call_1", Channel::Page),
    ] {
        let refused = approvals.decide(seconds(1), decision).unwrap_err();
        assert!(matches!(refused, DecideError::Channel { .. }), "{refused}");
    }
    let decided = approvals.decide(seconds(4), Decision::yes("call_1", Channel::Webhook));
    assert!(decided.unwrap().allowed);
}

#[test]
fn without_a_rule_neither_voice_nor_keys_decide() {
    let (mut router, mut approvals) = (shop(), Approvals::default());
    let target = asked(&mut router, "refund", "{}");
    let request = waits(&mut approvals, 0, "call_1", target);
    assert_eq!(request.channels, BTreeSet::from(Channel::DEFAULT));
    assert!(!request.channels.contains(&Channel::Voice));
    assert!(!request.channels.contains(&Channel::Dtmf));
}

#[test]
fn a_yes_for_the_session_covers_the_same_arguments_and_no_others() {
    let (mut router, mut approvals) = (shop(), Approvals::default());
    let target = asked(&mut router, "refund", r#"{"cents":250}"#);
    waits(&mut approvals, 0, "call_1", target);
    let yes = Decision {
        remember: Remember::Arguments,
        ..Decision::yes("call_1", Channel::Page)
    };
    approvals.decide(seconds(1), yes).unwrap();
    let same = asked(&mut router, "refund", r#"{ "cents": 250 }"#);
    let granted = approvals.ask(seconds(2), &"call_2".into(), same);
    assert!(matches!(granted, Asked::Granted(_)));
    let other = asked(&mut router, "refund", r#"{"cents":2500}"#);
    waits(&mut approvals, 3, "call_3", other);

    let lines: Vec<_> = approvals.take_audit().collect();
    assert_eq!(lines[0].remembered, Remember::Arguments);
    assert_eq!(lines[1].outcome, Outcome::Remembered);
    assert_eq!(lines[1].remembered_from, Some("call_1".into()));

    approvals.forget();
    let same = asked(&mut router, "refund", r#"{"cents":250}"#);
    waits(&mut approvals, 4, "call_4", same);
}

#[test]
fn a_tool_that_may_destroy_is_not_approved_for_any_arguments_unless_configured() {
    let (mut router, mut approvals) = (shop(), Approvals::default());
    let any = |id: &str| Decision {
        remember: Remember::Tool,
        ..Decision::yes(id, Channel::Page)
    };
    let target = asked(&mut router, "refund", "{}");
    let request = waits(&mut approvals, 0, "call_1", target);
    assert_eq!(request.may_remember, Remember::Arguments);
    let refused = approvals.decide(seconds(1), any("call_1")).unwrap_err();
    assert!(matches!(refused, DecideError::Remember { .. }));

    // This one says that it destroys nothing.
    let target = asked(&mut router, "note", r#"{"text":"a"}"#);
    waits(&mut approvals, 2, "call_2", target);
    approvals.decide(seconds(3), any("call_2")).unwrap();
    let target = asked(&mut router, "note", r#"{"text":"b"}"#);
    let granted = approvals.ask(seconds(4), &"call_3".into(), target);
    assert!(matches!(granted, Asked::Granted(_)));

    let mut configured = ApproveRule::new(Ask::Always);
    configured.remember = Some(true);
    let mut router = ruled(vec![configured]);
    offer(&mut router, "shop", vec![tool("refund")]);
    let target = asked(&mut router, "refund", "{}");
    let request = waits(&mut approvals, 5, "call_4", target);
    assert_eq!(request.may_remember, Remember::Tool);
}

#[test]
fn a_yes_for_a_tool_does_not_reach_calls_that_another_rule_asks_about() {
    let large = ApproveRule {
        when: vec![rtmcp_router::Condition {
            path: "cents".into(),
            test: rtmcp_router::Test::Above(10_000.into()),
        }],
        remember: Some(false),
        ..ApproveRule::new(Ask::Always)
    };
    let small = ApproveRule {
        remember: Some(true),
        ..ApproveRule::new(Ask::Always)
    };
    let mut router = ruled(vec![large, small]);
    offer(&mut router, "shop", vec![tool("refund")]);
    let mut approvals = Approvals::default();
    let target = asked(&mut router, "refund", r#"{"cents":250}"#);
    waits(&mut approvals, 0, "call_1", target);
    let yes = Decision {
        remember: Remember::Tool,
        ..Decision::yes("call_1", Channel::Page)
    };
    approvals.decide(seconds(1), yes).unwrap();
    let target = asked(&mut router, "refund", r#"{"cents":9000}"#);
    let granted = approvals.ask(seconds(2), &"call_2".into(), target);
    assert!(matches!(granted, Asked::Granted(_)));
    let target = asked(&mut router, "refund", r#"{"cents":1000000}"#);
    let request = waits(&mut approvals, 3, "call_3", target);
    assert_eq!(request.why, "asks (rule 1, cents above 10000)");
    let yes = Decision {
        remember: Remember::Arguments,
        ..Decision::yes("call_3", Channel::Page)
    };
    let refused = approvals.decide(seconds(4), yes).unwrap_err();
    let most = Remember::No;
    assert_eq!(refused, DecideError::Remember { most });
}

#[test]
fn what_waits_has_short_numbers_that_nothing_else_has() {
    let (mut router, mut approvals) = (shop(), Approvals::default());
    let target = asked(&mut router, "refund", "{}");
    for (id, number) in [("a", 1), ("b", 2), ("c", 3)] {
        assert_eq!(waits(&mut approvals, 0, id, target.clone()).number, number);
    }
    approvals.withdraw(seconds(1), &"a".into());
    // Who says "one" still means the one that is over.
    assert_eq!(waits(&mut approvals, 1, "d", target.clone()).number, 4);
    for id in ["e", "f", "g", "h", "i"] {
        waits(&mut approvals, 1, id, target.clone());
    }
    assert_eq!(waits(&mut approvals, 1, "j", target.clone()).number, 1);
    assert_eq!(waits(&mut approvals, 1, "k", target).number, 10);
    let numbers: BTreeSet<_> = approvals.pending().iter().map(|it| it.number).collect();
    assert_eq!(numbers.len(), approvals.pending().len());
}

#[test]
fn a_call_that_waits_is_asked_about_once() {
    let (mut router, mut approvals) = (shop(), Approvals::default());
    let first = asked(&mut router, "refund", r#"{"cents":1}"#);
    let second = asked(&mut router, "refund", r#"{"cents":2}"#);
    let first = waits(&mut approvals, 0, "call_1", first);
    assert_eq!(waits(&mut approvals, 1, "call_1", second), first);
    approvals.withdraw(seconds(2), &"call_1".into());
    assert_eq!(
        outcomes(&mut approvals),
        [("call_1".to_owned(), Outcome::Withdrawn)]
    );
}

#[test]
fn nothing_private_is_in_debug_output() {
    let (mut router, mut approvals) = (shop(), Approvals::default());
    let call = ToolCall {
        call_id: "call_1".into(),
        ..call("refund", r#"{"card":"4111-1111"}"#)
    };
    let Route::Ask(target) = router.route(&call) else {
        panic!("a refund needs a yes")
    };
    let asked = approvals.ask(seconds(0), &call.call_id, target);
    let waiting = format!("{approvals:?} {asked:?}");
    let no = Decision {
        reason: Some(Private::from("not 4111-1111")),
        who: Some(Private::from("ann 4111-1111")),
        ..Decision::no("call_1", Channel::Page)
    };
    let deciding = format!("{no:?}");
    let decided = approvals.decide(seconds(1), no).unwrap();
    let lines: Vec<_> = approvals.take_audit().collect();
    for text in [waiting, deciding, format!("{decided:?} {lines:?}")] {
        assert!(!text.contains("4111"), "{text}");
    }
    let hash = Digest::of(&json!({}));
    assert!(format!("{hash:?}").starts_with("44136fa355"));
}
