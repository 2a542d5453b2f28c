//! [`Asking`]: what the person in the call says and presses about the calls that wait for a decision.

mod notice;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashMap;

use rtmcp_core::{
    CallId, ClientEvent, Item, ItemId, Nullable, Private, ResponseId, ResponseStatus, ServerEvent,
};
use rtmcp_router::{ApprovalRequest, Channel, Decision};
use rtmcp_session::Event;
use tracing::debug;

use crate::config::{ApprovalSettings, DecisionKeys};
use words::{Meaning, Name, Words};

pub(super) use notice::notice;

/// What the person in the call says and presses about the calls that wait for a decision.
///
/// Only the person's own words count, as the endpoint wrote them down: of a turn that began after
/// the question was put to them, and, for a yes, while the model was silent, so that no echo of the
/// model's own speech can agree to anything. The question is put when the model has given a whole
/// answer since it was told of what waits.
#[derive(Debug)]
pub(super) struct Asking {
    words: Words,
    keys: DecisionKeys,
    open: Vec<Open>,
    /// What the person's turns can decide about, whose words aren't known yet.
    turns: HashMap<ItemId, Turn>,
    /// Responses that the model began since it was told of something.
    answers: Vec<(ResponseId, Vec<CallId>)>,
    /// The key that names a call, where several wait.
    dialed: Option<u64>,
}

/// A call that waits.
#[derive(Debug)]
struct Open {
    call_id: CallId,
    number: u64,
    tool: String,
    by_voice: bool,
    by_keys: bool,
    /// Others waited when it came, so that the person was told to press its number first: a key that
    /// was meant for another one that is over by now isn't one for this.
    is_dialed: bool,
    notice: Private<String>,
    /// The model was told of it.
    is_told: bool,
    /// The model has spoken since.
    is_put: bool,
}

/// A turn of the person.
#[derive(Debug, Default)]
struct Turn {
    /// What waited when it began, and the model knew of.
    told: Vec<CallId>,
    /// What had been put to the person when it began.
    put: Vec<CallId>,
}

/// Turns that are remembered until their words are known; those of the oldest never come.
const TURNS: usize = 64;

impl Asking {
    pub(super) fn new(settings: &ApprovalSettings) -> Self {
        Self {
            words: Words::new(&settings.voice),
            keys: settings.keys,
            open: Vec::new(),
            turns: HashMap::new(),
            answers: Vec::new(),
            dialed: None,
        }
    }

    /// Tells whether the person may decide about a call by words or keys already, so that the next
    /// one is to be named.
    pub(super) fn is_busy(&self) -> bool {
        !self.open.is_empty()
    }

    /// A call waits, of which the model is told by these words.
    pub(super) fn ask(&mut self, request: &ApprovalRequest, notice: &Private<String>) {
        let by = |channel| request.channels.contains(&channel);
        let (by_voice, by_keys) = (by(Channel::Voice), by(Channel::Dtmf));
        if by_voice || by_keys {
            let is_dialed = self.is_busy();
            self.open.push(Open {
                call_id: request.call_id.clone(),
                number: request.number,
                tool: request.tool.clone(),
                by_voice,
                by_keys,
                is_dialed,
                notice: notice.clone(),
                is_told: false,
                is_put: false,
            });
        }
    }

    /// A call doesn't wait any more.
    pub(super) fn over(&mut self, call_id: &CallId) {
        self.open.retain(|it| it.call_id != *call_id);
        if self.open.is_empty() {
            (self.turns, self.answers, self.dialed) = Default::default();
        }
    }

    /// The endpoint is sent an event: perhaps what the model is told.
    pub(super) fn sent(&mut self, event: &ClientEvent) {
        if self.open.is_empty() {
            return;
        }
        let ClientEvent::ConversationItemCreate(event) = event else {
            return;
        };
        let Item::Message(message) = event.item.as_ref() else {
            return;
        };
        let texts = message.content.iter().filter_map(|it| it.text.as_ref());
        for open in &mut self.open {
            let notice = open.notice.expose();
            open.is_told |= { texts.clone() }.any(|it| it.expose().contains(notice));
        }
    }

    /// The conversation goes on over another connection: what was begun there ends there.
    pub(super) fn see(&mut self, event: &Event) {
        if matches!(event, Event::HandingOver { .. }) {
            (self.turns, self.answers) = Default::default();
            self.open.iter_mut().for_each(|it| it.is_put = false);
        }
    }

