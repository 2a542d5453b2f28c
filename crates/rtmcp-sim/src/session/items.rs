//! Items by hand: create, retrieve, truncate, delete.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rtmcp_core::{
    ContentKind, Item, ItemId, ItemStatus, Private,
    event::{client::ConversationItemCreate, server},
};
use rtmcp_media::pcm;
use serde_json::{Map, Value};
use std::time::Duration;

use super::{
    Fault, Ids, Session,
    history::{Entry, Heard, Place, set_transcript},
    input::{duration, samples_in},
    turn::{Target, heard_of, nullable, samples},
};

impl Session {
    pub(super) fn create_item(&mut self, create: ConversationItemCreate) -> Result<(), Fault> {
        let place = match create.previous_item_id {
            None => Place::End,
            Some(id) if id.as_str() == "root" => Place::Front,
            Some(id) if self.history.get(&id).is_some() => Place::After(id),
            Some(id) => return Err(Fault::item_not_found("previous_item_id", id.as_str())),
        };
        if let Some(id) = create.item.id().filter(|it| self.history.get(it).is_some()) {
            let message = format!("Item with id '{id}' already exists in the conversation.");
            return Err(Fault::invalid_value("item.id", message));
        }
        if let Item::FunctionCallOutput(output) = &*create.item
            && !self.history.has_call(&output.call_id)
        {
            return Err(Fault::invalid_tool_call_id(output.call_id.as_str()));
        }
        let entry = entry(*create.item, "item", &mut self.out.ids)?;
        self.listen(&entry, Target::Item(entry.id.clone()), None);
        self.add(entry, &place);
        Ok(())
    }

    pub(super) fn retrieve_item(&mut self, id: &ItemId) -> Result<(), Fault> {
        let Some(entry) = self.history.get(id) else {
            return Err(Fault::item_not_found("item_id", id.as_str()));
        };
        let item = with_sound(entry);
        self.out.send(|event_id| server::ConversationItemRetrieved {
            event_id,
            item,
            ..Default::default()
        });
        Ok(())
    }

    pub(super) fn truncate_item(&mut self, event: &Map<String, Value>) -> Result<(), Fault> {
        let id = event.get("item_id").and_then(Value::as_str);
        let id = ItemId::from(id.unwrap_or_default());
        let audio_end_ms = event.get("audio_end_ms").and_then(Value::as_u64);
        let Some(audio_end_ms) = audio_end_ms else {
            let message = "Invalid 'audio_end_ms': expected a number of milliseconds, 0 or more.";
            let fault = Fault::new("item_truncate_invalid_audio_end_ms", message);
            return Err(fault.at("audio_end_ms"));
        };
        let part = event.get("content_index").and_then(Value::as_u64);
        if part != Some(0) {
            let message = "Invalid 'content_index': a spoken message has one part, 0.";
            return Err(Fault::invalid_value("content_index", message));
        }
        self.truncate(&id, audio_end_ms)?;
        self.say_truncated(id, audio_end_ms);
        Ok(())
    }

    pub(super) fn say_truncated(&mut self, item_id: ItemId, audio_end_ms: u64) {
        self.out.send(|event_id| server::ConversationItemTruncated {
            event_id,
            item_id,
            content_index: 0,
            audio_end_ms,
            ..Default::default()
        });
    }

    pub(super) fn delete_item(&mut self, id: &ItemId) -> Result<(), Fault> {
        if !self.history.remove(id) {
            return Err(Fault::item_not_found("item_id", id.as_str()));
        }
        let item_id = id.clone();
        self.out.send(|event_id| server::ConversationItemDeleted {
            event_id,
            item_id,
            ..Default::default()
        });
        Ok(())
    }

    /// Puts a whole item into the conversation and says so.
    pub(super) fn add(&mut self, entry: Entry, place: &Place) {
        let (id, item) = (entry.id.clone(), entry.item.clone());
        if self.history.insert(entry, place).is_some() {
            self.say_added(&id, item);
            self.say_done(&id);
        }
    }

    pub(super) fn say_added(&mut self, id: &ItemId, item: Item) {
        let previous = self.history.previous(id);
        self.out.send(|event_id| server::ConversationItemAdded {
            event_id,
            previous_item_id: nullable(previous),
            item,
            ..Default::default()
        });
    }

