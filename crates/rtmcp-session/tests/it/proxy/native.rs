//! An endpoint without native MCP looks to the client like one with it.

use rtmcp_core::{CallId, McpError, ToolAnnotations, ToolSpec, session::FunctionTool};
use rtmcp_session::proxy::{Native, NativeNews, ProxyInput, ProxyOptions};
use serde_json::{Value, json};

use super::line::{Line, call_item, call_texts, nothing, sent_value};

const SERVER: &str = r#"{"type":"mcp","server_label":"docs","server_url":"https://docs.example","authorization":"sesame","require_approval":{"never":{"read_only":true}}}"#;

/// A line that has taken a server with the tools `look.up`, which only reads, and `change`.
fn ready() -> Line {
    let mut line = greeted();
    let out = line.client(&update(SERVER));
    assert_eq!(out.len(), 4, "{out:?}");
    let begun = ["mcp_list_tools.in_progress", "conversation.item.added"];
    assert_eq!(kinds(&out[..2]), begun);
    assert!(
        out[2].starts_with("Import(Import { import: 1, label: \"docs\""),
        "{out:?}"
    );
    assert!(!out[2].contains("sesame"));
    assert_eq!(out[3], format!("> {}", update(OURS)));
    // Clients ask for the list as soon as they hear of it, and again when it is there.
    let id = &sent_value(&out[0])["item_id"];
    let retrieve = json!({"type": "conversation.item.retrieve", "item_id": id}).to_string();
    let early = sent_value(&line.client(&retrieve)[0]);
    assert_eq!(early["type"], "conversation.item.retrieved");
    assert_eq!(
        (&early["item"]["id"], &early["item"]["tools"]),
        (id, &json!([]))
    );
    let updated =
        r#"{"type":"session.updated","session":{"tools":[{"type":"function","name":"ours"}]}}"#;
    let shown = r#"{"type":"session.updated","session":{"tools":[{"type":"mcp","server_label":"docs","server_url":"https://docs.example","require_approval":{"never":{"read_only":true}}}]}}"#;
    assert_eq!(line.endpoint(updated), [format!("< {shown}")]);
    let out = line.tell(ProxyInput::Native(NativeNews::Imported {
        import: 1,
        tools: vec![tool("look.up", true), tool("change", false)],
    }));
    let listed = ["conversation.item.done", "mcp_list_tools.completed"];
    assert_eq!(kinds(&out[..2]), listed);
    let item = &sent_value(&out[0])["item"];
    assert_eq!(
        (&item["type"], &item["server_label"]),
        (&json!("mcp_list_tools"), &json!("docs"))
    );
    assert_eq!(item["tools"][0]["name"], "look.up");
    assert_eq!(item["tools"][0]["annotations"]["readOnlyHint"], true);
    let names = functions(&sent_value(&out[2])["session"]["tools"]);
    assert_eq!(names, ["look_up", "change", "ours"]);
    let hidden = json!({"type": "session.updated", "session": {"tools": sent_value(&out[2])["session"]["tools"]}});
    assert_eq!(line.endpoint(&hidden.to_string()), nothing());
    line
}

const OURS: &str = r#"{"type":"function","name":"ours"}"#;

fn greeted() -> Line {
    let ours = FunctionTool {
        name: "ours".to_owned(),
        ..FunctionTool::default()
    };
    let mut line = Line::with(ProxyOptions {
        tools: vec![ours],
        native: Native::Emulate,
        ..ProxyOptions::default()
    });
    line.greet();
    line
}

fn update(tools: &str) -> String {
    format!(r#"{{"type":"session.update","event_id":"e","session":{{"tools":[{tools}]}}}}"#)
}

fn tool(name: &str, read_only: bool) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        annotations: ToolAnnotations {
            read_only: Some(read_only),
            ..ToolAnnotations::default()
        },
        ..ToolSpec::default()
    }
}

fn kinds(lines: &[String]) -> Vec<String> {
    let kind = |line: &String| sent_value(line)["type"].as_str().unwrap().to_owned();
    lines.iter().map(kind).collect()
}

fn functions(tools: &Value) -> Vec<String> {
    let tools = tools.as_array().unwrap().iter();
    let names = tools.map(|tool| tool["name"].as_str().unwrap().to_owned());
    names.collect()
}

/// The model calls a function; returns all that comes of it.
fn call(line: &mut Line, function: &str) -> Vec<String> {
    line.begins("r1");
    let texts = call_texts("r1", function, "c1");
    texts.iter().flat_map(|text| line.endpoint(text)).collect()
}

