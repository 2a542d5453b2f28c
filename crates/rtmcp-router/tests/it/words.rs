//! What the model reads when a call ends without a result.

use std::time::Duration;

use rtmcp_core::{Private, ServerName, ToolAnnotations, ToolSpec};
use rtmcp_router::Ending;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{reader, shop, target, tool};

#[test]
fn each_ending_says_what_happened_and_what_may_be_done() {
    let router = shop(tool("pay"));
    let to = target(&router, "pay", "{}");
    let server = || ServerName::from("shop");
    let table = [
        (
            Ending::TimedOut {
                after: Duration::from_secs(20),
            },
            "`pay` did not answer within 20 s and was stopped. It may or may not have taken effect. Tell the user; don't repeat the call unless they ask.",
        ),
        (
            Ending::Denied { reason: None },
            "`pay` was not run: the request was declined. Respect that; don't call it again unless the user asks.",
        ),
        (
            Ending::Denied {
                reason: Some(Private::from("too much")),
            },
            "`pay` was not run: the request was declined with the words \"too much\". Respect that; don't call it again unless the user asks.",
        ),
        (
            Ending::ApprovalExpired {
                after: Duration::from_millis(1500),
            },
            "`pay` was not run: nobody approved it within 1.5 s. Nothing was done. Tell the user; don't call it again unless they ask.",
        ),
        (
            Ending::ServerDown { server: server() },
            "`pay` was not run: its server `shop` can't be reached. Nothing was done. Tell the user; don't call it again unless they ask.",
        ),
        (
            Ending::ConnectionLost { server: server() },
            "The connection to `shop` broke while `pay` was running. It may or may not have taken effect. Tell the user; don't repeat the call unless they ask.",
        ),
        (
            Ending::ProtocolError {
                code: Some(-32602),
                message: Private::from("Unknown account."),
            },
            "The server answered `pay` with error -32602: Unknown account. Tell the user; repeat the call only if you can correct it.",
        ),
        (
            Ending::ProtocolError {
                code: None,
                message: Private::from("no result"),
            },
            "The server answered `pay` with error: no result. Tell the user; repeat the call only if you can correct it.",
        ),
        (
            Ending::Cancelled,
            "`pay` was cancelled. It may or may not have taken effect. Tell the user; don't repeat the call unless they ask.",
        ),
        (
            Ending::NotStarted,
            "`pay` was cancelled before it started. Nothing was done.",
        ),
    ];
    for (ending, expected) in table {
        assert_eq!(ending.output(&to), expected, "{}", ending.kind());
    }
}

#[test]
fn what_may_be_left_behind_follows_from_the_annotations() {
    let harmless = ToolSpec {
        annotations: ToolAnnotations {
            idempotent: Some(true),
            ..ToolAnnotations::default()
        },
        ..tool("t")
    };
    let table = [
        (reader("t"), "It only reads, so nothing was changed."),
        (
            harmless,
            "calling it again with the same arguments does no further harm.",
        ),
        (tool("t"), "don't repeat the call unless they ask."),
    ];
    for (spec, expected) in table {
        let to = target(&shop(spec), "t", "{}");
        let text = Ending::Cancelled.output(&to);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_strangers_words_are_kept_short() {
    let to = target(&shop(tool("t")), "t", "{}");
    let ending = Ending::ProtocolError {
        code: Some(-32603),
        message: Private::new("é".repeat(100_000)),
    };
    assert!(ending.output(&to).len() < 1000);
}
