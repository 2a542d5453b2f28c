//! Engines that say what a test wants.

use std::{
    fmt,
    future::ready,
    sync::{Arc, Mutex},
};

use rtmcp_core::{Item, Private};
use rtmcp_sim::{
    Engines, Pacing, SimConfig,
    engine::{Brain, Ear, EngineError, Prompt, Sound, Thinking, Thought, Utterance, Voice},
};

type Mind = dyn Fn(&Prompt) -> Vec<Thought> + Send + Sync;

/// Hears the same words in everything; and nothing at all where there are none.
#[derive(Debug)]
pub(crate) struct StubEar(pub(crate) Option<&'static str>);

/// Thinks what a function says, and keeps what it was given.
pub(crate) struct StubBrain {
    mind: Box<Mind>,
    pub(crate) prompts: Mutex<Vec<Prompt>>,
}

/// Speaks a tone of 100 ms for each character.
#[derive(Debug)]
pub(crate) struct StubVoice;

impl Ear for StubEar {
    fn hear(&self, _speech: Sound) -> Thinking<'_, String> {
        let words = self.0.map(str::to_owned);
        Box::pin(ready(words.ok_or_else(|| broken("stub ear"))))
    }
}

impl Brain for StubBrain {
    fn think(&self, prompt: Prompt) -> Thinking<'_, Vec<Thought>> {
        let thoughts = (self.mind)(&prompt);
        self.prompts.lock().unwrap().push(prompt);
        Box::pin(ready(Ok(thoughts)))
    }
}

impl Voice for StubVoice {
    fn speak(&self, utterance: Utterance) -> Thinking<'_, Sound> {
        let length = utterance.text.expose().len() * 800;
        // 400 Hz.
        let wave = [[1000; 10], [-1000; 10]].concat();
        let samples = wave.into_iter().cycle().take(length).collect();
        Box::pin(ready(Ok(Sound {
            rate: 8_000,
            samples,
        })))
    }
}

impl fmt::Debug for StubBrain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StubBrain")
    }
}

impl StubBrain {
    pub(crate) fn new(mind: impl Fn(&Prompt) -> Vec<Thought> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            mind: Box::new(mind),
            prompts: Mutex::default(),
        })
    }

    /// Returns what it was given last.
    pub(crate) fn last_prompt(&self) -> Prompt {
        self.prompts.lock().unwrap().last().unwrap().clone()
    }
}

/// A simulator that hears "what is the weather in paris", thinks as told, and doesn't wait.
pub(crate) fn config(brain: Arc<StubBrain>) -> SimConfig {
    let engines = Engines {
        ear: Arc::new(StubEar(Some("what is the weather in paris"))),
        brain,
        voice: Arc::new(StubVoice),
    };
    SimConfig {
        pacing: Pacing::Immediate,
        ..SimConfig::new(engines)
    }
}

/// A brain that says the same each time.
pub(crate) fn says(text: &'static str) -> Arc<StubBrain> {
    StubBrain::new(move |_| vec![say(text)])
}

pub(crate) fn say(text: &str) -> Thought {
    Thought::Say(text.into())
}

pub(crate) fn call(name: &str, arguments: &str) -> Thought {
    Thought::Call {
        name: name.to_owned(),
        arguments: Private::from(arguments),
    }
}

/// All the words of an item.
pub(crate) fn words(item: &Item) -> String {
    match item {
        Item::Message(message) => {
            let parts = message.content.iter();
            let words = parts.filter_map(|it| it.text.as_ref().or(it.transcript.as_ref()));
            words.map(|it| it.expose().as_str()).collect()
        }
        Item::FunctionCallOutput(output) => output.output.expose().clone(),
        _ => String::new(),
    }
}

fn broken(engine: &str) -> EngineError {
    EngineError {
        engine: engine.to_owned(),
        trouble: "it is told to fail".to_owned(),
    }
}
