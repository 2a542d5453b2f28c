//! Our tools come into the client's session, and the client sees nothing of them.

use rtmcp_core::session::FunctionTool;
use rtmcp_session::proxy::{ProxyEvent, ProxyInput, ProxyOptions};

use super::line::{Line, nothing, sent_value};

#[test]
fn our_tools_come_behind_the_greeting_and_the_endpoints_own() {
    let mut line = Line::new(&["ours"]);
    let greeting = r#"{"type":"session.created","session":{"type":"realtime","tools":[{"type":"function","name":"theirs", "parameters":{"n":1.0}},{"type":"mcp","server_label":"docs","server_url":"https://example.com"}]},"n":1.0e3}"#;
    let out = line.endpoint(greeting);
    assert_eq!(out[0], format!("< {greeting}"));
    let update = sent_value(&out[1]);
    assert_eq!(update["session"]["type"], "realtime");
    let tools = &out[1][out[1].find("\"tools\":").unwrap()..];
    let expected = r#""tools":[{"type":"function","name":"theirs", "parameters":{"n":1.0}},{"type":"mcp","server_label":"docs"},{"type":"function","name":"ours"}]}}"#;
    assert_eq!(tools, expected);
    assert!(matches!(&line.events[..], [ProxyEvent::Greeted { .. }]));
}

#[test]
fn a_client_that_names_tools_gets_ours_with_them() {
    let mut line = Line::ready();
    let update = r#"{"event_id":"e", "type":"session.update","session":{"tools":[{"type":"function","name":"theirs"}], "voice":"x","n":0.10},"z":{}}"#;
    let expected = update.replace(
        r#""theirs"}"#,
        r#""theirs"},{"type":"function","name":"ours"}"#,
    );
    assert_eq!(line.client(update), [format!("> {expected}")]);
    let updated = r#"{"type":"session.updated","session":{"tools":[{"type":"function","name":"theirs"},{"type":"function","name":"ours"}],"n":0.10}}"#;
    let shown = r#"{"type":"session.updated","session":{"tools":[{"type":"function","name":"theirs"}],"n":0.10}}"#;
    assert_eq!(line.endpoint(updated), [format!("< {shown}")]);
}