fn finish(line: &mut Line, result: Result<&str, McpError>) -> Vec<String> {
    line.tell(ProxyInput::Native(NativeNews::Finished {
        call_id: CallId::from("c1"),
        result: result.map(Into::into),
    }))
}

#[test]
fn a_call_is_told_in_the_documented_order() {
    let mut line = ready();
    let out = call(&mut line, "look_up");
    let begun = [
        "response.output_item.added",
        "conversation.item.added",
        "response.mcp_call_arguments.delta",
        "response.mcp_call_arguments.done",
        "response.mcp_call.in_progress",
    ];
    assert_eq!(kinds(&out[..5]), begun);
    let item = json!({"type": "mcp_call", "id": "item_c1", "server_label": "docs",
        "name": "look.up", "arguments": "", "approval_request_id": null, "output": null,
        "error": null});
    assert_eq!(sent_value(&out[0])["item"], item);
    assert_eq!(sent_value(&out[1])["item"], item);
    assert!(out[5].starts_with("CallNative(NativeCall { import: 1, tool: \"look.up\""));
    assert_eq!(
        line.ends("r1", &[("look_up", "c1")]),
        nothing(),
        "the call is a part of it"
    );

    let out = finish(&mut line, Ok("found"));
    let ended = [
        "response.mcp_call.completed",
        "conversation.item.done",
        "response.output_item.done",
        "conversation.item.create",
        "response.done",
        "response.create",
    ];
    assert_eq!(kinds(&out), ended);
    let item = json!({"type": "mcp_call", "id": "item_c1", "server_label": "docs",
        "name": "look.up", "arguments": "{}", "output": "found", "approval_request_id": null,
        "error": null});
    assert_eq!(sent_value(&out[2])["item"], item);
    assert_eq!(sent_value(&out[4])["response"]["output"], json!([item]));
    let answer = &sent_value(&out[3])["item"];
    assert_eq!(
        (&answer["call_id"], &answer["output"]),
        (&json!("c1"), &json!("found"))
    );
    assert_eq!(line.acknowledge(&out[3]), nothing());
    // Some clients ask for the reply that comes by itself.
    assert_eq!(line.client(r#"{"type":"response.create"}"#), nothing());
    assert_eq!(line.begins_as_asked(&out[5], "r2").len(), 2);
    assert_eq!(
        line.client(r#"{"type":"response.create","response":{}}"#),
        nothing()
    );
    assert_eq!(line.ends("r2", &[]).len(), 1);
    line.client_passes(r#"{"type":"response.create"}"#);
}

#[test]
fn a_call_waits_for_the_clients_approval() {
    let mut line = ready();
    let out = call(&mut line, "change");
    assert_eq!(
        kinds(&out[4..]),
        ["conversation.item.added", "conversation.item.done"]
    );
    let request = &sent_value(&out[5])["item"];
    assert_eq!(request["type"], "mcp_approval_request");
    assert_eq!(
        (&request["name"], &request["arguments"]),
        (&json!("change"), &json!("{}"))
    );
    assert_eq!(sent_value(&out[4])["previous_item_id"], "item_c1");
    let answer = json!({"type": "conversation.item.create", "item":
        {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": true}});
    let out = line.client(&answer.to_string());
    let approved = [
        "conversation.item.added",
        "conversation.item.done",
        "response.mcp_call.in_progress",
    ];
    assert_eq!(kinds(&out[..3]), approved);
    assert!(out[3].starts_with("CallNative("), "{out:?}");
    let out = line.client(&answer.to_string());
    assert_eq!(
        sent_value(&out[0])["error"]["code"],
        "invalid_value",
        "it was answered"
    );
    let out = finish(&mut line, Ok("changed"));
    let item = &sent_value(&out[2])["item"];
    assert_eq!(item["approval_request_id"], request["id"]);
}

#[test]
fn a_call_that_is_declined_is_not_made() {
    let mut line = ready();
    let out = call(&mut line, "change");
    let request = sent_value(&out[5])["item"]["id"].clone();
    let _ = line.ends("r1", &[("change", "c1")]);
    let answer = json!({"type": "conversation.item.create", "item":
        {"type": "mcp_approval_response", "id": "a", "approval_request_id": request,
        "approve": false, "reason": "not today"}});
    let out = line.client(&answer.to_string());
    let declined = [
        "conversation.item.added",
        "conversation.item.done",
        "response.mcp_call.failed",
        "conversation.item.done",
        "response.output_item.done",
        "conversation.item.create",
        "response.done",
        "response.create",
    ];
    assert_eq!(kinds(&out), declined);
    assert_eq!(
        sent_value(&out[4])["item"]["error"]["type"],
        "tool_execution_error"
    );
    let told = sent_value(&out[5])["item"]["output"].to_string();
    assert!(
        told.contains("declined") && told.contains("not today"),
        "{told}"
    );
}

#[test]
fn a_call_that_fails_says_how() {
    let mut line = ready();
    let _ = call(&mut line, "look_up");
    let error = McpError {
        kind: "http_error".to_owned(),
        code: Some(503),
        message: Some("unavailable".into()),
        ..McpError::default()
    };
    let out = finish(&mut line, Err(error));
    assert_eq!(kinds(&out[..1]), ["response.mcp_call.failed"]);
    let expected = json!({"type": "http_error", "code": 503, "message": "unavailable"});
    assert_eq!(sent_value(&out[2])["item"]["error"], expected);
    assert!(
        sent_value(&out[3])["item"]["output"]
            .to_string()
            .contains("unavailable")
    );
    assert_eq!(finish(&mut line, Ok("late")), nothing());
}

#[test]
fn a_call_that_takes_too_long_fails() {
    let mut line = ready();
    let _ = call(&mut line, "look_up");
    let _ = line.ends("r1", &[("look_up", "c1")]);
    let out = line.pass(60_000);
    assert_eq!(
        sent_value(&out[2])["item"]["error"]["type"],
        "protocol_error"
    );
    assert!(out.contains(&"stop c1".to_owned()), "{out:?}");
    assert!(out.iter().any(|it| it.contains("response.create")));
}

#[test]
fn the_conversation_goes_on_while_a_call_runs() {
    let mut line = ready();
    let _ = call(&mut line, "look_up");
    assert_eq!(line.ends("r1", &[("look_up", "c1")]), nothing());
    let created = r#"{"type":"response.created","response":{"id":"r2","conversation_id":"conv"}}"#;
    let out = line.endpoint(created);
    assert_eq!(kinds(&out), ["response.done"]);
    let item = &sent_value(&out[0])["response"]["output"][0];
    assert_eq!(item["type"], "mcp_call");
    assert_eq!(item["output"], Value::Null);
    let out = finish(&mut line, Ok("found"));
    assert_eq!(out.len(), 4, "the reply waits for the end of r2: {out:?}");
}

#[test]
fn a_call_that_is_cut_off_is_shown_as_it_is() {
    let mut line = ready();
    line.begins("r1");
    let texts = [
        json!({"type": "response.output_item.added", "response_id": "r1",
            "item": call_item("look_up", "c1", "in_progress")}),
        json!({"type": "response.output_item.done", "response_id": "r1",
            "item": call_item("look_up", "c1", "incomplete")}),
    ];
    for text in texts {
        let out = line.endpoint(&text.to_string());
        assert_eq!(sent_value(&out[0])["item"]["type"], "mcp_call");
    }
    let out = line.ends("r1", &[]);
    assert_eq!(kinds(&out), ["response.done"]);
}

#[test]
fn a_server_that_gives_no_tools_is_told_of_and_tried_again() {
    let mut line = greeted();
    let _ = line.client(&update(SERVER));
    let out = line.tell(ProxyInput::Native(NativeNews::NotImported { import: 1 }));
    let failed = ["conversation.item.done", "mcp_list_tools.failed"];
    assert_eq!(kinds(&out), failed);
    let out = line.client(&update(SERVER));
    assert!(out[2].starts_with("Import(Import { import: 2"), "{out:?}");
}

#[test]
fn a_server_that_is_named_again_is_not_asked_again() {
    let mut line = ready();
    for again in [SERVER, r#"{"type":"mcp","server_label":"docs"}"#] {
        let out = line.client(&update(again));
        let names = functions(&sent_value(&out[0])["session"]["tools"]).join(" ");
        assert_eq!((out.len(), names.as_str()), (1, "look_up change ours"));
    }
    let fewer = r#"{"type":"mcp","server_label":"docs","allowed_tools":["change"]}"#;
    let out = line.client(&update(fewer));
    assert_eq!(
        functions(&sent_value(&out[0])["session"]["tools"]),
        ["change", "ours"]
    );
    let out = line.client(&update(""));
    assert_eq!(
        functions(&sent_value(&out[0])["session"]["tools"]),
        ["ours"]
    );
    let moved = SERVER.replace("docs.example", "other.example");
    let out = line.client(&update(&moved));
    assert_eq!(out[0], "Forget { import: 1 }");
    assert!(out[3].starts_with("Import(Import { import: 2"));
}

#[test]
fn what_an_endpoint_refuses_is_refused_before_any_server_is_asked() {
    let mut line = greeted();
    let out = line.client(&update(&format!("{SERVER},{SERVER}")));
    let error = &sent_value(&out[0])["error"];
    assert_eq!(out.len(), 1);
    assert_eq!(
        (&error["code"], &error["event_id"]),
        (&json!("invalid_value"), &json!("e"))
    );
    assert!(error["message"].as_str().unwrap().contains("Duplicate"));
}

#[test]
fn a_choice_of_a_tool_is_written_as_the_endpoint_understands_it() {
    let mut line = ready();
    for (choice, chosen) in [
        (
            r#"{"type":"mcp","server_label":"docs","name":"look.up"}"#,
            r#"{"type":"function","name":"look_up"}"#,
        ),
        (r#"{"type":"mcp","server_label":"docs"}"#, r#""required""#),
        (
            r#"{"type":"mcp","server_label":"docs","name":"none"}"#,
            r#""auto""#,
        ),
    ] {
        let create =
            format!(r#"{{"type":"response.create","response":{{"tool_choice":{choice}}}}}"#);
        let expected = create.replace(choice, chosen);
        assert_eq!(line.client(&create), [format!("> {expected}")]);
        let update = format!(r#"{{"type":"session.update","session":{{"tool_choice":{choice}}}}}"#);
        let expected = update.replace(choice, chosen);
        assert_eq!(line.client(&update), [format!("> {expected}")]);
        let updated =
            format!(r#"{{"type":"session.updated","session":{{"tool_choice":{chosen}}}}}"#);
        let shown = updated.replace(chosen, choice);
        assert_eq!(line.endpoint(&updated), [format!("< {shown}")]);
    }
}

#[test]
fn items_that_the_client_alone_sees_can_be_asked_for_and_removed() {
    let mut line = ready();
    let list = "proxy_mcpl_2";
    let of_list =
        |kind: &str| format!(r#"{{"type":"conversation.item.{kind}","item_id":"{list}"}}"#);
    let out = line.client(&of_list("retrieve"));
    assert_eq!(sent_value(&out[0])["item"]["id"], list, "{out:?}");
    // What comes behind it comes first for the endpoint.
    let create = format!(
        r#"{{"type":"conversation.item.create","previous_item_id":"{list}","item":{{"type":"message"}}}}"#
    );
    assert_eq!(
        line.client(&create),
        [format!("> {}", create.replace(list, "root"))]
    );
    let added = r#"{"type":"conversation.item.added","previous_item_id":null,"item":{"id":"a","type":"message"}}"#;
    let shown = added.replace("null", &format!(r#""{list}""#));
    assert_eq!(line.endpoint(added), [format!("< {shown}")]);
    let out = line.client(&of_list("delete"));
    assert_eq!(kinds(&out), ["conversation.item.deleted"]);
    line.client_passes(&of_list("delete"));
}

#[test]
fn a_client_that_stops_while_a_call_runs_sees_its_response_end() {
    let mut line = ready();
    let _ = call(&mut line, "look_up");
    let _ = line.ends("r1", &[("look_up", "c1")]);
    let out = line.client(r#"{"type":"response.cancel"}"#);
    assert_eq!(kinds(&out), ["response.done"]);
    let out = finish(&mut line, Ok("found"));
    assert_eq!(out.len(), 4, "no reply is asked for: {out:?}");
}

#[test]
fn when_the_client_leaves_its_calls_are_stopped() {
    let mut line = ready();
    let _ = call(&mut line, "look_up");
    assert_eq!(line.tell(ProxyInput::ClientGone)[0], "stop c1");
}

#[test]
fn an_endpoint_that_can_is_left_to_it_and_watched() {
    let mut line = Line::ready();
    let expected = update(&format!("{SERVER},{OURS}"));
    assert_eq!(line.client(&update(SERVER)), [format!("> {expected}")]);
    let item =
        r#"{"id":"m","type":"mcp_call","server_label":"docs","name":"look.up","arguments":""}"#;
    line.endpoint_passes(&format!(
        r#"{{"type":"response.output_item.added","response_id":"r","item":{item}}}"#
    ));
    line.endpoint_passes(r#"{"type":"response.mcp_call.in_progress","item_id":"m"}"#);
    line.endpoint_passes(r#"{"type":"response.mcp_call.completed","item_id":"m"}"#);
    line.endpoint_passes(r#"{"type":"mcp_list_tools.failed","item_id":"l"}"#);
    let told = format!("{:?}", &line.events[1..]);
    for word in [
        "Seen",
        "Running",
        "Answered",
        "\"look.up\"",
        "listed: false",
    ] {
        assert!(told.contains(word), "{told}");
    }
}
