//! What the model calls and says: the events of a turn, in the order and shape of the real API.

use serde_json::{Value, json};

/// The one tool there is.
pub(crate) const TOOL: &str = "echo";

/// The tool's arguments.
pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {"text": {"type": "string", "description": "What to say back."}},
        "required": ["text"],
        "additionalProperties": false,
    })
}

/// A function call of the model.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) call_id: String,
    /// What the tool must answer.
    pub(crate) text: String,
    /// The events before the call is whole.
    pub(crate) before: Vec<Value>,
    /// The event with which it is: from here the time runs.
    pub(crate) whole: Value,
    /// The events after it.
    pub(crate) after: Vec<Value>,
    /// The call as an item of the conversation.
    pub(crate) item: Value,
}

impl Call {
    /// A call that follows the item `previous`.
    pub(crate) fn new(response: &str, index: usize, previous: &str) -> Self {
        let (item_id, call_id) = (item_id(response, index), format!("call_{response}_{index}"));
        let text = format!("Parcel {index} of {response} is on its way and comes on Friday.");
        let arguments = json!({"text": text}).to_string();
        let item = |status: &str, arguments: &str| {
            json!({
                "id": item_id,
                "object": "realtime.item",
                "type": "function_call",
                "status": status,
                "name": TOOL,
                "call_id": call_id,
                "arguments": arguments,
            })
        };
        let (begun, whole) = (item("in_progress", ""), item("completed", &arguments));
        let of_item = |kind: &str, key: &str, value: &str| {
            json!({
                "type": kind,
                "event_id": "event",
                "response_id": response,
                "item_id": item_id,
                "output_index": index,
                "call_id": call_id,
                key: value,
            })
        };
        Self {
            before: vec![
                of_response("response.output_item.added", response, index, &begun),
                of_conversation("conversation.item.added", previous, &begun),
                of_item(
                    "response.function_call_arguments.delta",
                    "delta",
                    &arguments,
                ),
                of_item(
                    "response.function_call_arguments.done",
                    "arguments",
                    &arguments,
                ),
            ],
            whole: of_response("response.output_item.done", response, index, &whole),
            after: vec![of_conversation("conversation.item.done", previous, &whole)],
            call_id,
            text,
            item: whole,
        }
    }
}

/// The events of a short spoken answer, which follows the item `previous`.
pub(crate) fn speech(response: &str, previous: &str, metadata: &Value) -> Vec<Value> {
    const WORDS: &str = "It is on its way.";
    // A tenth of a second of silence.
    let sound = "A".repeat(6400);
    let item_id = item_id(response, 0);
    let item = |status: &str, content: Value| {
        json!({
            "id": item_id,
            "object": "realtime.item",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        })
    };
    let begun = item("in_progress", json!([]));
    let whole = item(
        "completed",
        json!([{"type": "output_audio", "transcript": WORDS}]),
    );
    let part = |kind: &str, key: &str, value: Value| {
        let mut event = json!({
            "type": kind,
            "event_id": "event",
            "response_id": response,
            "item_id": item_id,
            "output_index": 0,
            "content_index": 0,
        });
        event[key] = value;
        event
    };
    let transcript = "response.output_audio_transcript";
    vec![
        response_event("response.created", response, "in_progress", &[], metadata),
        of_response("response.output_item.added", response, 0, &begun),
        of_conversation("conversation.item.added", previous, &begun),
        part(
            "response.content_part.added",
            "part",
            json!({"type": "audio", "transcript": ""}),
        ),
        part(&format!("{transcript}.delta"), "delta", json!(WORDS)),
        part("response.output_audio.delta", "delta", json!(sound)),
        part("response.output_audio.done", "done", Value::Null),
        part(&format!("{transcript}.done"), "transcript", json!(WORDS)),
        part(
            "response.content_part.done",
            "part",
            json!({"type": "audio", "transcript": WORDS}),
        ),
        of_response("response.output_item.done", response, 0, &whole),
        of_conversation("conversation.item.done", previous, &whole),
        response_event("response.done", response, "completed", &[whole], metadata),
    ]
}

/// The name of an item of a response.
pub(crate) fn item_id(response: &str, index: usize) -> String {
    format!("item_{response}_{index}")
}

/// `response.created` or `response.done`.
pub(crate) fn response_event(
    kind: &str,
    response: &str,
    status: &str,
    output: &[Value],
    metadata: &Value,
) -> Value {
    let usage = json!({
        "total_tokens": 320,
        "input_tokens": 300,
        "output_tokens": 20,
        "input_token_details": {"text_tokens": 200, "audio_tokens": 100, "cached_tokens": 0},
        "output_token_details": {"text_tokens": 20, "audio_tokens": 0},
    });
    json!({
        "type": kind,
        "event_id": "event",
        "response": {
            "id": response,
            "object": "realtime.response",
            "status": status,
            "status_details": null,
            "output": output,
            "conversation_id": "conv_1",
            "output_modalities": ["audio"],
            "max_output_tokens": "inf",
            "metadata": metadata,
            "usage": if status == "completed" { usage } else { Value::Null },
        },
    })
}

/// An event of an item in the conversation, which follows the item `previous`.
pub(crate) fn of_conversation(kind: &str, previous: &str, item: &Value) -> Value {
    json!({"type": kind, "event_id": "event", "previous_item_id": previous, "item": item})
}

/// An event of an item in a response.
fn of_response(kind: &str, response: &str, index: usize, item: &Value) -> Value {
    json!({
        "type": kind,
        "event_id": "event",
        "response_id": response,
        "output_index": index,
        "item": item,
    })
}
