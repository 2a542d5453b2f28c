//! The part of an endpoint that plays the model's speech itself, as over WebRTC.

use std::collections::VecDeque;

use serde_json::{Value, json};

/// What an endpoint says of what it plays, and what it leaves out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    /// Says that a response sounds.
    pub(crate) starts: bool,
    /// Says that it was heard to its end, or cut.
    pub(crate) ends: bool,
    /// Says where it cut a message.
    pub(crate) cuts: bool,
    /// Sends the sound over the line as well.
    pub(crate) sound: bool,
}

impl Words {
    /// Those of the real thing.
    pub(crate) const GOOD: Self = Self {
        starts: true,
        ends: true,
        cuts: true,
        sound: false,
    };
}

/// The speech of one response.
#[derive(Debug)]
struct Speech {
    response: String,
    ms: u64,
    played: u64,
    whole: bool,
    told: bool,
}

#[derive(Debug)]
pub(crate) struct Outlet {
    pub(crate) words: Words,
    queue: VecDeque<Speech>,
    out: Vec<Value>,
}

impl Outlet {
    pub(crate) fn new(words: Words) -> Self {
        Self {
            words,
            queue: VecDeque::new(),
            out: Vec::new(),
        }
    }

    /// Takes what is to be said.
    pub(crate) fn said(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.out)
    }

    /// More speech of a response.
    pub(crate) fn grow(&mut self, response: &str, ms: u64) {
        match self.queue.iter_mut().find(|it| it.response == response) {
            Some(speech) => speech.ms += ms,
            None => self.queue.push_back(Speech {
                response: response.to_owned(),
                ms,
                played: 0,
                whole: false,
                told: false,
            }),
        }
        self.play(0);
    }

    /// No more speech of a response comes.
    pub(crate) fn complete(&mut self, response: &str) {
        let of_it = |it: &&mut Speech| it.response == response;
        self.queue
            .iter_mut()
            .filter(of_it)
            .for_each(|it| it.whole = true);
    }

    /// Plays for a while.
    pub(crate) fn play(&mut self, ms: u64) {
        let mut left = ms;
        while let Some(speech) = self.queue.front_mut() {
            let step = left.min(speech.ms - speech.played);
            speech.played += step;
            left -= step;
            let first = !std::mem::replace(&mut speech.told, true);
            let (response, over) = (
                speech.response.clone(),
                speech.whole && speech.played == speech.ms,
            );
            if first && self.words.starts {
                self.say("started", &response);
            }
            if !over {
                return;
            }
            self.queue.pop_front();
            if self.words.ends {
                self.say("stopped", &response);
            }
        }
    }

    /// Drops everything, and cuts the message that sounds.
    pub(crate) fn clear(&mut self) {
        let Some(speech) = self.queue.pop_front() else {
            return;
        };
        self.queue.clear();
        if self.words.cuts {
            self.out.push(json!({"type": "conversation.item.truncated",
                "item_id": format!("m_{}", speech.response), "content_index": 0,
                "audio_end_ms": speech.played}));
        }
        if self.words.ends {
            self.say("cleared", &speech.response);
        }
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.queue.is_empty()
    }

    fn say(&mut self, kind: &str, response: &str) {
        let kind = format!("output_audio_buffer.{kind}");
        self.out
            .push(json!({"type": kind, "response_id": response}));
    }
}
