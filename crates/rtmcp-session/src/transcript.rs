//! [`Transcript`]: who said what, in the order of the conversation.
//!
//! Words arrive late and out of order: the model may answer before the person's speech is written
//! down. The order is the endpoint's own, by `previous_item_id`; words fill the places.

use std::time::Duration;

use rtmcp_core::{Content, ContentKind, ItemId, Message, Nullable, Private, Role};

use crate::order::{self, Placed};

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The item.
    pub item_id: ItemId,
    /// Who speaks.
    pub role: Role,
    /// The words so far.
    pub text: Private<String>,
    /// Whether more will come.
    pub done: bool,
    /// How much of it was heard, where it was cut off.
    pub cut: Option<Duration>,
}

/// The messages of a conversation, in its order.
#[derive(Debug, Default)]
pub struct Transcript {
    lines: Vec<Line>,
}

impl Transcript {
    /// Returns the messages, oldest first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Returns one message.
    pub fn line(&self, item_id: &ItemId) -> Option<&Line> {
        self.lines.iter().find(|line| line.item_id == *item_id)
    }

    /// Puts a place for an item behind another one, or moves the place that it has.
    pub(crate) fn place(&mut self, item_id: &ItemId, role: Role, previous: &Nullable<ItemId>) {
        order::place(&mut self.lines, item_id, previous, || Line {
            item_id: item_id.clone(),
            role,
            text: Private::default(),
            done: false,
            cut: None,
        });
    }

    /// Takes over the words that a message brings along. Returns the line if there are any.
    pub(crate) fn fill(
        &mut self,
        item_id: &ItemId,
        message: &Message,
        done: bool,
    ) -> Option<&Line> {
        let text: Vec<&str> = message.content.iter().filter_map(words).collect();
        if text.is_empty() {
            return None;
        }
        self.set(item_id, text.join(" "), done)
    }

    /// Adds words to a message.
    pub(crate) fn grow(&mut self, item_id: &ItemId, role: Role, words: &str) -> Option<&Line> {
        self.place(item_id, role, &Nullable::Absent);
        let line = self.line_mut(item_id)?;
        line.text.expose_mut().push_str(words);
        Some(line)
    }

    /// Replaces the words of a message. Returns the line if that changed it.
    pub(crate) fn set(&mut self, item_id: &ItemId, text: String, done: bool) -> Option<&Line> {
        let line = self.line_mut(item_id)?;
        if line.done && *line.text.expose() == text {
            return None;
        }
        line.text = Private::new(text);
        line.done = done;
        Some(line)
    }

    /// Notes where a message was cut off. Returns whether that is news.
    pub(crate) fn cut(&mut self, item_id: &ItemId, heard: Duration) -> bool {
        let Some(line) = self.line_mut(item_id) else {
            return true;
        };
        line.done = true;
        line.cut.replace(heard) != Some(heard)
    }

    /// Removes a message.
    pub(crate) fn remove(&mut self, item_id: &ItemId) {
        self.lines.retain(|line| line.item_id != *item_id);
    }

    fn line_mut(&mut self, item_id: &ItemId) -> Option<&mut Line> {
        let at = order::position(&self.lines, item_id)?;
        self.lines.get_mut(at)
    }
}

impl Placed for Line {
    fn item_id(&self) -> &ItemId {
        &self.item_id
    }
}

/// Returns the words of a part, written or spoken.
fn words(part: &Content) -> Option<&str> {
    let words = match part.kind {
        ContentKind::InputText | ContentKind::OutputText | ContentKind::Text => &part.text,
        ContentKind::InputAudio | ContentKind::OutputAudio | ContentKind::Audio => &part.transcript,
        ContentKind::InputImage | ContentKind::Other(_) => &None,
    };
    let words = words.as_ref()?.expose();
    (!words.is_empty()).then_some(words)
}
