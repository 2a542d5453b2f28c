//! Writing a response: the brain is asked, and its thoughts become items, piece by piece.

use rtmcp_core::{Item, ItemStatus, Private, Timestamp};

use super::{
    Active, Phase, Progress,
    end::Ending,
    piece::{Added, Piece},
    plan::Plan,
};
use crate::{
    engine::{Prompt, Thought, Utterance},
    session::{
        Question, Session,
        history::{Entry, Heard, Place, set_transcript},
        tokens::Tokens,
    },
};

impl Session {
    /// Asks the brain.
    pub(super) fn think(&mut self, active: &mut Active) {
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
        active.phase = Phase::Thinking(
            self.out
                .ask(Question::Think(active.id.clone(), Box::new(prompt))),
        );
    }

    /// Begins an item.
    pub(super) fn open(&mut self, now: Timestamp, active: &mut Active, thought: Thought) {
        let piece = match thought {
            Thought::Say(text) if text.expose().trim().is_empty() => return,
            // It has struck by now.
            Thought::Fault(_) => return,
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
    pub(super) fn write(
        &mut self,
        now: Timestamp,
        active: &mut Active,
        mut piece: Piece,
    ) -> Option<Progress> {
        while let Some(added) = piece.step(now, &mut self.out) {
            self.remember(now, active, &piece, added);
            if let Some(ending) = active.meets_fate(1) {
                active.set_piece(piece);
                return Some(Progress::Ended(ending));
            }
        }
        if !piece.is_whole() {
            active.set_piece(piece);
            return Some(Progress::Waiting);
        }
        let (status, ended) = match piece.is_cut() {
            false => (ItemStatus::Completed, None),
            true => (
                ItemStatus::Incomplete,
                Some(Ending::Incomplete("max_output_tokens")),
            ),
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
            match &mut self.playback {
                None => piece.say_sound(samples, &mut self.out),
                Some(_) if active.muted => {}
                Some(playback) => {
                    let (response, item) = (&active.id, &piece.item_id);
                    playback.push(response, item, samples, &mut self.out);
                }
            }
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
    pub(super) fn close(&mut self, active: &mut Active, piece: &Piece, status: ItemStatus) {
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
}
