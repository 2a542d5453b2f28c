//! [`Conversation`]: what was said and done, in the order in which it began.

mod news;

use std::{sync::Arc, time::Duration};

use rtmcp_core::{ItemId, Private};

use super::{
    card::{Card, Question},
    elicitation::Asked,
    sign_in::SignInWanted,
};

/// What was said and done.
#[derive(Debug, Default)]
pub struct Conversation {
    entries: Vec<Arc<Entry>>,
    notes: u64,
    asked: Vec<Asked>,
    sign_ins: Vec<SignInWanted>,
}

/// One thing that was said or done.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Somebody's words.
    Line(Line),
    /// A call of a tool.
    Card(Box<Card>),
    /// What the page has to say.
    Note(Note),
}

/// Names an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EntryId {
    /// Words, by their item.
    Line(String),
    /// A call of a tool.
    Card(String),
    /// A note.
    Note(u64),
}

/// Somebody's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The item.
    pub item_id: String,
    /// Whether it is the person who speaks, and not the model.
    pub is_person: bool,
    /// The words so far.
    pub text: Private<String>,
    /// Whether no more words will come.
    pub done: bool,
    /// How much of it was heard, where it was cut off.
    pub cut: Option<Duration>,
    /// Why there are no words.
    pub trouble: Option<String>,
}

/// What the page has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Names it.
    pub id: u64,
    /// In words.
    pub text: String,
    /// Whether something is wrong.
    pub is_trouble: bool,
}

impl Entry {
    /// Names the entry among the others.
    pub fn id(&self) -> EntryId {
        match self {
            Self::Line(line) => EntryId::Line(line.item_id.clone()),
            Self::Card(card) => EntryId::Card(card.call_id.clone()),
            Self::Note(note) => EntryId::Note(note.id),
        }
    }

    /// Tells whether the entry has this name.
    pub fn is(&self, id: &EntryId) -> bool {
        match (self, id) {
            (Self::Line(line), EntryId::Line(item_id)) => line.item_id == *item_id,
            (Self::Card(card), EntryId::Card(call_id)) => card.call_id == *call_id,
            (Self::Note(note), EntryId::Note(id)) => note.id == *id,
            _ => false,
        }
    }
}

impl Conversation {
    /// Returns everything, oldest first.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// Returns the calls of tools, oldest first.
    pub fn cards(&self) -> impl Iterator<Item = &Card> {
        self.entries.iter().filter_map(|entry| match &**entry {
            Entry::Card(card) => Some(&**card),
            Entry::Line(_) | Entry::Note(_) => None,
        })
    }

    /// Returns the calls that somebody must decide about, oldest first.
    pub fn questions(&self) -> impl Iterator<Item = (&Card, &Question)> {
        self.cards()
            .filter_map(|card| Some((card, card.question.as_ref()?)))
    }

    /// Returns what servers ask the person, oldest first.
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// Returns the servers that the person has to sign in to.
    pub fn sign_ins(&self) -> &[SignInWanted] {
        &self.sign_ins
    }

    /// Tells whether a tool works, or waits for a decision.
    pub fn is_working(&self) -> bool {
        self.cards().any(|card| !card.state.is_end())
    }

    /// Returns the newest words that are whole, for those who listen to the page.
    pub fn last_words(&self) -> Option<&Line> {
        let lines = self
            .entries
            .iter()
            .rev()
            .filter_map(|entry| match &**entry {
                Entry::Line(line) => Some(line),
                Entry::Card(_) | Entry::Note(_) => None,
            });
        let mut whole = lines.filter(|line| line.done && !line.text.expose().is_empty());
        whole.next()
    }

    /// Changes the line of an item; a new one at the end where there is none.
    fn line(&mut self, item_id: &ItemId, is_person: bool, change: impl FnOnce(&mut Line)) {
        for entry in self.entries.iter_mut().rev() {
            let is_it = |line: &Line| line.item_id == item_id.as_str();
            if matches!(&**entry, Entry::Line(line) if is_it(line)) {
                if let Entry::Line(line) = Arc::make_mut(entry) {
                    change(line);
                }
                return;
            }
        }
        let mut line = Line {
            item_id: item_id.as_str().to_owned(),
            is_person,
            text: Private::default(),
            done: false,
            cut: None,
            trouble: None,
        };
        change(&mut line);
        self.entries.push(Arc::new(Entry::Line(line)));
    }

    /// Changes the card of a call; a new one at the end where there is none.
    fn card(&mut self, call_id: &str, change: impl FnOnce(&mut Card)) {
        for entry in self.entries.iter_mut().rev() {
            if matches!(&**entry, Entry::Card(card) if card.call_id == call_id) {
                if let Entry::Card(card) = Arc::make_mut(entry) {
                    change(card);
                }
                return;
            }
        }
        let mut card = Card {
            call_id: call_id.to_owned(),
            ..Card::default()
        };
        change(&mut card);
        self.entries.push(Arc::new(Entry::Card(Box::new(card))));
    }
}
