//! The three senses of the simulator, each behind a trait: an ear, a brain and a voice.

use std::{future::Future, pin::Pin};

use rtmcp_core::{Item, session::FunctionTool, session::ToolChoice};

/// What an engine gives back: a future that can be boxed and sent.
pub type Thinking<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>;

/// Hears: turns speech into words.
pub trait Ear: Send + Sync + std::fmt::Debug {
    /// Returns the words of a piece of speech; empty when there are none.
    fn hear(&self, speech: Sound) -> Thinking<'_, String>;
}

/// Thinks: decides what to say and what to call.
pub trait Brain: Send + Sync + std::fmt::Debug {
    /// Returns what the model does in one response, in order.
    fn think(&self, prompt: Prompt) -> Thinking<'_, Vec<Thought>>;
}

/// Speaks: turns words into speech.
pub trait Voice: Send + Sync + std::fmt::Debug {
    /// Returns the speech of a text.
    fn speak(&self, utterance: Utterance) -> Thinking<'_, Sound>;
}

/// Mono sound.
#[derive(Clone, PartialEq, Eq)]
pub struct Sound {
    /// Samples per second.
    pub rate: u32,
    /// The samples.
    pub samples: Vec<i16>,
}

impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Sound({} samples at {} Hz)",
            self.samples.len(),
            self.rate
        )
    }
}

/// What is to be spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// The words.
    pub text: rtmcp_core::Private<String>,
    /// The voice that the session asks for, such as `marin`.
    pub voice: Option<String>,
    /// How fast, 1.0 being normal.
    pub speed: f64,
}

/// What a response is made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// What the model is told about its part.
    pub instructions: rtmcp_core::Private<String>,
    /// The conversation so far, oldest first; transcripts stand in for sound.
    pub items: Vec<Item>,
    /// The functions that may be called.
    pub tools: Vec<FunctionTool>,
    /// Whether and which must be called.
    pub tool_choice: Option<ToolChoice>,
}

/// One thing that the model does in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thought {
    /// It says something.
    Say(rtmcp_core::Private<String>),
    /// It calls a function.
    Call {
        /// The function.
        name: String,
        /// JSON text.
        arguments: rtmcp_core::Private<String>,
    },
}

/// An engine that can't do its part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{engine}: {trouble}")]
pub struct EngineError {
    /// Which engine.
    pub engine: String,
    /// What is wrong and what to do, without a word of what was said.
    pub trouble: String,
}
