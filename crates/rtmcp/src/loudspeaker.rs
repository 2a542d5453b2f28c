//! [`Loudspeaker`]: says the model's speech on the track of a page, and knows what was heard there.

use std::{collections::VecDeque, time::Duration};

use rtmcp_core::{AudioFormat, ItemId, ResponseId, ServerEvent};
use rtmcp_media::{pcm, webrtc::ConnectionHandle};

/// Plays responses one after the other on a track that this side paces.
///
/// What was heard is what has left on the track, to the frame of 20 ms. What has left can't be
/// called back, and comes to the page all the same: the network's delay is no part of the reckoning.
/// That a page has cut its own loudspeaker, and what that still held, isn't told to anybody.
///
/// The track has the sound of one response at a time, so that the end of one and the beginning of
/// the next are its own moments.
#[derive(Debug)]
pub(crate) struct Loudspeaker {
    track: ConnectionHandle,
    /// The response that each of the last messages belongs to.
    owners: VecDeque<(ItemId, ResponseId)>,
    /// The last responses of which the endpoint has said that they are written.
    written: VecDeque<ResponseId>,
    /// What is being said, and what waits behind it.
    spoken: VecDeque<Spoken>,
    /// How many samples had left before the first of these.
    origin: u64,
}

/// The speech of one response.
#[derive(Debug)]
struct Spoken {
    response: ResponseId,
    messages: Vec<Message>,
    /// What the track wasn't given yet.
    waiting: Vec<i16>,
    is_whole: bool,
    began: bool,
}

/// The speech of one message.
#[derive(Debug)]
struct Message {
    item_id: ItemId,
    samples: u64,
    /// Half a sample, of sound that came in odd pieces.
    odd: Option<u8>,
}

/// What became of speech.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spoke {
    /// A response begins to be heard.
    Began(ResponseId),
    /// A response was heard to its end, with these messages.
    Ended(ResponseId, Vec<ItemId>),
    /// A response was cut off.
    Cut(ResponseId),
}

/// What was heard of each message by the time that speech was cut.
pub(crate) type Account = Vec<(ItemId, Duration)>;

/// How many messages and responses are remembered.
const REMEMBERED: usize = 32;

impl Loudspeaker {
    pub(crate) fn new(track: ConnectionHandle) -> Self {
        Self {
            track,
            owners: VecDeque::new(),
            written: VecDeque::new(),
            spoken: VecDeque::new(),
            origin: 0,
        }
    }