    /// Says that an item is whole, unless it was deleted meanwhile.
    pub(super) fn say_done(&mut self, id: &ItemId) {
        let Some(item) = self.history.get(id).map(|entry| entry.item.clone()) else {
            return;
        };
        let previous = self.history.previous(id);
        self.out.send(|event_id| server::ConversationItemDone {
            event_id,
            previous_item_id: nullable(previous),
            item,
            ..Default::default()
        });
    }

    /// Cuts a message of the model back, and its words with it: the transcript goes, and the model
    /// remembers as many of the words as were heard.
    pub(super) fn truncate(&mut self, id: &ItemId, audio_end_ms: u64) -> Result<(), Fault> {
        let Some(entry) = self.history.get_mut(id) else {
            let message = format!("Item with id '{id}' not found in the conversation.");
            let fault = Fault::new("item_truncate_invalid_item_id", message);
            return Err(fault.at("item_id"));
        };
        if entry.spoken_message().is_none() {
            let message = "Only model output audio messages can be truncated.";
            return Err(Fault::invalid_value("item_id", message));
        }
        let length = entry.sound.len();
        let length_ms = duration(length).as_millis() as u64;
        if audio_end_ms > length_ms {
            let message =
                format!("Audio content of {length_ms}ms is already shorter than {audio_end_ms}ms");
            return Err(Fault::invalid_value("audio_end_ms", message));
        }
        let left = samples_in(Duration::from_millis(audio_end_ms)).min(length);
        if let Heard::Words(words) = &mut entry.heard {
            let words = words.expose_mut();
            let share = left as f64 / length.max(1) as f64;
            let end = (words.len() as f64 * share) as usize;
            words.truncate(super::answer::plan::whole_words(words, end));
        }
        entry.sound.truncate(left);
        entry.cut = true;
        if let Some(message) = entry.spoken_message() {
            set_transcript(message, None);
        }
        Ok(())
    }
}

/// Makes an entry of an item that a client wrote, and names it where it has no name.
pub(super) fn entry(mut item: Item, param: &str, ids: &mut Ids) -> Result<Entry, Fault> {
    let sound = sound_of(&mut item, param)?;
    let id = item.id().cloned().filter(|it| !it.is_empty());
    let id = id.unwrap_or_else(|| ids.item());
    complete(&mut item, &id, ids);
    Ok(Entry {
        id,
        item,
        heard: heard_of(&sound),
        sound,
        cut: false,
    })
}

/// Takes the sound out of a message.
fn sound_of(item: &mut Item, param: &str) -> Result<Vec<i16>, Fault> {
    let mut sound = Vec::new();
    if let Item::Message(message) = item {
        for (index, part) in message.content.iter_mut().enumerate() {
            if let Some(audio) = part.audio.take() {
                let param = format!("{param}.content[{index}].audio");
                sound.extend(samples(&param, audio.expose())?);
            }
        }
    }
    Ok(sound)
}

/// Fills in what a client may leave out.
fn complete(item: &mut Item, id: &ItemId, ids: &mut Ids) {
    let id = Some(id.clone());
    let object = Some("realtime.item".to_owned());
    let status = Some(ItemStatus::Completed);
    match item {
        Item::Message(it) => (it.id, it.object, it.status) = (id, object, status),
        Item::FunctionCall(it) => {
            (it.id, it.object, it.status) = (id, object, status);
            it.call_id.get_or_insert_with(|| ids.call());
        }
        Item::FunctionCallOutput(it) => (it.id, it.object, it.status) = (id, object, status),
        _ => {}
    }
}

/// The item with its sound, as it is given back on request.
fn with_sound(entry: &Entry) -> Item {
    let mut item = entry.item.clone();
    if let Item::Message(message) = &mut item {
        let speech = |kind: &ContentKind| super::history::is_speech(kind);
        if let Some(part) = message.content.iter_mut().find(|it| speech(&it.kind)) {
            let audio = STANDARD.encode(pcm::to_bytes(&entry.sound));
            part.audio = Some(Private::new(audio));
        }
    }
    item
}
