//! How a conversation grows: by events of the endpoint, of the session and of the backend.

use std::{sync::Arc, time::Duration};

use rtmcp_api::{CallEnd, ElicitationAction, ElicitationAnswer, Happening, SignIn};
use rtmcp_core::{ClientEvent, FunctionCall, Item, ItemId, Private, Role, ServerEvent, Timestamp};
use rtmcp_session::{Event, Trouble};

use super::{Conversation, Entry, Note};
use crate::model::{
    card::{self, CardState, Progress, Question},
    elicitation::{Asked, Filled},
    sign_in::{SignInStage, SignInWanted},
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
            Happening::SignInNeeded { .. }
            | Happening::ServerReady { .. }
            | Happening::ToolsChanged { .. }
            | Happening::ServerResting { .. }
            | Happening::ServerRecovered { .. }
            | Happening::ServerLog { .. } => self.server(happening),
            Happening::Elicitation(asked) => {
                let expires = now + Duration::from_millis(asked.expires_ms);
                self.asked.retain(|it| it.id != asked.id);
                self.asked.push(Asked::new(asked, expires));
            }
            Happening::ElicitationOver { id } => self.asked.retain(|it| it.id != *id),
            Happening::Trouble { message } => self.note(sentence(message), true),
            Happening::HandedOver { message, lost, .. } => {
                self.note(sentence(message), !lost.is_empty());
            }
            Happening::Missed { events } => self.note(missed(*events), true),
            Happening::Approval(_)
            | Happening::ApprovalOver { .. }
            | Happening::ToolStarted { .. }
            | Happening::ToolProgress { .. }
            | Happening::ToolFinished { .. } => self.call(now, happening),
            Happening::Sent { .. }
            | Happening::Received { .. }
            | Happening::Ready { .. }
            | Happening::HandingOver { .. }
            | Happening::Closed { .. } => {}
        }
    }

    /// A call goes on.
    fn call(&mut self, now: Timestamp, happening: &Happening) {
        match happening {
            Happening::Approval(asked) => {
                let expires = now + Duration::from_millis(asked.expires_ms);
                self.card(&asked.call_id, |card| card.ask(asked, expires));
            }
            Happening::ApprovalOver {
                call_id,
                outcome,
                channel,
                remembered,
            } => self.card(call_id, |card| {
                card.decide(outcome, channel.as_deref(), *remembered);
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
            _ => {}
        }
    }

    /// A server has changed, or says something.
    fn server(&mut self, happening: &Happening) {
        match happening {
            Happening::SignInNeeded { server }
                if !self.sign_ins.iter().any(|it| it.server == *server) =>
            {
                self.sign_ins.push(SignInWanted::new(server));
            }
            Happening::ServerReady { server, .. } => {
                self.sign_ins.retain(|it| it.server != *server);
            }
            Happening::ToolsChanged {
                server,
                added,
                removed,
                changed,
            } => self.note(tools_changed(server, [added, removed, changed]), false),
            Happening::ServerResting {
                server,
                failures,
                retry_ms,
            } => {
                let seconds = retry_ms.div_ceil(1000);
                let text =
                    format!("{server} failed {failures} times and is left alone for {seconds} s.");
                self.note(text, true);
            }
            Happening::ServerRecovered { server } => {
                self.note(format!("{server} works again."), false);
            }
            // The console shows them; only what is grave stands among what was said.
            Happening::ServerLog {
                server,
                level,
                message,
                ..
            } if is_grave(level) => {
                self.note(
                    format!("{server} logs: {}", sentence(message.expose())),
                    true,
                );
            }
            _ => {}
        }
    }

    /// Notes that an answer is on its way. Returns it, where there is anything to answer.
    pub(in crate::model) fn answering(
        &mut self,
        id: &str,
        action: ElicitationAction,
        filled: &Filled,
    ) -> Option<ElicitationAnswer> {
        let asked = self.asked.iter_mut().find(|it| it.id == id)?;
        if asked.answering {
            return None;
        }
        match asked.answer(action, filled) {
            Ok(answer) => {
                asked.answering = true;
                asked.trouble = None;
                Some(answer)
            }
            Err(trouble) => {
                asked.trouble = Some(trouble);
                None
            }
        }
    }

    /// The backend took an answer, or says why not.
    pub(in crate::model) fn elicitation_answered(&mut self, id: &str, answer: Result<(), Failure>) {
        match answer {
            Ok(()) => self.asked.retain(|it| it.id != id),
            Err(failure) => {
                for asked in self.asked.iter_mut().filter(|it| it.id == id) {
                    asked.answering = false;
                    asked.trouble = Some(failure.clone().into());
                }
            }
        }
    }

    /// The person wants to sign in. Returns whether the backend is to be asked where.
    pub(in crate::model) fn signing_in(&mut self, server: &str) -> bool {
        let wanted = self.sign_ins.iter_mut().find(|it| it.server == server);
        let Some(wanted) = wanted.filter(|it| it.stage != SignInStage::Asking) else {
            return false;
        };
        wanted.stage = SignInStage::Asking;
        true
    }

    /// The backend says where to sign in, or why not.
    pub(in crate::model) fn sign_in_answered(
        &mut self,
        now: Timestamp,
        server: &str,
        answer: Result<SignIn, Failure>,
    ) {
        if let Some(wanted) = self.sign_ins.iter_mut().find(|it| it.server == server) {
            wanted.answered(now, answer);
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
            cut,
            images,
            warnings,
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
            card.cut.clone_from(cut);
            card.images = *images;
            card.warnings.clone_from(warnings);
            card.advice = advice.as_deref().map(sentence);
            card.took_ms = Some(*took_ms);
            card.finish(*end, reason.clone());
        });
    }

    /// Notes that a decision is on its way. Returns what it is about, where there is anything to
    /// decide.
    pub(in crate::model) fn deciding(&mut self, call_id: &str) -> Option<String> {
        let mut open = self.questions();
        let (_, question) =
            open.find(|(card, question)| card.call_id == call_id && !question.deciding)?;
        let hash = question.hash.clone();
        drop(open);
        self.question(call_id, |question| {
            question.deciding = true;
            question.trouble = None;
        });
        Some(hash)
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
        self.asked.clear();
        self.sign_ins.clear();
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

/// Says which tools are new, gone or other than before.
fn tools_changed(server: &str, lists: [&Vec<String>; 3]) -> String {
    let words = ["new", "gone", "changed"].into_iter().zip(lists);
    let words = words.filter(|(_, tools)| !tools.is_empty());
    let words: Vec<String> = words
        .map(|(word, tools)| format!("{word}: {}", tools.join(", ")))
        .collect();
    format!(
        "The tools of {server} are others now. {}.",
        sentence(&words.join("; ")).trim_end_matches('.')
    )
}

/// Tells whether a server's message is about something that went wrong.
fn is_grave(level: &str) -> bool {
    matches!(level, "error" | "critical" | "alert" | "emergency")
}

/// Says that the backend couldn't be heard for a while.
fn missed(events: u64) -> String {
    format!("The connection to the backend broke: {events} events are missing here.")
}