    /// Takes an event of the endpoint: whose speech it is, and whether that is all.
    pub(crate) fn event(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::ResponseOutputAudioDelta(delta) => {
                let known = self.owners.iter().any(|(item, _)| *item == delta.item_id);
                if !known {
                    let owner = (delta.item_id.clone(), delta.response_id.clone());
                    remember(&mut self.owners, owner);
                }
            }
            ServerEvent::ResponseDone(done) => {
                remember(&mut self.written, done.response.id.clone());
                self.is_written(&done.response.id);
            }
            _ => {}
        }
    }

    /// Says speech of a message: 16-bit little-endian mono PCM at 24 kHz.
    pub(crate) fn play(&mut self, item_id: &ItemId, bytes: &[u8]) {
        let mut owners = self.owners.iter();
        let owner = owners.find(|(item, _)| item == item_id);
        // An endpoint that never named the response named the message at least.
        let response = owner.map_or_else(|| item_id.as_str().into(), |(_, it)| it.clone());
        let at = self.place(&response);
        let samples = self.spoken[at].add(item_id, bytes);
        if at == 0 {
            self.track.play(&samples);
        } else {
            self.spoken[at].waiting.extend(samples);
        }
        if self.written.contains(&response) {
            self.is_written(&response);
        }
    }

    /// The endpoint writes nothing more of what is being said, whatever it said of it.
    pub(crate) fn finish(&mut self) {
        let responses: Vec<_> = self.spoken.iter().map(|it| it.response.clone()).collect();
        responses.iter().for_each(|it| self.is_written(it));
    }

    /// The track began to sound, after so many samples.
    pub(crate) fn began(&mut self, position: u64) -> Option<Spoke> {
        let origin = self.origin;
        // It may be older than the cut that made an end of what it is about.
        let first = self.spoken.front_mut();
        let first = first.filter(|it| !it.began && position == origin)?;
        first.began = true;
        Some(Spoke::Began(first.response.clone()))
    }

    /// The track has said all that it had, with so many samples. Goes on with what waits.
    pub(crate) fn ended(&mut self, position: u64) -> Option<Spoke> {
        let origin = self.origin;
        let is_over = |it: &mut Spoken| it.is_whole && position == origin + it.samples();
        let over = self.spoken.pop_front_if(is_over)?;
        self.origin = position;
        if let Some(next) = self.spoken.front_mut() {
            self.track.play(&std::mem::take(&mut next.waiting));
            if next.is_whole {
                self.track.finish_playback();
            }
        }
        let messages = over.messages.into_iter().map(|it| it.item_id);
        Some(Spoke::Ended(over.response, messages.collect()))
    }

    /// Drops all that hasn't left. Returns what became of each response, and what was heard of the
    /// messages of the one that sounded: the last of them was cut.
    pub(crate) fn stop(&mut self) -> (Vec<Spoke>, Account) {
        let position = self.track.clear_playback().position;
        let mut heard = position.saturating_sub(self.origin);
        self.origin = position;
        let (mut became, mut account) = (Vec::new(), Vec::new());
        for spoken in self.spoken.drain(..) {
            if heard > 0 && !spoken.began {
                became.push(Spoke::Began(spoken.response.clone()));
            }
            let is_over = spoken.is_whole && heard == spoken.samples();
            if account.is_empty() {
                account = spoken.account(heard);
            }
            // The others weren't with the track.
            heard = 0;
            became.push(match is_over {
                true => Spoke::Ended(spoken.response, Vec::new()),
                false => Spoke::Cut(spoken.response),
            });
        }
        (became, account)
    }

    /// Returns where a response is among those that are being said.
    fn place(&mut self, response: &ResponseId) -> usize {
        let known = self.spoken.iter().position(|it| it.response == *response);
        known.unwrap_or_else(|| {
            self.spoken.push_back(Spoken {
                response: response.clone(),
                messages: Vec::new(),
                waiting: Vec::new(),
                is_whole: false,
                began: false,
            });
            self.spoken.len() - 1
        })
    }

    fn is_written(&mut self, response: &ResponseId) {
        let found = self.spoken.iter().position(|it| it.response == *response);
        if let Some(at) = found {
            self.spoken[at].is_whole = true;
            if at == 0 {
                self.track.finish_playback();
            }
        }
    }
}

impl Spoken {
    fn add(&mut self, item_id: &ItemId, bytes: &[u8]) -> Vec<i16> {
        let known = self.messages.iter().position(|it| it.item_id == *item_id);
        let at = known.unwrap_or_else(|| {
            self.messages.push(Message {
                item_id: item_id.clone(),
                samples: 0,
                odd: None,
            });
            self.messages.len() - 1
        });
        let message = &mut self.messages[at];
        let odd = message.odd.take().into_iter();
        let whole: Vec<u8> = odd.chain(bytes.iter().copied()).collect();
        let (_, odd) = whole.as_chunks::<2>();
        message.odd = odd.first().copied();
        let samples = pcm::from_bytes(&whole);
        message.samples += samples.len() as u64;
        samples
    }

    fn samples(&self) -> u64 {
        self.messages.iter().map(|it| it.samples).sum()
    }

    /// Returns what was heard of each message, up to the one that sounded last.
    fn account(&self, heard: u64) -> Account {
        let mut left = heard;
        let mut account = Account::new();
        for message in &self.messages {
            let heard = left.min(message.samples);
            left -= heard;
            account.push((message.item_id.clone(), span(heard)));
            if left == 0 {
                break;
            }
        }
        account
    }
}

/// How long so many samples sound.
fn span(samples: u64) -> Duration {
    AudioFormat::PCM_24K.duration_of(2 * samples)
}

/// Remembers one more of the last.
fn remember<T>(last: &mut VecDeque<T>, next: T) {
    last.push_back(next);
    if last.len() > REMEMBERED {
        last.pop_front();
    }
}
