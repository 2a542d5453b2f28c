//! [`Lookout`]: hands what a bridge says on to whoever writes it down, and keeps no sound.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use rtmcp::{Event, Observer};
use rtmcp_core::{Private, Timestamp, kind_of};
use tokio::sync::mpsc;

use super::wire;

/// Bytes of events of the wire that may wait to be written down: minutes of talk.
const WAITING: usize = 4 * 1024 * 1024;

/// What was seen of a session, and when.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) at: Timestamp,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Sent(Private<String>),
    Received(Private<String>),
    Event(Box<Event>),
    /// So many events of the wire are missing here.
    Missing(u64),
}

/// Hands on what a bridge says: the session's loop has no time for more.
#[derive(Debug)]
pub(super) struct Lookout {
    seen: mpsc::UnboundedSender<Seen>,
    waiting: Arc<AtomicUsize>,
    missing: AtomicU64,
}

/// What was seen and not yet taken.
#[derive(Debug)]
pub(super) struct Sightings {
    seen: mpsc::UnboundedReceiver<Seen>,
    waiting: Arc<AtomicUsize>,
}

/// Makes a lookout, and the other end of it.
pub(super) fn lookout() -> (Lookout, Sightings) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::default();
    let lookout = Lookout {
        seen: sender,
        waiting: Arc::clone(&waiting),
        missing: AtomicU64::new(0),
    };
    let sightings = Sightings {
        seen: receiver,
        waiting,
    };
    (lookout, sightings)
}

impl Lookout {
    /// Hands on an event of the wire, unless too much waits: what the session did is told in any
    /// case.
    fn see_text(&self, at: Timestamp, text: &str, what: fn(Private<String>) -> What) {
        let text = wire::without_sound(text);
        if self.waiting.load(Ordering::Relaxed) + text.len() > WAITING {
            self.missing.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let missing = self.missing.swap(0, Ordering::Relaxed);
        if missing > 0 {
            self.see(at, What::Missing(missing));
        }
        self.waiting.fetch_add(text.len(), Ordering::Relaxed);
        self.see(at, what(Private::new(text.into_owned())));
    }

    fn see(&self, at: Timestamp, what: What) {
        // A session whose recorder is gone is being dropped.
        let _ = self.seen.send(Seen { at, what });
    }
}

impl Observer for Lookout {
    fn received(&self, at: Timestamp, text: &str) {
        self.see_text(at, text, What::Received);
    }

    fn sent(&self, at: Timestamp, text: &str) {
        // The person's sound, in a call that is answered here: 25 events a second that say nothing.
        if kind_of(text).is_some_and(|it| it == "input_audio_buffer.append") {
            return;
        }
        self.see_text(at, text, What::Sent);
    }

    fn event(&self, at: Timestamp, event: &Event) {
        // A page that speaks over WebRTC hears for itself.
        let is_sound = matches!(
            event,
            Event::Audio { .. } | Event::AudioEnd { .. } | Event::AudioStop
        );
        if !is_sound {
            self.see(at, What::Event(Box::new(event.clone())));
        }
    }
}

impl Sightings {
    /// Waits for the next one. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Seen> {
        let seen = self.seen.recv().await?;
        Some(self.taken(seen))
    }

    /// Returns the next one that is there already.
    pub(super) fn rest(&mut self) -> Option<Seen> {
        let seen = self.seen.try_recv().ok()?;
        Some(self.taken(seen))
    }

    fn taken(&self, seen: Seen) -> Seen {
        if let What::Sent(text) | What::Received(text) = &seen.what {
            self.waiting
                .fetch_sub(text.expose().len(), Ordering::Relaxed);
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use rtmcp::session;

    use super::*;

    #[test]
    fn what_nobody_takes_is_bounded_but_for_what_the_session_did() {
        let (lookout, mut sightings) = lookout();
        let words = format!("{{\"type\":\"x\",\"text\":\"{}\"}}", "a ".repeat(1000));
        let fit = WAITING / words.len();
        (0..fit + 3).for_each(|_| lookout.received(Timestamp::ZERO, &words));
        let idle = Event::Session(session::Event::Idle);
        lookout.event(Timestamp::ZERO, &idle);
        for _ in 0..fit {
            assert!(matches!(sightings.rest().unwrap().what, What::Received(_)));
        }
        assert!(matches!(sightings.rest().unwrap().what, What::Event(_)));
        assert!(sightings.rest().is_none());
        lookout.sent(Timestamp::ZERO, "{}");
        assert!(matches!(sightings.rest().unwrap().what, What::Missing(3)));
        assert!(matches!(sightings.rest().unwrap().what, What::Sent(_)));
        assert_eq!(lookout.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn no_sound_waits() {
        let (lookout, mut sightings) = lookout();
        let sound = "QUJD".repeat(100_000);
        let event = format!("{{\"type\":\"response.output_audio.delta\",\"delta\":\"{sound}\"}}");
        lookout.received(Timestamp::ZERO, &event);
        assert!(lookout.waiting.load(Ordering::Relaxed) < 100);
        let What::Received(text) = sightings.rest().unwrap().what else {
            panic!("it was received");
        };
        assert_eq!(
            wire::shown(text.expose())["delta"],
            "(300000 bytes of sound)"
        );
    }
}
