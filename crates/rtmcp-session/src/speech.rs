//! What a session does as somebody speaks: the model's speech is played or followed, and cut when
//! the person speaks up or presses stop.

use std::time::Duration;

use rtmcp_core::{
    ItemId, ResponseId, SessionConfig,
    event::{
        client::{ConversationItemTruncate, OutputAudioBufferClear, ResponseCancel},
        server::ResponseOutputAudioDelta,
    },
    session::TurnDetection,
};
use tracing::debug;

use crate::{Event, Output, Playback, Player, Session, timer::Timer};

impl Session {
    /// The person began to speak.
    pub(crate) fn speech_started(&mut self, item_id: ItemId, at_ms: u64) {
        let is_news = !self.replays() || self.kept_sound.began(&item_id, at_ms);
        self.arbiter.person_speaks();
        self.timers.stop(&Timer::OwnReply);
        let due = self.now + self.options.speech_unended;
        self.timers.set(Timer::SpeechUnended, due);
        self.notify(Event::SpeechStarted { item_id });
        // Who is heard again interrupts nobody: what they hear now came of what they said then.
        if !is_news {
            return;
        }
        self.interrupt_calls();
        // Where the endpoint plays, it cuts its own speech.
        if self.plays() && self.turn_detection(|it| it.interrupt_response) {
            self.interrupt();
        }
    }

    /// Silence ended the turn of the person.
    pub(crate) fn speech_stopped(&mut self, item_id: ItemId, at_ms: u64) {
        self.kept_sound.stopped(at_ms);
        let own_reply = self.turn_detection(|it| it.create_response);
        self.person_stopped(own_reply);
        self.ended_speech = Some(item_id.clone());
        if own_reply {
            let due = self.now + self.options.own_reply;
            self.timers.set(Timer::OwnReply, due);
        }
        self.notify(Event::SpeechStopped { item_id });
    }

    /// The person doesn't speak any more; `own_reply` says whether the endpoint answers by itself.
    pub(crate) fn person_stopped(&mut self, own_reply: bool) {
        self.timers.stop(&Timer::SpeechUnended);
        self.arbiter.person_stopped(own_reply);
    }

    /// Reads a switch of turn detection; both are on where nothing is said.
    pub(crate) fn turn_detection(&self, switch: impl Fn(&TurnDetection) -> Option<bool>) -> bool {
        turn_detection(&self.remote, switch)
    }

    pub(crate) fn turn_detection_is_off(&self) -> bool {
        turn_detection_is_off(&self.remote)
    }

    /// The person presses stop.
    pub(crate) fn interrupt_by_hand(&mut self) {
        self.interrupt_calls();
        let response_id = self.arbiter.active().cloned();
        let asked = self.arbiter.stop();
        let coming = response_id.is_some() || asked;
        if coming {
            self.cancel(response_id);
        }
        if self.plays() {
            self.interrupt();
        } else if coming || self.is_audible() || self.responses.may_sound() {
            self.clear_playback();
        }
    }

    /// Stops what sounds, and nothing else.
    pub(crate) fn silence(&mut self) {
        if self.plays() {
            self.interrupt();
        } else {
            self.clear_playback();
        }
    }

    /// Ends a response; without an id, the one that the endpoint is about to begin.
    pub(crate) fn cancel(&mut self, response_id: Option<ResponseId>) {
        let event_id = Some(self.event_id());
        self.send(ResponseCancel {
            event_id,
            response_id,
            ..ResponseCancel::default()
        });
    }

    /// Has the endpoint drop what it plays.
    pub(crate) fn clear_playback(&mut self) {
        let event_id = Some(self.event_id());
        self.send(OutputAudioBufferClear {
            event_id,
            ..OutputAudioBufferClear::default()
        });
    }

    /// Stops the player; it reports what was heard.
    pub(crate) fn interrupt(&mut self) {
        if let Some(active) = self.arbiter.active() {
            self.responses.cut(active);
        }
        if let Some(growing) = self.heard.interrupt() {
            growing
                .iter()
                .for_each(|response| self.responses.cut(response));
            self.outbox.push_back(Output::StopPlayback);
        }
    }

    /// Speech of the model.
    pub(crate) fn sound(&mut self, delta: ResponseOutputAudioDelta) {
        let response = &delta.response_id;
        if !self.plays() {
            // What a sideband gets of it, the person hears by another way.
            self.arbiter.bears(response);
            return self.responses.speaks(response, &delta.item_id);
        }
        if self.responses.is_cut(response) {
            return;
        }
        self.arbiter.bears(response);
        let (outside, over) = (
            self.responses.is_outside(response),
            self.responses.is_over(response),
        );
        self.heard.grow(&delta, outside, over);
        let item_id = delta.item_id.clone();
        self.outbox.push_back(Output::Play {
            item_id: delta.item_id,
            audio: delta.delta,
        });
        if over {
            self.outbox.push_back(Output::PlayEnd { item_id });
        }
    }

    /// All speech of an item has come.
    pub(crate) fn sound_is_whole(&mut self, item_id: ItemId) {
        if self.heard.complete(&item_id) {
            self.outbox.push_back(Output::PlayEnd { item_id });
        }
    }