#[test]
fn a_client_that_clears_its_tools_keeps_ours() {
    let mut line = Line::ready();
    for none in ["null", "[]", "[ ]"] {
        let update = format!(r#"{{"type":"session.update","session":{{"tools":{none}}}}}"#);
        let out = line.client(&update);
        let tools = r#"[{"type":"function","name":"ours"}]"#;
        let expected = format!(r#"> {{"type":"session.update","session":{{"tools":{tools}}}}}"#);
        assert_eq!(out, [expected]);
    }
}

#[test]
fn what_names_no_tools_goes_on_untouched() {
    let mut line = Line::ready();
    let texts = [
        r#"{"type":"session.update","session":{"type":"realtime","instructions":"tools"}}"#,
        r#"{"type":"session.update","session":{"type":"transcription","tools":[]}}"#,
        r#"{"type":"session.update","session":{"tools":"auto"}}"#,
        r#"{"type":"session.update","session":{"tools":[{"type":"function"}"#,
        r#"{"type":"session.update","session":{"tools":[}]}}"#,
        r#"{"type":"session.update"}"#,
        r#"{"type":"response.create"}"#,
        r#"{"type":"response.create","response":{"tools":null}}"#,
        r#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#,
        r#"{"audio":"AA\"AA","type":"input_audio_buffer.append"}"#,
        r#"{"type":"conversation.item.create","event_id":"proxy_ev_1","item":{"type":"message"}}"#,
        r#"{"type":"new.in_2027","tools":[]}"#,
        r#"{"type":7}"#,
        "hello",
        "",
    ];
    for text in texts {
        line.client_passes(text);
    }
    let texts = [
        r#"{"type":"response.output_audio.delta","delta":"AAAA"}"#,
        r#"{"type":"session.updated","session":{"tools":[{"type":"function","name":"theirs"}]}}"#,
        r#"{"type":"conversation.item.added","item":[]}"#,
        r#"{"type":"new.in_2027","tools":[]}"#,
        r#"{"type":"error"}"#,
        "hello",
        "",
    ];
    for text in texts {
        line.endpoint_passes(text);
    }
}

#[test]
fn a_function_of_the_same_name_is_the_clients() {
    let mut line = Line::ready();
    line.client_passes(
        r#"{"type":"session.update","session":{"tools":[{"type":"function","name":"ours"}]}}"#,
    );
    line.endpoint_passes(
        r#"{"type":"session.updated","session":{"tools":[{"type":"function","name":"ours"}]}}"#,
    );
    line.begins("r1");
    for text in super::line::call_texts("r1", "ours", "c1") {
        line.endpoint_passes(&text);
    }
}

#[test]
fn a_refused_update_leaves_what_was_offered_before() {
    let mut line = Line::ready();
    let _ = line.client(
        r#"{"type":"session.update","event_id":"e7","session":{"tools":[{"type":"function","name":"ours"}]}}"#,
    );
    line.endpoint_passes(r#"{"type":"error","error":{"message":"no","event_id":"e7"}}"#);
    line.begins("r1");
    assert_eq!(line.calls("r1", "ours", "c1"), ["call ours c1"]);
}

#[test]
fn a_transcription_gets_no_tools() {
    let mut line = Line::new(&["ours"]);
    line.endpoint_passes(r#"{"type":"session.created","session":{"type":"transcription"}}"#);
}

#[test]
fn a_response_that_names_tools_gets_ours_with_them() {
    let mut line = Line::ready();
    let create = r#"{"type":"response.create","response":{"tools":[{"type":"mcp"}],"n":1.0}}"#;
    let expected = create.replace(
        r#"{"type":"mcp"}"#,
        r#"{"type":"mcp"},{"type":"function","name":"ours"}"#,
    );
    assert_eq!(line.client(create), [format!("> {expected}")]);
    line.client_passes(
        r#"{"type":"response.create","response":{"tool_choice":"required","tools":[{"type":"mcp"}]}}"#,
    );
}

#[test]
fn a_response_outside_the_conversation_is_kept_from_our_tools() {
    let mut line = Line::ready();
    let create = r#"{"type":"response.create","response":{"conversation":"none"}}"#;
    let expected = r#"{"type":"response.create","response":{"tools":[],"conversation":"none"}}"#;
    assert_eq!(line.client(create), [format!("> {expected}")]);
    line.client_passes(
        r#"{"type":"response.create","response":{"conversation":"none","tools":[{"type":"mcp"}]}}"#,
    );
}

#[test]
fn new_tools_are_told_when_nobody_speaks() {
    let mut line = Line::ready();
    let _ = line.client(
        r#"{"type":"session.update","session":{"tools":[{"type":"function","name":"theirs"}]}}"#,
    );
    let _ = line.endpoint(r#"{"type":"session.updated","session":{}}"#);
    line.begins("r1");
    let tool = FunctionTool {
        name: "new".to_owned(),
        ..FunctionTool::default()
    };
    assert_eq!(line.tell(ProxyInput::Tools(vec![tool.clone()])), nothing());
    let out = line.ends("r1", &[]);
    let tools = &sent_value(&out[1])["session"]["tools"];
    let expected = r#"[{"type":"function","name":"theirs"},{"type":"function","name":"new"}]"#;
    assert_eq!(tools.to_string(), expected);
    assert_eq!(
        line.tell(ProxyInput::Tools(vec![tool])),
        nothing(),
        "it is known"
    );
    let hidden =
        r#"{"type":"session.updated","session":{"tools":[{"type":"function","name":"new"}]}}"#;
    assert_eq!(line.endpoint(hidden), nothing());
}

#[test]
fn a_proxy_without_tools_changes_nothing() {
    let mut line = Line::with(ProxyOptions::default());
    line.endpoint_passes(r#"{"type":"session.created","session":{"tools":[]}}"#);
    line.client_passes(r#"{"type":"session.update","session":{"tools":[]}}"#);
    line.client_passes(r#"{"type":"session.update","session":{"tools":null}}"#);
    line.client_passes(r#"{"type":"response.create","response":{"conversation":"none"}}"#);
    line.endpoint_passes(r#"{"type":"session.updated","session":{"tools":[]}}"#);
}

#[test]
fn half_a_character_shows_nothing_of_ours() {
    let mut line = Line::ready();
    let event = |tools: &str| {
        format!(
            r#"{{"type":"session.updated","session":{{"type":"realtime","instructions":"\ud83d","tools":[{tools}]}}}}"#
        )
    };
    let shown = line.endpoint(&event(r#"{"type":"function","name":"ours"}"#));
    assert_eq!(shown, [format!("< {}", event(""))]);
    line.begins("r1");
    let hidden = r#"{"type":"response.output_item.added","response_id":"r1","item":{"id":"i","type":"function_call","call_id":"c","name":"ours","arguments":"\ud83d"}}"#;
    assert!(line.endpoint(hidden).is_empty());
}
