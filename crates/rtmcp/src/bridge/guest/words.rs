//! [`Words`]: what passes between a page and the endpoint, and what is changed or kept back.

use std::{collections::HashSet, time::Duration};

use rtmcp_core::{
    EventId, ItemId, Response, ResponseId, ResponseStatus, ServerEvent, Timestamp,
    event::server::{
        ConversationItemDeleted, Error, ErrorBody, InputAudioBufferCleared, ResponseDone,
    },
};
use rtmcp_media::webrtc::ConnectionHandle;
use serde_json::{Map, Value, json, map::Entry};

use super::allowance::Allowance;

/// Both sides' events, as far as they must be looked at.
#[derive(Debug)]
pub(super) struct Words {
    /// Begins the ids of the session that leads, and of the events made here.
    prefix: String,
    /// The other end, which says how long an event may be.
    page: ConnectionHandle,
    made_ids: u64,
    allowance: Allowance,
    /// When the page was told last that it says too much.
    warned: Option<Timestamp>,
    /// The page has its greeting.
    greeted: bool,
    /// The response that is being written, as the page knows.
    writing: Option<ResponseId>,
    /// The person speaks, as the page knows.
    speaking: bool,
    /// Items of the conversation that a new connection was given, until it has said all of them.
    again: HashSet<ItemId>,
    /// Messages of the response that is being written, of which more comes.
    unfinished: Vec<ItemId>,
    /// Those that were cut off with their connection, and that the next one wasn't given yet.
    cut_off: Vec<ItemId>,
}

/// What is done with an event of a page.
pub(super) enum Said {
    /// It goes on to the endpoint, so.
    Pass(String),
    /// What is played here is dropped.
    Clear,
    /// It is no event; the page is told.
    Refused(Box<ServerEvent>),
    /// Nothing.
    Ignored,
}

/// How often a page is told that it says too much.
const WARN_EVERY: Duration = Duration::from_secs(1);

/// What stands in the ids of events that the page gave none.
const GUEST: &str = "guest";

impl Words {
    pub(super) fn new(prefix: &str, page: ConnectionHandle) -> Self {
        Self {
            prefix: prefix.to_owned(),
            page,
            made_ids: 0,
            allowance: Allowance::new(),
            warned: None,
            greeted: false,
            writing: None,
            speaking: false,
            again: HashSet::new(),
            unfinished: Vec::new(),
            cut_off: Vec::new(),
        }
    }

    /// Takes what the page said.
    pub(super) fn said(&mut self, now: Timestamp, text: &str) -> Said {
        if !self.allowance.take(now, text.len()) {
            return self.warn(now);
        }
        let Ok(Value::Object(mut event)) = serde_json::from_str(text) else {
            let message = "The event could not be parsed: send one JSON object as one message.";
            return refused("invalid_json", message, None, None);
        };
        let given = event.get("event_id").and_then(Value::as_str);
        let given = given.map(EventId::from);
        let Some(kind) = event.get("type").and_then(Value::as_str) else {
            let message = "The 'type' field is missing, or no string.";
            return refused("invalid_event", message, Some("type"), given);
        };
        match kind {
            "output_audio_buffer.clear" => return Said::Clear,
            "session.update" => leave_formats(event.get_mut("session")),
            "response.create" => leave_formats(event.get_mut("response")),
            "conversation.item.create" => self.name_item(event.entry("item")),
            _ => {}
        }
        if given.is_none() {
            // So that what the endpoint says to it is known for what the page did.
            let id = self.next_id(GUEST);
            event.insert("event_id".to_owned(), id.into());
        }
        Said::Pass(Value::Object(event).to_string())
    }

    /// Returns whether the page sees an event, and the text if it is changed for it. `again` says
    /// that a new connection repeats what the page knows.
    pub(super) fn shown(&mut self, event: &ServerEvent, again: bool) -> Option<Option<String>> {
        self.follow(event);
        let item = match event {
            ServerEvent::ConversationItemCreated(e) => Some((e.item.id(), true)),
            ServerEvent::ConversationItemAdded(e) => Some((e.item.id(), false)),
            ServerEvent::ConversationItemDone(e) => Some((e.item.id(), true)),
            _ => None,
        };
        if let Some((Some(item_id), done)) = item
            && self.is_known(item_id, again, done)
        {
            return None;
        }
        match event {
            // It is heard.
            ServerEvent::ResponseOutputAudioDelta(_) => None,
            ServerEvent::SessionCreated(_) | ServerEvent::ConversationCreated(_)
                if self.greeted =>
            {
                None
            }
            ServerEvent::SessionCreated(_) => {
                self.greeted = true;
                Some(None)
            }
            ServerEvent::ConversationItemRetrieved(_)
            | ServerEvent::ConversationItemTruncated(_)
            | ServerEvent::ConversationItemDeleted(_)
                if again =>
            {
                None
            }
            ServerEvent::Error(error) => self.error(error),
            _ => Some(None),
        }
    }

    /// Writes an event that is made here.
    pub(super) fn own(&mut self, event: &ServerEvent) -> String {
        let id = self.next_id("event");
        let mut event = json!(event);
        if let Value::Object(fields) = &mut event {
            fields.insert("event_id".to_owned(), id.into());
        }
        event.to_string()
    }

    /// Returns a text as the other end takes it: one that is too long is said shorter.
    pub(super) fn fitting(&mut self, text: String) -> String {
        let most = self.page.most_message_bytes().unwrap_or(usize::MAX);
        if text.len() <= most {
            return text;
        }
        let shorter = without_schemas(&text).filter(|it| it.len() <= most);
        shorter.unwrap_or_else(|| {
            let length = text.len();
            let message = format!(
                "An event is left out: it has {length} bytes, and the other side takes {most}."
            );
            self.own(&error(
                "event_too_long",
                &message,
                None,
                None,
                "server_error",
            ))
        })
    }

