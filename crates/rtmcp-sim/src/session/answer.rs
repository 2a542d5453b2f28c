//! The model's turn: a response is asked for, thought of, written, and ends in one of four ways.

mod piece;
pub(super) mod plan;
mod request;

use std::collections::VecDeque;

use rtmcp_core::{
    Item, ItemStatus, Private, Response, ResponseId, ResponseParams, ResponseStatus, Role,
    StatusDetails, Timestamp, event::server, response::StatusError,
};
use rtmcp_media::resample;

use super::{
    Fault, Job, Question, Session,
    history::{Entry, Heard, Place, set_transcript},
    input::{RATE, duration},
    items::entry,
    settings::one_modality,
    tokens::Tokens,
    turn::{Target, nullable},
};
use crate::config::Pacing;
use crate::engine::{EngineError, Prompt, Sound, Thought, Utterance};
use piece::{Added, Piece};
use plan::{Budget, Plan};
use request::Request;

/// A response that hasn't ended.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) id: ResponseId,
    request: Request,
    /// What it sees instead of the conversation.
    own_input: Option<Vec<Entry>>,
    phase: Phase,
    output: Vec<Item>,
    read: Tokens,
    written: Tokens,
    /// When its sound began, and how much there is.
    sound_from: Option<Timestamp>,
    sound_samples: usize,
}

#[derive(Debug)]
enum Phase {
    /// The ear isn't done with what the response is to answer.
    Listening,
    /// The brain is asked.
    Thinking(Job),
    /// It is written, piece by piece.
    Writing {
        rest: VecDeque<Thought>,
        piece: Option<Piece>,
    },
}

/// How a response ends.
#[derive(Debug)]
enum Ending {
    Completed,
    Cancelled(&'static str),
    OutOfTokens,
    Failed(String),
}

/// Whether a response goes on.
enum Progress {
    Waiting,
    Ended(Ending),
}

impl Active {
    /// When it has something to send; `None` while it waits for an engine.
    pub(super) fn due(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Writing {
                piece: Some(piece), ..
            } => piece.due(),
            _ => None,
        }
    }

    pub(super) fn own_input_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.own_input.iter_mut().flatten()
    }

    fn budget(&self, now: Timestamp, pacing: Pacing) -> Budget {
        let most = self.request.most_tokens();
        Budget {
            now,
            pacing,
            tokens: most.map(|most| most.saturating_sub(self.written.total())),
        }
    }

    fn next_place(&self) -> piece::Place {
        piece::Place {
            response_id: self.id.clone(),
            output_index: u32::try_from(self.output.len()).unwrap_or(u32::MAX),
        }
    }

    fn set_piece(&mut self, it: Piece) {
        if let Phase::Writing { piece, .. } = &mut self.phase {
            *piece = Some(it);
        }
    }

    /// The question that it waits for.
    fn waits_for(&self) -> Option<Job> {
        match &self.phase {
            Phase::Listening => None,
            Phase::Thinking(job) => Some(*job),
            Phase::Writing { piece, .. } => piece.as_ref()?.job(),
        }
    }
}

impl Session {
    /// Answers a turn of the person: at once, or after the response that is being written.
    pub(super) fn reply(&mut self) {
        self.reply_wanted = self.create_response(None).is_err();
    }

    pub(super) fn create_response(
        &mut self,
        asked: Option<Box<ResponseParams>>,
    ) -> Result<(), Fault> {
        let mut asked = asked.map_or_else(ResponseParams::default, |it| *it);
        one_modality(
            asked.output_modalities.as_deref(),
            "response.output_modalities",
        )?;
        let input = asked.input.take();
        let request = Request::new(self.settings.config(), asked);
        if request.in_conversation
            && let Some(active) = self.in_conversation()
        {
            return Err(Fault::active_response(active.id.as_str()));
        }
        let own_input = input.map(|it| self.own_input(it)).transpose()?;
        let active = Active {
            id: self.out.ids.response(),
            request,
            own_input,
            phase: Phase::Listening,
            output: Vec::new(),
            read: Tokens::default(),
            written: Tokens::default(),
            sound_from: None,
            sound_samples: 0,
        };
        self.begin(active);
        Ok(())
    }

