//! [`Unanswered`]: what a page asked for and the endpoint hasn't answered yet.

use std::collections::VecDeque;

use rtmcp_core::{ItemId, ServerEvent};
use serde_json::{Map, Value};

/// Items that a page gave, and replies that it asked for, in order. Where the connection is lost
/// they are said again over the next one: nobody else knows of them.
#[derive(Debug, Default)]
pub(super) struct Unanswered(VecDeque<Asked>);

#[derive(Debug)]
struct Asked {
    event_id: String,
    what: What,
    text: String,
}

#[derive(Debug)]
enum What {
    Item(ItemId),
    Reply,
}

/// How many are kept; an endpoint that says nothing to so many won't.
const MOST: usize = 64;

impl Unanswered {
    /// Notes what goes to the endpoint.
    pub(super) fn asked(&mut self, text: &str) {
        let Ok(Value::Object(event)) = serde_json::from_str(text) else {
            return;
        };
        let kind = event.get("type").and_then(Value::as_str);
        let what = match kind {
            Some("conversation.item.create") => item_id(&event).map(What::Item),
            Some("response.create") => Some(What::Reply),
            _ => None,
        };
        let event_id = event.get("event_id").and_then(Value::as_str);
        if let (Some(what), Some(event_id)) = (what, event_id) {
            self.0.push_back(Asked {
                event_id: event_id.to_owned(),
                what,
                text: text.to_owned(),
            });
            if self.0.len() > MOST {
                self.0.pop_front();
            }
        }
    }

    /// Takes what the endpoint says to it.
    pub(super) fn answered(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::ConversationItemAdded(e) => self.has(e.item.id()),
            ServerEvent::ConversationItemCreated(e) => self.has(e.item.id()),
            ServerEvent::ConversationItemDone(e) => self.has(e.item.id()),
            // One is asked for after the other: an endpoint writes one at a time.
            ServerEvent::ResponseCreated(_) => {
                let reply = |it: &Asked| matches!(it.what, What::Reply);
                if let Some(at) = self.0.iter().position(reply) {
                    self.0.remove(at);
                }
            }
            ServerEvent::Error(e) => {
                if let Some(id) = &e.error.event_id {
                    self.0.retain(|it| it.event_id != id.as_str());
                }
            }
            _ => {}
        }
    }

    /// Takes all of it, in order.
    pub(super) fn take(&mut self) -> Vec<String> {
        self.0.drain(..).map(|it| it.text).collect()
    }

    fn has(&mut self, item_id: Option<&ItemId>) {
        let is_it = |it: &Asked| match &it.what {
            What::Item(id) => Some(id) == item_id,
            What::Reply => false,
        };
        self.0.retain(|it| !is_it(it));
    }
}

fn item_id(event: &Map<String, Value>) -> Option<ItemId> {
    let id = event.get("item")?.get("id")?.as_str()?;
    Some(ItemId::from(id))
}
