//! Who is asked, and why.

use std::collections::BTreeMap;

use rtmcp_core::ToolAnnotations;
use rtmcp_router::{ApprovalReason, Approve, Route, ServerRules, ToolRules};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{call, configured, offer, tool};

#[test]
fn the_tools_rule_comes_before_the_servers_and_both_before_the_annotations() {
    use ApprovalReason::{Annotation, Configured, Unsaid};
    use Approve::{Always, Never, Writes};

    let reads = Some(true);
    let writes = Some(false);
    // The server's rule, the tool's rule, readOnlyHint; whether a person is asked, and why.
    let table = [
        (None, None, reads, false, Annotation),
        (None, None, writes, true, Annotation),
        (None, None, None, true, Unsaid),
        (Some(Writes), None, reads, false, Annotation),
        (Some(Writes), None, None, true, Unsaid),
        (Some(Never), None, None, false, Configured),
        (Some(Never), None, writes, false, Configured),
        (Some(Always), None, reads, true, Configured),
        (Some(Never), Some(Always), reads, true, Configured),
        (Some(Always), Some(Never), writes, false, Configured),
        (Some(Never), Some(Writes), writes, true, Annotation),
        (None, Some(Never), None, false, Configured),
    ];
    for row in table {
        let (server, own, read_only, asks, because) = row.clone();
        let own = ToolRules {
            approve: own,
            ..ToolRules::default()
        };
        let mut router = configured(vec![ServerRules {
            approve: server,
            tools: BTreeMap::from([("t".to_owned(), own)]),
            ..ServerRules::new("shop")
        }]);
        let mut spec = tool("t");
        spec.annotations.read_only = read_only;
        offer(&mut router, "shop", vec![spec]);

        let route = router.clone().route(&call("t", "{}"));
        assert_eq!(matches!(route, Route::Ask(_)), asks, "{row:?}");
        assert_eq!(matches!(route, Route::To(_)), !asks, "{row:?}");
        let approval = router.report()[0].approval.clone();
        assert_eq!(
            (approval.asks, approval.because),
            (asks, because),
            "{row:?}"
        );
    }
}

#[test]
fn other_hints_do_not_stand_in_for_read_only() {
    let mut spec = tool("t");
    spec.annotations = ToolAnnotations {
        read_only: None,
        destructive: Some(false),
        idempotent: Some(true),
        open_world: Some(false),
    };
    let mut router = configured(vec![ServerRules::new("shop")]);
    offer(&mut router, "shop", vec![spec]);
    assert!(matches!(
        router.clone().route(&call("t", "{}")),
        Route::Ask(_)
    ));
    assert_eq!(
        router.report()[0].approval.to_string(),
        "asks (the server doesn't say that it only reads)"
    );
}

#[test]
fn nobody_is_asked_about_a_call_that_cannot_run() {
    let mut router = configured(vec![ServerRules {
        approve: Some(Approve::Always),
        ..ServerRules::new("shop")
    }]);
    offer(&mut router, "shop", vec![tool("t")]);
    assert!(matches!(
        router.clone().route(&call("t", "{")),
        Route::Refuse(_)
    ));
}

mod rules {
    //! Rules by server, tool, annotation and arguments.

    use rtmcp_core::ToolSpec;
    use rtmcp_router::{
        ApprovalRules, ApproveRule, Ask, Condition, Hint, Router, RouterConfig, Target, Test,
    };
    use serde_json::json;

    use super::{Route, ServerRules, ToolAnnotations, call, offer, tool};
    use crate::fixture::reader;

    fn router(rules: Vec<ApproveRule>) -> Router {
        let mut router = Router::new(RouterConfig {
            servers: vec![ServerRules::new("shop"), ServerRules::new("bank")],
            approvals: ApprovalRules {
                rules,
                ..ApprovalRules::default()
            },
            ..RouterConfig::default()
        })
        .unwrap();
        let silent = tool("issue_refund");
        let careful = ToolSpec {
            annotations: ToolAnnotations {
                read_only: Some(false),
                destructive: Some(false),
                open_world: Some(false),
                ..ToolAnnotations::default()
            },
            ..tool("add_note")
        };
        offer(
            &mut router,
            "shop",
            vec![silent, careful, reader("get_order")],
        );
        offer(&mut router, "bank", vec![tool("pay")]);
        router
    }

    fn rule(ask: Ask, change: impl FnOnce(&mut ApproveRule)) -> ApproveRule {
        let mut rule = ApproveRule::new(ask);
        change(&mut rule);
        rule
    }

