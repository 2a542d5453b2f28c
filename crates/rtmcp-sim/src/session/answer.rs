//! The model's turn: a response is asked for, thought of, written, and ends in one of four ways.

mod end;
mod piece;
pub(super) mod plan;
mod request;
mod write;

use std::collections::VecDeque;

use rtmcp_core::{
    Item, ResponseId, ResponseParams, ResponseStatus, Role, Timestamp, event::server,
};
use rtmcp_media::resample;

use super::{
    Fault, Job, Session,
    history::{Entry, Heard},
    input::RATE,
    items::entry,
    settings::one_modality,
    tokens::Tokens,
    turn::Target,
};
use crate::{
    config::Pacing,
    engine::{EngineError, Sound, Thought},
};
pub(crate) use end::Ending;
use piece::Piece;
use plan::{Budget, Plan};
use request::Request;

/// A response that hasn't ended.
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
    /// The player was cleared: what is still said isn't heard.
    muted: bool,
    /// What it is to come to, where that is settled.
    fate: Option<Fate>,
}

/// An end that is settled before a response comes to it.
struct Fate {
    /// How many more deltas it says before, if it has as many.
    deltas: u32,
    ending: Ending,
}

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

    /// Lets the rest of what it has begun to say be unheard.
    pub(super) const fn mute(&mut self) {
        self.muted |= self.sound_samples > 0;
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

    /// Counts what it has just said; tells how it ends, if it does so now.
    fn meets_fate(&mut self, deltas: u32) -> Option<Ending> {
        let fate = self.fate.as_mut()?;
        fate.deltas = fate.deltas.saturating_sub(deltas);
        let fate = self.fate.take_if(|it| it.deltas == 0)?;
        Some(fate.ending)
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
            muted: false,
            fate: None,
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

    /// Settles what a response is to come to.
    pub(super) fn set_fate(&mut self, id: &ResponseId, deltas: u32, ending: Ending) {
        if let Some(active) = self.answers.iter_mut().find(|it| it.id == *id) {
            active.fate = Some(Fate { deltas, ending });
        }
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
                self.end(now, active, &Ending::broken(error.to_string()));
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
                self.end(now, active, &Ending::broken(trouble));
            }
        }
    }

    pub(super) fn in_conversation(&self) -> Option<&Active> {
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
        if let Some(ending) = active.meets_fate(0) {
            return Progress::Ended(ending);
        }
        if matches!(active.phase, Phase::Listening) {
            let seen = active.own_input.as_deref();
            let seen = seen.unwrap_or_else(|| self.history.entries());
            if seen.iter().any(Entry::is_pending) {
                return Progress::Waiting;
            }
            if let Some(trouble) = unheard(seen) {
                return Progress::Ended(Ending::broken(trouble));
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
                let fate = active.fate.take();
                return Progress::Ended(fate.map_or(Ending::Completed, |it| it.ending));
            }
        }
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
