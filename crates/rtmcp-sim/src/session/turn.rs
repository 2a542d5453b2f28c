//! The person's turn: sound comes in, speech is found in it, becomes an item, and is heard.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rtmcp_core::{
    Content, ContentKind, Item, ItemId, ItemStatus, Message, Private, ResponseId, Role, Timestamp,
    event::server, limits,
};
use rtmcp_media::pcm;
use serde_json::json;
use std::time::Duration;

use super::{
    Fault, Job, Question, Session,
    history::{Entry, Heard, Place, set_transcript},
    input::{Change, RATE, duration},
    tokens::Tokens,
};
use crate::engine::{EngineError, Sound};

/// What an ear listens to.
#[derive(Debug)]
pub(crate) struct Hearing {
    target: Target,
    /// The model that the client wants it written down by, and told of.
    transcription: Option<String>,
    samples: usize,
}

/// Whose sound it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// An item of the conversation.
    Item(ItemId),
    /// An item that only one response sees.
    Input(ResponseId, ItemId),
}

impl Hearing {
    /// Tells whether only this response is to hear it.
    pub(crate) fn is_for(&self, id: &ResponseId) -> bool {
        matches!(&self.target, Target::Input(response, _) if response == id)
    }
}

/// When the model speaks by itself, if nobody else does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Idle {
    pub(crate) at: Timestamp,
    /// Where in the person's sound the silence began.
    pub(crate) from_ms: u64,
}

impl Session {
    /// Listens as the session's settings say.
    pub(super) fn listen_as_set(&mut self) {
        let turns = self.settings.turns();
        self.input.detect(turns.map(|it| it.vad));
        if turns.and_then(|it| it.idle_ms).is_none() {
            self.idle = None;
        }
    }

    pub(super) fn append(&mut self, now: Timestamp, audio: &str) -> Result<(), Fault> {
        self.hear(now, &samples("audio", audio)?);
        Ok(())
    }

    /// Takes a key of a telephone that the person pressed.
    pub(super) fn pressed(&mut self, key: char, received_at: u64) {
        // It is the one event without an id.
        self.out
            .send(|_| server::InputAudioBufferDtmfEventReceived {
                event: Private::new(key.to_string()),
                received_at,
                ..Default::default()
            });
    }

    /// Takes the person's sound.
    pub(super) fn hear(&mut self, now: Timestamp, samples: &[i16]) {
        for change in self.input.push(samples) {
            match change {
                Change::Started { at_ms } => self.speech_started(now, at_ms),
                Change::Stopped { at_ms } => self.speech_stopped(at_ms),
            }
        }
        self.input.trim();
    }

    pub(super) fn commit_by_hand(&mut self) -> Result<(), Fault> {
        let length_ms = self.input.length_ms();
        if length_ms < limits::COMMIT_MIN_MS as f64 {
            return Err(Fault::commit_empty(length_ms));
        }
        let (item, sound) = self.input.take();
        let item = item.unwrap_or_else(|| self.out.ids.item());
        self.commit(item, sound);
        Ok(())
    }

    pub(super) fn clear_input(&mut self) {
        self.input.take();
        self.out.send(|event_id| server::InputAudioBufferCleared {
            event_id,
            ..Default::default()
        });
    }

    /// Asks the ear what an item sounds like, where it sounds.
    pub(super) fn listen(&mut self, entry: &Entry, target: Target, transcription: Option<String>) {
        if !entry.is_pending() {
            return;
        }
        let job = self.out.ask(Question::Hear(Sound {
            rate: RATE,
            samples: entry.sound.clone(),
        }));
        let hearing = Hearing {
            target,
            transcription,
            samples: entry.sound.len(),
        };
        self.hearings.insert(job, hearing);
    }

