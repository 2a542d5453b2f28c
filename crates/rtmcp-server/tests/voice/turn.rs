//! [`Turn`]: what was heard, called, said and sounded.

use std::time::Duration;

use rtmcp::{
    Event, ToolFinish, ToolStart,
    core::{ItemId, Role},
    session,
};
use rtmcp_media::{Sound, pcm};
use serde_json::{Value, json};

use crate::microphone::RATE;

/// The speech of one message, as far as it was handed out.
#[derive(Debug)]
pub(crate) struct Speech {
    pub(crate) item_id: ItemId,
    bytes: Vec<u8>,
}

/// What happened in a stretch of a session.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// The person's words, as the endpoint heard them.
    pub(crate) heard: String,
    /// The calls that ran.
    pub(crate) calls: Vec<ToolStart>,
    /// The calls that are over.
    pub(crate) finished: Vec<ToolFinish>,
    /// The model's words.
    pub(crate) said: String,
    /// The model's speech, message by message.
    pub(crate) speech: Vec<Speech>,
    /// How many responses ended.
    pub(crate) responses: usize,
    /// How many calls somebody was asked about.
    pub(crate) asked: usize,
}

impl Turn {
    pub(crate) fn of(events: &[Event]) -> Self {
        let mut turn = Self::default();
        for event in events {
            turn.note(event);
        }
        turn
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Session(session::Event::Transcript {
                role,
                text,
                done: true,
                ..
            }) => {
                let words = match role {
                    Role::Assistant => &mut self.said,
                    _ => &mut self.heard,
                };
                words.push_str(text.expose());
                words.push('\n');
            }
            Event::Session(session::Event::ResponseEnded { .. }) => self.responses += 1,
            Event::Approval { .. } => self.asked += 1,
            Event::ToolStarted(call) => self.calls.push(call.clone()),
            Event::ToolFinished(finish) => self.finished.push(finish.clone()),
            Event::Audio { item_id, bytes } => self.sounds(item_id, bytes.expose()),
            _ => {}
        }
    }

    fn sounds(&mut self, item_id: &ItemId, bytes: &[u8]) {
        match self.speech.last_mut() {
            Some(speech) if speech.item_id == *item_id => speech.bytes.extend(bytes),
            _ => self.speech.push(Speech {
                item_id: item_id.clone(),
                bytes: bytes.to_vec(),
            }),
        }
    }

    /// The functions that were called, with their arguments.
    pub(crate) fn called(&self) -> Vec<(&str, Value)> {
        let calls = self.calls.iter();
        calls
            .map(|it| (it.function.as_str(), json!(it.arguments.expose())))
            .collect()
    }

    /// How the calls ended.
    pub(crate) fn ends(&self) -> Vec<&'static str> {
        self.finished.iter().map(|it| it.kind).collect()
    }

    /// The sound of the model's one message.
    pub(crate) fn sound(&self) -> Sound {
        let [speech] = &self.speech[..] else {
            panic!("{} messages sounded", self.speech.len());
        };
        speech.sound()
    }
}

impl Speech {
    pub(crate) fn sound(&self) -> Sound {
        Sound {
            rate: RATE,
            samples: pcm::from_bytes(&self.bytes),
        }
    }

    pub(crate) fn duration(&self) -> Duration {
        self.sound().duration()
    }
}

/// Asserts that each of the words is there, or one of its spellings: `"eighteen|18"`. A recognizer
/// is free in how it writes numbers, and in signs.
#[track_caller]
pub(crate) fn assert_words(text: &str, words: &[&str]) {
    let lower = text.to_lowercase();
    for word in words {
        let found = word.split('|').any(|it| lower.contains(&it.to_lowercase()));
        assert!(found, "no `{word}` in: {text}");
    }
}
