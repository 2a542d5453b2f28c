//! [`Microphone`]: says the person's sound on the track of a call.

use std::{collections::VecDeque, time::Duration};

use rtmcp_core::Timestamp;
use rtmcp_media::{pcm, webrtc::ConnectionHandle};

/// What the person says, on its way to the endpoint. It leaves at the pace of speech.
#[derive(Debug)]
pub(crate) struct Microphone {
    track: ConnectionHandle,
    /// Half a sample, of sound that came in odd pieces.
    odd: Option<u8>,
    /// When the ends of turns may be told: what belongs to them has been sent then.
    commits: VecDeque<Timestamp>,
}

/// Samples of a millisecond.
const SAMPLES_PER_MS: u64 = 24;

/// How much later than its turn to be sent a frame may leave.
const LATE: Duration = Duration::from_millis(40);

impl Microphone {
    pub(crate) fn new(track: ConnectionHandle) -> Self {
        Self {
            track,
            odd: None,
            commits: VecDeque::new(),
        }
    }

    /// Says sound: 16-bit little-endian mono PCM at 24 kHz.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        let whole: Vec<u8> = self
            .odd
            .take()
            .into_iter()
            .chain(bytes.iter().copied())
            .collect();
        let (_, odd) = whole.as_chunks::<2>();
        self.odd = odd.first().copied();
        self.track.play(&pcm::from_bytes(&whole));
    }

    /// Ends a turn, once what was said by now has been sent.
    pub(crate) fn commit(&mut self, now: Timestamp) {
        // The last frame needn't be full.
        self.track.finish_playback();
        let queued = self.track.playback().queued;
        let due = match queued {
            0 => now,
            queued => now + Duration::from_millis(queued / SAMPLES_PER_MS) + LATE,
        };
        self.commits.push_back(due);
    }

    /// Returns when a turn's end is due to be told.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.commits.front().copied()
    }

    /// Takes a turn's end that is due.
    pub(crate) fn next(&mut self, now: Timestamp) -> bool {
        let due = self.due().is_some_and(|due| due <= now);
        due && self.commits.pop_front().is_some()
    }
}
