//! One reply, after the calls of both.

use super::line::{Line, call_texts, nothing, sent_value};

const CREATE: &str = r#"{"type":"response.create", "event_id":"mine","n":1.0}"#;

/// A response that calls `ours` as c1 and `theirs` as c2.
fn mixed() -> Line {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    for text in call_texts("r1", "theirs", "c2") {
        line.endpoint_passes(&text);
    }
    let _ = line.ends("r1", &[("ours", "c1"), ("theirs", "c2")]);
    line
}

fn output(call: &str) -> String {
    format!(
        r#"{{"type":"conversation.item.create","item":{{"id":"out_{call}","type":"function_call_output","call_id":"{call}","output":""}}}}"#
    )
}

#[test]
fn a_request_of_the_client_waits_for_our_calls() {
    let mut line = mixed();
    line.client_passes(&output("c2"));
    assert_eq!(line.client(CREATE), nothing());
    let out = line.answers("c1", "done");
    assert!(out[0].contains("function_call_output"));
    assert_eq!(out[1..], [format!("> {CREATE}")]);
    line.begins("r2");
    let _ = line.acknowledge(&out[0]);
    assert_eq!(line.ends("r2", &[]).len(), 1, "one reply");
    assert_eq!(line.pass(120_000), nothing());
}

#[test]
fn a_request_of_the_client_after_ours_goes_straight_on() {
    let mut line = mixed();
    assert_eq!(line.answers("c1", "done").len(), 1);
    line.client_passes(&output("c2"));
    line.client_passes(CREATE);
    line.begins("r2");
    assert_eq!(line.ends("r2", &[]).len(), 1);
    assert_eq!(line.pass(120_000), nothing());
}

#[test]
fn where_the_client_asks_for_nothing_the_proxy_does() {
    let mut line = mixed();
    assert_eq!(line.answers("c1", "done").len(), 1);
    line.client_passes(&output("c2"));
    assert_eq!(line.pass(999), nothing());
    let out = line.pass(1);
    assert_eq!(sent_value(&out[0])["type"], "response.create");
}

#[test]
fn a_client_that_never_answers_its_call_is_not_waited_for_forever() {
    let mut line = mixed();
    assert_eq!(line.answers("c1", "done").len(), 1);
    let _ = line.pass(60_000);
    let out = line.pass(1_000);
    assert_eq!(sent_value(&out[0])["type"], "response.create");
}

#[test]
fn calls_of_the_client_alone_are_the_clients_affair() {
    let mut line = Line::ready();
    line.begins("r1");
    for text in call_texts("r1", "theirs", "c2") {
        line.endpoint_passes(&text);
    }
    assert_eq!(line.ends("r1", &[("theirs", "c2")]).len(), 1);
    line.client_passes(&output("c2"));
    assert_eq!(line.pass(120_000), nothing());
}

