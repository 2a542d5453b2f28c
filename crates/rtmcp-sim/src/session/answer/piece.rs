//! [`Piece`]: one item of a response while it is written, and the events of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rtmcp_core::{
    CallId, Content, ContentKind, FunctionCall, Item, ItemId, ItemStatus, Message, Private,
    ResponseId, Role, Timestamp, event::server,
};
use rtmcp_media::pcm;

use super::plan::{Delta, Plan};
use crate::session::{Job, Outbox, tokens::SAMPLES_OUT, tokens::Tokens};

/// One item of a response while it is written.
pub(crate) struct Piece {
    pub(crate) item_id: ItemId,
    place: Place,
    kind: Kind,
    /// What is said, written, or passed to the function; whole.
    text: String,
    /// How many bytes of it were sent.
    shown: usize,
    plan: Option<Plan>,
}

enum Kind {
    /// A spoken message.
    Speech {
        /// The question for its sound, until that is there.
        job: Option<Job>,
        sound: Vec<i16>,
        sent: usize,
    },
    /// A written message.
    Text,
    /// A call.
    Call { name: String, call_id: CallId },
}

/// Where the item is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) response_id: ResponseId,
    pub(crate) output_index: u32,
}

/// What a delta added.
pub(crate) enum Added {
    Words(String),
    Sound(Vec<i16>),
}

impl Piece {
    /// A message that is spoken once `job` has its sound.
    pub(crate) fn speech(item_id: ItemId, place: Place, text: String, job: Job) -> Self {
        let kind = Kind::Speech {
            job: Some(job),
            sound: Vec::new(),
            sent: 0,
        };
        Self::new(item_id, place, text, kind)
    }

    /// A message that is written.
    pub(crate) fn text(item_id: ItemId, place: Place, text: String) -> Self {
        Self::new(item_id, place, text, Kind::Text)
    }

    /// A call of a function.
    pub(crate) fn call(
        item_id: ItemId,
        place: Place,
        arguments: String,
        (name, call_id): (String, CallId),
    ) -> Self {
        Self::new(item_id, place, arguments, Kind::Call { name, call_id })
    }

    const fn new(item_id: ItemId, place: Place, text: String, kind: Kind) -> Self {
        Self {
            item_id,
            place,
            kind,
            text,
            shown: 0,
            plan: None,
        }
    }

    pub(crate) fn set_plan(&mut self, plan: impl FnOnce(&str) -> Plan) {
        self.plan = Some(plan(&self.text));
    }

    /// Takes the sound that a job made.
    pub(crate) fn set_sound(&mut self, samples: Vec<i16>, plan: impl FnOnce(&str, usize) -> Plan) {
        if let Kind::Speech { job, sound, .. } = &mut self.kind {
            *job = None;
            self.plan = Some(plan(&self.text, samples.len()));
            *sound = samples;
        }
    }

    /// The question that it waits for.
    pub(crate) const fn job(&self) -> Option<Job> {
        match &self.kind {
            Kind::Speech { job, .. } => *job,
            Kind::Text | Kind::Call { .. } => None,
        }
    }

