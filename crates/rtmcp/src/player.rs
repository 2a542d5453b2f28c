//! [`Player`]: hands out speech at the pace at which it sounds, and so knows what was heard.

use std::{collections::VecDeque, time::Duration};

use rtmcp_core::{AudioFormat, ItemId, Timestamp};

/// Who knows how much of the model's speech was heard, over a WebSocket.
///
/// Over WebRTC, and in calls that somebody else speaks in, the endpoint plays and knows; this means
/// nothing there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Playback {
    /// The bridge: it hands out [`Event::Audio`](crate::Event::Audio) in frames of 20 ms, at the
    /// pace at which they sound. Right for sinks with a short buffer, such as a sound card or a
    /// telephone line.
    #[default]
    Paced,
    /// The application: it gets speech as soon as there is any, and reports with
    /// [`Handle::played`](crate::Handle::played) what was heard. Right for sinks that know.
    Reported,
}

/// How much is handed out at a time.
const FRAME: Duration = Duration::from_millis(20);

/// Speech that waits to be heard.
#[derive(Debug)]
pub(crate) struct Player {
    format: AudioFormat,
    queue: VecDeque<Item>,
    /// When the next frame is due; none while nothing sounds.
    due: Option<Timestamp>,
}

#[derive(Debug)]
struct Item {
    id: ItemId,
    waiting: VecDeque<u8>,
    played: u64,
    whole: bool,
}

/// What is to be heard now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A frame; the item has sounded for so long with it.
    Frame {
        item_id: ItemId,
        bytes: Vec<u8>,
        played: Duration,
    },
    /// An item is over.
    End { item_id: ItemId },
}

impl Player {
    pub(crate) fn new(format: AudioFormat) -> Self {
        Self {
            format,
            queue: VecDeque::new(),
            due: None,
        }
    }

    /// Sets the format that speech comes in.
    pub(crate) fn set_format(&mut self, format: &AudioFormat) {
        if self.format != *format {
            self.format = format.clone();
        }
    }

    /// Queues speech of an item.
    pub(crate) fn play(&mut self, now: Timestamp, item_id: &ItemId, bytes: &[u8]) {
        if self.queue.back().is_none_or(|item| item.id != *item_id) {
            self.queue.push_back(Item {
                id: item_id.clone(),
                waiting: VecDeque::new(),
                played: 0,
                whole: false,
            });
        }
        if let Some(item) = self.queue.back_mut() {
            item.waiting.extend(bytes);
        }
        self.due.get_or_insert(now);
    }

    /// Notes that an item is whole.
    pub(crate) fn end(&mut self, now: Timestamp, item_id: &ItemId) {
        for item in &mut self.queue {
            item.whole |= item.id == *item_id;
        }
        if !self.queue.is_empty() {
            self.due.get_or_insert(now);
        }
    }

    /// Drops everything. Returns which item sounded, and how long it was heard.
    pub(crate) fn stop(&mut self) -> Option<(ItemId, Duration)> {
        self.due = None;
        let item = self.queue.drain(..).next()?;
        Some((item.id, self.format.duration_of(item.played)))
    }

    /// Returns when something is due.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// Takes what is due.
    pub(crate) fn next(&mut self, now: Timestamp) -> Option<Heard> {
        let due = self.due.filter(|due| *due <= now)?;
        let frame_bytes = self.frame_bytes();
        let Some(item) = self.queue.front_mut() else {
            self.due = None;
            return None;
        };
        if item.waiting.is_empty() {
            // Nothing more of it, or nothing more yet.
            let whole = item.whole;
            let item_id = item.id.clone();
            if !whole {
                self.due = None;
                return None;
            }
            self.queue.pop_front();
            return Some(Heard::End { item_id });
        }
        let bytes: Vec<u8> = item
            .waiting
            .drain(..frame_bytes.min(item.waiting.len()))
            .collect();
        item.played += bytes.len() as u64;
        let played = self.format.duration_of(item.played);
        let item_id = item.id.clone();
        self.due = Some(due + self.format.duration_of(bytes.len() as u64));
        Some(Heard::Frame {
            item_id,
            bytes,
            played,
        })
    }

    fn frame_bytes(&self) -> usize {
        let bytes = self.format.bytes_per_second() * FRAME.as_millis() as u64 / 1000;
        usize::try_from(bytes).unwrap_or(usize::MAX).max(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_comes_out_at_the_pace_at_which_it_sounds() {
        let mut player = Player::new(AudioFormat::PCM_24K);
        let item: ItemId = "a".into();
        player.play(Timestamp::ZERO, &item, &[1; 2400]);
        player.end(Timestamp::ZERO, &item);
        let mut heard = Vec::new();
        while let Some(due) = player.due() {
            match player.next(due) {
                Some(Heard::Frame { bytes, .. }) => heard.push((due.as_millis(), bytes.len())),
                Some(Heard::End { item_id }) => {
                    assert_eq!((item_id, due.as_millis()), (item.clone(), 50));
                }
                None => {}
            }
        }
        assert_eq!(heard, [(0, 960), (20, 960), (40, 480)]);
    }

    #[test]
    fn stopping_says_what_was_heard_and_drops_the_rest() {
        let mut player = Player::new(AudioFormat::PCM_24K);
        player.play(Timestamp::ZERO, &"a".into(), &[1; 48_000]);
        for ms in [0, 20, 40] {
            assert!(player.next(Timestamp::from_millis(ms)).is_some());
        }
        assert_eq!(player.stop(), Some(("a".into(), Duration::from_millis(60))));
        assert_eq!((player.due(), player.stop()), (None, None));
    }

    #[test]
    fn an_item_that_is_still_being_written_waits_for_more() {
        let mut player = Player::new(AudioFormat::PCM_24K);
        let item: ItemId = "a".into();
        player.play(Timestamp::ZERO, &item, &[1; 960]);
        assert!(player.next(Timestamp::ZERO).is_some());
        assert_eq!(player.next(Timestamp::from_millis(20)), None);
        assert_eq!(player.due(), None);
        player.end(Timestamp::from_millis(90), &item);
        let end = Heard::End { item_id: item };
        assert_eq!(player.next(Timestamp::from_millis(90)), Some(end));
    }
}
