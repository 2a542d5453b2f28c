//! How a conversation grows: by events of the endpoint, of the session and of the backend.

use std::{sync::Arc, time::Duration};

use rtmcp_api::{CallEnd, Happening};
use rtmcp_core::{ClientEvent, FunctionCall, Item, ItemId, Private, Role, ServerEvent, Timestamp};
use rtmcp_session::{Event, Trouble};

use super::{Conversation, Entry, Note};
use crate::model::{
    card::{self, CardState, Progress, Question},
    trouble::{Failure, sentence},
};

/// Begins the ids of lines that the endpoint doesn't know yet.
const HELD: &str = "held ";

impl Conversation {
    pub(in crate::model) fn note(&mut self, text: String, is_trouble: bool) {
        self.notes += 1;
        let id = self.notes;
        self.entries.push(Arc::new(Entry::Note(Note {
            id,
            text,
            is_trouble,
        })));
    }

    /// Makes a place for what an event of the endpoint begins, so that late words find it.
    pub(in crate::model) fn endpoint(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::InputAudioBufferSpeechStarted(e) => {
                self.line(&e.item_id, true, |_| {});
            }
            ServerEvent::ConversationItemAdded(e) => self.item(&e.item),
            ServerEvent::ConversationItemCreated(e) => self.item(&e.item),
            ServerEvent::ConversationItemDone(e) => self.item(&e.item),
            ServerEvent::ResponseOutputItemAdded(e) => self.item(&e.item),
            ServerEvent::ResponseOutputItemDone(e) => self.item(&e.item),
            ServerEvent::ConversationItemDeleted(e) => {
                let deleted = e.item_id.as_str();
                self.entries.retain(
                    |entry| !matches!(&**entry, Entry::Line(line) if line.item_id == deleted),
                );
            }
            _ => {}
        }
    }

    /// Makes a place for an item, or fills it.
    pub(in crate::model) fn item(&mut self, item: &Item) {
        match item {
            Item::Message(message) => {
                if let Some(item_id) = &message.id
                    && message.role != Role::System
                {
                    self.line(item_id, message.role == Role::User, |_| {});
                }
            }
            Item::FunctionCall(call) => self.function_call(call),
            Item::FunctionCallOutput(output) => self.card(output.call_id.as_str(), |card| {
                card.output.get_or_insert_with(|| output.output.clone());
            }),
            _ => {}
        }
    }

    fn function_call(&mut self, call: &FunctionCall) {
        let Some(call_id) = &call.call_id else { return };
        self.card(call_id.as_str(), |card| {
            card.function.clone_from(&call.name);
            if card.tool.is_none() {
                card.set_written(call.arguments.expose());
            }
        });
    }

    /// Shows what the person typed, while it can't be sent yet.
    pub(in crate::model) fn hold(&mut self, text: &Private<String>) {
        self.notes += 1;
        let item_id = ItemId::new(format!("{HELD}{}", self.notes));
        self.line(&item_id, true, |line| line.text = text.clone());
    }

    /// Makes room for what is sent now.
    pub(in crate::model) fn release(&mut self) {
        self.entries.retain(
            |entry| !matches!(&**entry, Entry::Line(line) if line.item_id.starts_with(HELD)),
        );
    }

    /// Shows what the person typed, before the endpoint repeats it.
    pub(in crate::model) fn sent(&mut self, event: &ClientEvent) {
        if let ClientEvent::ConversationItemCreate(create) = event
            && let Item::Message(message) = &*create.item
            && let Some(item_id) = &message.id
        {
            let texts = message.content.iter();
            let texts = texts.filter_map(|part| Some(part.text.as_ref()?.expose().as_str()));
            let text: String = texts.collect();
            self.line(item_id, message.role == Role::User, |line| {
                line.text = Private::new(text);
                line.done = true;
            });
        }
    }

    /// Takes over what the session tells.
    pub(in crate::model) fn session(&mut self, event: &Event) {
        match event {
            Event::Transcript {
                item_id,
                role,
                text,
                done,
            } if *role != Role::System => {
                self.line(item_id, *role == Role::User, |line| {
                    line.text = text.clone();
                    line.done = *done;
                });
            }
            Event::TranscriptFailed { item_id, message } => {
                self.line(item_id, true, |line| {
                    line.done = true;
                    line.trouble = Some(sentence(message));
                });
            }
            Event::Interrupted { item_id, heard } => {
                self.line(item_id, false, |line| {
                    line.cut = Some(*heard);
                    line.done = true;
                });
            }
            Event::Trouble(trouble) => {
                if let Some(text) = trouble_note(trouble) {
                    self.note(text, true);
                }
            }
            _ => {}
        }
    }

    /// Takes over what the backend tells.
    pub(in crate::model) fn happening(&mut self, now: Timestamp, happening: &Happening) {
        match happening {
            Happening::ServerDown { server, message } => {
                self.note(format!("{server}: {}", sentence(message)), true);
            }
            Happening::Trouble { message } => self.note(sentence(message), true),
            Happening::HandedOver { message, lost, .. } => {
                self.note(sentence(message), !lost.is_empty());
            }
            Happening::Missed { events } => self.note(missed(*events), true),
            Happening::Approval(asked) => self.card(&asked.call_id, |card| {
                card.set_place(asked.server.clone(), asked.tool.clone(), &asked.arguments);
                card.state = CardState::Asked;
                card.question = Some(Question {
                    why: sentence(&asked.why),
                    expires: now + Duration::from_millis(asked.expires_ms),
                    deciding: false,
                    trouble: None,
                });
            }),
            Happening::ToolStarted {
                call_id,
                server,
                tool,
                arguments,
            } => self.card(call_id, |card| {
                card.set_place(server.clone(), tool.clone(), arguments);
                card.state = CardState::Running;
                card.question = None;
                card.began.get_or_insert(now);
            }),
            Happening::ToolProgress {
                call_id,
                progress,
                total,
                message,
            } => self.card(call_id, |card| {
                card.progress = Some(Progress {
                    done: *progress,
                    total: *total,
                    message: message.as_ref().map(|it| it.expose().clone()),
                });
            }),
            Happening::ToolFinished { .. } => self.finished(happening),
            Happening::Sent { .. }
            | Happening::Received { .. }
            | Happening::Ready { .. }
            | Happening::ServerReady { .. }
            | Happening::HandingOver { .. }
            | Happening::Closed { .. } => {}
        }
    }

    fn finished(&mut self, happening: &Happening) {
        let Happening::ToolFinished {
            call_id,
            function,
            end,
            reason,
            output,
            result,
            advice,
            took_ms,
        } = happening
        else {
            return;
        };
        self.card(call_id, |card| {
            card.function.clone_from(function);
            card.output = Some(output.clone());
            card.result = result.as_ref().map(|it| card::pretty(it.expose()));
            card.advice = advice.as_deref().map(sentence);
            card.took_ms = Some(*took_ms);
            card.finish(*end, reason.clone());
        });
    }

    /// Notes that a decision is on its way. Returns whether there was anything to decide.
    pub(in crate::model) fn deciding(&mut self, call_id: &str) -> bool {
        let open = self
            .questions()
            .any(|(card, question)| card.call_id == call_id && !question.deciding);
        if open {
            self.question(call_id, |question| {
                question.deciding = true;
                question.trouble = None;
            });
        }
        open
    }

    /// The backend took a decision, or says why not.
    pub(in crate::model) fn decided(&mut self, call_id: &str, answer: Result<(), Failure>) {
        let Err(failure) = answer else { return };
        self.question(call_id, |question| {
            question.deciding = false;
            question.trouble = Some(failure.into());
        });
    }

    fn question(&mut self, call_id: &str, change: impl FnOnce(&mut Question)) {
        self.card(call_id, |card| {
            if let Some(question) = &mut card.question {
                change(question);
            }
        });
    }

    /// The call is over: nothing more will come.
    pub(in crate::model) fn close(&mut self) {
        for entry in &mut self.entries {
            match Arc::make_mut(entry) {
                Entry::Line(line) => line.done = true,
                Entry::Card(card) if !card.state.is_end() => {
                    card.finish(CallEnd::Ended, "closed".to_owned());
                }
                Entry::Card(_) | Entry::Note(_) => {}
            }
        }
        self.entries.retain(|entry| !is_empty(entry));
    }
}

/// Tells whether an entry shows nothing: speech that came to nothing.
fn is_empty(entry: &Entry) -> bool {
    matches!(entry, Entry::Line(line) if line.text.expose().is_empty() && line.trouble.is_none())
}

fn trouble_note(trouble: &Trouble) -> Option<String> {
    match trouble {
        Trouble::Endpoint { message, .. } => {
            Some(format!("The endpoint says: {}", sentence(message)))
        }
        Trouble::ResponseFailed { message, .. } => {
            Some(format!("The model couldn't answer: {}", sentence(message)))
        }
        Trouble::OutputRefused { message, .. } => Some(format!(
            "The endpoint didn't take a result: {}",
            sentence(message)
        )),
        // The console shows it; it is nothing that a person can change.
        _ => None,
    }
}

/// Says that the backend couldn't be heard for a while.
fn missed(events: u64) -> String {
    format!("The connection to the backend broke: {events} events are missing here.")
}
