//! The calls of our tools run, and the client sees nothing of them.

use rtmcp_core::CallId;
use rtmcp_session::{
    CallState, ToolEnd, ToolImage, ToolNews,
    proxy::{ProxyEvent, ProxyInput},
};
use serde_json::json;

use super::line::{Line, call_item, call_texts, nothing, sent_value};

#[test]
fn a_call_runs_and_the_proxy_asks_for_the_reply() {
    let mut line = Line::ready();
    line.begins("r1");
    assert_eq!(line.calls("r1", "ours", "c1"), ["call ours c1"]);
    assert_eq!(line.ends("r1", &[("ours", "c1")]), nothing());
    let out = line.answers("c1", "18 degrees");
    let [output, create] = &out[..] else {
        panic!("{out:?}")
    };
    let item = &sent_value(output)["item"];
    assert_eq!(
        (&item["type"], &item["call_id"], &item["output"]),
        (
            &json!("function_call_output"),
            &json!("c1"),
            &json!("18 degrees")
        )
    );
    assert_eq!(sent_value(create)["type"], "response.create");
    assert_eq!(line.acknowledge(output), nothing());
    let begun = line.begins_as_asked(create, "r2");
    assert!(begun[0].contains(r#""metadata":null"#), "{begun:?}");
    assert_eq!(line.answers("c1", "again"), nothing());
}

#[test]
fn pictures_of_our_tools_are_shown_to_the_model_and_hidden_from_the_client() {
    let mut line = Line::ready();
    line.begins("r1");
    line.calls("r1", "ours", "c1");
    line.ends("r1", &[("ours", "c1")]);
    let image = ToolImage {
        mime: "image/png".to_owned(),
        data: "AAAA".into(),
    };
    let news = ToolNews::Finished {
        end: ToolEnd::Answered,
        output: "a chart".into(),
        images: vec![image],
    };
    let out = line.tell(ProxyInput::Tool(CallId::from("c1"), news));
    let [output, picture, create] = &out[..] else {
        panic!("{out:?}")
    };
    let content = &sent_value(picture)["item"]["content"];
    assert_eq!(content[1]["type"], "input_image");
    assert_eq!(content[1]["image_url"], "data:image/png;base64,AAAA");
    assert_eq!(sent_value(create)["type"], "response.create");
    for sent in [output, picture] {
        assert_eq!(line.acknowledge(sent), nothing());
    }
    line.begins_as_asked(create, "r2");
}

#[test]
fn an_item_behind_our_call_follows_what_the_client_sees() {
    let mut line = Line::ready();
    let item = |id: &str, previous: Option<&str>| {
        json!({"type": "conversation.item.added", "previous_item_id": previous,
            "item": {"id": id, "type": "message", "role": "user", "content": []}})
        .to_string()
    };
    line.endpoint_passes(&item("a", None));
    line.begins("r1");
    let call = json!({"type": "conversation.item.added", "previous_item_id": "a",
        "item": call_item("ours", "c1", "in_progress")});
    assert_eq!(line.endpoint(&call.to_string()), nothing());
    let committed =
        r#"{"type":"input_audio_buffer.committed","previous_item_id":"item_c1", "item_id":"b"}"#;
    let shown = committed.replace("item_c1", "a");
    assert_eq!(line.endpoint(committed), [format!("< {shown}")]);
    let shown = item("b", Some("a"));
    assert_eq!(
        line.endpoint(&item("b", Some("item_c1"))),
        [format!("< {shown}")]
    );
    line.endpoint_passes(&item("c", Some("b")));
}

#[test]
fn calls_of_both_in_one_response_are_told_apart() {
    let mut line = Line::ready();
    line.begins("r1");
    assert_eq!(line.calls("r1", "ours", "c1"), ["call ours c1"]);
    for text in call_texts("r1", "theirs", "c2") {
        line.endpoint_passes(&text);
    }
    let done = line.ends("r1", &[("ours", "c1"), ("theirs", "c2")]);
    let output = &sent_value(&done[0])["response"]["output"];
    assert_eq!(*output, json!([call_item("theirs", "c2", "completed")]));
}

#[test]
fn a_call_that_stands_in_the_end_alone_runs_too() {
    let mut line = Line::ready();
    line.begins("r1");
    let out = line.ends("r1", &[("ours", "c1")]);
    assert_eq!(out, ["call ours c1"]);
}

#[test]
fn a_call_that_ended_early_does_not_run() {
    let mut line = Line::ready();
    line.begins("r1");
    for status in ["in_progress", "incomplete"] {
        let kind = match status {
            "in_progress" => "response.output_item.added",
            _ => "response.output_item.done",
        };
        let text = json!({"type": kind, "response_id": "r1",
            "item": call_item("ours", "c1", status)});
        assert_eq!(line.endpoint(&text.to_string()), nothing());
    }
    let text = json!({"type": "response.done", "response": {"id": "r1", "status": "cancelled",
        "output": [call_item("ours", "c1", "incomplete")]}});
    let out = line.endpoint(&text.to_string());
    assert_eq!(out.len(), 1, "{out:?}");
    assert!(out[0].contains(r#""output":[]"#));
}

#[test]
fn a_call_outside_the_conversation_is_hidden_and_not_run() {
    let mut line = Line::ready();
    line.begins("r0");
    let _ = line.ends("r0", &[]);
    let created = r#"{"type":"response.created","response":{"id":"r1","conversation_id":null}}"#;
    line.endpoint_passes(created);
    assert_eq!(line.calls("r1", "ours", "c1"), nothing());
    let done = json!({"type": "response.done", "response": {"id": "r1", "conversation_id": null,
        "status": "completed", "output": [call_item("ours", "c1", "completed")]}});
    let out = line.endpoint(&done.to_string());
    assert_eq!(out.len(), 1, "{out:?}");
    assert!(out[0].contains(r#""output":[]"#));
}

#[test]
fn what_is_hidden_is_not_found() {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    for kind in ["retrieve", "delete", "truncate"] {
        let text = json!({"type": format!("conversation.item.{kind}"), "event_id": "e",
            "item_id": "item_c1"});
        let out = line.client(&text.to_string());
        let error = &sent_value(&out[0])["error"];
        assert!(out.len() == 1 && out[0].starts_with("< "));
        assert_eq!(
            (&error["code"], &error["event_id"]),
            (&json!("item_not_found"), &json!("e"))
        );
    }
    line.client_passes(r#"{"type":"conversation.item.delete","item_id":"item_x"}"#);
    let output = r#"{"type":"conversation.item.create","item":{"type":"function_call_output","call_id":"c1","output":"mine"}}"#;
    let out = line.client(output);
    assert_eq!(sent_value(&out[0])["error"]["code"], "invalid_tool_call_id");
}

#[test]
fn a_tool_that_is_silent_is_given_up_and_stopped() {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    let _ = line.ends("r1", &[("ours", "c1")]);
    let out = line.pass(60_000);
    assert!(out[0].contains("function_call_output"), "{out:?}");
    assert_eq!(out[1], "stop c1");
    assert!(out[2].contains("response.create"));
    assert_eq!(line.answers("c1", "late"), nothing());
}

#[test]
fn when_the_client_leaves_what_runs_is_stopped() {
    for (input, state) in [
        (ProxyInput::ClientGone, CallState::Cancelled),
        (ProxyInput::EndpointGone, CallState::Orphaned),
        (ProxyInput::EndpointEnded, CallState::Orphaned),
    ] {
        let mut line = Line::ready();
        line.begins("r1");
        let _ = line.calls("r1", "ours", "c1");
        let out = line.tell(input);
        assert_eq!(out[0], "stop c1");
        assert!(out[1].starts_with("Close("), "{out:?}");
        let ended = ProxyEvent::Call {
            call_id: CallId::from("c1"),
            name: "ours".to_owned(),
            state,
        };
        assert!(line.events.contains(&ended));
        assert_eq!(
            (line.client("x"), line.answers("c1", "")),
            (nothing(), nothing())
        );
        assert_eq!(line.proxy.deadline(), None);
    }
}
