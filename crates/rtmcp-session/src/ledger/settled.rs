//! [`Settled`]: the calls of one response that are all over, and what the conversation is owed.

use std::collections::BTreeSet;

use rtmcp_core::{
    CallId, Content, ContentKind, ItemId, Message, Private, ReplyMode, ResponseId, Role,
};

use super::{Batch, CallState, Ledger};
use crate::{ToolImage, arbiter::more_eager, texts};

/// Calls of one response that are all over.
#[derive(Debug)]
pub(crate) struct Settled {
    /// The response that made them.
    pub(crate) response: ResponseId,
    /// The outputs that a reply to them must have seen and the endpoint hasn't acknowledged.
    pub(crate) unseen: BTreeSet<ItemId>,
    /// How eagerly a reply is wanted: as eagerly as by the most eager of them.
    pub(crate) reply: ReplyMode,
    /// The pictures that they gave, in the order in which they were made.
    pub(crate) images: Vec<Picture>,
}

/// A picture that a call gave.
#[derive(Debug)]
pub(crate) struct Picture {
    /// The function.
    pub(crate) name: String,
    /// Its place among the pictures of the call, from 1, and how many there are.
    pub(crate) place: (usize, usize),
    pub(crate) image: ToolImage,
}

impl Picture {
    /// Returns the message that shows it to the model: no other role than the person's can.
    pub(crate) fn into_message(self) -> Message {
        let (place, count) = self.place;
        let words = texts::picture(&self.name, place, count);
        let mut message = Message::text(Role::User, words);
        let (mime, data) = (self.image.mime, self.image.data.into_exposed());
        message.content.push(Content {
            kind: ContentKind::InputImage,
            image_url: Some(Private::new(format!("data:{mime};base64,{data}"))),
            ..Content::default()
        });
        message
    }
}

impl Ledger {
    /// Takes every batch whose response is whole and whose calls are all over, if any of them got an
    /// output.
    pub(crate) fn take_settled(&mut self) -> Vec<Settled> {
        let calls = &self.calls;
        let over = |id: &CallId| calls.get(id).is_none_or(|entry| entry.state.is_end());
        let settled = self.batches.extract_if(.., move |_, batch| {
            batch.ended && batch.calls.iter().all(over)
        });
        let answered: Vec<_> = settled.filter(|(_, batch)| batch.outputs > 0).collect();
        let settled = answered.into_iter();
        settled
            .map(|(response, batch)| self.settled(response, batch))
            .collect()
    }

    /// Keeps the pictures of a call until its batch is settled.
    pub(crate) fn keep_images(&mut self, call_id: &CallId, images: Vec<ToolImage>) {
        let response = self.calls.get(call_id).map(|entry| &entry.batch);
        if let Some(batch) = response.and_then(|it| self.batches.get_mut(it)) {
            let images = images.into_iter().map(|image| (call_id.clone(), image));
            batch.images.extend(images);
        }
    }

    fn settled(&self, response: ResponseId, batch: Batch) -> Settled {
        let entries = batch.calls.iter().filter_map(|id| self.calls.get(id));
        let answered = entries.filter(|it| it.state != CallState::Dropped);
        let modes = answered.map(super::Entry::reply_wanted);
        let reply = modes.fold(ReplyMode::Silent, more_eager);
        let mut images = Vec::new();
        for call_id in &batch.calls {
            let of_call = batch.images.iter().filter(|(id, _)| id == call_id);
            let count = of_call.clone().count();
            let name = self.calls.get(call_id).map(|entry| entry.name.clone());
            images.extend(of_call.enumerate().map(|(at, (_, image))| Picture {
                name: name.clone().unwrap_or_default(),
                place: (at + 1, count),
                image: image.clone(),
            }));
        }
        Settled {
            response,
            unseen: batch.unseen,
            reply,
            images,
        }
    }
}