    /// The endpoint's connection is being replaced: returns what ends for the page what had begun.
    pub(super) fn gap(&mut self) -> Vec<ServerEvent> {
        let mut events = Vec::new();
        self.cut_off.append(&mut self.unfinished);
        if let Some(id) = self.writing.take() {
            let response = Box::new(Response {
                id,
                status: ResponseStatus::Cancelled,
                ..Response::default()
            });
            events.push(
                ResponseDone {
                    response,
                    ..Default::default()
                }
                .into(),
            );
        }
        if std::mem::take(&mut self.speaking) {
            events.push(InputAudioBufferCleared::default().into());
        }
        events
    }

    /// Tells whether an item comes again that the page knows.
    fn is_known(&mut self, item_id: &ItemId, again: bool, done: bool) -> bool {
        if again {
            self.cut_off.retain(|it| it != item_id);
        }
        if again && !done {
            self.again.insert(item_id.clone());
        }
        let known = match done {
            true => self.again.remove(item_id),
            false => self.again.contains(item_id),
        };
        known || again
    }

    /// Gives an item a name, so that what the endpoint says of it is known for an answer.
    fn name_item(&mut self, item: Entry<'_>) {
        if let Entry::Occupied(mut item) = item
            && let Value::Object(item) = item.get_mut()
            && item.get("id").is_none_or(Value::is_null)
        {
            let id = self.next_id(GUEST);
            item.insert("id".to_owned(), id.into());
        }
    }

    /// The next connection has what it was given: returns what ends that it wasn't.
    pub(super) fn arrived(&mut self) -> Vec<ServerEvent> {
        let cut_off = std::mem::take(&mut self.cut_off).into_iter();
        let deleted = cut_off.map(|item_id| ConversationItemDeleted {
            item_id,
            ..Default::default()
        });
        deleted.map(Into::into).collect()
    }

    /// Notes what must have an end.
    fn follow(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::ResponseCreated(created) => {
                self.writing = Some(created.response.id.clone());
            }
            ServerEvent::ResponseDone(done) => {
                self.writing.take_if(|it| *it == done.response.id);
                self.unfinished.clear();
            }
            ServerEvent::ResponseOutputItemAdded(added) => {
                self.unfinished.extend(added.item.id().cloned());
            }
            ServerEvent::ResponseOutputItemDone(done) => {
                self.unfinished.retain(|it| Some(it) != done.item.id());
            }
            ServerEvent::InputAudioBufferSpeechStarted(_) => self.speaking = true,
            ServerEvent::InputAudioBufferSpeechStopped(_)
            | ServerEvent::InputAudioBufferCommitted(_)
            | ServerEvent::InputAudioBufferCleared(_) => self.speaking = false,
            _ => {}
        }
    }

    /// Errors of the session that leads are its own; those of the page name what the page named.
    fn error(&self, error: &Error) -> Option<Option<String>> {
        let id = error.error.event_id.as_ref().map(EventId::as_str);
        let own = id.and_then(|id| id.strip_prefix(&self.prefix)?.strip_prefix('_'));
        let Some(own) = own else {
            return Some(None);
        };
        own.starts_with(GUEST).then(|| {
            let mut error = error.clone();
            error.error.event_id = None;
            Some(ServerEvent::from(error).encode())
        })
    }

    fn warn(&mut self, now: Timestamp) -> Said {
        if self.warned.is_some_and(|warned| now < warned + WARN_EVERY) {
            return Said::Ignored;
        }
        self.warned = Some(now);
        let message = "Too many events, or too long ones: what comes now is left out. Send less.";
        refused("rate_limit_exceeded", message, None, None)
    }

    fn next_id(&mut self, kind: &str) -> String {
        self.made_ids += 1;
        format!("{}_{kind}_{}", self.prefix, self.made_ids)
    }
}

/// Leaves out in which formats the model hears and speaks: the track decides about that.
fn leave_formats(of: Option<&mut Value>) {
    let audio = of.and_then(|it| it.get_mut("audio"));
    let Some(Value::Object(audio)) = audio else {
        return;
    };
    for side in ["input", "output"] {
        if let Some(Value::Object(side)) = audio.get_mut(side) {
            side.remove("format");
        }
    }
}

/// Returns an event without the schemas of the tools in its session, which make it long.
fn without_schemas(text: &str) -> Option<String> {
    let mut event: Value = serde_json::from_str(text).ok()?;
    let tools = event.pointer_mut("/session/tools")?.as_array_mut()?;
    for tool in tools.iter_mut().filter_map(Value::as_object_mut) {
        tool.insert("parameters".to_owned(), Value::Object(Map::new()));
    }
    Some(event.to_string())
}

fn refused(code: &str, message: &str, param: Option<&str>, event_id: Option<EventId>) -> Said {
    let error = error(code, message, param, event_id, "invalid_request_error");
    Said::Refused(Box::new(error))
}

fn error(
    code: &str,
    message: &str,
    param: Option<&str>,
    event_id: Option<EventId>,
    kind: &str,
) -> ServerEvent {
    let error = ErrorBody {
        kind: kind.to_owned(),
        code: Some(code.to_owned()),
        message: message.to_owned(),
        param: param.map(str::to_owned),
        event_id,
        ..ErrorBody::default()
    };
    Error {
        error,
        ..Error::default()
    }
    .into()
}