    /// Ends the response that is named, or the one that writes to the conversation; tells whether
    /// there was one.
    pub(super) fn cancel(
        &mut self,
        now: Timestamp,
        id: Option<&ResponseId>,
        reason: &'static str,
    ) -> bool {
        let wanted = |it: &Active| match id {
            Some(id) => it.id == *id,
            None => it.request.in_conversation,
        };
        let Some(index) = self.answers.iter().position(wanted) else {
            return false;
        };
        let active = self.answers.remove(index);
        self.end(now, active, &Ending::Cancelled(reason));
        true
    }

    /// Takes every response as far as it can go now.
    pub(super) fn advance(&mut self, now: Timestamp) {
        let mut index = 0;
        while index < self.answers.len() {
            let mut active = self.answers.remove(index);
            match self.progress(now, &mut active) {
                Progress::Waiting => {
                    self.answers.insert(index, active);
                    index += 1;
                }
                Progress::Ended(ending) => self.end(now, active, &ending),
            }
        }
    }

    pub(super) fn thought(
        &mut self,
        now: Timestamp,
        job: Job,
        thoughts: Result<Vec<Thought>, EngineError>,
    ) {
        let asked = |it: &Active| matches!(it.phase, Phase::Thinking(asked) if asked == job);
        let Some(index) = self.answers.iter().position(asked) else {
            return;
        };
        match thoughts {
            Ok(thoughts) => {
                let active = &mut self.answers[index];
                let rest = permitted(thoughts, active.request.parallel);
                active.phase = Phase::Writing { rest, piece: None };
            }
            Err(error) => {
                let active = self.answers.remove(index);
                self.end(now, active, &Ending::Failed(error.to_string()));
            }
        }
    }

    pub(super) fn spoken(&mut self, now: Timestamp, job: Job, sound: Result<Sound, EngineError>) {
        let waits = |it: &Active| it.waits_for() == Some(job);
        let Some(index) = self.answers.iter().position(waits) else {
            return;
        };
        let resampled = sound.map_err(|error| error.to_string()).and_then(|it| {
            let samples = resample(&it.samples, it.rate, RATE);
            samples.map_err(|error| error.to_string())
        });
        match resampled {
            Ok(samples) => {
                let active = &mut self.answers[index];
                let budget = active.budget(now, self.pacing);
                if let Phase::Writing {
                    piece: Some(piece), ..
                } = &mut active.phase
                {
                    piece.set_sound(samples, |text, length| Plan::speech(text, length, budget));
                }
            }
            Err(trouble) => {
                let active = self.answers.remove(index);
                self.end(now, active, &Ending::Failed(trouble));
            }
        }
    }

    fn in_conversation(&self) -> Option<&Active> {
        self.answers.iter().find(|it| it.request.in_conversation)
    }

    fn begin(&mut self, active: Active) {
        self.idle = None;
        for entry in active.own_input.iter().flatten() {
            let target = Target::Input(active.id.clone(), entry.id.clone());
            self.listen(entry, target, None);
        }
        let response = self.describe(&active, ResponseStatus::InProgress);
        self.out.send(|event_id| server::ResponseCreated {
            event_id,
            response: Box::new(response),
            ..Default::default()
        });
        self.answers.push(active);
    }

