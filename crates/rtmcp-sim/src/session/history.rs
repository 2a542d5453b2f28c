//! [`History`]: the items of a conversation, with what the model knows of them beyond the wire.

use rtmcp_core::{CallId, ContentKind, Item, ItemId, Message, Private, Role};

/// An item, and the sound and words behind it.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) id: ItemId,
    /// As the client sees it, without sound.
    pub(crate) item: Item,
    /// Its sound at the rate of the wire; empty where it has none.
    pub(crate) sound: Vec<i16>,
    /// What the model takes the sound for.
    pub(crate) heard: Heard,
    /// It was truncated: what is still written to it isn't heard.
    pub(crate) cut: bool,
}

/// What the model takes the sound of an item for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// There is no sound.
    Silent,
    /// The ear is still listening.
    Pending,
    /// These words.
    Words(Private<String>),
    /// The ear couldn't; why.
    Failed(String),
}

/// The items of a conversation, in order.
#[derive(Default)]
pub(crate) struct History {
    entries: Vec<Entry>,
}

/// Where an item goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// To the end.
    End,
    /// To the front.
    Front,
    /// Behind this one.
    After(ItemId),
}

impl History {
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn get(&self, id: &ItemId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == *id)
    }

    pub(crate) fn get_mut(&mut self, id: &ItemId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == *id)
    }

    /// Puts an item in its place and returns the one before it; `None` where there is no such
    /// place.
    pub(crate) fn insert(&mut self, entry: Entry, place: &Place) -> Option<Option<ItemId>> {
        let index = match place {
            Place::End => self.entries.len(),
            Place::Front => 0,
            Place::After(id) => self.entries.iter().position(|it| it.id == *id)? + 1,
        };
        self.entries.insert(index, entry);
        Some(self.before(index))
    }

    /// Returns the id of the item before another.
    pub(crate) fn previous(&self, id: &ItemId) -> Option<ItemId> {
        let index = self.entries.iter().position(|it| it.id == *id)?;
        self.before(index)
    }

    pub(crate) fn last(&self) -> Option<ItemId> {
        self.before(self.entries.len())
    }

    /// Takes an item out, and tells whether it was there.
    pub(crate) fn remove(&mut self, id: &ItemId) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.id != *id);
        self.entries.len() < before
    }

    pub(crate) fn has_call(&self, id: &CallId) -> bool {
        let mut items = self.entries.iter().map(|entry| &entry.item);
        items.any(|it| matches!(it, Item::FunctionCall(call) if call.call_id.as_ref() == Some(id)))
    }

    fn before(&self, index: usize) -> Option<ItemId> {
        let entry = self.entries.get(index.checked_sub(1)?)?;
        Some(entry.id.clone())
    }
}

impl Entry {
    /// An item without sound.
    pub(crate) const fn silent(id: ItemId, item: Item) -> Self {
        Self {
            id,
            item,
            sound: Vec::new(),
            heard: Heard::Silent,
            cut: false,
        }
    }

    /// Tells whether the ear is still listening.
    pub(crate) fn is_pending(&self) -> bool {
        self.heard == Heard::Pending
    }

    /// The item with the words that the model hears in its sound.
    pub(crate) fn as_heard(&self) -> Item {
        let mut item = self.item.clone();
        if let (Item::Message(message), Heard::Words(words)) = (&mut item, &self.heard) {
            set_transcript(message, Some(words.clone()));
        }
        item
    }

    /// Returns the message, where it is one that the model spoke.
    pub(crate) fn spoken_message(&mut self) -> Option<&mut Message> {
        match (&mut self.item, &self.heard) {
            (Item::Message(it), Heard::Words(_)) if it.role == Role::Assistant => Some(it),
            _ => None,
        }
    }
}

/// Sets the transcript of the first part with sound.
pub(crate) fn set_transcript(message: &mut Message, words: Option<Private<String>>) {
    let mut parts = message.content.iter_mut();
    if let Some(part) = parts.find(|part| is_speech(&part.kind)) {
        part.transcript = words;
    }
}

pub(crate) fn is_speech(kind: &ContentKind) -> bool {
    matches!(kind, ContentKind::InputAudio | ContentKind::OutputAudio)
}
