//! [`merge`]: our tools in the session of a request that isn't an event: for a call, for a key.

use rtmcp_core::session::FunctionTool;
use serde_json::{Map, Value, json};

/// Adds our tools to those of a session. One of the same name as ours is the client's, and all else
/// stays as it is.
pub(super) fn merge(session: &mut Map<String, Value>, tools: &[FunctionTool]) {
    // It has no model that could call.
    let kind = session.get("type").and_then(Value::as_str);
    if kind == Some("transcription") || tools.is_empty() {
        return;
    }
    let named = session.entry("tools").or_insert(Value::Null);
    if named.is_null() {
        *named = json!([]);
    }
    // What is no list is for the endpoint to refuse.
    let Some(named) = named.as_array_mut() else {
        return;
    };
    for tool in tools {
        let is_taken = named.iter().any(|it| {
            it.get("type").and_then(Value::as_str) == Some("function")
                && it.get("name").and_then(Value::as_str) == Some(&tool.name)
        });
        if !is_taken {
            let tool = rtmcp_core::session::Tool::from(tool.clone());
            named.push(json!(tool));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(session: Value) -> Value {
        let Value::Object(mut session) = session else {
            panic!("{session}");
        };
        let tools = ["ours", "both"].map(|name| FunctionTool {
            name: name.to_owned(),
            ..FunctionTool::default()
        });
        merge(&mut session, &tools);
        Value::Object(session)
    }

    fn names(session: &Value) -> Vec<&str> {
        let tools = session["tools"].as_array().unwrap().iter();
        tools.filter_map(|it| it["name"].as_str()).collect()
    }

    #[test]
    fn tools_are_added_and_all_else_stays() {
        let theirs = json!({"type": "function", "name": "both", "description": "theirs"});
        let native = json!({"type": "mcp", "server_label": "ours"});
        let session = merged(json!({"odd": [1], "tools": [theirs, native], "type": "realtime"}));
        assert_eq!(session["odd"], json!([1]));
        assert_eq!(
            (&session["tools"][0], &session["tools"][1]),
            (&theirs, &native)
        );
        assert_eq!(names(&session), ["both", "ours"]);
        assert_eq!(
            names(&merged(json!({"type": "realtime"}))),
            ["ours", "both"]
        );
        assert_eq!(names(&merged(json!({"tools": null}))), ["ours", "both"]);
    }

    #[test]
    fn what_has_no_tools_gets_none() {
        for session in [json!({"type": "transcription"}), json!({"tools": "all"})] {
            assert_eq!(merged(session.clone()), session);
        }
    }
}