#[test]
fn a_request_waits_while_a_response_of_ours_is_written() {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    let _ = line.ends("r1", &[("ours", "c1")]);
    // Where the client has no call, its words are something of their own.
    let out = line.client(CREATE);
    assert!(out[0].contains(r#""id":"r1""#), "it ends before: {out:?}");
    assert_eq!(out[1..], [format!("> {CREATE}")]);
    line.begins("r2");
    let out = line.answers("c1", "done");
    assert_eq!(out.len(), 1, "a response is written: {out:?}");
    let _ = line.acknowledge(&out[0]);
    let done = line.ends("r2", &[]);
    let create = done[1].clone();
    assert_eq!(line.client(CREATE), nothing(), "ours is on its way");
    let _ = line.begins_as_asked(&create, "r3");
    assert_eq!(line.client(CREATE), nothing(), "ours is written");
    let done = line.ends("r3", &[]);
    assert_eq!(done[1..], [format!("> {CREATE}")]);
    line.begins("r4");
    let done = line.ends("r4", &[]);
    assert_eq!(done[1..], [format!("> {CREATE}")], "one after the other");
}

#[test]
fn our_request_that_came_too_early_is_made_again() {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    let _ = line.ends("r1", &[("ours", "c1")]);
    let out = line.answers("c1", "done");
    let event_id = sent_value(&out[1])["event_id"].to_string();
    // The person was quicker.
    line.begins("r2");
    let refused = format!(
        r#"{{"type":"error","error":{{"code":"conversation_already_has_active_response","message":"no","event_id":{event_id}}}}}"#
    );
    assert_eq!(line.endpoint(&refused), nothing());
    let done = line.ends("r2", &[]);
    assert_eq!(sent_value(&done[1])["type"], "response.create");
    assert_ne!(sent_value(&done[1])["event_id"].to_string(), event_id);
}

#[test]
fn a_reply_that_the_person_asked_for_does_for_ours() {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    let _ = line.ends("r1", &[("ours", "c1")]);
    line.endpoint_passes(r#"{"type":"input_audio_buffer.speech_started","item_id":"u"}"#);
    let out = line.answers("c1", "done");
    assert_eq!(out.len(), 1, "the person speaks");
    let _ = line.acknowledge(&out[0]);
    line.endpoint_passes(r#"{"type":"input_audio_buffer.speech_stopped","item_id":"u"}"#);
    line.endpoint_passes(r#"{"type":"input_audio_buffer.committed","item_id":"u"}"#);
    line.begins("r2");
    assert_eq!(line.ends("r2", &[]).len(), 1);
    assert_eq!(line.pass(120_000), nothing());
}

#[test]
fn a_reply_is_asked_for_as_the_client_asked_for_its_response() {
    let mut line = Line::ready();
    line.client_passes(
        r#"{"type":"response.create","response":{"output_modalities":["text"],"tool_choice":"required","metadata":{"topic":"x"},"input":[{"type":"item_reference","id":"q"}],"n":1.0}}"#,
    );
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    let _ = line.ends("r1", &[("ours", "c1")]);
    let out = line.answers("c1", "done");
    let output_id = sent_value(&out[0])["item"]["id"].clone();
    let create = sent_value(&out[1]);
    let response = &create["response"];
    assert_eq!(response["output_modalities"].to_string(), r#"["text"]"#);
    assert!(out[1].contains(r#""n":1.0"#) && response.get("tool_choice").is_none());
    assert_eq!(response["metadata"]["topic"], "x");
    assert_eq!(response["metadata"]["rtmcp_proxy"], create["event_id"]);
    let input: Vec<_> = response["input"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(input, ["q", "item_c1", output_id.as_str().unwrap()]);
    let begun = line.begins_as_asked(&out[1], "r2");
    assert!(
        begun[0].contains(r#""metadata":{"topic":"x"}"#),
        "{begun:?}"
    );
}

#[test]
fn a_client_that_stops_while_it_waits_gets_its_response_cancelled() {
    let mut line = mixed();
    line.client_passes(&output("c2"));
    assert_eq!(line.client(CREATE), nothing());
    let out = line.client(r#"{"type":"response.cancel"}"#);
    let [created, done] = &out[..] else {
        panic!("{out:?}")
    };
    let (created, done) = (sent_value(created), sent_value(done));
    assert_eq!(created["type"], "response.created");
    assert_eq!(done["response"]["status"], "cancelled");
    assert_eq!(done["response"]["id"], created["response"]["id"]);
    let out = line.answers("c1", "done");
    assert_eq!(
        out.len(),
        1,
        "the output is given, and nothing is said: {out:?}"
    );
    assert_eq!(line.pass(120_000), nothing());
}

#[test]
fn a_client_that_stops_what_is_written_stops_that() {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    line.client_passes(r#"{"type":"response.cancel"}"#);
    let _ = line.ends("r1", &[("ours", "c1")]);
    let out = line.answers("c1", "done");
    assert_eq!(
        out.len(),
        2,
        "its calls are answered, and their reply comes: {out:?}"
    );
}
