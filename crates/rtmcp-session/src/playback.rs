//! [`Heard`]: what the person has really heard, and so where speech is cut.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use rtmcp_core::{AudioFormat, ItemId, ResponseId};

/// One message of the model that sounds, or will.
#[derive(Debug)]
struct Sounding {
    item_id: ItemId,
    response: ResponseId,
    bytes: u64,
    played: Duration,
    whole: bool,
    /// It is no part of the conversation, and so can't be cut there.
    outside: bool,
}

/// A message to be cut, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) item_id: ItemId,
    pub(crate) heard: Duration,
}

/// Keeps account of the speech that was handed to the player.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    format: Option<AudioFormat>,
    queue: VecDeque<Sounding>,
    /// Responses that were cut off: what still comes of them is dropped.
    dropped: BTreeSet<ResponseId>,
    /// What sounded when the player was told to stop; it hasn't said yet what was heard.
    cutting: VecDeque<Sounding>,
}

impl Heard {
    /// Sets the format that speech comes in.
    pub(crate) fn set_format(&mut self, format: AudioFormat) {
        self.format = Some(format);
    }

    /// Notes more speech. Returns whether it is to be played.
    pub(crate) fn grow(
        &mut self,
        response: &ResponseId,
        item_id: &ItemId,
        bytes: u64,
        outside: bool,
    ) -> bool {
        if self.dropped.contains(response) {
            return false;
        }
        match self.queue.iter_mut().find(|it| it.item_id == *item_id) {
            Some(it) => it.bytes += bytes,
            None => self.queue.push_back(Sounding {
                item_id: item_id.clone(),
                response: response.clone(),
                bytes,
                played: Duration::ZERO,
                whole: false,
                outside,
            }),
        }
        true
    }

    /// Notes that no more speech of an item comes. Returns whether any was played.
    pub(crate) fn complete(&mut self, item_id: &ItemId) -> bool {
        let found = self.find(item_id);
        found.is_some_and(|it| {
            it.whole = true;
            true
        })
    }

    /// Notes how far the player is.
    pub(crate) fn progress(&mut self, item_id: &ItemId, played: Duration) {
        if let Some(it) = self.find(item_id) {
            it.played = it.played.max(played);
        }
    }

    /// Notes that an item was heard to its end.
    pub(crate) fn finish(&mut self, item_id: &ItemId) {
        self.queue.retain(|it| it.item_id != *item_id);
        self.cutting.retain(|it| it.item_id != *item_id);
    }

    /// Notes that nothing more can come of a response. Returns its messages that are whole now.
    pub(crate) fn response_ended(&mut self, response: &ResponseId) -> Vec<ItemId> {
        self.dropped.remove(response);
        let growing = |it: &&mut Sounding| !it.whole && it.response == *response;
        let queue = self.queue.iter_mut().filter(growing);
        queue
            .map(|it| {
                it.whole = true;
                it.item_id.clone()
            })
            .collect()
    }

    /// Starts to cut: drops what still comes of the responses that sound, and of `active`.
    /// Returns whether the player must be stopped.
    pub(crate) fn interrupt(&mut self, active: Option<&ResponseId>) -> bool {
        self.dropped.extend(active.cloned());
        if self.queue.is_empty() {
            return false;
        }
        let growing = self.queue.iter().filter(|it| !it.whole);
        self.dropped.extend(growing.map(|it| it.response.clone()));
        self.cutting.append(&mut self.queue);
        true
    }

    /// The player has stopped: returns where each message that wasn't heard whole is cut.
    ///
    /// What the player reports counts, but never more than there was, and never nothing: endpoints
    /// refuse to cut at zero.
    pub(crate) fn stopped(&mut self, heard: Option<&(ItemId, Duration)>) -> Vec<Cut> {
        if let Some((item_id, played)) = heard {
            self.progress(item_id, *played);
        }
        let format = self.format.clone().unwrap_or(AudioFormat::PCM_24K);
        let cut = |it: Sounding| {
            let made = format.duration_of(it.bytes);
            let unheard = !it.whole || it.played < made;
            let heard = it.played.min(made).max(Duration::from_millis(1));
            (unheard && !it.outside && !made.is_zero()).then_some(Cut {
                item_id: it.item_id,
                heard,
            })
        };
        self.cutting.drain(..).filter_map(cut).collect()
    }

    /// Tells whether the model can be heard.
    pub(crate) fn is_audible(&self) -> bool {
        !self.queue.is_empty()
    }

    fn find(&mut self, item_id: &ItemId) -> Option<&mut Sounding> {
        let all = self.queue.iter_mut().chain(&mut self.cutting);
        all.into_iter().find(|it| it.item_id == *item_id)
    }
}
