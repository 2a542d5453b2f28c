//! What a proxy does with the session itself: its tools, and how both sides hear of changes.

use std::collections::VecDeque;

use rtmcp_core::{EventId, Private, SessionConfig, session::SessionKind};

use super::{
    Proxy, ProxyEvent, Purpose,
    client::is_list,
    requests::{UNANSWERED, UNANSWERED_BYTES},
    text::{Edits, elements, get, get_str, quote},
    toolbox::{Offer, Toolbox},
};
use crate::speech::turn_detection_is_off;

/// The key of the metadata that tells our responses from others. It isn't that of a session, so
/// that a client that runs one can be behind a proxy.
pub(super) const TAG: &str = "rtmcp_proxy";

/// A `session.update` on its way.
#[derive(Debug)]
pub(super) struct Update {
    /// The event that carries it, where it has an id.
    event_id: Option<EventId>,
    /// By what id it is kept for another connection.
    pub(super) kept_as: EventId,
    /// The proxy sent it: the client hears nothing of it.
    ours: bool,
    /// The client's own text, for another connection, where there may be one.
    pub(super) text: Option<Private<String>>,
    /// What the client offered before, where this changes it.
    pub(super) replaced: Option<Offer>,
    /// Bytes of the client's text.
    pub(super) size: usize,
}

impl Update {
    /// One of the client; `kept_as` names it here, where the client doesn't.
    pub(super) fn of_client(event_id: Option<EventId>, kept_as: EventId) -> Self {
        Self {
            event_id,
            kept_as,
            ours: false,
            text: None,
            replaced: None,
            size: 0,
        }
    }
}

impl Proxy {
    /// The endpoint greets.
    pub(super) fn greeted(&mut self, text: &str, config: SessionConfig) {
        if self.is_moving() {
            return self.greeted_again(config);
        }
        // Sessions that transcribe or translate have no tools.
        let speaks = config
            .kind
            .as_ref()
            .is_none_or(|kind| *kind == SessionKind::Realtime);
        self.greeted |= speaks;
        self.notify(ProxyEvent::Greeted {
            session_id: config.id.clone(),
            model: config.model.clone(),
        });
        if !self.offered {
            let tools = get(text, &["session", "tools"]).filter(|it| is_list(it));
            let client = tools.map_or_else(Offer::default, |it| by_label(it, &self.toolbox));
            self.toolbox.client = client;
        }
        self.tell_session(text, config);
        if speaks && !self.offered && !self.toolbox.is_empty() {
            self.offer();
        }
    }

    /// The session has changed.
    pub(super) fn updated(&mut self, text: &str, config: SessionConfig) {
        if self.is_moving() {
            return self.replay(config);
        }
        if self.replays() {
            self.settings.reported(&config, &self.remote);
        }
        let ours = self.updates.pop_front().is_some_and(|update| update.ours);
        if ours {
            self.remember(config);
        } else {
            self.tell_session(text, config);
        }
    }

    /// Tells the client of the session, without our tools.
    fn tell_session(&mut self, text: &str, config: SessionConfig) {
        self.remember(config);
        let mut edits = Edits::new(text);
        if let Some(tools) = get(text, &["session", "tools"]) {
            let kept = elements(tools).filter(|element| !self.toolbox.is_our_element(element));
            let servers = self.toolbox.client.servers.iter();
            let servers = servers.map(|(_, shown)| shown.expose().as_str());
            let shown: Vec<&str> = kept.chain(servers).collect();
            if !elements(tools).eq(shown.iter().copied()) {
                edits.replace(tools, format!("[{}]", shown.join(",")));
            }
        }
        if let Some(choice) = get(text, &["session", "tool_choice"])
            && let Some(chosen) = &self.natives.choice
        {
            edits.replace(choice, chosen.expose().clone());
        }
        self.tell_edited(edits);
    }

    fn remember(&mut self, config: SessionConfig) {
        self.remote = config;
        self.plan();
        if turn_detection_is_off(&self.remote) {
            // Nobody is left to say that the person has stopped.
            self.person_stopped(false);
        }
    }

    /// Tells the endpoint of our tools, at a moment when no response is being written.
    pub(super) fn offer_changed(&mut self) {
        let quiet = self.arbiter.active().is_none() && !self.is_asking();
        if self.changed && self.greeted && quiet {
            self.offer();
        }
    }

    fn offer(&mut self) {
        (self.offered, self.changed) = (true, false);
        let client = &self.toolbox.client;
        let merged = self.toolbox.merged(client);
        let tools = merged.unwrap_or_else(|| client.array().to_owned());
        let event_id = self.event_id();
        let id = quote(event_id.as_str());
        self.send_up(format!(
            r#"{{"type":"session.update","event_id":{id},"session":{{"type":"realtime","tools":{tools}}}}}"#
        ));
        self.sent.insert(event_id.clone(), Purpose::Tools);
        // What tools there are is known here.
        self.remember_update(&event_id, "{}");
        self.updates.push_back(Update {
            event_id: Some(event_id.clone()),
            kept_as: event_id,
            ours: true,
            text: None,
            replaced: None,
            size: 0,
        });
    }

    /// Forgets the client's oldest updates where an endpoint leaves many unanswered.
    pub(super) fn forget_updates(&mut self) {
        let too_many = |updates: &VecDeque<Update>| {
            let bytes: usize = updates.iter().map(|it| it.size).sum();
            updates.len() > UNANSWERED || bytes > UNANSWERED_BYTES
        };
        while self.updates.len() > 1 && too_many(&self.updates) {
            let newest = self.updates.len() - 1;
            let oldest = self.updates.iter().take(newest).position(|it| !it.ours);
            let Some(update) = oldest.and_then(|at| self.updates.remove(at)) else {
                break;
            };
            self.settings.refused(&update.kept_as);
        }
    }

    /// An update was refused: `event_id` carried it, or it is the client's first one that carries no
    /// id, as errors name none then.
    pub(super) fn update_refused(&mut self, event_id: Option<&EventId>) {
        let is_it = |update: &Update| !update.ours && update.event_id.as_ref() == event_id;
        let ours = |update: &Update| event_id.is_some() && update.event_id.as_ref() == event_id;
        let found = self.updates.iter().position(|it| is_it(it) || ours(it));
        let update = found.and_then(|at| self.updates.remove(at));
        if let Some(update) = &update {
            self.settings.refused(&update.kept_as);
        }
        if let Some(replaced) = update.and_then(|update| update.replaced) {
            self.toolbox.client = replaced;
        }
    }
}

/// Reads the client's part of an array of tools that the endpoint reports: ours may have been bound
/// into the key or the call before. The endpoint may have left secrets of MCP servers out, and knows
/// them by their labels.
fn by_label(array: &str, toolbox: &Toolbox) -> Offer {
    let element = |element: &str| match get_str(element, &["type"]).as_deref() {
        Some("mcp") => {
            let label = get(element, &["server_label"]).unwrap_or("null");
            format!(r#"{{"type":"mcp","server_label":{label}}}"#)
        }
        _ => element.to_owned(),
    };
    let theirs = elements(array).filter(|it| !toolbox.is_bound(it));
    let elements: Vec<String> = theirs.map(element).collect();
    Offer::read(&format!("[{}]", elements.join(",")))
}
