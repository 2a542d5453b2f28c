//! What a proxy does with what the client sends.

use std::borrow::Cow;

use rtmcp_core::{
    CallId, EventId, ItemId, Private, ResponseId,
    event::server::{Error, ErrorBody},
    kind_of,
};
use serde::de::IgnoredAny;

use super::{
    Native, Proxy, ProxyOutput,
    requests::Request,
    session::Update,
    text::{Edits, get, get_str, kind, members, quote, unquote},
    toolbox::Offer,
};
use crate::error::BUSY;

/// Calls that a client may put into a conversation itself, and be known as its own.
const THEIRS: usize = 4096;

/// Bytes of the name of a call, with room to spare.
const CALL_ID: usize = 256;

impl Proxy {
    pub(super) fn client(&mut self, text: &str) {
        if self.is_moving() {
            return self.keep_of_client(text);
        }
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
            ) => self.client_touches(text, kind.as_deref().unwrap_or_default()),
            _ => self.forward(),
        }
    }

    /// The client changes the session. Where it names tools, ours come behind them.
    fn client_update(&mut self, text: &str) {
        if !is_json(text) {
            return self.forward();
        }
        let kept_as = event_id(text).unwrap_or_else(|| self.event_id());
        let mut update = Update::of_client(event_id(text), kept_as.clone());
        let session = get(text, &["session"]);
        let session = session.filter(|it| get_str(it, &["type"]).is_none_or(|it| it == "realtime"));
        let mut edits = Edits::new(text);
        if let Some(choice) = session.and_then(|session| get(session, &["tool_choice"])) {
            self.natives.choice = self.choose(&mut edits, choice).then(|| choice.into());
        }
        let tools = session.and_then(|session| get(session, &["tools"]));
        if let Some(tools) = tools.filter(|tools| is_list(tools)) {
            let offer = match self.read_offer(tools) {
                Ok(offer) => offer,
                Err(refusal) => return self.refuse_client(text, refusal.code, refusal.message),
            };
            if let Some(tools_now) = self.toolbox.written(&offer) {
                edits.replace(tools, tools_now);
            }
            update.replaced = Some(std::mem::replace(&mut self.toolbox.client, offer));
            (self.offered, self.changed) = (true, false);
        }
        if self.replays() {
            update.text = Some(text.into());
        }
        update.size = text.len();
        self.updates.push_back(update);
        self.forget_updates();
        let edited = edits.finish();
        let sent = edited.as_deref().unwrap_or(text);
        let session = get(sent, &["session"]).unwrap_or_default();
        self.remember_update(&kept_as, session);
        match edited {
            None => self.forward(),
            Some(edited) => self.send_up(edited),
        }
    }

    /// The client asks for a response.
    fn client_request(&mut self, text: &str) {
        if !is_json(text) {
            return self.forward();
        }
        let response = get(text, &["response"]).filter(|it| it.starts_with('{'));
        if self.is_answered_already(response) {
            self.natives.awaited |= self.arbiter.is_asking();
            return;
        }
        let tools = response.and_then(|response| get(response, &["tools"]));
        let tools = tools.filter(|it| it.starts_with('['));
        let offer = match tools.map(|tools| self.read_offer(tools)).transpose() {
            Ok(offer) => offer,
            Err(refusal) => return self.refuse_client(text, refusal.code, refusal.message),
        };
        let read = |key: &str| response.and_then(|response| get_str(response, &[key]));
        let outside = read("conversation").is_some_and(|it| it == "none");
        let forced = read("tool_choice").is_some_and(|it| it == "required");
        let mut edits = Edits::new(text);
        let mut params = None;
        if let Some(response) = response {
            let tools = self.tools_of_request(offer.as_ref(), outside, forced);
            let mut alone = Edits::new(response);
            for edits in [&mut edits, &mut alone] {
                if let Some(choice) = get(response, &["tool_choice"]) {
                    self.choose(edits, choice);
                }
                if let Some(tools) = &tools {
                    edits.set(response, "tools", tools);
                }
            }
            params = Some(alone.finish().unwrap_or_else(|| response.to_owned()).into());
        }
        let request = Request {
            event_id: event_id(text),
            text: self.replays().then(|| text.into()),
            outside,
            offer,
            params,
            size: text.len(),
            ..Request::default()
        };
        if !outside && self.must_wait() {
            if self.requests.holds_enough(text.len()) {
                let message = "Conversation already has requests for responses that wait. Wait \
                               until they are finished before creating a new one.";
                return self.refuse_client(text, BUSY, message.to_owned());
            }
            let edited = edits.finish().unwrap_or_else(|| text.to_owned());
            return self.requests.held.push_back((request, edited.into()));
        }
        self.client_asks(request);
        self.forward_edited(edits);
    }

    /// Returns the tools that a response is to have, where that isn't what the client says.
    fn tools_of_request(
        &self,
        offer: Option<&Offer>,
        outside: bool,
        forced: bool,
    ) -> Option<String> {
        match offer {
            // Nobody can answer calls of a response outside the conversation: our tools, which the
            // session has, are kept out of it.
            None if outside && !self.toolbox.is_empty() => {
                Some(self.toolbox.client.array().to_owned())
            }
            None => None,
            Some(offer) if outside => offer.stripped(),
            // The client wants one of these called, and nothing else.
            Some(offer) if forced && offer.servers.is_empty() => None,
            Some(offer) => self.toolbox.written(offer),
        }
    }

    /// Writes a choice of a tool of an emulated server as the endpoint understands it. Returns
    /// whether it is one.
    fn choose<'a>(&self, edits: &mut Edits<'a>, choice: &'a str) -> bool {
        let of_server = get_str(choice, &["type"]).is_some_and(|kind| kind == "mcp");
        if !of_server || self.options.native == Native::Pass {
            return false;
        }
        let label = get_str(choice, &["server_label"]).unwrap_or_default();
        let server = self.natives.servers.iter();
        let server = { server }.find(|it| it.spec.server_label == *label);
        let name = get_str(choice, &["name"]);
        let function = match (server, &name) {
            (Some(server), Some(name)) => server.function(name),
            _ => None,
        };
        let chosen = match (function, name) {
            (Some(function), _) => {
                format!(r#"{{"type":"function","name":{}}}"#, quote(function))
            }
            (None, None) => quote("required"),
            // It isn't there yet, or not allowed.
            (None, Some(_)) => quote("auto"),
        };
        edits.replace(choice, chosen);
        true
    }

    /// Tells whether a request asks for what is on its way already: clients of endpoints with native
    /// MCP may ask for the reply to a call, or leave it to the endpoint.
    fn is_answered_already(&self, response: Option<&str>) -> bool {
        let bare = response.is_none_or(|response| members(response).next().is_none());
        let coming = self.arbiter.is_asking() || self.is_writing_ours();
        self.natives.replying && coming && bare
    }

    /// The client stops the model. Where it waits for a reply that hasn't begun, it has seen nothing
    /// that an endpoint could stop: its request ends here, as if the response had begun and ended.
    fn client_cancel(&mut self, text: &str) {
        let named = get_str(text, &["response_id"]).map(|id| ResponseId::from(&*id));
        let kept = self.natives.done.as_ref().map(|(response, _)| response);
        let over = kept.is_some() && (named.is_none() || named.as_ref() == kept);
        match &named {
            Some(named) => self.reveal_of(named),
            None => self.reveal(),
        }
        if named.is_some() && !over {
            return self.forward();
        }
        let coming = self.arbiter.active().is_some() || self.is_asking();
        let held = !self.requests.held.is_empty();
        // The endpoint has ended this response, and only its calls are open.
        self.flush_done(over);
        let unheard = !coming && self.tell_over();
        self.drop_held();
        let awaited = !coming && std::mem::take(&mut self.natives.awaited);
        if awaited {
            self.tell_cancelled("null");
        }
        if !coming {
            self.rounds.silence();
            self.forgo_reply();
        }
        if coming || !(held || over || awaited || unheard) {
            self.forward();
        }
    }

    /// The client adds an item.
    fn client_item(&mut self, text: &str) {
        let item = get(text, &["item"]).unwrap_or_default();
        let call_id = || get_str(item, &["call_id"]).map(|id| CallId::from(&*id));
        let kind = get_str(item, &["type"]);
        if kind.as_deref() == Some("mcp_approval_response")
            && self.options.native == Native::Emulate
        {
            return self.approval(text, item);
        }
        self.natives.replying = false;
        match kind.as_deref() {
            Some("function_call_output") => {
                let call_id = call_id().unwrap_or_default();
                if self.is_own(&call_id) {
                    let message = format!("Tool call ID '{call_id}' not found in conversation.");
                    return self.refuse_client(text, "invalid_tool_call_id", message);
                }
                self.client_answers(&call_id, text, item);
            }
            // An endpoint takes no longer names, and not so many.
            Some("function_call") if self.theirs.len() < THEIRS => {
                let named = call_id().filter(|id| id.as_str().len() <= CALL_ID);
                self.theirs.extend(named);
            }
            _ => {}
        }
        self.remember_item(event_id(text), item);
        let mut edits = Edits::new(text);
        if let Some(previous) = get(text, &["previous_item_id"])
            && let Some(id) = unquote(previous).map(|id| ItemId::from(&*id))
            && self.items.is_made_up(&id)
        {
            let real = self.items.real(&id).map_or("root", ItemId::as_str);
            edits.replace(previous, quote(real));
        }
        self.forward_edited(edits);
    }

    /// The client wants something of an item that it names.
    fn client_touches(&mut self, text: &str, kind: &str) {
        let item_id = get_str(text, &["item_id"]).unwrap_or_default();
        if self.items.is_hidden(&item_id) {
            let message = format!("Item with item_id '{item_id}' not found.");
            return self.refuse_client(text, "item_not_found", message);
        }
        let id = ItemId::from(&*item_id);
        if self.items.is_made_up(&id) {
            return self.touch_made_up(kind, &id, event_id(text));
        }
        self.forward();
    }

    /// Answers an event of the client as an endpoint does that has never heard of what it names.
    fn refuse_client(&mut self, text: &str, code: &str, message: String) {
        self.tell_refused(event_id(text), code, message);
    }

    pub(super) fn tell_refused(&mut self, event_id: Option<EventId>, code: &str, message: String) {
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
            self.send_down(format!(
                r#"{{"type":"response.{kind}","event_id":"{event_id}","response":{{"object":"realtime.response","id":"{id}","status":"{status}","status_details":{details},"output":[],"metadata":{metadata},"usage":null}}}}"#
            ));
        }
    }

    /// Sends the text of this input on, with its changes if there are any.
    pub(super) fn forward_edited(&mut self, edits: Edits<'_>) {
        match edits.finish() {
            None => self.forward(),
            Some(edited) => self.send_up(edited),
        }
    }

    /// The text of this input goes on as it is, from whichever side it came.
    pub(super) fn forward(&mut self) {
        self.outbox.push_back(ProxyOutput::Forward);
    }

    pub(super) fn send_up(&mut self, text: String) {
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
