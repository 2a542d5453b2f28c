//! [`Watched`]: the simulator's model, which is watched as it thinks; and an ear that hears what it
//! is told to.

use std::sync::{Arc, Mutex, PoisonError};

use rtmcp::core::{Item, Private, Role};
use rtmcp_sim::engine::{Brain, Ear, Prompt, Sound, Thinking, Thought, brain::Rules};

/// What the model was given to answer, each time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Arc<Mutex<Vec<Conversation>>>);

/// A conversation as the model sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conversation {
    /// What the person said, in order.
    pub(crate) said: Vec<String>,
    /// What the model answered, in order.
    pub(crate) answered: Vec<String>,
    /// The calls and the outputs, by their ids.
    pub(crate) calls: Vec<String>,
    pub(crate) outputs: Vec<String>,
}

impl Memory {
    /// Takes what was seen since the last time.
    pub(crate) fn take(&self) -> Vec<Conversation> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, items: &[Item]) {
        let mut seen = Conversation::default();
        for item in items {
            match item {
                Item::Message(message) => {
                    let parts = message.content.iter();
                    let words = parts.filter_map(|it| it.text.as_ref().or(it.transcript.as_ref()));
                    let words: Vec<_> = words.map(|it| it.expose().as_str()).collect();
                    match message.role {
                        Role::User => seen.said.push(words.join(" ")),
                        _ => seen.answered.push(words.join(" ")),
                    }
                }
                Item::FunctionCall(call) => seen.calls.extend(call.call_id.iter().map(id)),
                Item::FunctionCallOutput(output) => seen.outputs.push(id(&output.call_id)),
                _ => {}
            }
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(seen);
    }
}

fn id(call_id: &rtmcp::core::CallId) -> String {
    call_id.as_str().to_owned()
}

/// The rules of the simulator, and a way to have a slow tool called.
#[derive(Debug)]
pub(crate) struct Watched(pub(crate) Memory);

/// Begins a turn that wants a slow answer, in milliseconds.
pub(crate) const SLOWLY: &str = "Take your time, milliseconds: ";

impl Brain for Watched {
    fn think(&self, prompt: Prompt) -> Thinking<'_, Vec<Thought>> {
        self.0.note(&prompt.items);
        if let Some(Item::Message(message)) = prompt.items.last()
            && let Some(words) = message.content.first().and_then(|it| it.text.as_ref())
            && let Some(millis) = words.expose().strip_prefix(SLOWLY)
        {
            let arguments = Private::new(format!("{{\"ms\":{millis}}}"));
            let name = "slow".to_owned();
            return Box::pin(std::future::ready(Ok(vec![Thought::Call {
                name,
                arguments,
            }])));
        }
        Rules.think(prompt)
    }
}

/// Hears what the person is about to say, whatever the sound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(Arc<Mutex<String>>);

impl Told {
    pub(crate) fn tell(&self, words: &str) {
        words.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Ear for Told {
    fn hear(&self, _: Sound) -> Thinking<'_, String> {
        let words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(std::future::ready(Ok(words.clone())))
    }
}
