//! [`Playback`]: what the server itself plays of its responses, and what was heard of them.

use std::collections::VecDeque;

use rtmcp_core::{ItemId, ResponseId, Timestamp, event::server};

use super::{Fault, Outbox, Session, answer::Active, input::duration};

/// Who plays what the model says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Player {
    /// The client, which gets it as events and says what was heard.
    Client,
    /// The server, on a track, so that it knows by itself.
    Server,
}

/// What the server's player is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Play this after all that is being played.
    Play(Vec<i16>),
    /// Take what it has for all: it has stopped once that was played.
    Finish,
    /// Drop what wasn't played yet, and give back [`Moment::Cleared`] at once.
    Clear,
}

/// How far the server's player is: samples played of all that it was ever given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It began to play what it had been given after this position.
    Started { position: u64 },
    /// It has played all, which was said to be all.
    Stopped { position: u64 },
    /// It was cleared here.
    Cleared { position: u64 },
}

/// Responses that are being said or wait for it.
///
/// The player has the sound of one response at a time, so that the end of one and the start of the
/// next are its own moments.
#[derive(Debug, Default)]
pub(crate) struct Playback {
    /// The player is at the first one.
    spoken: VecDeque<Spoken>,
    /// These were dropped, and the player hasn't said where.
    dropped: Vec<Spoken>,
    /// Where the first one begins.
    origin: u64,
}

/// The speech of one response.
#[derive(Debug)]
struct Spoken {
    response: ResponseId,
    /// Its items, with the samples that there are of each.
    items: Vec<(ItemId, u64)>,
    /// What the player wasn't given yet.
    waiting: Vec<i16>,
    is_whole: bool,
    started: bool,
    /// Once it has been heard, the model waits for somebody to speak.
    then_idle: bool,
}

impl Playback {
    pub(super) fn new(player: Player) -> Option<Self> {
        (player == Player::Server).then(Self::default)
    }

    /// Plays sound of an item.
    pub(super) fn push(
        &mut self,
        response: &ResponseId,
        item: &ItemId,
        samples: &[i16],
        out: &mut Outbox,
    ) {
        let known = self.spoken.iter().position(|it| it.response == *response);
        let index = known.unwrap_or_else(|| {
            self.spoken.push_back(Spoken::new(response.clone()));
            self.spoken.len() - 1
        });
        let spoken = &mut self.spoken[index];
        spoken.add(item, samples.len());
        match index {
            0 => out.player(Command::Play(samples.to_vec())),
            _ => spoken.waiting.extend(samples),
        }
    }

    /// Lets the model wait for somebody to speak once the rest of a response has been heard; tells
    /// whether there is a rest.
    pub(super) fn then_idle(&mut self, response: &ResponseId) -> bool {
        let spoken = self.spoken.iter_mut().find(|it| it.response == *response);
        spoken.map(|it| it.then_idle = true).is_some()
    }

    /// Notes that a response has nothing more to say.
    fn finish(&mut self, response: &ResponseId, out: &mut Outbox) {
        let found = self.spoken.iter().position(|it| it.response == *response);
        if let Some(index) = found {
            self.spoken[index].is_whole = true;
            if index == 0 {
                out.player(Command::Finish);
            }
        }
    }

    /// Returns the response that begins to be heard.
    fn started(&mut self, position: u64) -> Option<ResponseId> {
        // A moment can be older than the clearing that made an end of what it is about.
        let first = self.spoken.front_mut();
        let first = first.filter(|it| !it.started && position == self.origin)?;
        first.started = true;
        Some(first.response.clone())
    }

    /// Returns the response that was heard to its end, and goes on with the next one.
    fn stopped(&mut self, position: u64, out: &mut Outbox) -> Option<Spoken> {
        let is_over = |it: &mut Spoken| it.started && position > self.origin;
        let heard = self.spoken.pop_front_if(is_over)?;
        self.origin = position;
        if let Some(next) = self.spoken.front_mut() {
            out.player(Command::Play(std::mem::take(&mut next.waiting)));
            if next.is_whole {
                out.player(Command::Finish);
            }
        }
        Some(heard)
    }

    /// Drops all; tells whether there was anything.
    fn clear(&mut self, out: &mut Outbox) -> bool {
        if self.spoken.is_empty() {
            return false;
        }
        self.dropped.extend(self.spoken.drain(..));
        out.player(Command::Clear);
        true
    }

