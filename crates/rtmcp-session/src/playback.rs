//! [`Heard`]: what the person has really heard, and so where speech is cut.

use std::{collections::VecDeque, time::Duration};

use rtmcp_core::{
    AudioFormat, ItemId, ResponseId, decoded_len, event::server::ResponseOutputAudioDelta,
};

/// The least that speech can be cut back to.
const LEAST: Duration = Duration::from_millis(1);

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
    /// It was said over a connection that is gone: the endpoint has its words alone.
    gone: bool,
}

/// A message to be cut, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) item_id: ItemId,
    pub(crate) heard: Duration,
    /// How long all that was made of it is.
    pub(crate) made: Duration,
    /// The endpoint can't be asked to cut it.
    pub(crate) gone: bool,
}

/// Keeps account of the speech that was handed to the player.
#[derive(Debug)]
pub(crate) struct Heard {
    format: AudioFormat,
    queue: VecDeque<Sounding>,
    /// What sounded each time that the player was told to stop and hasn't said yet what was heard.
    cutting: VecDeque<VecDeque<Sounding>>,
}

impl Heard {
    /// An account of speech in the format that was asked for.
    pub(crate) fn new(format: Option<AudioFormat>) -> Self {
        Self {
            format: format.unwrap_or(AudioFormat::PCM_24K),
            queue: VecDeque::new(),
            cutting: VecDeque::new(),
        }
    }

    /// Sets the format that speech comes in.
    pub(crate) fn set_format(&mut self, format: AudioFormat) {
        self.format = format;
    }

    /// Notes more speech; `whole` says that the end of its response is known already.
    pub(crate) fn grow(&mut self, delta: &ResponseOutputAudioDelta, outside: bool, whole: bool) {
        let bytes = decoded_len(delta.delta.expose());
        let known = |it: &&mut Sounding| it.item_id == delta.item_id;
        match self.queue.iter_mut().find(known) {
            Some(it) => it.bytes += bytes,
            None => self.queue.push_back(Sounding {
                item_id: delta.item_id.clone(),
                response: delta.response_id.clone(),
                bytes,
                played: Duration::ZERO,
                whole,
                outside,
                gone: false,
            }),
        }
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
        let cutting = self.cutting.iter_mut();
        for items in cutting.chain([&mut self.queue]) {
            items.retain(|it| it.item_id != *item_id);
        }
    }

    /// Notes that nothing more can come of a response. Returns its messages that are whole now.
    pub(crate) fn response_ended(&mut self, response: &ResponseId) -> Vec<ItemId> {
        let growing = |it: &&mut Sounding| !it.whole && it.response == *response;
        let queue = self.queue.iter_mut().filter(growing);
        queue
            .map(|it| {
                it.whole = true;
                it.item_id.clone()
            })
            .collect()
    }

    /// Starts to cut what sounds. Returns the responses of which more may come, or `None` if
    /// nothing sounds and so the player need not be stopped.
    pub(crate) fn interrupt(&mut self) -> Option<Vec<ResponseId>> {
        if self.queue.is_empty() {
            return None;
        }
        let queue = std::mem::take(&mut self.queue);
        let growing = queue.iter().filter(|it| !it.whole);
        let growing = growing.map(|it| it.response.clone()).collect();
        self.cutting.push_back(queue);
        Some(growing)
    }

    /// The player has stopped: returns where each message that wasn't heard whole is cut.
    ///
    /// What the player reports counts, but never more than there was, and never nothing: endpoints
    /// refuse to cut at zero. A player that names what sounded answers every stop up to that one.
    pub(crate) fn stopped(&mut self, heard: Option<&(ItemId, Duration)>) -> Vec<Cut> {
        let mut stops = 1;
        if let Some((item_id, played)) = heard {
            self.progress(item_id, *played);
            let sounded =
                |items: &VecDeque<Sounding>| items.iter().any(|it| it.item_id == *item_id);
            stops += self.cutting.iter().position(sounded).unwrap_or(0);
        }
        let stops = stops.min(self.cutting.len());
        let format = self.format.clone();
        let cut = |it: Sounding| {
            let made = format.duration_of(it.bytes);
            let unheard = !it.whole || it.played < made;
            let heard = it.played.min(made).max(LEAST);
            (unheard && !it.outside && made >= LEAST).then_some(Cut {
                item_id: it.item_id,
                heard,
                made,
                gone: it.gone,
            })
        };
        let items = self.cutting.drain(..stops).flatten();
        items.filter_map(cut).collect()
    }

    /// The connection is gone over which all of this was said: another one never made its sound.
    pub(crate) fn leave(&mut self) {
        let cutting = self.cutting.iter_mut();
        for it in cutting.chain([&mut self.queue]).flatten() {
            (it.gone, it.whole) = (true, true);
        }
    }

    /// Tells whether a response is what the person hears now.
    pub(crate) fn sounds(&self, response: &ResponseId) -> bool {
        let first = self.queue.front();
        first.is_some_and(|it| it.response == *response)
    }

    /// Tells whether the model can be heard.
    pub(crate) fn is_audible(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Tells whether the player was told to stop and hasn't said yet what was heard.
    pub(crate) fn is_stopping(&self) -> bool {
        !self.cutting.is_empty()
    }

    fn find(&mut self, item_id: &ItemId) -> Option<&mut Sounding> {
        let cutting = self.cutting.iter_mut().flatten();
        self.queue
            .iter_mut()
            .chain(cutting)
            .find(|it| it.item_id == *item_id)
    }
}
