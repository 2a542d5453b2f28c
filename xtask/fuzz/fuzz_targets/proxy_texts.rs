//! Texts of a client and of an endpoint, in any order: a line each, `c` or `e` before it, and `t` for
//! time that passes. A proxy takes all of them.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use rtmcp_core::{Timestamp, session::FunctionTool};
use rtmcp_session::proxy::{Native, Proxy, ProxyInput, ProxyOptions, ProxyOutput};

fuzz_target!(|text: &str| {
    for native in [Native::Pass, Native::Emulate] {
        let mut now = Timestamp::ZERO;
        let mut proxy = Proxy::new(ProxyOptions {
            tools: vec![FunctionTool {
                name: "ours".to_owned(),
                ..FunctionTool::default()
            }],
            native,
            ..ProxyOptions::default()
        });
        for line in text.lines().take(LINES) {
            now = now + Duration::from_millis(10);
            let input = match line.split_at_checked(1) {
                Some(("c", text)) => ProxyInput::Client(text),
                Some(("e", text)) => ProxyInput::Endpoint(text),
                Some(("t", _)) => {
                    let due = proxy.deadline().map(|(due, _)| due);
                    now = now.max(due.unwrap_or(now));
                    ProxyInput::Tick
                }
                _ => continue,
            };
            check(proxy.handle(now, input).collect());
        }
        check(proxy.handle(now, ProxyInput::ClientGone).collect());
        check(proxy.handle(now, ProxyInput::EndpointGone).collect());
        assert!(proxy.is_closed());
    }
});

fn check(outputs: Vec<ProxyOutput>) {
    assert!(outputs.len() < 10_000, "{} outputs of one input", outputs.len());
}

const LINES: usize = 200;
