//! [`Unanswered`]: what a page asked for and the endpoint hasn't answered yet.

use std::collections::VecDeque;

use rtmcp_core::{Item, ItemId, Response, ResponseId, ServerEvent};
use serde_json::{Map, Value};

/// Items that a page gave, and replies that it asked for, in order. Where the connection is lost
/// they are said again over the next one: nobody else knows of them.
pub(super) struct Unanswered {
    /// Begins the ids of the session that leads, which sees to its own replies.
    prefix: String,
    asked: VecDeque<Asked>,
}

struct Asked {
    event_id: String,
    what: What,
    text: String,
}

enum What {
    /// An item, until the conversation has it.
    Item(ItemId),
    /// A reply, until it is whole, and the response that it is.
    Reply(Option<ResponseId>),
}

/// How many are kept; an endpoint that says nothing to so many won't.
const MOST: usize = 64;

impl Unanswered {
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            asked: VecDeque::new(),
        }
    }

    /// Notes what goes to the endpoint.
    pub(super) fn asked(&mut self, text: &str) {
        let Ok(Value::Object(event)) = serde_json::from_str(text) else {
            return;
        };
        let kind = event.get("type").and_then(Value::as_str);
        let what = match kind {
            Some("conversation.item.create") => item_id(&event).map(What::Item),
            Some("response.create") => Some(What::Reply(None)),
            Some("response.cancel") => {
                self.asked.retain(|it| !matches!(it.what, What::Reply(_)));
                None
            }
            _ => None,
        };
        let event_id = event.get("event_id").and_then(Value::as_str);
        if let (Some(what), Some(event_id)) = (what, event_id) {
            self.asked.push_back(Asked {
                event_id: event_id.to_owned(),
                what,
                text: text.to_owned(),
            });
            if self.asked.len() > MOST {
                self.asked.pop_front();
            }
        }
    }

    /// Takes what the endpoint says to it.
    pub(super) fn answered(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::ConversationItemAdded(e) => self.has(e.item.id()),
            ServerEvent::ConversationItemCreated(e) => self.has(e.item.id()),
            ServerEvent::ConversationItemDone(e) => self.has(e.item.id()),
            ServerEvent::ResponseCreated(e) => self.begins(&e.response),
            ServerEvent::ResponseDone(e) => self.ends(&e.response.id),
            // What comes after its calls is the reply, and the session sees to that.
            ServerEvent::ResponseOutputItemDone(e) if matches!(e.item, Item::FunctionCall(_)) => {
                self.ends(&e.response_id);
            }
            ServerEvent::Error(e) => {
                if let Some(id) = &e.error.event_id {
                    self.asked.retain(|it| it.event_id != id.as_str());
                }
            }
            _ => {}
        }
    }

    /// Takes all of it, in order.
    pub(super) fn take(&mut self) -> Vec<String> {
        self.asked.drain(..).map(|it| it.text).collect()
    }

    fn has(&mut self, item_id: Option<&ItemId>) {
        let is_it = |it: &Asked| match &it.what {
            What::Item(id) => Some(id) == item_id,
            What::Reply(_) => false,
        };
        self.asked.retain(|it| !is_it(it));
    }

    /// A response begins: the first that was asked for, as an endpoint writes one at a time.
    fn begins(&mut self, response: &Response) {
        let tag = response.metadata.as_ref().and_then(|it| it.get("rtmcp"));
        if tag.is_some_and(|tag| tag.starts_with(&self.prefix)) {
            return;
        }
        let mut asked = self.asked.iter_mut().map(|it| &mut it.what);
        if let Some(reply) = asked.find(|it| matches!(it, What::Reply(None))) {
            *reply = What::Reply(Some(response.id.clone()));
        }
    }

    fn ends(&mut self, response: &ResponseId) {
        let is_it = |it: &Asked| matches!(&it.what, What::Reply(Some(id)) if id == response);
        self.asked.retain(|it| !is_it(it));
    }
}

fn item_id(event: &Map<String, Value>) -> Option<ItemId> {
    let id = event.get("item")?.get("id")?.as_str()?;
    Some(ItemId::from(id))
}
