//! The endpoint's connection ends, and the client sees next to nothing of it.

use rtmcp_core::session::FunctionTool;
use rtmcp_session::{
    HandOverReason, Handover, Loss,
    proxy::{ProxyEvent, ProxyInput, ProxyOptions},
};
use serde_json::{Value, json};

use super::line::{Line, call_texts, nothing, sent_value};

const GREETING: &str =
    r#"{"type":"session.created","session":{"type":"realtime","id":"s2","tools":[]}}"#;

/// A line that is handed over, has a client with instructions and a tool, and one message.
fn ready() -> Line {
    let mut line = greeted(GREETING);
    let update = r#"{"type":"session.update","session":{"type":"realtime","instructions":"Be brief.","tools":[{"type":"function","name":"theirs"}]}}"#;
    let out = line.client(update);
    let session = &sent_value(&out[0])["session"];
    let _ = line.endpoint(&json!({"type": "session.updated", "session": session}).to_string());
    say(&mut line, "m1");
    line
}

fn greeted(greeting: &str) -> Line {
    let ours = FunctionTool {
        name: "ours".to_owned(),
        ..FunctionTool::default()
    };
    let mut line = Line::with(ProxyOptions {
        tools: vec![ours],
        handover: Handover::Replay,
        held_audio_bytes: 120,
        ..ProxyOptions::default()
    });
    assert_eq!(
        line.tell(ProxyInput::Connected { at: Some(1_000) }),
        nothing()
    );
    let _ = line.endpoint(greeting);
    let _ = line.endpoint(r#"{"type":"session.updated","session":{"type":"realtime"}}"#);
    line
}

/// The client adds a message, and the endpoint takes it.
fn say(line: &mut Line, id: &str) {
    let item = json!({"id": id, "type": "message", "role": "user",
        "content": [{"type": "input_text", "text": "hello"}]});
    let create = json!({"type": "conversation.item.create", "event_id": format!("e_{id}"),
        "item": item});
    line.client_passes(&create.to_string());
    for kind in ["added", "done"] {
        let text = json!({"type": format!("conversation.item.{kind}"), "item": item});
        line.endpoint_passes(&text.to_string());
    }
}

/// The new connection comes up; returns what it is given.
fn arrive(line: &mut Line) -> Vec<Value> {
    assert_eq!(
        line.tell(ProxyInput::Connected { at: Some(2_000) }),
        nothing()
    );
    let out = line.endpoint(GREETING);
    let setup = sent_value(&out[0]);
    assert_eq!((out.len(), &setup["type"]), (1, &json!("session.update")));
    let session = &setup["session"];
    assert_eq!(session["instructions"], "Be brief.");
    let tools = session["tools"].as_array().unwrap().iter();
    let names: Vec<&str> = tools.map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["theirs", "ours"]);
    let mut updated = json!({"type": "session.updated", "session": session});
    updated["session"]["id"] = json!("s2");
    let out = line.endpoint(&updated.to_string());
    out.iter().map(|it| sent_value(it)).collect()
}

/// The new connection takes what it is given; returns what comes of the last.
fn take(line: &mut Line, given: &[Value]) -> Vec<String> {
    let mut last = nothing();
    for create in given {
        for kind in ["added", "done"] {
            let text = json!({"type": format!("conversation.item.{kind}"),
                "item": create["item"]});
            let out = line.endpoint(&text.to_string());
            if kind == "added" {
                last = out;
            } else {
                assert_eq!(out, nothing());
            }
        }
    }
    last
}

fn kinds_of(given: &[Value]) -> Vec<&str> {
    given
        .iter()
        .map(|it| it["item"]["type"].as_str().unwrap())
        .collect()
}

fn losses(line: &Line) -> &[Loss] {
    let Some(ProxyEvent::HandedOver(handed)) = line.events.last() else {
        panic!("{:?}", line.events)
    };
    assert_eq!(handed.session_id.as_ref().unwrap().as_str(), "s2");
    &handed.lost
}

