//! [`Item`]: what a conversation is made of.

use serde_json::{Map, Value};

use crate::{
    CallId, ItemId, Private,
    shape::{tagged, wire, words},
};

tagged! {
    /// One item of a conversation.
    Item {
        /// Words, sounds or pictures of one of the parties.
        Message = "message",
        /// The model wants a function run.
        FunctionCall = "function_call",
        /// What the function gave.
        FunctionCallOutput = "function_call_output",
        /// The tools of an MCP server that the endpoint itself talks to.
        McpListTools = "mcp_list_tools",
        /// A tool call that the endpoint itself made.
        McpCall = "mcp_call",
        /// The endpoint asks whether it may make a call.
        McpApprovalRequest = "mcp_approval_request",
        /// The answer to that.
        McpApprovalResponse = "mcp_approval_response",
        /// An item of the conversation by its id; only as input of a response.
        ItemReference = "item_reference",
    }
}

impl Item {
    /// Returns the id, where the item has one.
    pub fn id(&self) -> Option<&ItemId> {
        match self {
            Self::Message(it) => it.id.as_ref(),
            Self::FunctionCall(it) => it.id.as_ref(),
            Self::FunctionCallOutput(it) => it.id.as_ref(),
            Self::McpListTools(it) => it.id.as_ref(),
            Self::McpCall(it) => Some(&it.id),
            Self::McpApprovalRequest(it) => Some(&it.id),
            Self::McpApprovalResponse(it) => it.id.as_ref(),
            Self::ItemReference(it) => Some(&it.id),
            Self::Unknown(_) => None,
        }
    }
}

words! {
    /// Who speaks.
    Role {
        /// The owner of the session.
        System = "system",
        /// The person.
        User = "user",
        /// The model.
        Assistant = "assistant",
    }

    /// How far an item has come.
    ItemStatus {
        /// Still growing.
        InProgress = "in_progress",
        /// Whole.
        Completed = "completed",
        /// Ended early; the arguments of an incomplete call must not run.
        Incomplete = "incomplete",
    }

    /// What a part of a message is.
    ContentKind {
        /// Text of a person or of the owner.
        InputText = "input_text",
        /// Speech of a person.
        InputAudio = "input_audio",
        /// A picture of a person.
        InputImage = "input_image",
        /// Text of the model.
        OutputText = "output_text",
        /// Speech of the model.
        OutputAudio = "output_audio",
        /// Text, in the older naming and in `response.content_part.*`.
        Text = "text",
        /// Speech, in the older naming and in `response.content_part.*`.
        Audio = "audio",
    }
}

wire! {
    /// Words, sounds or pictures of one of the parties.
    Message {
        /// Its id; a client may choose one of up to 32 characters.
        id?: ItemId,
        /// Always `realtime.item`.
        object?: String,
        /// How far it has come.
        status?: ItemStatus,
        /// Who speaks.
        role: Role,
        /// The parts, in order.
        content: Vec<Content>,
    }

    /// One part of a message.
    Content {
        /// What it is, and so which of the other fields it has.
        kind as "type"!: ContentKind,
        /// Text.
        text?: Private<String>,
        /// Base64 audio in the session's format.
        audio?: Private<String>,
        /// What was said in the audio.
        transcript?: Private<String>,
        /// A `data:` URI of a PNG or JPEG.
        image_url?: Private<String>,
        /// How closely to look at it: `auto`, `low` or `high`.
        detail?: String,
    }

    /// The model wants a function run.
    FunctionCall {
        /// Its id.
        id?: ItemId,
        /// Always `realtime.item`.
        object?: String,
        /// How far it has come; run it only when it is completed.
        status?: ItemStatus,
        /// Links the call to its output.
        call_id?: CallId,
        /// The function.
        name!: String,
        /// The arguments, as JSON text.
        arguments!: Private<String>,
    }

    /// What a function gave.
    FunctionCallOutput {
        /// Its id; a client may choose one of up to 32 characters.
        id?: ItemId,
        /// Always `realtime.item`.
        object?: String,
        /// Has no effect.
        status?: ItemStatus,
        /// The call that this answers.
        call_id!: CallId,
        /// Text for the model; may be empty.
        output!: Private<String>,
    }

    /// The tools of an MCP server that the endpoint itself talks to.
    McpListTools {
        /// Its id.
        id?: ItemId,
        /// The session's name for the server.
        server_label: String,
        /// Its tools.
        tools: Vec<McpListedTool>,
    }

    /// A tool in [`McpListTools`].
    McpListedTool {
        /// Its name on the server.
        name!: String,
        /// What it does.
        description?: String,
        /// JSON Schema of its arguments.
        input_schema: Map<String, Value>,
        /// What the server says about its effects.
        annotations?: Map<String, Value>,
    }

    /// A tool call that the endpoint itself made.
    McpCall {
        /// Its id.
        id: ItemId,
        /// The session's name for the server.
        server_label: String,
        /// The tool.
        name: String,
        /// The arguments, as JSON text.
        arguments!: Private<String>,
        /// The approval that it waited for.
        approval_request_id?: ItemId,
        /// The result.
        output?: Private<String>,
        /// Why there is none.
        error?: McpError,
    }

    /// Why a call by the endpoint failed.
    McpError {
        /// `protocol_error`, `tool_execution_error` or `http_error`.
        kind as "type": String,
        /// The JSON-RPC or HTTP code.
        code?: i64,
        /// What the server said.
        message?: Private<String>,
    }

    /// The endpoint asks whether it may make a call.
    McpApprovalRequest {
        /// Its id, to be named by the answer.
        id: ItemId,
        /// The session's name for the server.
        server_label: String,
        /// The tool.
        name: String,
        /// The arguments, as JSON text.
        arguments!: Private<String>,
    }

    /// The answer to a [`McpApprovalRequest`].
    McpApprovalResponse {
        /// Its id.
        id?: ItemId,
        /// The request that this answers.
        approval_request_id!: ItemId,
        /// Whether the call may be made.
        approve!: bool,
        /// Why, or why not.
        reason?: Private<String>,
    }

    /// An item of the conversation by its id; only as input of a response.
    ItemReference {
        /// The id of the item.
        id!: ItemId,
    }
}

impl Message {
    /// A message of one text: `input_text` for the person and the owner, `output_text` for the
    /// model.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        let kind = match role {
            Role::Assistant => ContentKind::OutputText,
            Role::System | Role::User | Role::Other(_) => ContentKind::InputText,
        };
        Self {
            role,
            content: vec![Content {
                kind,
                text: Some(Private::new(text.into())),
                ..Content::default()
            }],
            ..Self::default()
        }
    }
}
