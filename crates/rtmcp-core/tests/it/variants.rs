//! What events may hold besides what their one example holds: every kind of item, tool and setting.

use serde_json::{Value, json};

use crate::events::examples;

/// Every example, and the variants of those that hold items, sessions or responses.
pub(crate) fn all() -> Vec<(String, Value)> {
    let mut events: Vec<_> = examples().collect();
    for (side, event) in examples() {
        let kind = event["type"].as_str().unwrap();
        let (place, values) = match kind {
            _ if event.get("item").is_some() => ("/item", items()),
            "response.created" | "response.done" => ("/response", answers()),
            "response.create" => ("/response", requests()),
            "session.created" | "session.updated" | "session.update" => ("/session", sessions()),
            "conversation.item.input_audio_transcription.completed" => {
                ("/usage", vec![json!({"type": "duration", "seconds": 1.5})])
            }
            _ => continue,
        };
        events.extend(values.into_iter().map(|value| {
            let mut event = event.clone();
            *event.pointer_mut(place).unwrap() = value;
            (side.clone(), event)
        }));
    }
    events
}

/// Every kind of item, with everything that it may have.
pub(crate) fn items() -> Vec<Value> {
    let error = |error: Value| {
        json!({"type": "mcp_call", "id": "item_1", "server_label": "shop", "name": "buy",
            "arguments": "{}", "approval_request_id": "item_0", "error": error})
    };
    vec![
        json!({"type": "message", "id": "item_1", "object": "realtime.item",
            "status": "completed", "role": "system",
            "content": [{"type": "input_text", "text": "text"}]}),
        json!({"type": "message", "id": "item_1", "object": "realtime.item",
            "status": "completed", "role": "user", "content": [
                {"type": "input_text", "text": "text"},
                {"type": "input_audio", "audio": "AA==", "transcript": "transcript"},
                {"type": "input_image", "image_url": "data:image/png;base64,AA==",
                    "detail": "low"}]}),
        json!({"type": "message", "id": "item_1", "object": "realtime.item",
            "status": "incomplete", "role": "assistant", "content": [
                {"type": "output_text", "text": "text"},
                {"type": "output_audio", "audio": "AA==", "transcript": "transcript"}]}),
        json!({"type": "function_call", "id": "item_1", "object": "realtime.item",
            "status": "in_progress", "call_id": "call_1", "name": "buy", "arguments": "{}"}),
        json!({"type": "function_call_output", "id": "item_1", "object": "realtime.item",
            "status": "completed", "call_id": "call_1", "output": ""}),
        json!({"type": "mcp_list_tools", "id": "item_1", "server_label": "shop", "tools": [
            {"name": "buy", "description": "Buys.", "input_schema": {"type": "object"},
                "annotations": {"readOnlyHint": false}}]}),
        json!({"type": "mcp_call", "id": "item_1", "server_label": "shop", "name": "buy",
            "arguments": "{}", "output": "bought"}),
        error(json!({"type": "protocol_error", "code": -32600, "message": "message"})),
        error(json!({"type": "http_error", "code": 503, "message": "message"})),
        error(json!({"type": "tool_execution_error", "message": "message"})),
        json!({"type": "mcp_approval_request", "id": "item_1", "server_label": "shop",
            "name": "buy", "arguments": "{}"}),
        json!({"type": "mcp_approval_response", "id": "item_1", "approval_request_id": "item_0",
            "approve": false, "reason": "reason"}),
    ]
}

/// Every kind of tool, with everything that it may have.
fn tools() -> Value {
    let filter = json!({"tool_names": ["buy"], "read_only": true});
    json!([
        {"type": "function", "name": "buy", "description": "Buys.",
            "parameters": {"type": "object"}},
        {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example/mcp",
            "authorization": "token", "headers": {"x": "y"}, "server_description": "A shop.",
            "allowed_tools": ["buy"], "allowed_callers": ["direct", "programmatic"],
            "require_approval": "never", "defer_loading": true},
        {"type": "mcp", "server_label": "mail", "connector_id": "connector_gmail",
            "allowed_tools": filter, "require_approval": {"always": filter, "never": filter}},
        {"type": "mcp", "server_label": "home",
            "tunnel_id": "tunnel_0123456789abcdef0123456789abcdef"},
    ])
}

fn prompt() -> Value {
    json!({"id": "pmpt_1", "version": "2", "variables": {"name": "Ann"}})
}

/// Settings of a session that exclude those of the example, or each other.
fn sessions() -> Vec<Value> {
    let basis = json!({"type": "realtime", "id": "sess_1", "object": "realtime.session"});
    let and = |more: Value| {
        let mut session = basis.clone();
        let session_fields = session.as_object_mut().unwrap();
        session_fields.extend(more.as_object().unwrap().clone());
        session
    };
    vec![
        and(json!({
            "tools": tools(),
            "tool_choice": {"type": "mcp", "server_label": "shop", "name": "buy"},
            "parallel_tool_calls": true,
            "prompt": prompt(),
            "max_output_tokens": "inf",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcmu"},
                    "noise_reduction": {"type": "near_field", "strength": 0.5},
                    "transcription": {"model": "whisper-1", "prompt": "prompt"},
                    "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
                },
                "output": {"format": {"type": "audio/pcma"}},
            },
            "tracing": {"workflow_name": "w", "group_id": "g", "metadata": {"k": "v"}},
            "truncation": {"type": "retention_ratio", "retention_ratio": 0.5,
                "token_limits": {"post_instructions": 1000}},
        })),
        and(json!({
            "tool_choice": {"type": "function", "name": "buy"},
            "audio": {"input": {"turn_detection": null}, "output": {"voice": "marin"}},
            "tracing": "auto",
            "truncation": "disabled",
        })),
        and(json!({"audio": {"output": {"voice": {"id": "voice_1"}}}})),
    ]
}

fn requests() -> Vec<Value> {
    vec![json!({
        "audio": {"output": {"voice": {"id": "voice_1"}}},
        "input": items(),
        "metadata": {"k": "v"},
        "prompt": prompt(),
        "tool_choice": {"type": "mcp", "server_label": "shop", "name": "buy"},
        "tools": tools(),
    })]
}

fn answers() -> Vec<Value> {
    let failed = |reason: Value| {
        json!({"id": "resp_1", "object": "realtime.response", "status": reason["type"],
            "status_details": reason, "output": items(), "conversation_id": "conv_1",
            "output_modalities": ["audio"], "max_output_tokens": "inf"})
    };
    vec![
        failed(json!({"type": "failed",
            "error": {"type": "server_error", "code": "code", "message": "message"}})),
        failed(json!({"type": "cancelled", "reason": "client_cancelled"})),
    ]
}
