//! What a proxy does with what the client sends.

use std::borrow::Cow;

use rtmcp_core::{
    CallId, EventId, ItemId, Private,
    event::server::{Error, ErrorBody},
    kind_of,
};
use serde::de::IgnoredAny;

use super::{
    Proxy, ProxyOutput,
    requests::Request,
    session::Update,
    text::{Edits, get, get_str, kind},
    toolbox::Offer,
};
use crate::error::BUSY;

impl Proxy {
    pub(super) fn client(&mut self, text: &str) {
        let kind = kind(text).map(Cow::Borrowed).or_else(|| kind_of(text));
        match kind.as_deref() {
            Some("session.update") => self.client_update(text),
            Some("response.create") => self.client_request(text),
            Some("response.cancel") => self.client_cancel(text),
            Some("conversation.item.create") => self.client_item(text),
            Some(
                "conversation.item.delete"
                | "conversation.item.retrieve"
                | "conversation.item.truncate",
            ) => self.client_touches(text),
            _ => self.forward(),
        }
    }

    /// The client changes the session. Where it names tools, ours come behind them.
    fn client_update(&mut self, text: &str) {
        let event_id = event_id(text);
        let mut update = Update::of_client(event_id);
        let session = get(text, &["session"]).unwrap_or_default();
        let realtime = get_str(session, &["type"]).is_none_or(|kind| kind == "realtime");
        let tools = get(session, &["tools"]).filter(|tools| is_list(tools) && is_json(text));
        let Some(tools) = tools.filter(|_| realtime) else {
            self.updates.push_back(update);
            return self.forward();
        };
        let offer = Offer::read(tools);
        let merged = self.toolbox.merged(&offer);
        update.replaced = Some(std::mem::replace(&mut self.toolbox.client, offer));
        self.updates.push_back(update);
        (self.offered, self.changed) = (true, false);
        let mut edits = Edits::new(text);
        if let Some(merged) = merged {
            edits.replace(tools, merged);
        }
        self.forward_edited(edits);
    }

    /// The client asks for a response.
    fn client_request(&mut self, text: &str) {
        let response = get(text, &["response"]).filter(|it| it.starts_with('{'));
        let read = |key: &str| response.and_then(|response| get_str(response, &[key]));
        let outside = read("conversation").is_some_and(|it| it == "none");
        let forced = read("tool_choice").is_some_and(|it| it == "required");
        let tools = response.and_then(|response| get(response, &["tools"]));
        let offer = tools.filter(|it| it.starts_with('[')).map(Offer::read);
        let mut edits = Edits::new(text);
        let mut params = response.map(str::to_owned);
        if let Some(response) = response.filter(|_| is_json(text)) {
            let tools = match &offer {
                // Nobody can answer calls of a response outside the conversation: our tools, which
                // the session has, are kept out of it.
                None if outside && !self.toolbox.is_empty() => {
                    Some(self.toolbox.client.array().to_owned())
                }
                // The client wants one of these called, and nothing else.
                Some(_) if outside || forced => None,
                Some(offer) => self.toolbox.merged(offer),
                None => None,
            };
            if let Some(tools) = tools {
                edits.set(response, "tools", &tools);
                let mut alone = Edits::new(response);
                alone.set(response, "tools", &tools);
                params = alone.finish();
            }
        }
        let request = Request {
            event_id: event_id(text),
            outside,
            offer,
            params: params.map(Private::new),
            ..Request::default()
        };
        if !outside && self.must_wait() {
            let edited = edits.finish().unwrap_or_else(|| text.to_owned());
            return self.requests.held.push_back((request, edited.into()));
        }
        self.client_asks(request);
        self.forward_edited(edits);
    }

    /// The client stops the model. Where it waits for a reply that hasn't begun, it has seen nothing
    /// that an endpoint could stop: its request ends here, as if the response had begun and ended.
    fn client_cancel(&mut self, text: &str) {
        let named = get_str(text, &["response_id"]).is_some();
        if named {
            return self.forward();
        }
        let coming = self.arbiter.active().is_some() || self.is_asking();
        let held = !self.requests.held.is_empty();
        self.drop_held();
        if !coming {
            self.rounds.silence();
            self.forgo_reply();
        }
        if coming || !held {
            self.forward();
        }
    }

