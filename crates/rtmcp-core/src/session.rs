//! [`SessionConfig`]: the session object, as a client asks for it and as the endpoint reports it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    AudioFormat, Private, SessionId,
    shape::{tagged, wire, words},
};

words! {
    /// What a session is for.
    SessionKind {
        /// Speech in, speech out, tools.
        Realtime = "realtime",
        /// Speech in, text out.
        Transcription = "transcription",
    }

    /// What the model answers with; a response has one, not both.
    Modality {
        /// Speech, with its transcript.
        Audio = "audio",
        /// Text.
        Text = "text",
    }

    /// How the endpoint finds the end of a turn.
    TurnDetectionKind {
        /// By silence.
        ServerVad = "server_vad",
        /// By what was said.
        SemanticVad = "semantic_vad",
    }

    /// Whether the model may call tools.
    ToolMode {
        /// As it sees fit.
        Auto = "auto",
        /// Never.
        None = "none",
        /// At least one.
        Required = "required",
    }
}

wire! {
    /// The session object.
    ///
    /// In a `session.update` only the fields that are there change anything. `id`, `object` and
    /// `expires_at` come from the endpoint alone.
    SessionConfig {
        /// What the session is for; the endpoint refuses an update without it.
        kind as "type"?: SessionKind,
        /// Names the session.
        id?: SessionId,
        /// `realtime.session`.
        object?: String,
        /// When the endpoint will end the session, in seconds since 1970.
        expires_at?: u64,
        /// The model; it can't be changed in a session.
        model?: String,
        /// What the model is told about its part.
        instructions?: Private<String>,
        /// Speech or text.
        output_modalities?: Vec<Modality>,
        /// How sound goes in and out.
        audio?: AudioConfig,
        /// More to be sent, such as `item.input_audio_transcription.logprobs`.
        include?: Vec<String>,
        /// What the model may call.
        tools?: Vec<Tool>,
        /// Whether it may.
        tool_choice?: ToolChoice,
        /// Whether it may call several at once; reasoning models only.
        parallel_tool_calls?: bool,
        /// How hard the model thinks; reasoning models only.
        reasoning?: Reasoning,
        /// The most tokens of one response, or `inf`.
        max_output_tokens?: MaxTokens,
        /// What is dropped when the context is full.
        truncation?: Truncation,
        /// Tracing by the endpoint: `auto`, an object, or null for none.
        tracing??: Value,
        /// A stored prompt.
        prompt??: Prompt,
    }

    /// How sound goes in and out.
    AudioConfig {
        /// From the person.
        input?: AudioInput,
        /// To the person.
        output?: AudioOutput,
    }

    /// Sound from the person.
    AudioInput {
        /// Its format; 24 kHz PCM where it isn't named.
        format?: AudioFormat,
        /// Whether, and by which model, speech is written down; null for not at all.
        transcription??: Transcription,
        /// Whether noise is filtered; null for not at all.
        noise_reduction??: NoiseReduction,
        /// How turns end; null when the client commits by hand.
        turn_detection??: TurnDetection,
    }

    /// Sound to the person.
    AudioOutput {
        /// Its format; 24 kHz PCM where it isn't named.
        format?: AudioFormat,
        /// Who speaks; can't change after the first sound.
        voice?: Voice,
        /// How fast, from 0.25 to 1.5.
        speed?: f64,
    }

    /// By which model speech is written down.
    Transcription {
        /// The model; Azure wants the name of a deployment.
        model?: String,
        /// The language, as ISO 639-1.
        language?: String,
        /// The languages to expect, where there may be several.
        languages?: Vec<String>,
        /// Names and terms to expect.
        keywords?: Private<Vec<String>>,
        /// Words to expect.
        prompt?: Private<String>,
        /// How long it may wait to be surer, from `minimal` to `xhigh`.
        delay?: String,
    }

    /// How noise is filtered.
    NoiseReduction {
        /// `near_field` or `far_field`.
        kind as "type": String,
        /// How much, 1 by default.
        strength?: f64,
    }

    /// How turns end.
    TurnDetection {
        /// By silence or by sense; which decides which other fields count.
        kind as "type"!: TurnDetectionKind,
        /// How loud speech is, from 0 to 1; 0.5 by default.
        threshold?: f64,
        /// Sound kept from before speech began, in milliseconds; 300 by default.
        prefix_padding_ms?: u64,
        /// Silence that ends a turn, in milliseconds; 500 by default.
        silence_duration_ms?: u64,
        /// Whether the end of a turn starts a response; true by default.
        create_response?: bool,
        /// Whether speech ends a response; true by default.
        interrupt_response?: bool,
        /// Silence after which the model asks, in milliseconds.
        idle_timeout_ms?: u64,
        /// How eager semantic detection is: `low`, `medium`, `high` or `auto`.
        eagerness?: String,
    }

    /// How hard the model thinks.
    Reasoning {
        /// From `minimal` to `xhigh`.
        effort?: String,
    }

    /// A stored prompt.
    Prompt {
        /// Its id.
        id!: String,
        /// Its version.
        version?: String,
        /// What is filled in.
        variables?: Private<Map<String, Value>>,
    }

    /// A function that the client runs.
    FunctionTool {
        /// Its name: `^[a-zA-Z0-9_-]{1,64}$`. One bad name voids the whole update.
        name!: String,
        /// What it does, for the model.
        description?: String,
        /// JSON Schema of its arguments.
        parameters?: Map<String, Value>,
    }

    /// An MCP server that the endpoint itself talks to.
    McpTool {
        /// The session's name for the server.
        server_label!: String,
        /// Where it is.
        server_url?: String,
        /// A connector of the endpoint's own.
        connector_id?: String,
        /// A tunnel of the endpoint's own.
        tunnel_id?: String,
        /// A bearer token.
        authorization?: Private<String>,
        /// More headers.
        headers?: Private<Map<String, Value>>,
        /// What it is for.
        server_description?: String,
        /// Names, or a filter.
        allowed_tools?: Value,
        /// `always`, `never`, or a filter; `always` where it isn't named.
        require_approval?: Value,
        /// Who may call its tools: the model itself (`direct`), code that it writes
        /// (`programmatic`).
        allowed_callers?: Vec<String>,
        /// Whether its tools are loaded only when they are looked for.
        defer_loading?: bool,
    }

    /// One tool that must be called.
    NamedTool {
        /// `function` or `mcp`.
        kind as "type"!: String,
        /// The function, or the tool.
        name?: String,
        /// The server, for `mcp`.
        server_label?: String,
    }

    /// Keeps a part of the context when it is full.
    RetentionRatio {
        /// `retention_ratio`.
        kind as "type": String,
        /// The part to keep, from 0 to 1.
        retention_ratio: f64,
        /// Limits in tokens.
        token_limits?: Map<String, Value>,
    }
}