    pub(super) fn heard(&mut self, job: Job, words: Result<String, EngineError>) {
        let Some(hearing) = self.hearings.remove(&job) else {
            return;
        };
        let Some(entry) = self.listened_to(&hearing.target) else {
            return;
        };
        entry.heard = match &words {
            Ok(words) => Heard::Words(Private::new(words.trim().to_owned())),
            Err(error) => Heard::Failed(error.to_string()),
        };
        let (Some(model), Target::Item(item)) = (hearing.transcription, hearing.target) else {
            return;
        };
        match words {
            Ok(words) => self.transcribed(item, &model, words.trim(), hearing.samples),
            Err(error) => self.not_transcribed(item, &error),
        }
    }

    /// Lets the model speak when nobody has for long enough.
    pub(super) fn idle_passed(&mut self, now: Timestamp) {
        let Some(idle) = self.idle.filter(|it| now >= it.at) else {
            return;
        };
        self.idle = None;
        let (_, sound) = self.input.take();
        let item = self.out.ids.item();
        let end_ms = self.input.position_ms();
        self.out
            .send(|event_id| server::InputAudioBufferTimeoutTriggered {
                event_id,
                audio_start_ms: idle.from_ms,
                audio_end_ms: end_ms,
                item_id: item.clone(),
                ..Default::default()
            });
        self.commit(item, sound);
        self.reply();
    }

    /// Begins to wait for somebody to speak, once the model's speech has been played.
    pub(super) fn wait_for_speech(&mut self, played: Timestamp) {
        let idle_ms = self.settings.turns().and_then(|it| it.idle_ms);
        self.idle = idle_ms.filter(|_| !self.input.is_speech()).map(|ms| Idle {
            at: played + Duration::from_millis(ms),
            from_ms: self.input.position_ms(),
        });
    }

    pub(super) fn speech_started(&mut self, now: Timestamp, at_ms: u64) {
        self.idle = None;
        let item = self.out.ids.item();
        self.input.begin_speech(item.clone(), at_ms);
        self.out
            .send(|event_id| server::InputAudioBufferSpeechStarted {
                event_id,
                audio_start_ms: at_ms,
                item_id: item,
                ..Default::default()
            });
        if self.settings.turns().is_some_and(|it| it.interrupt) {
            self.reply_wanted = false;
            self.cancel(now, None, "turn_detected");
            self.clear_playback();
        }
    }

    fn speech_stopped(&mut self, at_ms: u64) {
        if self.end_turn(at_ms) && self.settings.turns().is_some_and(|it| it.respond) {
            self.reply();
        }
    }

    /// Makes an item of the speech that ended here; tells whether there was any.
    pub(super) fn end_turn(&mut self, at_ms: u64) -> bool {
        let Some((item, sound)) = self.input.end_speech(at_ms) else {
            return false;
        };
        self.out
            .send(|event_id| server::InputAudioBufferSpeechStopped {
                event_id,
                audio_end_ms: at_ms,
                item_id: item.clone(),
                ..Default::default()
            });
        self.commit(item, sound);
        true
    }

    /// Makes an item of sound.
    fn commit(&mut self, item_id: ItemId, sound: Vec<i16>) {
        let previous = self.history.last();
        self.out.send(|event_id| server::InputAudioBufferCommitted {
            event_id,
            previous_item_id: nullable(previous),
            item_id: item_id.clone(),
            ..Default::default()
        });
        let message = Message {
            id: Some(item_id.clone()),
            object: Some("realtime.item".to_owned()),
            status: Some(ItemStatus::Completed),
            role: Role::User,
            content: vec![Content {
                kind: ContentKind::InputAudio,
                ..Content::default()
            }],
            ..Message::default()
        };
        let entry = Entry {
            id: item_id.clone(),
            item: Item::Message(message),
            heard: heard_of(&sound),
            sound,
            cut: false,
        };
        let transcription = self.settings.transcription_model();
        self.listen(&entry, Target::Item(item_id), transcription);
        self.add(entry, &Place::End);
    }

