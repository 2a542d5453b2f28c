//! The three senses of the simulator, each behind a trait: an ear, a brain and a voice.
//!
//! | sense | engines |
//! |---|---|
//! | [`Ear`] | [`ear::Script`], [`ear::Process`], [`ear::Http`] |
//! | [`Brain`] | [`brain::Script`], [`brain::Rules`], [`brain::Chat`] |
//! | [`Voice`] | [`voice::Process`], [`voice::Http`], [`voice::Tone`] |
//!
//! [`Engines`] holds one of each and makes them from short texts such as `process:my-ear --fast`.

pub mod brain;
mod command;
pub mod ear;
mod engines;
mod remote;
mod scenario;
mod spec;
mod tools;
pub mod voice;

use std::{future::Future, pin::Pin};

use crate::faults::FaultKind;

use rtmcp_core::{Item, Private, session::FunctionTool, session::ToolChoice};
pub use rtmcp_media::Sound;

pub use engines::{Engines, Found};
pub use scenario::{BadScenario, CallStep, Scenario, Step, Turn};
pub use spec::{BadSpec, BrainSpec, EarSpec, VoiceSpec};
pub use tools::{BadTools, Tools};

/// What an engine gives back: a future that can be boxed and sent.
pub type Thinking<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>;

/// Hears: turns speech into words.
pub trait Ear: Send + Sync + std::fmt::Debug {
    /// Returns the words of a piece of speech; empty when there are none.
    fn hear(&self, speech: Sound) -> Thinking<'_, String>;

    /// Gets ready ahead of the first use, and says in a few words what is listening.
    fn prepare(&self) -> Thinking<'_, String> {
        ready("an ear")
    }
}

/// Thinks: decides what to say and what to call.
pub trait Brain: Send + Sync + std::fmt::Debug {
    /// Returns what the model does in one response, in order.
    fn think(&self, prompt: Prompt) -> Thinking<'_, Vec<Thought>>;

    /// Gets ready ahead of the first use, and says in a few words what is thinking.
    fn prepare(&self) -> Thinking<'_, String> {
        ready("a brain")
    }
}

/// Speaks: turns words into speech.
pub trait Voice: Send + Sync + std::fmt::Debug {
    /// Returns the speech of a text.
    fn speak(&self, utterance: Utterance) -> Thinking<'_, Sound>;

    /// Gets ready ahead of the first use, and says in a few words what is speaking.
    fn prepare(&self) -> Thinking<'_, String> {
        ready("a voice")
    }
}

/// What is to be spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// The words.
    pub text: Private<String>,
    /// The voice that the session asks for, such as `marin`.
    pub voice: Option<String>,
    /// How fast, 1.0 being normal.
    pub speed: f64,
}

/// What a response is made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// What the model is told about its part.
    pub instructions: Private<String>,
    /// The conversation so far, oldest first; transcripts stand in for sound.
    pub items: Vec<Item>,
    /// The functions that may be called.
    pub tools: Vec<FunctionTool>,
    /// Whether and which must be called.
    pub tool_choice: Option<ToolChoice>,
}

/// One thing that the model does in a response.
#[derive(Clone, Debug, PartialEq)]
pub enum Thought {
    /// It says something.
    Say(Private<String>),
    /// It calls a function.
    Call {
        /// The function.
        name: String,
        /// JSON text.
        arguments: Private<String>,
    },
    /// This goes wrong with the response.
    Fault(FaultKind),
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

impl EngineError {
    pub(crate) fn new(engine: &str, trouble: impl Into<String>) -> Self {
        Self {
            engine: engine.to_owned(),
            trouble: trouble.into(),
        }
    }
}

/// What [`Ear::prepare`] and its like return where there is nothing to get ready.
fn ready(what: impl Into<String>) -> Thinking<'static, String> {
    Box::pin(std::future::ready(Ok(what.into())))
}