tagged! {
    /// What a model may call.
    #[cfg_attr(
        target_pointer_width = "64",
        expect(clippy::large_enum_variant, reason = "the larger one is rare, and few are held")
    )]
    Tool {
        /// A function that the client runs.
        FunctionTool = "function",
        /// An MCP server that the endpoint itself talks to.
        McpTool = "mcp",
    }
}

/// Whether and what the model must call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ToolChoice {
    /// In general.
    Mode(ToolMode),
    /// This one.
    Named(NamedTool),
}

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Voice {
    /// A voice of the endpoint, such as `marin`.
    Name(String),
    /// A voice of one's own.
    Custom {
        /// `voice_…`.
        id: String,
    },
}

/// The most tokens of one response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MaxTokens {
    /// So many.
    Count(u32),
    /// `inf`.
    Word(String),
}

/// What is dropped when the context is full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Truncation {
    /// `auto` or `disabled`.
    Mode(String),
    /// All but a part.
    Ratio(RetentionRatio),
}

impl SessionConfig {
    /// An empty configuration of a speech-to-speech session.
    pub fn realtime() -> Self {
        Self {
            kind: Some(SessionKind::Realtime),
            ..Self::default()
        }
    }

    /// Returns the settings of sound from the person, where there are any.
    pub fn audio_input(&self) -> Option<&AudioInput> {
        self.audio.as_ref()?.input.as_ref()
    }

    /// Returns the settings of sound to the person, where there are any.
    pub fn audio_output(&self) -> Option<&AudioOutput> {
        self.audio.as_ref()?.output.as_ref()
    }
}
