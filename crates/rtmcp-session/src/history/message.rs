//! [`Said`]: one message, as text that can be given to another conversation.

use std::time::Duration;

use rtmcp_core::{Content, ContentKind, ItemId, Message, Private, Role};

use crate::Loss;

/// One message.
#[derive(Debug)]
pub(crate) struct Said {
    role: Role,
    /// The parts, by their places.
    parts: Vec<(u32, Part)>,
    /// No more comes of it.
    whole: bool,
    /// It was cut: how much of its text that is, in bytes of all its parts as one; none where that
    /// is unknown.
    cut: Option<Option<usize>>,
}

#[derive(Debug)]
enum Part {
    /// Words, written or spoken.
    Words(Private<String>),
    /// Sound without words.
    Sound,
    Image,
    Other(String),
}

impl Said {
    /// A message without words.
    pub(super) fn new(role: Role) -> Self {
        Self {
            role,
            parts: Vec::new(),
            whole: false,
            cut: None,
        }
    }

    /// Takes what an item brings along. Words that are known stay, where it brings none.
    pub(super) fn fill(&mut self, message: &Message, done: bool) {
        self.whole |= done;
        for (at, content) in (0..).zip(&message.content) {
            let part = Part::new(content);
            let says = matches!(&part, Part::Words(words) if !words.expose().is_empty());
            if says || self.part(at).is_none() {
                self.put(at, part);
            }
        }
    }

    /// Adds words.
    pub(super) fn grow(&mut self, at: u32, words: &Private<String>) {
        let cut = self.cut.is_some();
        match self.part(at) {
            Some(Part::Words(known)) if !cut => known.expose_mut().push_str(words.expose()),
            _ => self.set(at, words),
        }
    }

    /// Sets the words of a part. Nothing is added to what was cut: it came too late to be heard.
    pub(super) fn set(&mut self, at: u32, words: &Private<String>) {
        self.put(at, Part::Words(words.clone()));
    }

    /// Cuts the message where it was heard to, of what was made.
    pub(super) fn cut(&mut self, heard: Option<(Duration, Duration)>) {
        if self.cut.is_none() {
            let text = self.text();
            self.cut = Some(heard.map(|(heard, made)| heard_bytes(&text, heard, made)));
        }
    }

    /// Tells whether its words are known, where it was spoken.
    pub(super) fn is_worded(&self) -> bool {
        let is_sound = |(_, part): &(u32, Part)| matches!(part, Part::Sound);
        !self.parts.is_empty() && !self.parts.iter().any(is_sound)
    }

    /// Tells whether it is of a party.
    pub(super) fn is_by(&self, role: &Role) -> bool {
        self.role == *role
    }

    /// Bytes of text.
    pub(super) fn size(&self) -> usize {
        self.words().map(str::len).sum()
    }

    /// It was given to a new conversation, which knows no more of it.
    pub(super) fn replayed(&mut self) {
        let mut lost = Vec::new();
        let known = self.message(&ItemId::default(), &mut lost);
        let mut fresh = Self::new(self.role.clone());
        if let Some(message) = known {
            fresh.fill(&message, true);
        }
        *self = fresh;
    }

    /// Returns it as text, if any of it is left, and adds what isn't to the losses.
    pub(super) fn message(&self, item_id: &ItemId, lost: &mut Vec<Loss>) -> Option<Message> {
        self.note_losses(item_id, lost);
        let mut message = Message {
            id: Some(item_id.clone()),
            ..Message::text(self.role.clone(), "")
        };
        let like = message.content.pop().unwrap_or_default();
        let mut left = match self.cut {
            None if self.whole || self.role != Role::Assistant => usize::MAX,
            None => 0,
            Some(bytes) => bytes.unwrap_or(0),
        };
        for words in self.words() {
            let words = &words[..left.min(words.len())];
            left -= words.len();
            if !words.is_empty() {
                let text = Some(Private::new(words.to_owned()));
                message.content.push(Content {
                    text,
                    ..like.clone()
                });
            }
        }
        (!message.content.is_empty()).then_some(message)
    }

    fn note_losses(&self, item_id: &ItemId, lost: &mut Vec<Loss>) {
        let item_id = item_id.clone();
        let model = self.role == Role::Assistant;
        if model && (self.cut.is_some() || !self.whole) {
            return lost.push(Loss::CutShort { item_id });
        }
        if !self.is_worded() {
            let item_id = item_id.clone();
            lost.push(Loss::Speech { item_id });
        }
        if self.has(|part| matches!(part, Part::Image)) {
            let item_id = item_id.clone();
            lost.push(Loss::Image { item_id });
        }
        for (_, part) in &self.parts {
            if let Part::Other(kind) = part {
                let (item_id, kind) = (item_id.clone(), kind.clone());
                lost.push(Loss::Foreign { item_id, kind });
            }
        }
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|(_, part)| match part {
            Part::Words(words) => Some(words.expose().as_str()),
            Part::Sound | Part::Image | Part::Other(_) => None,
        })
    }

    fn text(&self) -> String {
        self.words().collect()
    }

    fn has(&self, is_such: impl Fn(&Part) -> bool) -> bool {
        self.parts.iter().any(|(_, part)| is_such(part))
    }

    fn part(&mut self, at: u32) -> Option<&mut Part> {
        let found = self.parts.iter_mut().find(|(place, _)| *place == at);
        found.map(|(_, part)| part)
    }

    /// Puts a part to its place, unless the message was cut: what comes after wasn't heard.
    fn put(&mut self, at: u32, part: Part) {
        if self.cut.is_some() {
            return;
        }
        match self.parts.binary_search_by_key(&at, |(place, _)| *place) {
            Ok(found) => self.parts[found].1 = part,
            Err(place) => self.parts.insert(place, (at, part)),
        }
    }
}

impl Part {
    fn new(content: &Content) -> Self {
        match &content.kind {
            ContentKind::InputText | ContentKind::OutputText | ContentKind::Text => {
                Self::Words(content.text.clone().unwrap_or_default())
            }
            ContentKind::InputAudio | ContentKind::OutputAudio | ContentKind::Audio => {
                let words = content.transcript.clone();
                words.map_or(Self::Sound, Self::Words)
            }
            ContentKind::InputImage => Self::Image,
            ContentKind::Other(kind) => Self::Other(kind.clone()),
        }
    }
}

/// How much of a text was said when so much of its sound was heard: up to the last whole word.
fn heard_bytes(text: &str, heard: Duration, made: Duration) -> usize {
    if heard >= made {
        return text.len();
    }
    let share = heard.as_secs_f64() / made.as_secs_f64();
    let characters = text.chars().count() as f64 * share;
    let mut places = text.char_indices().map(|(at, _)| at);
    let at = places.nth(characters as usize).unwrap_or(text.len());
    let is_end = text[at..].starts_with(char::is_whitespace);
    let last = text[..at].rfind(char::is_whitespace);
    if is_end { at } else { last.unwrap_or(0) }
}