    /// When the next delta is due; `None` when that isn't known yet.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let steps = &self.plan.as_ref()?.steps;
        Some(steps.front().map_or(Timestamp::ZERO, |step| step.at))
    }

    /// Tells whether everything was sent.
    pub(crate) fn is_whole(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.steps.is_empty())
    }

    /// Tells whether the tokens ran out.
    pub(crate) fn is_cut(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.cut)
    }

    /// The item as far as it was sent.
    pub(crate) fn item(&self, status: ItemStatus) -> Item {
        let id = Some(self.item_id.clone());
        let object = Some("realtime.item".to_owned());
        let shown = Private::from(&self.text[..self.shown]);
        if let Kind::Call { name, call_id } = &self.kind {
            return Item::FunctionCall(FunctionCall {
                id,
                object,
                status: Some(status),
                call_id: Some(call_id.clone()),
                name: name.clone(),
                arguments: shown,
                ..FunctionCall::default()
            });
        }
        let part = match self.is_speech() {
            true => Content {
                kind: ContentKind::OutputAudio,
                transcript: Some(shown),
                ..Content::default()
            },
            false => Content {
                kind: ContentKind::OutputText,
                text: Some(shown),
                ..Content::default()
            },
        };
        // An item that begins has no parts: they are added by events of their own.
        let begun = status != ItemStatus::InProgress;
        Item::Message(Message {
            id,
            object,
            status: Some(status),
            role: Role::Assistant,
            content: if begun { vec![part] } else { Vec::new() },
            ..Message::default()
        })
    }

    /// What it cost so far.
    pub(crate) fn tokens(&self) -> Tokens {
        let shown = Tokens::of_text(&self.text[..self.shown]);
        match &self.kind {
            Kind::Speech { sent, .. } => Tokens {
                audio: (*sent as u64).div_ceil(SAMPLES_OUT),
                ..shown
            },
            Kind::Text => shown,
            Kind::Call { name, .. } => Tokens::of_text(name) + shown,
        }
    }

    pub(crate) const fn is_speech(&self) -> bool {
        matches!(self.kind, Kind::Speech { .. })
    }

    /// Says that the item begins.
    pub(crate) fn say_added(&self, out: &mut Outbox) {
        let item = self.item(ItemStatus::InProgress);
        let place = self.place.clone();
        out.send(|event_id| server::ResponseOutputItemAdded {
            event_id,
            response_id: place.response_id,
            output_index: place.output_index,
            item,
            ..Default::default()
        });
    }

    /// Says that the one part of a message begins.
    pub(crate) fn say_part_added(&self, out: &mut Outbox) {
        if let Some(part) = self.part("") {
            out.send(|event_id| server::ResponseContentPartAdded {
                event_id,
                response_id: self.place.response_id.clone(),
                item_id: self.item_id.clone(),
                output_index: self.place.output_index,
                part,
                ..Default::default()
            });
        }
    }

    /// Sends the next delta of text if it is due, and returns what was added; sound is only
    /// returned.
    pub(crate) fn step(&mut self, now: Timestamp, out: &mut Outbox) -> Option<Added> {
        let steps = &mut self.plan.as_mut()?.steps;
        let step = steps.pop_front_if(|step| step.at <= now)?;
        match (step.what, &mut self.kind) {
            (Delta::Sound(end), Kind::Speech { sound, sent, .. }) => {
                let samples = sound[*sent..end].to_vec();
                *sent = end;
                Some(Added::Sound(samples))
            }
            (Delta::Sound(_), Kind::Text | Kind::Call { .. }) => None,
            (Delta::Text(end), _) => {
                let delta = self.text[self.shown..end].to_owned();
                self.shown = end;
                self.say_text(delta.clone(), out);
                Some(Added::Words(delta))
            }
        }
    }

    /// Sends sound.
    pub(crate) fn say_sound(&self, samples: &[i16], out: &mut Outbox) {
        let delta = Private::new(STANDARD.encode(pcm::to_bytes(samples)));
        out.send(|event_id| server::ResponseOutputAudioDelta {
            event_id,
            response_id: self.place.response_id.clone(),
            item_id: self.item_id.clone(),
            output_index: self.place.output_index,
            delta,
            ..Default::default()
        });
    }

    /// Says that the item ends, and returns it.
    pub(crate) fn say_done(&self, status: ItemStatus, out: &mut Outbox) -> Item {
        self.say_content_done(out);
        let item = self.item(status);
        let (place, done) = (self.place.clone(), item.clone());
        out.send(|event_id| server::ResponseOutputItemDone {
            event_id,
            response_id: place.response_id,
            output_index: place.output_index,
            item: done,
            ..Default::default()
        });
        item
    }

    fn say_text(&self, delta: String, out: &mut Outbox) {
        let Place {
            response_id,
            output_index,
        } = self.place.clone();
        let item_id = self.item_id.clone();
        let delta = Private::new(delta);
        match &self.kind {
            Kind::Speech { .. } => {
                out.send(|event_id| server::ResponseOutputAudioTranscriptDelta {
                    event_id,
                    response_id,
                    item_id,
                    output_index,
                    delta,
                    ..Default::default()
                })
            }
            Kind::Text => out.send(|event_id| server::ResponseOutputTextDelta {
                event_id,
                response_id,
                item_id,
                output_index,
                delta,
                ..Default::default()
            }),
            Kind::Call { call_id, .. } => {
                out.send(|event_id| server::ResponseFunctionCallArgumentsDelta {
                    event_id,
                    response_id,
                    item_id,
                    output_index,
                    call_id: call_id.clone(),
                    delta,
                    ..Default::default()
                });
            }
        }
    }

    fn say_content_done(&self, out: &mut Outbox) {
        let shown = &self.text[..self.shown];
        match &self.kind {
            Kind::Speech { .. } => self.say_speech_done(shown, out),
            Kind::Text => out.send(|event_id| server::ResponseOutputTextDone {
                event_id,
                response_id: self.place.response_id.clone(),
                item_id: self.item_id.clone(),
                output_index: self.place.output_index,
                text: shown.into(),
                ..Default::default()
            }),
            Kind::Call { name, call_id } => {
                out.send(|event_id| server::ResponseFunctionCallArgumentsDone {
                    event_id,
                    response_id: self.place.response_id.clone(),
                    item_id: self.item_id.clone(),
                    output_index: self.place.output_index,
                    call_id: call_id.clone(),
                    name: name.clone(),
                    arguments: shown.into(),
                    ..Default::default()
                });
            }
        }
        if let Some(part) = self.part(shown) {
            out.send(|event_id| server::ResponseContentPartDone {
                event_id,
                response_id: self.place.response_id.clone(),
                item_id: self.item_id.clone(),
                output_index: self.place.output_index,
                part,
                ..Default::default()
            });
        }
    }

    fn say_speech_done(&self, shown: &str, out: &mut Outbox) {
        out.send(|event_id| server::ResponseOutputAudioDone {
            event_id,
            response_id: self.place.response_id.clone(),
            item_id: self.item_id.clone(),
            output_index: self.place.output_index,
            ..Default::default()
        });
        out.send(|event_id| server::ResponseOutputAudioTranscriptDone {
            event_id,
            response_id: self.place.response_id.clone(),
            item_id: self.item_id.clone(),
            output_index: self.place.output_index,
            transcript: shown.into(),
            ..Default::default()
        });
    }

    /// The one part of a message; a call has none.
    fn part(&self, shown: &str) -> Option<Content> {
        let shown = Some(Private::from(shown));
        match self.kind {
            Kind::Speech { .. } => Some(Content {
                kind: ContentKind::Audio,
                transcript: shown,
                ..Content::default()
            }),
            Kind::Text => Some(Content {
                kind: ContentKind::Text,
                text: shown,
                ..Content::default()
            }),
            Kind::Call { .. } => None,
        }
    }
}
