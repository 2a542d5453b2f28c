//! [`Wire`]: what went over the wire, as the endpoint and rtmcp saw it.

use std::sync::Mutex;

use rtmcp::{Observer, core::Timestamp};
use serde_json::Value;

/// Keeps every event of a session, in order.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    events: Mutex<Vec<(Way, Value)>>,
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
            .filter(|it| it.0 == way && it.1["type"] == kind);
        wanted.map(|(_, event)| event.clone()).collect()
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
        let sent = events.iter().filter(|it| it.0 == Way::Sent);
        let kinds = sent.map(|(_, event)| event["type"].as_str().unwrap().to_owned());
        kinds
            .filter(|it| it != "input_audio_buffer.append")
            .collect()
    }

    fn keep(&self, way: Way, text: &str) {
        let event = serde_json::from_str(text).unwrap();
        self.events.lock().unwrap().push((way, event));
    }
}

impl Observer for Wire {
    fn received(&self, _: Timestamp, text: &str) {
        self.keep(Way::Received, text);
    }

    fn sent(&self, _: Timestamp, text: &str) {
        self.keep(Way::Sent, text);
    }
}