    /// The player of this side moved on.
    pub(crate) fn playback(&mut self, playback: Playback) {
        if !self.plays() {
            return debug!("news of a player, where the endpoint plays; passed over");
        }
        match playback {
            Playback::Progress { item_id, played } => self.heard.progress(&item_id, played),
            Playback::Finished { item_id } => self.heard.finish(&item_id),
            Playback::Stopped { heard } => self.truncate(heard.as_ref()),
        }
    }

    /// The player has stopped: cut every message back to what was heard.
    fn truncate(&mut self, heard: Option<&(ItemId, Duration)>) {
        for cut in self.heard.stopped(heard) {
            if !cut.gone {
                let event_id = Some(self.event_id());
                self.send(ConversationItemTruncate {
                    event_id,
                    item_id: cut.item_id.clone(),
                    content_index: 0,
                    audio_end_ms: u64::try_from(cut.heard.as_millis()).unwrap_or(u64::MAX),
                    ..ConversationItemTruncate::default()
                });
            }
            let share = Some((cut.heard, cut.made));
            self.history.cut(&cut.item_id, share);
            self.transcript.cut(&cut.item_id, cut.heard);
            let (item_id, heard) = (cut.item_id, cut.heard);
            self.notify(Event::Interrupted { item_id, heard });
        }
    }

    /// The endpoint has cut a message: by itself, or as a player of this side had it do.
    pub(crate) fn truncated(&mut self, item_id: ItemId, heard: Duration) {
        if self.plays() {
            return;
        }
        if let Some(response) = self.responses.of_speech(&item_id).cloned() {
            self.playback_ended(&response, true);
        }
        if self.transcript.cut(&item_id, heard) {
            self.notify(Event::Interrupted { item_id, heard });
        }
    }

    /// The endpoint plays a response.
    pub(crate) fn playback_started(&mut self, response: ResponseId) {
        let late = self.responses.is_silent(&response);
        let before = self.sounding.as_ref();
        let older = before.is_some_and(|before| self.responses.is_older(&response, before));
        if self.plays() || late || older {
            return;
        }
        self.timers.stop(&Timer::PlaybackUnbegun);
        self.timers.stop(&Timer::PlaybackUnended);
        let over = self.responses.is_over(&response);
        self.sounding = Some(response);
        if over {
            self.expect_playback_end();
        }
    }

    /// What the endpoint played of a response is over: heard to its end, or cut.
    pub(crate) fn playback_ended(&mut self, response: &ResponseId, cut: bool) {
        self.responses.silence(response, cut);
        // There is one buffer: with a response, whatever came before it is over too.
        let responses = &self.responses;
        let ended = |sounding: &mut ResponseId| !responses.is_older(response, sounding);
        if let Some(sounding) = self.sounding.take_if(ended) {
            self.responses.silence(&sounding, cut);
            self.timers.stop(&Timer::PlaybackUnended);
        }
        // Speech that waited behind it begins now.
        if self.responses.may_sound() {
            self.expect_playback();
        } else {
            self.timers.stop(&Timer::PlaybackUnbegun);
        }
    }

    /// A response was written: what it spoke sounds, or will.
    pub(crate) fn speech_is_written(&mut self, response: &ResponseId) {
        if self.sounding.as_ref() == Some(response) {
            self.expect_playback_end();
        } else if !self.plays() && self.responses.is_unheard(response) {
            self.expect_playback();
        }
    }

    /// Speech that was written begins to sound.
    fn expect_playback(&mut self) {
        let due = self.now + self.options.playback_unbegun;
        self.timers.set(Timer::PlaybackUnbegun, due);
    }

    /// No more speech comes of what the endpoint plays.
    fn expect_playback_end(&mut self) {
        let due = self.now + self.options.playback_unended;
        self.timers.set(Timer::PlaybackUnended, due);
    }

    /// The endpoint never said that what it played is over.
    pub(crate) fn playback_unended(&mut self) {
        if let Some(response) = self.sounding.take() {
            debug!(%response, "speech without an end counts as over");
            self.responses.silence(&response, true);
        }
    }

    /// Tells whether the model can be heard.
    pub(crate) fn is_audible(&self) -> bool {
        self.heard.is_audible() || self.sounding.is_some()
    }

    /// Tells whether this side plays the model's speech.
    pub(crate) fn plays(&self) -> bool {
        self.options.player == Player::Client
    }
}

/// Reads a switch of turn detection; both are on where nothing is said.
pub(crate) fn turn_detection(
    session: &SessionConfig,
    switch: impl Fn(&TurnDetection) -> Option<bool>,
) -> bool {
    let input = session.audio_input();
    let detection = input.and_then(|input| input.turn_detection.as_set());
    let on = detection.and_then(switch).unwrap_or(true);
    on && !turn_detection_is_off(session)
}

/// Tells whether turns end by hand alone.
pub(crate) fn turn_detection_is_off(session: &SessionConfig) -> bool {
    let input = session.audio_input();
    input.is_some_and(|input| input.turn_detection.is_null())
}
