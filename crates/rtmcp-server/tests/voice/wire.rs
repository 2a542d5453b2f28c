//! [`Wire`]: what went over the wire, as the endpoint and rtmcp saw it.

use std::{sync::Mutex, time::Duration};

use rtmcp::{
    Event, Observer,
    core::{ItemId, Timestamp},
};
use serde_json::Value;

/// Keeps every event of a session, in order.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    events: Mutex<Vec<Seen>>,
    /// When the player was last told to stop.
    stop: Mutex<Option<Timestamp>>,
}

/// An event, and when the session saw it.
#[derive(Debug)]
struct Seen {
    at: Timestamp,
    way: Way,
    event: Value,
}

/// Which way an event went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Sent,
    Received,
}

impl Wire {
    /// All events of one kind that went one way.
    pub(crate) fn all(&self, way: Way, kind: &str) -> Vec<Value> {
        let events = self.events.lock().unwrap();
        let wanted = events
            .iter()
            .filter(|it| it.way == way && it.event["type"] == kind);
        wanted.map(|it| it.event.clone()).collect()
    }

    /// All outputs of calls that were sent.
    pub(crate) fn outputs(&self) -> Vec<Value> {
        let mut items = self.all(Way::Sent, "conversation.item.create");
        items.retain(|it| it["item"]["type"] == "function_call_output");
        items
    }

    /// The kinds of the events that were sent, without the sound.
    pub(crate) fn sent(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let sent = events.iter().filter(|it| it.way == Way::Sent);
        let kinds = sent.map(|it| it.event["type"].as_str().unwrap().to_owned());
        kinds
            .filter(|it| it != "input_audio_buffer.append")
            .collect()
    }

    /// How long a message could sound: from its first sound until the player was told to stop. By
    /// the session's own clock, since a busy machine lets a test know of either late.
    pub(crate) fn sounding(&self, item_id: &ItemId) -> Duration {
        let events = self.events.lock().unwrap();
        let mut sounds = events.iter().filter(|it| {
            it.event["type"] == "response.output_audio.delta"
                && it.event["item_id"] == item_id.as_str()
        });
        let begun = sounds.next().unwrap().at;
        self.stop.lock().unwrap().unwrap() - begun
    }

    fn keep(&self, at: Timestamp, way: Way, text: &str) {
        let event = serde_json::from_str(text).unwrap();
        self.events.lock().unwrap().push(Seen { at, way, event });
    }
}

impl Observer for Wire {
    fn received(&self, at: Timestamp, text: &str) {
        self.keep(at, Way::Received, text);
    }

    fn sent(&self, at: Timestamp, text: &str) {
        self.keep(at, Way::Sent, text);
    }

    fn event(&self, at: Timestamp, event: &Event) {
        if *event == Event::AudioStop {
            *self.stop.lock().unwrap() = Some(at);
        }
    }
}