    fn listened_to(&mut self, target: &Target) -> Option<&mut Entry> {
        match target {
            Target::Item(id) => self.history.get_mut(id),
            Target::Input(response, id) => {
                let answer = self.answers.iter_mut().find(|it| it.id == *response)?;
                answer.own_input_mut().find(|entry| entry.id == *id)
            }
        }
    }

    fn transcribed(&mut self, item_id: ItemId, model: &str, words: &str, samples: usize) {
        if let Some(Item::Message(message)) = self.history.get_mut(&item_id).map(|it| &mut it.item)
        {
            set_transcript(message, Some(Private::from(words)));
        }
        for word in pieces(model, words) {
            self.out
                .send(|event_id| server::InputAudioTranscriptionDelta {
                    event_id,
                    item_id: item_id.clone(),
                    content_index: Some(0),
                    delta: Some(Private::from(word)),
                    ..Default::default()
                });
        }
        self.out
            .send(|event_id| server::InputAudioTranscriptionCompleted {
                event_id,
                item_id,
                content_index: 0,
                transcript: Private::from(words),
                usage: usage(model, words, samples),
                ..Default::default()
            });
    }

    fn not_transcribed(&mut self, item_id: ItemId, error: &EngineError) {
        let message = error.to_string();
        self.out
            .send(|event_id| server::InputAudioTranscriptionFailed {
                event_id,
                item_id,
                content_index: 0,
                error: server::TranscriptionError {
                    kind: Some("transcription_error".to_owned()),
                    code: Some("transcription_failed".to_owned()),
                    message: Some(message),
                    ..Default::default()
                },
                ..Default::default()
            });
    }
}

/// Whether there is something for the ear to listen to.
pub(super) const fn heard_of(sound: &[i16]) -> Heard {
    match sound.is_empty() {
        true => Heard::Silent,
        false => Heard::Pending,
    }
}

/// Reads sound from the wire.
pub(super) fn samples(param: &str, audio: &str) -> Result<Vec<i16>, Fault> {
    let bad = |what: &str| Fault::invalid_value(param, format!("Invalid '{param}': {what}"));
    let bytes = STANDARD
        .decode(audio)
        .map_err(|_| bad("expected base64-encoded audio bytes."))?;
    if bytes.len() > limits::APPEND_BYTES {
        return Err(bad("more than 15 MiB of audio. Send it in smaller pieces."));
    }
    if bytes.len() % 2 == 1 {
        return Err(bad("an odd number of bytes is no 16-bit PCM."));
    }
    Ok(pcm::from_bytes(&bytes))
}

pub(super) fn nullable<T>(value: Option<T>) -> rtmcp_core::Nullable<T> {
    value.map_or(rtmcp_core::Nullable::Null, rtmcp_core::Nullable::Set)
}

/// The deltas of a transcript: word by word, and all at once by the model that hears all at once.
fn pieces<'a>(model: &str, words: &'a str) -> Vec<&'a str> {
    match (words, model) {
        ("", _) => Vec::new(),
        (words, "whisper-1") => vec![words],
        (words, _) => super::answer::plan::words(words),
    }
}

/// What a transcription costs: by time at the model that is sold so, else by tokens.
fn usage(model: &str, words: &str, samples: usize) -> server::TranscriptionUsage {
    let length = duration(samples);
    if model == "whisper-1" {
        return server::TranscriptionUsage {
            kind: "duration".to_owned(),
            seconds: Some(length.as_secs_f64().ceil()),
            ..Default::default()
        };
    }
    let heard = (length.as_millis() as u64).div_ceil(100);
    let written = Tokens::of_text(words).text;
    let details = json!({"text_tokens": 0, "audio_tokens": heard});
    server::TranscriptionUsage {
        kind: "tokens".to_owned(),
        input_tokens: Some(heard),
        input_token_details: details.as_object().cloned(),
        output_tokens: Some(written),
        total_tokens: Some(heard + written),
        ..Default::default()
    }
}
