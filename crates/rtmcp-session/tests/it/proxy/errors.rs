//! The client's errors are the client's, and ours are ours.

use rtmcp_session::{Trouble, proxy::ProxyEvent};

use super::line::{Line, nothing, sent_value};

fn error(code: &str, event_id: &str) -> String {
    format!(
        r#"{{"type":"error","event_id":"x","error":{{"type":"invalid_request_error","code":"{code}","message":"no","event_id":"{event_id}"}}}}"#
    )
}

#[test]
fn the_clients_errors_reach_the_client() {
    let mut line = Line::ready();
    line.client_passes(r#"{"type":"response.create","event_id":"mine"}"#);
    line.endpoint_passes(&error("conversation_already_has_active_response", "mine"));
    line.endpoint_passes(&error("item_not_found", "other"));
    line.endpoint_passes(&error("session_expired", ""));
    let unnamed = error("conversation_already_has_active_response", "").replace(r#""""#, "null");
    line.endpoint_passes(&unnamed);
    let troubles = line
        .events
        .iter()
        .filter(|it| matches!(it, ProxyEvent::Trouble(_)));
    assert_eq!(troubles.count(), 0);
}

#[test]
fn an_output_that_is_refused_is_our_trouble() {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    let _ = line.ends("r1", &[("ours", "c1")]);
    let out = line.answers("c1", "done");
    let event_id = sent_value(&out[0])["event_id"].as_str().unwrap().to_owned();
    let text = error("invalid_tool_call_id", &event_id);
    assert_eq!(line.endpoint(&text), nothing());
    let refused = |it: &ProxyEvent| matches!(it, ProxyEvent::Trouble(Trouble::OutputRefused { call_id, .. }) if call_id.as_str() == "c1");
    assert!(line.events.iter().any(refused));
    // The same id again can only be the client's own.
    line.endpoint_passes(&text);
}

#[test]
fn tools_that_are_refused_are_our_trouble() {
    let mut line = Line::new(&["ours"]);
    let out = line.endpoint(r#"{"type":"session.created","session":{}}"#);
    let event_id = sent_value(&out[1])["event_id"].as_str().unwrap().to_owned();
    assert_eq!(line.endpoint(&error("invalid_value", &event_id)), nothing());
    let trouble = |it: &ProxyEvent| matches!(it, ProxyEvent::Trouble(Trouble::Endpoint { .. }));
    assert!(line.events.iter().any(trouble));
    // What comes next answers the client.
    line.client_passes(r#"{"type":"session.update","session":{"instructions":"x"}}"#);
    line.endpoint_passes(r#"{"type":"session.updated","session":{}}"#);
}

#[test]
fn a_refused_request_of_the_client_leaves_the_reply_to_us() {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    for text in super::line::call_texts("r1", "theirs", "c2") {
        line.endpoint_passes(&text);
    }
    let _ = line.ends("r1", &[]);
    assert_eq!(line.answers("c1", "done").len(), 1);
    line.client_passes(
        r#"{"type":"conversation.item.create","item":{"type":"function_call_output","call_id":"c2","output":""}}"#,
    );
    line.client_passes(r#"{"type":"response.create","event_id":"mine"}"#);
    line.endpoint_passes(&error("invalid_value", "mine"));
    let out = line.pass(1_000);
    assert_eq!(sent_value(&out[0])["type"], "response.create");
}
