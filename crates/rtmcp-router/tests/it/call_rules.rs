//! What a call and the conversation owe each other: the owner's rules, and else the annotations.

use std::time::Duration;

use rtmcp_core::{Duplicates, OnBargeIn, ReplyMode, ToolAnnotations, ToolSpec};
use rtmcp_router::{
    Approve, CallRules, Retry, Router, RouterConfig, ServerRules, SoftDeadline, Target, ToolRules,
};

use crate::fixture::target;

const READS: ToolAnnotations = ToolAnnotations {
    read_only: Some(true),
    destructive: None,
    idempotent: None,
    open_world: None,
};

const IDEMPOTENT: ToolAnnotations = ToolAnnotations {
    read_only: None,
    idempotent: Some(true),
    ..READS
};

const SAYS_NOTHING: ToolAnnotations = ToolAnnotations {
    read_only: None,
    ..READS
};

/// Where a call of the one tool goes, which says this of its effects.
fn routed(annotations: ToolAnnotations, server: CallRules, tool: CallRules) -> Target {
    let own = ToolRules {
        calls: tool,
        ..ToolRules::default()
    };
    let rules = ServerRules {
        approve: Some(Approve::Never),
        calls: server,
        tools: [("work".to_owned(), own)].into(),
        ..ServerRules::new("shop")
    };
    let config = RouterConfig {
        servers: vec![rules],
        ..RouterConfig::default()
    };
    let mut router = Router::new(config).unwrap();
    let work = ToolSpec {
        name: "work".to_owned(),
        annotations,
        ..ToolSpec::default()
    };
    router.set_tools(&"shop".into(), vec![work]).unwrap();
    target(&router, "work", "{}")
}

#[test]
fn annotations_decide_what_nobody_else_does() {
    let none = CallRules::default();
    for (annotations, on_barge_in, duplicates, repeatable) in [
        (READS, OnBargeIn::Silent, Duplicates::Run, true),
        (IDEMPOTENT, OnBargeIn::Finish, Duplicates::Answer, true),
        (SAYS_NOTHING, OnBargeIn::Report, Duplicates::Answer, false),
    ] {
        let target = routed(annotations, none, none);
        let policy = target.policy;
        assert_eq!(
            (policy.on_barge_in, policy.duplicates, target.repeatable),
            (on_barge_in, duplicates, repeatable)
        );
        assert_eq!(policy.soft_deadline, Some(Duration::from_secs(4)));
        assert_eq!(policy.reply, ReplyMode::Reply);
    }
}

#[test]
fn a_tools_rules_come_before_its_servers_and_those_before_annotations() {
    let server = CallRules {
        soft_deadline: Some(SoftDeadline::Off),
        reply: Some(ReplyMode::WhenIdle),
        on_barge_in: Some(OnBargeIn::Cancel),
        retry: Some(Retry::Never),
        duplicates: Some(Duplicates::Answer),
    };
    let target = routed(READS, server, CallRules::default());
    assert_eq!(target.policy.soft_deadline, None);
    assert_eq!(target.policy.reply, ReplyMode::WhenIdle);
    assert_eq!(target.policy.on_barge_in, OnBargeIn::Cancel);
    assert_eq!(target.policy.duplicates, Duplicates::Answer);
    assert!(!target.repeatable);
    let second = Duration::from_secs(1);
    let tool = CallRules {
        soft_deadline: Some(SoftDeadline::After(second)),
        retry: Some(Retry::WhereSafe),
        ..CallRules::default()
    };
    let target = routed(READS, server, tool);
    assert_eq!(target.policy.soft_deadline, Some(second));
    assert_eq!(target.policy.reply, ReplyMode::WhenIdle);
    assert!(target.repeatable);
}

#[test]
fn no_rule_makes_a_write_repeatable() {
    let rules = CallRules {
        retry: Some(Retry::WhereSafe),
        ..CallRules::default()
    };
    assert!(!routed(SAYS_NOTHING, rules, rules).repeatable);
}

#[test]
fn a_soft_deadline_of_no_time_is_refused() {
    let calls = CallRules {
        soft_deadline: Some(SoftDeadline::After(Duration::ZERO)),
        ..CallRules::default()
    };
    let config = RouterConfig {
        servers: vec![ServerRules {
            calls,
            ..ServerRules::new("shop")
        }],
        ..RouterConfig::default()
    };
    let error = Router::new(config).unwrap_err();
    assert!(error.to_string().contains("`shop`"), "{error}");
}
