//! [`Track`]: which sound of a call's track is the model's speech, and of which message.

use std::{collections::VecDeque, time::Duration};

use rtmcp_core::{Item, ItemId, ResponseId, ServerEvent, Timestamp};
use rtmcp_media::rms;

/// Follows a track that is never silent by itself: from the first sound on a frame comes every
/// 20 ms. Events say what is played, and they travel another way than the sound does: sound that
/// comes before its event waits for it, and sound after the last event is heard to its end.
#[derive(Debug, Default)]
pub(crate) struct Track {
    state: State,
    /// The first message of each of the last responses.
    messages: VecDeque<(ResponseId, ItemId)>,
    /// Sound that nothing was said about yet.
    early: VecDeque<Vec<i16>>,
}

#[derive(Debug, Default)]
enum State {
    /// The model says nothing.
    #[default]
    Silent,
    /// A response is played.
    Sounding {
        item_id: ItemId,
        /// Whether the first of it has come.
        begun: bool,
    },
    /// The endpoint has played all of it, and the end of it is on its way.
    Fading {
        item_id: ItemId,
        /// Quiet frames in a row.
        quiet: u32,
        /// When it is over at the latest.
        until: Timestamp,
    },
    /// It was cut off, and what still comes of it isn't heard.
    Cut,
}

/// What is to be done with the sound.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    /// It is heard.
    Heard { item_id: ItemId, samples: Vec<i16> },
    /// A message was heard to its end.
    End { item_id: ItemId },
    /// Speech was cut off.
    Cut,
}

/// How many frames may come before the event that says whose they are: 200 ms.
const EARLY: usize = 10;

/// How long sound may take longer than the event that says that it was all sent.
const LATE: Duration = Duration::from_millis(500);

/// Quieter than this (-50 dB) is a pause.
const PAUSE: f32 = 0.003;

/// After so many quiet frames nothing more comes of what was all sent: 100 ms, longer than a pause
/// within a word.
const QUIET_FRAMES: u32 = 5;

/// How many responses are remembered.
const RESPONSES: usize = 16;

impl Track {
    /// Takes an event of the endpoint.
    pub(crate) fn event(&mut self, now: Timestamp, event: &ServerEvent) -> Vec<Sound> {
        match event {
            ServerEvent::ResponseOutputItemAdded(added) => {
                if let Item::Message(message) = &added.item {
                    self.message(&added.response_id, message.id.as_ref());
                }
                Vec::new()
            }
            ServerEvent::OutputAudioBufferStarted(started) => self.start(&started.response_id),
            ServerEvent::OutputAudioBufferStopped(_) => {
                self.fade(now);
                Vec::new()
            }
            ServerEvent::OutputAudioBufferCleared(_) => self.cut(),
            _ => Vec::new(),
        }
    }

    /// Takes the next 20 ms of sound.
    pub(crate) fn frame(&mut self, samples: Vec<i16>) -> Vec<Sound> {
        let is_quiet = rms(&samples) < PAUSE;
        let (item_id, is_over) = match &mut self.state {
            State::Silent if is_quiet => {
                self.early.clear();
                return Vec::new();
            }
            State::Silent => {
                self.early.push_back(samples);
                if self.early.len() > EARLY {
                    self.early.pop_front();
                }
                return Vec::new();
            }
            State::Cut => {
                if is_quiet {
                    self.state = State::Silent;
                }
                return Vec::new();
            }
            State::Sounding { begun: false, .. } if is_quiet => return Vec::new(),
            State::Sounding { item_id, begun } => {
                *begun = true;
                (item_id.clone(), false)
            }
            State::Fading { item_id, quiet, .. } => {
                *quiet = if is_quiet { *quiet + 1 } else { 0 };
                (item_id.clone(), *quiet >= QUIET_FRAMES)
            }
        };
        let mut sounds = vec![Sound::Heard { item_id, samples }];
        if is_over {
            sounds.extend(self.end());
        }
        sounds
    }

    /// Ends what is due to have ended.
    pub(crate) fn wake(&mut self, now: Timestamp) -> Option<Sound> {
        let is_due = self.due().is_some_and(|due| due <= now);
        is_due.then(|| self.end()).flatten()
    }

    /// Returns when something is due.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        match self.state {
            State::Fading { until, .. } => Some(until),
            _ => None,
        }
    }

    /// Drops what comes of what is being said.
    pub(crate) fn cut(&mut self) -> Vec<Sound> {
        self.early.clear();
        let was = std::mem::replace(&mut self.state, State::Cut);
        let was_heard = matches!(was, State::Sounding { .. } | State::Fading { .. });
        was_heard.then_some(Sound::Cut).into_iter().collect()
    }

    /// Tells whether the model is heard.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.state, State::Sounding { .. } | State::Fading { .. })
    }

    fn message(&mut self, response_id: &ResponseId, item_id: Option<&ItemId>) {
        let known = self.messages.iter().any(|(id, _)| id == response_id);
        if let (false, Some(item_id)) = (known, item_id) {
            self.messages
                .push_back((response_id.clone(), item_id.clone()));
            if self.messages.len() > RESPONSES {
                self.messages.pop_front();
            }
        }
    }

    fn start(&mut self, response_id: &ResponseId) -> Vec<Sound> {
        let mut messages = self.messages.iter();
        let message = messages.find(|(id, _)| id == response_id);
        // An endpoint that never named the message named the response at least.
        let item_id = message.map_or_else(|| response_id.as_str().into(), |(_, id)| id.clone());
        let mut sounds: Vec<Sound> = self.end().into_iter().collect();
        let begun = !self.early.is_empty();
        sounds.extend(self.early.drain(..).map(|samples| Sound::Heard {
            item_id: item_id.clone(),
            samples,
        }));
        self.state = State::Sounding { item_id, begun };
        sounds
    }

    fn fade(&mut self, now: Timestamp) {
        if let State::Sounding { item_id, .. } = &self.state {
            self.state = State::Fading {
                item_id: item_id.clone(),
                quiet: 0,
                until: now + LATE,
            };
        }
    }

    fn end(&mut self) -> Option<Sound> {
        match std::mem::take(&mut self.state) {
            State::Sounding { item_id, .. } | State::Fading { item_id, .. } => {
                Some(Sound::End { item_id })
            }
            State::Silent | State::Cut => None,
        }
    }
}

#[cfg(test)]
mod tests;