    /// What a response sees instead of the conversation.
    fn own_input(&mut self, items: Vec<Item>) -> Result<Vec<Entry>, Fault> {
        let mut entries = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let param = format!("response.input[{index}]");
            entries.push(match item {
                Item::ItemReference(it) => {
                    self.history.get(&it.id).cloned().ok_or_else(|| {
                        Fault::item_not_found(&format!("{param}.id"), it.id.as_str())
                    })?
                }
                item => entry(item, &param, &mut self.out.ids)?,
            });
        }
        Ok(entries)
    }

    fn progress(&mut self, now: Timestamp, active: &mut Active) -> Progress {
        if matches!(active.phase, Phase::Listening) {
            let seen = active.own_input.as_deref();
            let seen = seen.unwrap_or_else(|| self.history.entries());
            if seen.iter().any(Entry::is_pending) {
                return Progress::Waiting;
            }
            if let Some(trouble) = unheard(seen) {
                return Progress::Ended(Ending::Failed(trouble));
            }
            self.think(active);
        }
        loop {
            let Phase::Writing { rest, piece } = &mut active.phase else {
                return Progress::Waiting;
            };
            if let Some(piece) = piece.take() {
                if let Some(progress) = self.write(now, active, piece) {
                    return progress;
                }
            } else if let Some(thought) = rest.pop_front() {
                self.open(now, active, thought);
            } else {
                return Progress::Ended(Ending::Completed);
            }
        }
    }

    /// Asks the brain.
    fn think(&mut self, active: &mut Active) {
        let request = &active.request;
        let seen = active.own_input.as_deref();
        let seen = seen.unwrap_or_else(|| self.history.entries());
        let tools = serde_json::to_string(&request.tools).unwrap_or_default();
        let tools = match request.tools.is_empty() {
            true => Tokens::default(),
            false => Tokens::of_text(&tools),
        };
        let instructions = Tokens::of_text(request.instructions.expose());
        let items: Tokens = seen.iter().map(Tokens::of_entry).sum();
        active.read = instructions + tools + items;
        let prompt = Prompt {
            instructions: request.instructions.clone(),
            items: seen.iter().map(Entry::as_heard).collect(),
            tools: request.tools.clone(),
            tool_choice: request.tool_choice.clone(),
        };
        active.phase = Phase::Thinking(self.out.ask(Question::Think(prompt)));
    }

    /// Begins an item.
    fn open(&mut self, now: Timestamp, active: &mut Active, thought: Thought) {
        let piece = match thought {
            Thought::Say(text) if text.expose().trim().is_empty() => return,
            Thought::Say(text) => self.message(now, active, text),
            Thought::Call { name, arguments } => {
                let function = (name, self.out.ids.call());
                let (id, place) = (self.out.ids.item(), active.next_place());
                let mut piece = Piece::call(id, place, arguments.into_exposed(), function);
                let budget = active.budget(now, self.pacing);
                piece.set_plan(|text| Plan::arguments(text, budget));
                piece
            }
        };
        piece.say_added(&mut self.out);
        if active.request.in_conversation {
            let item = piece.item(ItemStatus::InProgress);
            let mut entry = Entry::silent(piece.item_id.clone(), item.clone());
            if piece.is_speech() {
                entry.heard = Heard::Words(Private::default());
            }
            self.history.insert(entry, &Place::End);
            self.say_added(&piece.item_id, item);
        }
        piece.say_part_added(&mut self.out);
        active.set_piece(piece);
    }

    fn message(&mut self, now: Timestamp, active: &Active, text: Private<String>) -> Piece {
        let (id, place) = (self.out.ids.item(), active.next_place());
        if active.request.is_text() {
            let mut piece = Piece::text(id, place, text.into_exposed());
            let budget = active.budget(now, self.pacing);
            piece.set_plan(|text| Plan::text(text, budget));
            return piece;
        }
        let job = self.out.ask(Question::Speak(Utterance {
            text: text.clone(),
            voice: Some(active.request.voice.clone()),
            speed: active.request.speed,
        }));
        Piece::speech(id, place, text.into_exposed(), job)
    }

    /// Sends what is due of an item; returns what the response does then, or nothing when it goes
    /// on with the next item.
    fn write(&mut self, now: Timestamp, active: &mut Active, mut piece: Piece) -> Option<Progress> {
        while let Some(added) = piece.step(now, &mut self.out) {
            self.remember(now, active, &piece, added);
        }
        if !piece.is_whole() {
            active.set_piece(piece);
            return Some(Progress::Waiting);
        }
        let (status, ended) = match piece.is_cut() {
            false => (ItemStatus::Completed, None),
            true => (ItemStatus::Incomplete, Some(Ending::OutOfTokens)),
        };
        self.close(active, &piece, status);
        ended.map(Progress::Ended)
    }

    /// Keeps with the item what was sent of it.
    fn remember(&mut self, now: Timestamp, active: &mut Active, piece: &Piece, added: Added) {
        if let Added::Sound(samples) = &added {
            active.sound_from.get_or_insert(now);
            active.sound_samples += samples.len();
            self.has_spoken |= active.request.in_conversation;
        }
        let entry = self.history.get_mut(&piece.item_id);
        let Some(entry) = entry.filter(|entry| !entry.cut) else {
            return;
        };
        match (added, &mut entry.heard) {
            (Added::Sound(samples), _) => entry.sound.extend(samples),
            (Added::Words(delta), Heard::Words(words)) => words.expose_mut().push_str(&delta),
            (Added::Words(_), _) => {}
        }
    }

    /// Ends an item.
    fn close(&mut self, active: &mut Active, piece: &Piece, status: ItemStatus) {
        let item = piece.say_done(status, &mut self.out);
        active.written = active.written + piece.tokens();
        active.output.push(item.clone());
        if let Some(entry) = self.history.get_mut(&piece.item_id) {
            entry.item = item;
            if let (true, Item::Message(message)) = (entry.cut, &mut entry.item) {
                set_transcript(message, None);
            }
            self.say_done(&piece.item_id);
        }
    }

    /// Ends a response.
    fn end(&mut self, now: Timestamp, mut active: Active, ending: &Ending) {
        self.forget_questions(&active);
        if let Phase::Writing { piece, .. } = &mut active.phase
            && let Some(piece) = piece.take()
        {
            self.close(&mut active, &piece, ItemStatus::Incomplete);
        }
        let (status, details) = ending.describe();
        let usage = self.meter.usage(active.read, active.written);
        let tokens = usage.total_tokens.unwrap_or_default();
        let mut response = self.describe(&active, status);
        response.status_details = details;
        response.output = std::mem::take(&mut active.output);
        response.usage = Some(usage);
        self.out.send(|event_id| server::ResponseDone {
            event_id,
            response: Box::new(response),
            ..Default::default()
        });
        let rate_limits = self.allowance.spend(tokens, now);
        self.out.send(|event_id| server::RateLimitsUpdated {
            event_id,
            rate_limits,
            ..Default::default()
        });
        if active.request.in_conversation {
            self.after(now, &active, ending);
        }
    }

    /// What follows a response of the conversation.
    fn after(&mut self, now: Timestamp, active: &Active, ending: &Ending) {
        if std::mem::take(&mut self.reply_wanted) {
            self.reply();
        } else if matches!(ending, Ending::Completed) {
            let from = active.sound_from.unwrap_or(now);
            let played = from + duration(active.sound_samples);
            self.wait_for_speech(played.max(now));
        }
    }

    fn forget_questions(&mut self, active: &Active) {
        if let Some(job) = active.waits_for() {
            self.out.abandon(job);
        }
        let out = &mut self.out;
        self.hearings.retain(|job, hearing| {
            let kept = !hearing.is_for(&active.id);
            if !kept {
                out.abandon(*job);
            }
            kept
        });
    }

    fn describe(&self, active: &Active, status: ResponseStatus) -> Response {
        let request = &active.request;
        let conversation = request.in_conversation.then(|| self.conversation.clone());
        Response {
            id: active.id.clone(),
            object: Some("realtime.response".to_owned()),
            status,
            conversation_id: nullable(conversation),
            output_modalities: Some(vec![request.modality.clone()]),
            max_output_tokens: Some(request.max_tokens.clone()),
            audio: Some(request.audio()),
            metadata: request.metadata.clone(),
            ..Response::default()
        }
    }
}

