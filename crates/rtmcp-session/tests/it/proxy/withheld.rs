//! A response that only calls our tools isn't told: the reply to its calls is the answer.

use serde_json::{Value, json};

use super::line::{Line, call_item, nothing, sent_value};

const ASKS: &str = r#"{"type":"response.create","response":{"metadata":{"topic":"x"}}}"#;
const STOPS: &str = r#"{"type":"response.cancel"}"#;

fn created(id: &str, metadata: &Value) -> String {
    json!({"type": "response.created", "n": 1.0, "response": {"id": id, "conversation_id": "conv",
        "status": "in_progress", "output": [], "metadata": metadata}})
    .to_string()
}

fn ended(id: &str, status: &str, output: &[Value], metadata: &Value) -> String {
    json!({"type": "response.done", "response": {"id": id, "conversation_id": "conv",
        "status": status, "output": output, "metadata": metadata,
        "status_details": {"error": {"code": "server_error", "type": "server_error"}}}})
    .to_string()
}

fn speech(id: &str) -> String {
    format!(r#"{{"type":"response.output_text.delta", "response_id":"{id}","delta":"It"}}"#)
}

/// The client asks, and the model calls `ours` as c1 and nothing else.
fn called() -> Line {
    let mut line = Line::ready();
    line.client_passes(ASKS);
    calls_ours(&mut line, "r1", "c1", &json!({"topic": "x"}));
    line
}

fn calls_ours(line: &mut Line, response: &str, call: &str, metadata: &Value) {
    assert_eq!(line.endpoint(&created(response, metadata)), nothing());
    let called = line.calls(response, "ours", call);
    assert_eq!(called, [format!("call ours {call}")]);
    let done = ended(
        response,
        "completed",
        &[call_item("ours", call, "completed")],
        metadata,
    );
    assert_eq!(line.endpoint(&done), nothing());
}

fn asked(out: &[String]) -> Value {
    let create = sent_value(out.last().unwrap());
    assert_eq!(create["type"], "response.create", "{out:?}");
    create["response"]["metadata"].clone()
}

#[test]
fn the_reply_is_the_answer_and_begins_with_its_first_word() {
    let mut line = called();
    let metadata = asked(&line.answers("c1", "done"));
    // Another call, and another reply: both as the client asked.
    calls_ours(&mut line, "r2", "c2", &metadata);
    let metadata = asked(&line.answers("c2", "done"));
    assert_eq!(metadata["topic"], "x");
    assert_eq!(line.endpoint(&created("r3", &metadata)), nothing());
    line.endpoint_passes(r#"{"type":"rate_limits.updated","rate_limits":[]}"#);
    line.endpoint_passes(&speech("r0"));
    let shown = created("r3", &json!({"topic": "x"}));
    let word = speech("r3");
    assert_eq!(
        line.endpoint(&word),
        [format!("< {shown}"), format!("< {word}")]
    );
    let done = line.endpoint(&ended("r3", "completed", &[], &metadata));
    assert_eq!(
        (done.len(), &sent_value(&done[0])["response"]["id"]),
        (1, &json!("r3"))
    );
    assert_eq!(line.pass(120_000), nothing());
}

#[test]
fn what_ends_without_a_call_of_ours_is_told_as_it_is() {
    for status in ["completed", "cancelled", "incomplete", "failed"] {
        let mut line = Line::ready();
        line.client_passes(ASKS);
        let begun = created("r1", &Value::Null);
        assert_eq!(line.endpoint(&begun), nothing());
        let done = ended("r1", status, &[], &Value::Null);
        assert_eq!(
            line.endpoint(&done),
            [format!("< {begun}"), format!("< {done}")]
        );
    }
}

#[test]
fn a_client_that_stops_sees_its_response_begin_and_end() {
    let mut line = Line::ready();
    line.client_passes(ASKS);
    let begun = created("r1", &Value::Null);
    assert_eq!(line.endpoint(&begun), nothing());
    assert_eq!(
        line.client(STOPS),
        [format!("< {begun}"), format!("> {STOPS}")]
    );
    // Where nothing is written any more, the endpoint has nothing to stop.
    let mut line = called();
    let out = line.client(STOPS);
    let kinds: Vec<_> = out
        .iter()
        .map(|it| sent_value(it)["type"].clone())
        .collect();
    assert_eq!(kinds, ["response.created", "response.done"]);
    let out = line.answers("c1", "done");
    assert_eq!((out.len(), line.pass(120_000)), (1, nothing()), "no reply");
}

#[test]
fn where_the_reply_is_refused_the_response_is_told() {
    let mut line = called();
    let metadata = asked(&line.answers("c1", "done"));
    let refuse = |id: &Value| {
        json!({"type": "error", "error": {"type": "invalid_request_error", "code": "no",
            "message": "no", "event_id": id}})
        .to_string()
    };
    // Once more without what the client had asked for.
    let again = line.endpoint(&refuse(&metadata["rtmcp_proxy"]));
    let metadata = asked(&again);
    let out = line.endpoint(&refuse(&metadata["rtmcp_proxy"]));
    assert_eq!(out.len(), 2, "{out:?}");
    assert_eq!(sent_value(&out[1])["response"]["output"], json!([]));
}

#[test]
fn a_reply_that_fails_by_a_fault_that_passes_is_asked_again() {
    let mut line = called();
    let metadata = asked(&line.answers("c1", "done"));
    assert_eq!(line.endpoint(&created("r2", &metadata)), nothing());
    assert_eq!(
        line.endpoint(&ended("r2", "failed", &[], &metadata)),
        nothing()
    );
    let metadata = asked(&line.pass(60_000));
    assert_eq!(metadata["topic"], "x");
    assert_eq!(line.endpoint(&created("r3", &metadata)), nothing());
    assert_eq!(line.endpoint(&speech("r3")).len(), 2);
}

#[test]
fn a_response_that_is_long_without_a_word_is_told_before_its_client_gives_up() {
    let mut line = Line::ready();
    line.client_passes(ASKS);
    let begun = created("r1", &json!({}));
    assert_eq!(line.endpoint(&begun), nothing());
    assert_eq!(line.pass(9_900), nothing());
    let told = line.pass(200);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(sent_value(&told[0])["response"]["id"], "r1");
    assert_eq!(line.endpoint(&speech("r1")).len(), 1, "and only once");
}
