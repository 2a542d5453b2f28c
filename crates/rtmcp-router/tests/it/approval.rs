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
        let (server, own, read_only, asks, because) = row;
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
