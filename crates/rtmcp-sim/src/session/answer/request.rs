//! [`Request`]: what one response is to be, from the session and from what the client asks.

use std::collections::BTreeMap;

use rtmcp_core::{
    AudioFormat, Private, ResponseParams,
    session::{
        AudioConfig, AudioOutput, FunctionTool, MaxTokens, Modality, SessionConfig, ToolChoice,
        Voice,
    },
};

use crate::session::settings::{functions, voice_name};

/// What one response is to be.
#[derive(Debug)]
pub(crate) struct Request {
    /// It writes to the conversation.
    pub(crate) in_conversation: bool,
    pub(crate) modality: Modality,
    pub(crate) instructions: Private<String>,
    pub(crate) tools: Vec<FunctionTool>,
    pub(crate) tool_choice: Option<ToolChoice>,
    /// It may call several functions.
    pub(crate) parallel: bool,
    pub(crate) max_tokens: MaxTokens,
    pub(crate) voice: String,
    pub(crate) speed: f64,
    pub(crate) metadata: Option<BTreeMap<String, String>>,
}

impl Request {
    /// What the session says, but for what the client asks.
    pub(crate) fn new(session: &SessionConfig, asked: ResponseParams) -> Self {
        let output = session.audio_output();
        let asked_voice = asked.audio.as_ref().and_then(|it| it.output.as_ref());
        let voice = asked_voice.and_then(|it| it.voice.as_ref());
        let voice = voice.or_else(|| output?.voice.as_ref());
        let modalities = asked
            .output_modalities
            .or(session.output_modalities.clone());
        let tools = asked.tools.as_deref().or(session.tools.as_deref());
        let max_tokens = asked
            .max_output_tokens
            .or(session.max_output_tokens.clone());
        Self {
            in_conversation: asked.conversation.as_deref() != Some("none"),
            modality: modalities
                .and_then(|it| it.into_iter().next())
                .unwrap_or(Modality::Audio),
            instructions: asked
                .instructions
                .or(session.instructions.clone())
                .unwrap_or_default(),
            tools: functions(tools),
            tool_choice: asked.tool_choice.or(session.tool_choice.clone()),
            parallel: asked
                .parallel_tool_calls
                .or(session.parallel_tool_calls)
                .unwrap_or(true),
            max_tokens: max_tokens.unwrap_or_else(|| MaxTokens::Word("inf".to_owned())),
            voice: voice.map_or("alloy", voice_name).to_owned(),
            speed: output.and_then(|it| it.speed).unwrap_or(1.0),
            metadata: asked.metadata,
        }
    }

    /// Tells whether it is written and not spoken.
    pub(crate) fn is_text(&self) -> bool {
        self.modality == Modality::Text
    }

    /// The most tokens it may write.
    pub(crate) fn most_tokens(&self) -> Option<u64> {
        match self.max_tokens {
            MaxTokens::Count(most) => Some(u64::from(most)),
            MaxTokens::Word(_) => None,
        }
    }

    /// How it sounds, as a response says it.
    pub(crate) fn audio(&self) -> AudioConfig {
        AudioConfig {
            output: Some(AudioOutput {
                format: Some(AudioFormat::PCM_24K),
                voice: Some(Voice::Name(self.voice.clone())),
                ..AudioOutput::default()
            }),
            ..AudioConfig::default()
        }
    }
}