    fn decision(router: &mut Router, name: &str, arguments: &str) -> (bool, Target) {
        match router.route(&call(name, arguments)) {
            Route::Ask(target) => (true, target),
            Route::To(target) => (false, target),
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides_and_says_so() {
        let above = |cents: u64| Condition {
            path: "cents".into(),
            test: Test::Above(cents.into()),
        };
        let mut router = router(vec![
            rule(Ask::Always, |it| it.server = Some("bank".into())),
            rule(Ask::Always, |it| it.when = vec![above(10_000)]),
            rule(Ask::Never, |it| {
                it.tool = Some("issue_*".into());
                it.when = vec![above(0)];
            }),
            rule(Ask::Never, |it| it.annotation = Some(Hint::ReadOnly)),
        ]);
        let table = [
            ("pay", r#"{"cents":1}"#, true, "asks (rule 1)"),
            (
                "issue_refund",
                r#"{"cents":10001}"#,
                true,
                "asks (rule 2, cents above 10000)",
            ),
            (
                "issue_refund",
                r#"{"cents":5}"#,
                false,
                "runs without asking (rule 3, cents above 0)",
            ),
            // No number is above anything: it is the short form that decides.
            (
                "issue_refund",
                r#"{"cents":"5"}"#,
                true,
                "asks (the server doesn't say that it only reads)",
            ),
            ("get_order", "{}", false, "runs without asking (rule 4)"),
            (
                "add_note",
                "{}",
                true,
                "asks (the server says that it writes)",
            ),
        ];
        for (name, arguments, asks, why) in table {
            let (asked, target) = decision(&mut router, name, arguments);
            assert_eq!((asked, target.approval.to_string().as_str()), (asks, why));
            assert_eq!(target.approval.asks, asks);
        }
        let words = |tool: &str| {
            let mut reports = router.report().iter();
            let report = reports.find(|it| it.tool == tool).unwrap();
            (report.approval.asks, report.approval.to_string())
        };
        assert_eq!(words("pay"), (true, "asks (rule 1)".to_owned()));
        let by_arguments = "may ask, by the arguments (rules 2, 3)".to_owned();
        assert_eq!(words("issue_refund"), (true, by_arguments));
    }

    #[test]
    fn a_hint_is_taken_as_carefully_as_it_can_be_meant() {
        // Which of issue_refund (says nothing), add_note (says that it destroys nothing and stays
        // at home) and get_order (only reads) are meant.
        let table = [
            (Hint::Destructive, [true, false, false]),
            (Hint::ReadOnly, [false, false, true]),
            (Hint::OpenWorld, [true, false, true]),
            (Hint::Unsaid, [true, false, false]),
        ];
        for (hint, fits) in table {
            let mut router = router(vec![
                rule(Ask::Always, |it| it.annotation = Some(hint)),
                ApproveRule::new(Ask::Never),
            ]);
            let asks = ["issue_refund", "add_note", "get_order"]
                .map(|it| decision(&mut router, it, "{}").0);
            assert_eq!(asks, fits, "{hint:?}");
        }
    }

    #[test]
    fn all_conditions_of_a_rule_must_hold() {
        let is = |path: &str, value| Condition {
            path: path.into(),
            test: Test::Equals(value),
        };
        let mut router = router(vec![rule(Ask::Never, |it| {
            it.when = vec![is("currency", json!("EUR")), is("to.known", json!(true))];
        })]);
        let eur = r#"{"currency":"EUR","to":{"known":true}}"#;
        let usd = r#"{"currency":"USD","to":{"known":true}}"#;
        assert!(!decision(&mut router, "pay", eur).0);
        assert!(decision(&mut router, "pay", usd).0);
    }

    #[test]
    fn a_rule_that_can_not_be_meant_is_refused() {
        let refused = |rule: ApproveRule| {
            let config = RouterConfig {
                servers: vec![ServerRules::new("shop")],
                approvals: ApprovalRules {
                    rules: vec![ApproveRule::new(Ask::Always), rule],
                    ..ApprovalRules::default()
                },
                ..RouterConfig::default()
            };
            Router::new(config).unwrap_err().to_string()
        };
        assert_eq!(
            refused(rule(Ask::Always, |it| it.by = Some([].into()))),
            "rule 2 lets nobody decide: name at least one channel in `by`, such as \"page\""
        );
        assert_eq!(
            refused(rule(Ask::Always, |it| it.expires =
                Some(std::time::Duration::ZERO))),
            "rule 2 gives nobody time to decide: give `expires` some time, such as \"60s\""
        );
        for pattern in ["(", "a{1000}{1000}"] {
            let text = refused(rule(Ask::Always, |it| {
                it.when = vec![Condition {
                    path: "x".into(),
                    test: Test::Matches(pattern.into()),
                }];
            }));
            assert!(
                text.starts_with("rule 2 has a pattern that can't be used: "),
                "{text}"
            );
        }
    }
}