    /// Hears what the endpoint says; `answers` tells whether the model was speaking or about to just
    /// before. Returns what the person decided.
    pub(super) fn hear(&mut self, event: &ServerEvent, answers: bool) -> Vec<Decision> {
        if self.open.is_empty() {
            return Vec::new();
        }
        match event {
            ServerEvent::ResponseCreated(event) => {
                let told = self.open.iter().filter(|it| it.is_told && !it.is_put);
                let told: Vec<_> = told.map(|it| it.call_id.clone()).collect();
                let is_heard = event.response.conversation_id != Nullable::Null;
                if is_heard && !told.is_empty() {
                    self.answers.push((event.response.id.clone(), told));
                }
            }
            ServerEvent::ResponseDone(event) => {
                let mut output = event.response.output.iter();
                let spoke = output.any(|it| matches!(it, Item::Message(_)));
                let is_whole = event.response.status == ResponseStatus::Completed;
                self.answered(&event.response.id, spoke && is_whole);
            }
            ServerEvent::InputAudioBufferSpeechStarted(event) => {
                self.begins(&event.item_id, answers);
            }
            ServerEvent::InputAudioTranscriptionCompleted(event) => {
                return self.said(&event.item_id, event.transcript.expose());
            }
            ServerEvent::InputAudioBufferDtmfEventReceived(event) => {
                return self.pressed(event.event.expose());
            }
            _ => {}
        }
        Vec::new()
    }

    fn answered(&mut self, response: &ResponseId, spoke: bool) {
        let Some(at) = self.answers.iter().position(|(id, _)| id == response) else {
            return;
        };
        let (_, told) = self.answers.swap_remove(at);
        if spoke {
            let open = self.open.iter_mut();
            open.filter(|it| told.contains(&it.call_id))
                .for_each(|it| it.is_put = true);
        }
    }

    fn begins(&mut self, item_id: &ItemId, answers: bool) {
        let named = |is: fn(&Open) -> bool| -> Vec<CallId> {
            let open = self.open.iter().filter(|it| it.by_voice && is(it));
            open.map(|it| it.call_id.clone()).collect()
        };
        let told = named(|it| it.is_told);
        // What sounds like a yes while the model speaks may be the model.
        let put = if answers {
            Vec::new()
        } else {
            named(|it| it.is_put)
        };
        if self.turns.len() >= TURNS {
            self.turns.clear();
        }
        self.turns.insert(item_id.clone(), Turn { told, put });
    }

    fn said(&mut self, item_id: &ItemId, transcript: &str) -> Vec<Decision> {
        let Some(turn) = self.turns.remove(item_id) else {
            return Vec::new();
        };
        let waiting: Vec<&Open> = self.open.iter().filter(|it| it.by_voice).collect();
        let names: Vec<Name<'_>> = waiting
            .iter()
            .map(|it| Name {
                number: it.number,
                tool: &it.tool,
            })
            .collect();
        let (meaning, named) = self.words.read(transcript, &names);
        let is_any_named = named.contains(&true);
        let named = waiting.iter().zip(&named);
        match meaning {
            Meaning::Nothing => Vec::new(),
            Meaning::No => named
                .filter(|(open, is_named)| {
                    turn.told.contains(&open.call_id) && (**is_named || !is_any_named)
                })
                .map(|(open, _)| by_person(Decision::no(open.call_id.clone(), Channel::Voice)))
                .collect(),
            Meaning::Yes => {
                // One that was meant when several waited may be over by now.
                let is_only = waiting.len() == 1 && turn.told.len() <= 1;
                let meant: Vec<_> = named
                    .filter(|(_, is_named)| **is_named || is_only)
                    .map(|(open, _)| open)
                    .collect();
                let [one] = meant.as_slice() else {
                    debug!(waiting = waiting.len(), "a yes that names no one call");
                    return Vec::new();
                };
                if !turn.put.contains(&one.call_id) {
                    debug!(call_id = %one.call_id, "a yes before the question was put");
                    return Vec::new();
                }
                let yes = Decision::yes(one.call_id.clone(), Channel::Voice);
                vec![by_person(yes)]
            }
        }
    }

    /// With one call that waits, its key decides; with several, the key of a number names one first,
    /// also when it is the last of them.
    fn pressed(&mut self, key: &str) -> Vec<Decision> {
        let mut chars = key.chars();
        let (Some(key), None) = (chars.next(), chars.next()) else {
            return Vec::new();
        };
        let key = key.to_ascii_uppercase();
        let put: Vec<&Open> = self.open.iter().filter(|it| it.by_keys).collect();
        let dialed = self.dialed.take();
        let meant = match (dialed, put.as_slice()) {
            (Some(number), all) => all.iter().find(|it| it.number == number),
            (None, [one]) if !one.is_dialed => Some(one),
            (None, _) => {
                self.dialed = key.to_digit(10).map(u64::from);
                return Vec::new();
            }
        };
        let Some(open) = meant.filter(|it| it.is_put) else {
            return Vec::new();
        };
        let call_id = open.call_id.clone();
        let decision = if key == self.keys.approve {
            Decision::yes(call_id, Channel::Dtmf)
        } else if key == self.keys.deny {
            Decision::no(call_id, Channel::Dtmf)
        } else {
            return Vec::new();
        };
        vec![by_person(decision)]
    }
}

fn by_person(decision: Decision) -> Decision {
    let reason = match decision.allow {
        true => None,
        false => Some(Private::from("the person in the call said no")),
    };
    Decision {
        who: Some(Private::from("caller")),
        reason,
        ..decision
    }
}
