//! [`Speech`]: who plays what the model says, and what comes of it; and what the person says.

use base64::{Engine, engine::general_purpose::STANDARD};
use rtmcp_core::{ItemId, Private, ServerEvent, Timestamp};
use rtmcp_media::pcm;
use rtmcp_session::{Command, Input, Playback as Played};
use tracing::debug;

use super::driver::Driver;
use crate::{
    Event,
    loudspeaker::Loudspeaker,
    player::{Heard, Player},
    track::{Sound, Track},
};

/// Who plays what the model says.
#[derive(Debug)]
pub(super) enum Speech {
    /// The application, which is handed each frame when it is to sound.
    Paced(Player),
    /// The application, which says what it has played.
    Reported,
    /// The endpoint, over a track that ends here.
    Track(Track),
    /// The bridge, on the track of a page.
    Guest(Loudspeaker),
    /// The endpoint, to somebody else.
    Elsewhere,
}

impl Speech {
    /// Tells whether something is still heard here over a track: sound and events come by different
    /// ways.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Track(track) if track.is_busy())
    }
}

/// What the model says.
impl Driver {
    /// Takes speech out of an event.
    pub(super) fn play(&mut self, item_id: ItemId, audio: &Private<String>) {
        let bytes = STANDARD.decode(audio.expose()).unwrap_or_else(|_| {
            debug!(item = %item_id, "audio that isn't base64 passed over");
            Vec::new()
        });
        let now = self.now();
        let player = match &mut self.speech {
            Speech::Paced(player) => player,
            Speech::Guest(loudspeaker) => return loudspeaker.play(&item_id, &bytes),
            _ => {
                let bytes = Private::new(bytes);
                return self.notify(Event::Audio { item_id, bytes });
            }
        };
        // Also of nothing: the player says when the item is over.
        let output = self.session.config().audio_output();
        if let Some(format) = output.and_then(|output| output.format.as_ref()) {
            player.set_format(format);
        }
        player.play(now, &item_id, &bytes);
    }

    pub(super) fn play_end(&mut self, item_id: ItemId) {
        let now = self.now();
        match &mut self.speech {
            Speech::Paced(player) => player.end(now, &item_id),
            // The end of the response is what counts there.
            Speech::Guest(_) => {}
            _ => self.notify(Event::AudioEnd { item_id }),
        }
    }

    /// Stops what plays. Returns what the session must hear of it at once.
    pub(super) fn stop_playback(&mut self) -> Option<Input> {
        if let Speech::Guest(_) = &self.speech {
            return self.stop_guest();
        }
        self.notify(Event::AudioStop);
        let Speech::Paced(player) = &mut self.speech else {
            return None;
        };
        let heard = player.stop();
        Some(Input::Playback(Played::Stopped { heard }))
    }

    /// Sees what an event says about the track.
    pub(super) fn follow(&mut self, event: &ServerEvent) {
        let now = self.now();
        match &mut self.speech {
            Speech::Track(track) => {
                let sounds = track.event(now, event);
                self.hand_out(sounds);
            }
            Speech::Guest(loudspeaker) => loudspeaker.event(event),
            Speech::Paced(_) | Speech::Reported | Speech::Elsewhere => {}
        }
    }

    /// Takes what came over the track.
    pub(super) fn sound(&mut self, samples: Vec<i16>) {
        if let Speech::Track(track) = &mut self.speech {
            let sounds = track.frame(samples);
            self.hand_out(sounds);
        }
    }

    /// Does what is due by now.
    pub(super) fn wake_speech(&mut self, at: Timestamp) {
        while let Speech::Paced(player) = &mut self.speech
            && let Some(heard) = player.next(at)
        {
            self.hear_paced(heard);
        }
        if let Speech::Track(track) = &mut self.speech {
            let over = track.wake(at);
            self.hand_out(over);
        }
        while let Some(microphone) = &mut self.microphone
            && microphone.next(at)
        {
            self.tell(Command::CommitAudio.into());
        }
    }

    /// Returns when something of this is due.
    pub(super) fn speech_due(&self) -> Option<Timestamp> {
        let speech = match &self.speech {
            Speech::Paced(player) => player.due(),
            Speech::Track(track) => track.due(),
            Speech::Reported | Speech::Guest(_) | Speech::Elsewhere => None,
        };
        let microphone = self.microphone.as_ref().and_then(|it| it.due());
        speech.into_iter().chain(microphone).min()
    }

    fn hear_paced(&mut self, heard: Heard) {
        match heard {
            Heard::Frame {
                item_id,
                bytes,
                played,
            } => {
                let id = item_id.clone();
                self.notify(Event::Audio {
                    item_id,
                    bytes: Private::new(bytes),
                });
                let item_id = id;
                self.tell(Input::Playback(Played::Progress { item_id, played }));
            }
            Heard::End { item_id } => {
                let id = item_id.clone();
                self.notify(Event::AudioEnd { item_id });
                self.tell(Input::Playback(Played::Finished { item_id: id }));
            }
        }
    }

    pub(super) fn hand_out(&mut self, sounds: impl IntoIterator<Item = Sound>) {
        for sound in sounds {
            self.notify(match sound {
                Sound::Heard { item_id, samples } => {
                    let bytes = Private::new(pcm::to_bytes(&samples));
                    Event::Audio { item_id, bytes }
                }
                Sound::End { item_id } => Event::AudioEnd { item_id },
                Sound::Cut => Event::AudioStop,
            });
        }
        if self.is_idle_due && !self.speech.is_busy() {
            self.is_idle_due = false;
            if self.session.is_idle() {
                self.notify(Event::Session(rtmcp_session::Event::Idle));
            }
        }
    }
}

/// What the person says.
impl Driver {
    pub(super) fn speak(&mut self, bytes: &[u8]) {
        match &mut self.microphone {
            Some(microphone) if self.link.is_up() => microphone.say(bytes),
            // On a track there is nobody to say it to again.
            Some(_) => self.unsaid += bytes.len() as u64,
            None => {
                let audio = Private::new(STANDARD.encode(bytes));
                self.tell(Command::Audio(audio).into());
            }
        }
    }

    pub(super) fn command(&mut self, command: Command) {
        let now = self.now();
        match (&mut self.microphone, command) {
            // The sound comes before the end of the turn, as it was said.
            (Some(microphone), Command::CommitAudio) => microphone.commit(now),
            (_, Command::Interrupt) => {
                self.tell(Command::Interrupt.into());
                // Whoever interrupts hears nothing more, though the endpoint needs a moment.
                if let Speech::Track(track) = &mut self.speech
                    && track.is_busy()
                {
                    let cut = track.cut();
                    self.hand_out(cut);
                }
            }
            (_, command) => self.tell(command.into()),
        }
    }
}