    /// The client adds an item.
    fn client_item(&mut self, text: &str) {
        let item = get(text, &["item"]).unwrap_or_default();
        let call_id = || get_str(item, &["call_id"]).map(|id| CallId::from(&*id));
        match get_str(item, &["type"]).as_deref() {
            Some("function_call_output") => {
                let call_id = call_id().unwrap_or_default();
                if self.ours.contains(&call_id) {
                    let message = format!("Tool call ID '{call_id}' not found in conversation.");
                    return self.refuse_client(text, "invalid_tool_call_id", message);
                }
                self.client_answers(&call_id, text, item);
            }
            Some("function_call") => {
                self.theirs.extend(call_id());
            }
            _ => {}
        }
        self.forward();
    }

    /// The client wants something of an item that it names.
    fn client_touches(&mut self, text: &str) {
        let item_id = get_str(text, &["item_id"]).unwrap_or_default();
        if self.items.is_hidden(&item_id) {
            let message = format!("Item with item_id '{item_id}' not found.");
            return self.refuse_client(text, "item_not_found", message);
        }
        self.forward();
    }

    /// Answers an event of the client as an endpoint does that has never heard of what it names.
    fn refuse_client(&mut self, text: &str, code: &str, message: String) {
        self.tell_refused(event_id(text), code, message);
    }

    fn tell_refused(&mut self, event_id: Option<EventId>, code: &str, message: String) {
        let error = Error {
            event_id: self.event_id(),
            error: ErrorBody {
                kind: "invalid_request_error".to_owned(),
                code: Some(code.to_owned()),
                message,
                event_id,
                ..ErrorBody::default()
            },
            ..Error::default()
        };
        self.tell_client(error);
    }

    /// Ends every request that was kept back. Where a response is being written, the endpoint would
    /// have refused it; otherwise the client is told that its response began, and was cancelled.
    fn drop_held(&mut self) {
        for (request, _) in std::mem::take(&mut self.requests.held) {
            if let Some(active) = self.arbiter.active() {
                let message = format!(
                    "Conversation already has an active response in progress: {active}. \
                     Wait until the response is finished before creating a new one."
                );
                self.tell_refused(request.event_id, BUSY, message);
            } else {
                let metadata = request.params.as_ref().map(Private::expose);
                let metadata = metadata.and_then(|params| get(params, &["metadata"]));
                self.tell_cancelled(metadata.unwrap_or("null"));
            }
        }
    }

    fn tell_cancelled(&mut self, metadata: &str) {
        let id = self.next_id("resp");
        let details = r#"{"type":"cancelled","reason":"client_cancelled"}"#;
        for (kind, status, details) in [
            ("created", "in_progress", "null"),
            ("done", "cancelled", details),
        ] {
            let event_id = self.event_id();
            self.to_client(format!(
                r#"{{"type":"response.{kind}","event_id":"{event_id}","response":{{"object":"realtime.response","id":"{id}","status":"{status}","status_details":{details},"output":[],"metadata":{metadata},"usage":null}}}}"#
            ));
        }
    }

    /// Sends the text of this input on, with its changes if there are any.
    pub(super) fn forward_edited(&mut self, edits: Edits<'_>) {
        match edits.finish() {
            None => self.forward(),
            Some(edited) => self.to_endpoint(edited),
        }
    }

    pub(super) fn forward(&mut self) {
        self.outbox.push_back(ProxyOutput::Forward);
    }

    pub(super) fn to_endpoint(&mut self, text: String) {
        let text = Private::new(text);
        self.outbox.push_back(ProxyOutput::ToEndpoint(text));
    }
}

pub(super) fn event_id(text: &str) -> Option<EventId> {
    get_str(text, &["event_id"]).map(|id| EventId::from(&*id))
}

pub(super) fn item_id(item: &str) -> Option<ItemId> {
    get_str(item, &["id"]).map(|id| ItemId::from(&*id))
}

/// Tells whether a value is an array, or null: an empty one.
pub(super) fn is_list(value: &str) -> bool {
    value.starts_with('[') || value == "null"
}

/// Tells whether a text is JSON, so that it may be edited: what isn't goes on as it is, and the
/// endpoint says what it thinks of it.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}