    /// Returns what was dropped, with the samples that were heard of each.
    fn cleared(&mut self, position: u64) -> Vec<(Spoken, u64)> {
        let heard = position.saturating_sub(self.origin);
        self.origin = position;
        // Only the first one was with the player.
        let heard = std::iter::once(heard).chain(std::iter::repeat(0));
        self.dropped.drain(..).zip(heard).collect()
    }
}

impl Spoken {
    const fn new(response: ResponseId) -> Self {
        Self {
            response,
            items: Vec::new(),
            waiting: Vec::new(),
            is_whole: false,
            started: false,
            then_idle: false,
        }
    }

    fn add(&mut self, item: &ItemId, samples: usize) {
        let samples = samples as u64;
        match self.items.iter_mut().find(|(id, _)| id == item) {
            Some((_, length)) => *length += samples,
            None => self.items.push((item.clone(), samples)),
        }
    }

    fn samples(&self) -> u64 {
        self.items.iter().map(|(_, length)| length).sum()
    }

    /// The items that weren't heard to the end, with the samples that were.
    fn cut(&self, heard: u64) -> Vec<(ItemId, u64)> {
        let mut left = heard;
        let mut cut = Vec::new();
        for (item, length) in &self.items {
            let heard = left.min(*length);
            left -= heard;
            if heard < *length {
                cut.push((item.clone(), heard));
            }
        }
        cut
    }
}

impl Session {
    /// Takes what the player says.
    pub(super) fn played(&mut self, now: Timestamp, moment: Moment) {
        let Some(playback) = &mut self.playback else {
            return;
        };
        match moment {
            Moment::Started { position } => {
                if let Some(response) = playback.started(position) {
                    self.say_started(response);
                }
            }
            Moment::Stopped { position } => {
                if let Some(spoken) = playback.stopped(position, &mut self.out) {
                    self.heard_out(now, spoken);
                }
            }
            Moment::Cleared { position } => {
                for (spoken, heard) in playback.cleared(position) {
                    self.cut_off(now, spoken, heard);
                }
            }
        }
    }

    /// Clears the player because a client wants it.
    pub(super) fn clear_output(&mut self) -> Result<(), Fault> {
        if self.playback.is_none() {
            let message = "'output_audio_buffer.clear' is for WebRTC and SIP: over a WebSocket the \
                           client owns the playback.";
            return Err(Fault::invalid_value("type", message));
        }
        self.clear_playback();
        Ok(())
    }

    /// Stops what is being said, at once, and whatever more of it would come.
    pub(super) fn clear_playback(&mut self) {
        if let Some(playback) = &mut self.playback
            && playback.clear(&mut self.out)
        {
            self.answers.iter_mut().for_each(Active::mute);
        }
    }

    /// Lets the rest of a response be heard.
    pub(super) fn finish_playing(&mut self, response: &ResponseId) {
        if let Some(playback) = &mut self.playback {
            playback.finish(response, &mut self.out);
        }
    }

    fn heard_out(&mut self, now: Timestamp, spoken: Spoken) {
        let response_id = spoken.response;
        self.out.send(|event_id| server::OutputAudioBufferStopped {
            event_id,
            response_id,
            ..Default::default()
        });
        self.quiet(now, spoken.then_idle);
    }

    /// Says how much was heard of a response that was dropped, and lets the model remember no more.
    fn cut_off(&mut self, now: Timestamp, spoken: Spoken, heard: u64) {
        if heard > 0 && !spoken.started {
            self.say_started(spoken.response.clone());
        }
        if spoken.is_whole && heard == spoken.samples() {
            return self.heard_out(now, spoken);
        }
        let response_id = spoken.response.clone();
        self.out.send(|event_id| server::OutputAudioBufferCleared {
            event_id,
            response_id,
            ..Default::default()
        });
        for (item, heard) in spoken.cut(heard) {
            let audio_end_ms = duration(heard as usize).as_millis() as u64;
            // A client may have deleted it, or cut it back further.
            if self.truncate(&item, audio_end_ms).is_ok() {
                self.say_truncated(item, audio_end_ms);
            }
        }
        self.quiet(now, spoken.then_idle);
    }

    /// Nothing more is heard of a response.
    fn quiet(&mut self, now: Timestamp, then_idle: bool) {
        let playing = self.playback.iter().any(|it| !it.spoken.is_empty());
        if then_idle && !playing && self.in_conversation().is_none() {
            self.wait_for_speech(now);
        }
    }

    fn say_started(&mut self, response_id: ResponseId) {
        self.out.send(|event_id| server::OutputAudioBufferStarted {
            event_id,
            response_id,
            ..Default::default()
        });
    }
}

#[cfg(test)]
mod tests;