#[test]
fn what_was_said_is_given_to_the_next_connection() {
    let mut line = ready();
    assert_eq!(line.tell(ProxyInput::EndpointGone), ["Connect"]);
    let asks = r#"{"type":"response.create"}"#;
    let sound = |at: u8| format!(r#"{{"type":"input_audio_buffer.append","audio":"{at}"}}"#);
    assert_eq!(line.client(asks), nothing());
    for at in 0..4 {
        assert_eq!(line.client(&sound(at)), nothing());
    }
    let given = arrive(&mut line);
    assert_eq!(given.len(), 1);
    assert_eq!(
        (&given[0]["item"]["id"], &given[0]["item"]["role"]),
        (&json!("m1"), &json!("user"))
    );
    // Two sounds have room.
    let expected = [asks.to_owned(), sound(2), sound(3)].map(|text| format!("> {text}"));
    let added = json!({"type": "conversation.item.added", "item": given[0]["item"]});
    assert_eq!(line.endpoint(&added.to_string()), expected);
    assert!(losses(&line).is_empty());
    let done = json!({"type": "conversation.item.done", "item": given[0]["item"]});
    assert_eq!(
        line.endpoint(&done.to_string()),
        nothing(),
        "the client knows it"
    );
    line.begins("r1");
    say(&mut line, "m2");
}

#[test]
fn a_response_that_was_cut_ends_as_failed_and_a_call_goes_on() {
    let mut line = ready();
    line.begins("r1");
    assert_eq!(line.calls("r1", "ours", "c1"), ["call ours c1"]);
    let out = line.tell(ProxyInput::EndpointGone);
    let done = sent_value(&out[0]);
    assert_eq!(
        (&done["response"]["id"], &done["response"]["status"]),
        (&json!("r1"), &json!("failed"))
    );
    assert_eq!(out[1], "Connect");
    let given = arrive(&mut line);
    assert_eq!(kinds_of(&given), ["message", "function_call"]);
    assert_eq!(take(&mut line, &given), nothing());
    let out = line.answers("c1", "done");
    assert!(out[0].contains("function_call_output") && out[1].contains("response.create"));
}

#[test]
fn a_call_that_ends_in_between_is_given_with_its_output() {
    let mut line = ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    let _ = line.ends("r1", &[("ours", "c1")]);
    let _ = line.tell(ProxyInput::EndpointGone);
    assert_eq!(line.answers("c1", "done"), nothing());
    let given = arrive(&mut line);
    assert_eq!(
        kinds_of(&given),
        ["message", "function_call", "function_call_output"]
    );
    let out = take(&mut line, &given);
    assert_eq!(sent_value(&out[0])["type"], "response.create", "{out:?}");
    assert!(losses(&line).is_empty());
}

#[test]
fn a_call_of_the_client_can_be_answered_over_the_next_connection() {
    let mut line = ready();
    line.begins("r1");
    for text in call_texts("r1", "theirs", "c2") {
        line.endpoint_passes(&text);
    }
    let _ = line.ends("r1", &[("theirs", "c2")]);
    let _ = line.tell(ProxyInput::EndpointGone);
    let given = arrive(&mut line);
    assert_eq!(kinds_of(&given), ["message", "function_call"]);
    let _ = take(&mut line, &given);
    line.client_passes(
        r#"{"type":"conversation.item.create","item":{"id":"o","type":"function_call_output","call_id":"c2","output":""}}"#,
    );
}

#[test]
fn what_the_endpoint_had_not_answered_is_asked_again() {
    let mut line = ready();
    let update =
        r#"{"type":"session.update","session":{"type":"realtime","instructions":"Be long."}}"#;
    let item = r#"{"id":"m2","type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}"#;
    let create = format!(r#"{{"type":"conversation.item.create","item":{item}}}"#);
    let asks = r#"{"type":"response.create","event_id":"mine"}"#;
    for text in [update, &create, asks] {
        line.client_passes(text);
    }
    let _ = line.tell(ProxyInput::EndpointGone);
    let given = arrive(&mut line);
    assert_eq!(kinds_of(&given), ["message", "message"]);
    let _ = take(&mut line, &given[..1]);
    // The client hasn't seen that its own item came.
    let added = format!(r#"{{"type":"conversation.item.added","item":{item}}}"#);
    let out = line.endpoint(&added);
    assert_eq!(
        out,
        [
            format!("< {added}"),
            format!("> {update}"),
            format!("> {asks}")
        ]
    );
    line.endpoint_passes(r#"{"type":"session.updated","session":{"tools":[]}}"#);
}

#[test]
fn before_the_session_expires_an_idle_moment_is_used() {
    let greeting = GREETING.replace(r#""tools""#, r#""expires_at":4600,"tools""#);
    let mut line = greeted(&greeting);
    // Two minutes before the end of an hour.
    assert_eq!(line.pass(3_479_000), nothing());
    line.begins("r1");
    assert_eq!(line.pass(1_000), nothing(), "the model speaks");
    let out = line.ends("r1", &[]);
    assert_eq!(out[1], "Connect");
    say(&mut line, "m1");
    let out = line.tell(ProxyInput::Connected { at: Some(4_500) });
    assert_eq!(out, nothing());
    assert!(matches!(
        line.events.last(),
        Some(ProxyEvent::HandingOver {
            why: HandOverReason::Expiring
        })
    ));
}

#[test]
fn a_session_that_has_expired_is_handed_over() {
    let mut line = ready();
    let out = line.endpoint(r#"{"type":"error","error":{"code":"session_expired","message":"x"}}"#);
    assert_eq!(out, ["Connect"]);
    assert_eq!(line.tell(ProxyInput::EndpointEnded), nothing());
    assert_eq!(
        line.endpoint(r#"{"type":"response.created","response":{}}"#),
        nothing()
    );
    let given = arrive(&mut line);
    let _ = take(&mut line, &given);
    assert!(losses(&line).is_empty());
}

#[test]
fn what_is_refused_or_not_acknowledged_is_lost() {
    let mut line = ready();
    say(&mut line, "m2");
    let _ = line.tell(ProxyInput::EndpointGone);
    let given = arrive(&mut line);
    let event_id = &given[0]["event_id"];
    let refused = json!({"type": "error", "error": {"message": "no", "event_id": event_id}});
    assert_eq!(line.endpoint(&refused.to_string()), nothing());
    assert_eq!(line.pass(5_000), nothing());
    let expected = [
        Loss::Refused {
            item_id: "m1".into(),
            message: "no".to_owned(),
        },
        Loss::Unacknowledged {
            item_id: "m2".into(),
        },
    ];
    assert_eq!(losses(&line), expected);
}

#[test]
fn where_no_connection_can_be_had_it_is_over() {
    let mut line = ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    let _ = line.tell(ProxyInput::EndpointGone);
    let out = line.tell(ProxyInput::NotConnected);
    assert_eq!(out, ["stop c1", "Close(EndpointGone)"]);
}

#[test]
fn a_connection_that_does_not_greet_is_given_up_for_another() {
    let mut line = ready();
    let _ = line.tell(ProxyInput::EndpointGone);
    let _ = line.tell(ProxyInput::Connected { at: None });
    assert_eq!(line.pass(15_000), ["Connect"]);
    let given = arrive(&mut line);
    assert_eq!(given.len(), 1);
}
