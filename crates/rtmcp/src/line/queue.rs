//! [`Queue`]: what waits to be written, of which sound may be dropped.

use std::collections::VecDeque;

use tokio::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

use super::Sending;

/// How much sound may wait, in bytes of its events: some 16 s of speech.
const SOUND_BYTES: usize = 1024 * 1024;

/// How long sound waits before it can be too much: whoever sends a recording at once has a lot
/// waiting, and it leaves in seconds.
const SOUND_WAITS: Duration = Duration::from_secs(15);

/// What waits to be written, in order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    /// Bytes of the sound among it.
    sound: usize,
}

#[derive(Debug)]
struct Waiting {
    message: Message,
    /// Of sound: since when it waits, and how many bytes it has.
    sound: Option<(Instant, u64)>,
}

impl Queue {
    pub(super) fn push(&mut self, text: String, kind: Sending) {
        let sound = match kind {
            Sending::Control => None,
            Sending::Sound(bytes) => {
                self.sound += text.len();
                Some((Instant::now(), bytes))
            }
        };
        let message = Message::text(text);
        self.waiting.push_back(Waiting { message, sound });
    }

    /// Puts something before all else.
    pub(super) fn push_first(&mut self, message: Message) {
        self.waiting.push_front(Waiting {
            message,
            sound: None,
        });
    }

    /// Takes what comes next.
    pub(super) fn pop(&mut self) -> Option<Message> {
        let next = self.waiting.pop_front()?;
        if next.sound.is_some() {
            self.sound -= next.message.len();
        }
        Some(next.message)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.sound = 0;
    }

    /// Drops the oldest sound where too much has waited too long, and more than must be: so it is
    /// told every few seconds and not at every word. Returns how many bytes of sound that was.
    pub(super) fn shed(&mut self) -> u64 {
        let oldest = || self.waiting.iter().find_map(|it| it.sound);
        let is_late = |(since, _): (Instant, u64)| since.elapsed() >= SOUND_WAITS;
        if self.sound <= SOUND_BYTES || !oldest().is_some_and(is_late) {
            return 0;
        }
        let mut dropped = 0;
        self.waiting.retain(|it| match it.sound {
            Some((_, bytes)) if self.sound > SOUND_BYTES / 4 * 3 => {
                self.sound -= it.message.len();
                dropped += bytes;
                false
            }
            _ => true,
        });
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A piece of sound, in order.
    fn sound(at: usize) -> String {
        format!("{at:<5000}")
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_sound_is_dropped_and_nothing_else() {
        let mut queue = Queue::default();
        for at in 0..300 {
            queue.push(sound(at), Sending::Sound(100));
            if at % 100 == 0 {
                queue.push(format!("control {at}"), Sending::Control);
            }
        }
        assert_eq!(queue.shed(), 0, "a recording that was sent at once");
        tokio::time::advance(SOUND_WAITS).await;
        let dropped = queue.shed();
        let first = usize::try_from(dropped / 100).unwrap();
        assert!((300 - first) * 5000 <= SOUND_BYTES, "{dropped}");
        assert_eq!(queue.shed(), 0, "enough was dropped");
        let left: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        let texts: Vec<_> = left.iter().map(|it| it.to_text().unwrap().trim()).collect();
        let (control, sounds): (Vec<_>, Vec<_>) =
            texts.into_iter().partition(|it| it.starts_with("control"));
        assert_eq!(control, ["control 0", "control 100", "control 200"]);
        let expected: Vec<_> = (first..300).map(|at| at.to_string()).collect();
        assert_eq!(sounds, expected, "the newest, in order");
        assert_eq!(queue.sound, 0);
    }
}