impl Ending {
    fn describe(&self) -> (ResponseStatus, Option<StatusDetails>) {
        let details = |kind, reason: Option<&str>, error| StatusDetails {
            kind: Some(kind),
            reason: reason.map(str::to_owned),
            error,
            ..StatusDetails::default()
        };
        let (status, reason, error) = match self {
            Self::Completed => return (ResponseStatus::Completed, None),
            Self::Cancelled(reason) => (ResponseStatus::Cancelled, Some(*reason), None),
            Self::OutOfTokens => (ResponseStatus::Incomplete, Some("max_output_tokens"), None),
            Self::Failed(trouble) => {
                let error = StatusError {
                    kind: Some("server_error".to_owned()),
                    code: Some("server_error".to_owned()),
                    message: Some(trouble.clone()),
                    ..StatusError::default()
                };
                (ResponseStatus::Failed, None, Some(error))
            }
        };
        (status.clone(), Some(details(status, reason, error)))
    }
}

/// Why the last turn of the person wasn't heard, if the response is to answer it.
fn unheard(seen: &[Entry]) -> Option<String> {
    let turn = seen.iter().rev().take_while(
        |entry| !matches!(&entry.item, Item::Message(it) if it.role == Role::Assistant),
    );
    turn.filter_map(|entry| match &entry.heard {
        Heard::Failed(trouble) => Some(trouble.clone()),
        Heard::Silent | Heard::Pending | Heard::Words(_) => None,
    })
    .next()
}

/// Leaves out all calls but the first where only one is allowed.
fn permitted(thoughts: Vec<Thought>, parallel: bool) -> VecDeque<Thought> {
    let mut calls = 0;
    let permitted = thoughts.into_iter().filter(|thought| {
        calls += usize::from(matches!(thought, Thought::Call { .. }));
        parallel || calls <= 1 || matches!(thought, Thought::Say(_))
    });
    permitted.collect()
}
