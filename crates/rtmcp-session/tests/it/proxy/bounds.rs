//! What a client may have the proxy keep.

use rtmcp_session::{
    Handover,
    proxy::{ProxyInput, ProxyOptions},
};

use super::line::{Line, nothing, sent_value};

#[test]
fn so_many_requests_wait_and_more_are_refused() {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    let _ = line.calls("r1", "theirs", "c2");
    let _ = line.ends("r1", &[("ours", "c1"), ("theirs", "c2")]);
    let request = |nth: usize| format!(r#"{{"type":"response.create","event_id":"e{nth}"}}"#);
    for nth in 0..16 {
        assert_eq!(line.client(&request(nth)), nothing(), "{nth} waits");
    }
    let refused = line.client(&request(16));
    let error = &sent_value(&refused[0])["error"];
    assert_eq!(error["code"], "conversation_already_has_active_response");
    assert_eq!(error["event_id"], "e16");
    let answered = line.answers("c1", "done");
    assert_eq!(answered.last(), Some(&format!("> {}", request(0))));
}

#[test]
fn large_requests_wait_up_to_a_size() {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    let _ = line.calls("r1", "theirs", "c2");
    let _ = line.ends("r1", &[("ours", "c1"), ("theirs", "c2")]);
    let words = "a".repeat(3 * 1024 * 1024);
    let request =
        format!(r#"{{"type":"response.create","response":{{"instructions":"{words}"}}}}"#);
    assert_eq!(line.client(&request), nothing());
    let refused = line.client(&request);
    assert_eq!(sent_value(&refused[0])["type"], "error");
}

#[test]
fn what_is_no_json_asks_for_nothing() {
    let mut line = Line::ready();
    line.begins("r1");
    line.client_passes(r#"{"type":"response.create","response":{"#);
    line.client_passes(r#"{"type":"session.update","session":{"tools":[]"#);
    let _ = line.calls("r1", "ours", "c1");
    let _ = line.ends("r1", &[("ours", "c1")]);
    let out = line.answers("c1", "done");
    assert!(
        out.iter().any(|it| it.contains("response.create")),
        "the reply waits for nothing else: {out:?}"
    );
}

#[test]
fn of_updates_that_are_never_answered_the_latest_are_kept() {
    let mut line = Line::with(ProxyOptions {
        handover: Handover::Replay,
        ..ProxyOptions::default()
    });
    let greeting = r#"{"type":"session.created","session":{"type":"realtime","id":"s"}}"#;
    line.endpoint_passes(greeting);
    let update = |nth: usize| {
        format!(
            r#"{{"type":"session.update","event_id":"e{nth}","session":{{"type":"realtime","instructions":"{nth}"}}}}"#
        )
    };
    for nth in 0..70 {
        line.client_passes(&update(nth));
    }
    let _ = line.tell(ProxyInput::EndpointGone);
    let _ = line.tell(ProxyInput::Connected { at: None });
    let _ = line.endpoint(greeting);
    let again =
        line.endpoint(r#"{"type":"session.updated","session":{"type":"realtime","id":"s2"}}"#);
    let expected: Vec<String> = (6..70).map(|nth| format!("> {}", update(nth))).collect();
    assert_eq!(again, expected);
}
