//! [`Response`]: one answer of the model, what was asked of it, and what it cost.

use std::collections::BTreeMap;

use crate::{
    ConversationId, Item, Private, ResponseId,
    session::{AudioConfig, MaxTokens, Modality, Prompt, Reasoning, Tool, ToolChoice},
    shape::{wire, words},
};

words! {
    /// How far a response has come.
    ResponseStatus {
        /// Being made.
        InProgress = "in_progress",
        /// Whole.
        Completed = "completed",
        /// Ended by the person or by the client.
        Cancelled = "cancelled",
        /// Ended by a limit.
        Incomplete = "incomplete",
        /// Ended by a fault.
        Failed = "failed",
    }
}

wire! {
    /// One answer of the model.
    Response {
        /// Its id.
        id: ResponseId,
        /// `realtime.response`.
        object?: String,
        /// How far it has come.
        status: ResponseStatus,
        /// Why it ended as it did.
        status_details?: StatusDetails,
        /// What it added to the conversation; whole only in `response.done`.
        output: Vec<Item>,
        /// The conversation that it writes to; null when it writes to none.
        conversation_id??: ConversationId,
        /// Speech or text.
        output_modalities?: Vec<Modality>,
        /// The most tokens, or `inf`.
        max_output_tokens?: MaxTokens,
        /// How it sounds.
        audio?: AudioConfig,
        /// What the client attached to its request, at most 16 pairs.
        metadata?: BTreeMap<String, String>,
        /// What it cost.
        usage?: Usage,
    }

    /// Why a response ended as it did.
    StatusDetails {
        /// The status once more.
        kind as "type"?: ResponseStatus,
        /// `turn_detected`, `client_cancelled`, `max_output_tokens` or `content_filter`.
        reason?: String,
        /// The fault.
        error?: StatusError,
    }

    /// The fault that ended a response.
    StatusError {
        /// Its class.
        kind as "type"?: String,
        /// Its code.
        code?: String,
        /// What the endpoint says.
        message?: String,
    }

    /// What a client asks of one response; absent fields are as in the session.
    ResponseParams {
        /// Speech or text.
        output_modalities?: Vec<Modality>,
        /// What the model is told, for this response.
        instructions?: Private<String>,
        /// How it sounds.
        audio?: AudioConfig,
        /// What the model may call.
        tools?: Vec<Tool>,
        /// Whether it may.
        tool_choice?: ToolChoice,
        /// Whether it may call several at once; reasoning models only.
        parallel_tool_calls?: bool,
        /// How hard the model thinks; reasoning models only.
        reasoning?: Reasoning,
        /// The most tokens, or `inf`.
        max_output_tokens?: MaxTokens,
        /// `auto`, or `none` for a response outside the conversation.
        conversation?: String,
        /// Given back with the response, at most 16 pairs of 64 and 512 characters.
        metadata?: BTreeMap<String, String>,
        /// A stored prompt.
        prompt?: Prompt,
        /// What the model sees instead of the conversation.
        input?: Vec<Item>,
    }

    /// What a response cost, in tokens.
    Usage {
        /// In and out.
        total_tokens?: u64,
        /// In.
        input_tokens?: u64,
        /// Out.
        output_tokens?: u64,
        /// In, by kind.
        input_token_details?: TokenDetails,
        /// Out, by kind.
        output_token_details?: TokenDetails,
    }

    /// Tokens by kind.
    TokenDetails {
        /// Of text.
        text_tokens?: u64,
        /// Of sound.
        audio_tokens?: u64,
        /// Of pictures.
        image_tokens?: u64,
        /// That were cached.
        cached_tokens?: u64,
        /// The cached ones by kind.
        cached_tokens_details?: CachedTokenDetails,
    }

    /// Cached tokens by kind.
    CachedTokenDetails {
        /// Of text.
        text_tokens?: u64,
        /// Of sound.
        audio_tokens?: u64,
        /// Of pictures.
        image_tokens?: u64,
    }
}
