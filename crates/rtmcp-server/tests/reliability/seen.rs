//! [`Seen`]: what an application sees of a session, in words.

use std::{collections::HashMap, sync::Mutex};

use rtmcp::{
    Closed, ConnectError, Event, Observer,
    core::{CallId, ClientEvent, Item, ResponseStatus, Role, ServerEvent, Timestamp},
    session::{self, HandOver, HandOverReason, Loss, Trouble},
};

use crate::stage::{REPLY, SECOND_REPLY};

/// What an application has seen of a session.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The replies to the question that takes a tool.
    replies: Vec<String>,
    /// What else happened meanwhile, in order.
    asides: Vec<String>,
    /// Something happened after which there may be no reply.
    has_end: bool,
    /// The replies to the second question, once it was asked.
    again: Option<Vec<String>>,
    closed: Option<Closed>,
    gave_up: bool,
}

impl Seen {
    pub(crate) fn refused(error: &ConnectError) -> String {
        format!("no session: {}", refusal(error))
    }

    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::Closed(closed) => self.closed = Some(closed.clone()),
            Event::Session(event) => self.note_session(event),
            _ => {}
        }
    }

    fn note_session(&mut self, event: &session::Event) {
        match event {
            session::Event::Transcript {
                role: Role::Assistant,
                text,
                done: true,
                ..
            } => {
                let replies = self.again.as_mut().unwrap_or(&mut self.replies);
                replies.push(text.expose().clone());
            }
            session::Event::ResponseEnded { status, reason, .. } => {
                if let Some(words) = ended(status, reason.as_deref()) {
                    self.asides.push(words);
                    self.has_end = true;
                }
            }
            session::Event::Trouble(trouble) => {
                self.asides.push(trouble_words(trouble));
                // What broke off with the connection of a proxy is asked for again.
                let is_broken = |code: &Option<String>| code.as_deref() == Some("connection_lost");
                self.has_end |=
                    matches!(trouble, Trouble::ResponseFailed { code, .. } if !is_broken(code));
            }
            session::Event::HandedOver(it) => {
                self.asides.push(handed_over(it));
                self.has_end |= it.lost.contains(&Loss::Unseen);
            }
            _ => {}
        }
    }

    /// Tells whether the first question came to an end: with a reply, or with a word of why not.
    pub(crate) fn is_settled(&self) -> bool {
        !self.replies.is_empty() || self.has_end
    }

    pub(crate) fn ask_again(&mut self) {
        self.again = Some(Vec::new());
    }

    /// Tells whether the second question was answered.
    pub(crate) fn goes_on(&self) -> bool {
        self.again
            .as_ref()
            .is_some_and(|it| it.iter().any(|it| it == SECOND_REPLY))
    }

    pub(crate) const fn is_over(&self) -> bool {
        self.closed.is_some() || self.gave_up
    }

    pub(crate) const fn give_up(&mut self) {
        self.gave_up = true;
    }

    /// All of it, with how often the tool ran, and the most outputs that one call had in one
    /// conversation.
    pub(crate) fn words(&self, runs: u64, outputs: usize) -> String {
        if let Some(Closed::NotOpened(error)) = &self.closed {
            return Self::refused(error);
        }
        let mut words = vec![self.reply_words()];
        words.extend(self.asides.iter().cloned());
        words.dedup();
        match runs {
            1 => {}
            0 => words.push("the tool doesn't run".to_owned()),
            runs => words.push(format!("the tool runs {runs} times")),
        }
        if outputs > 1 {
            words.push(format!("{outputs} outputs for one call"));
        }
        words.push(self.end_words());
        words.join("; ")
    }

    fn reply_words(&self) -> String {
        let whole = self.replies.iter().filter(|it| *it == REPLY).count();
        let cut = self.replies.len() - whole;
        match (whole, cut) {
            (0, 0) => "no reply".to_owned(),
            (1, 0) => "one reply".to_owned(),
            (0, 1) => "a reply cut short".to_owned(),
            (1, 1) => "a reply cut short, and a whole one".to_owned(),
            (whole, cut) => format!("{whole} replies, and {cut} cut short"),
        }
    }

    fn end_words(&self) -> String {
        match &self.closed {
            Some(closed) => closed_words(closed),
            None if self.gave_up => "nothing more comes".to_owned(),
            None if self.goes_on() => "goes on".to_owned(),
            None => "the next question isn't answered".to_owned(),
        }
    }
}

fn ended(status: &ResponseStatus, reason: Option<&str>) -> Option<String> {
    let reason = reason.unwrap_or("no reason");
    match status {
        ResponseStatus::Cancelled => {
            Some(format!("told that a response was cancelled (`{reason}`)"))
        }
        ResponseStatus::Incomplete => {
            Some(format!("told that a response is incomplete (`{reason}`)"))
        }
        _ => None,
    }
}

fn trouble_words(trouble: &Trouble) -> String {
    let code = |code: &Option<String>| code.clone().unwrap_or_default();
    match trouble {
        Trouble::Endpoint { code: it, .. } => format!("told of an error (`{}`)", code(it)),
        Trouble::ResponseFailed { code: it, .. } => {
            format!("told of a failed response (`{}`)", code(it))
        }
        Trouble::OutputRefused { .. } => "told of a refused output".to_owned(),
        Trouble::NotUnderstood { kind, .. } if kind.is_empty() => {
            "told of a frame that can't be read".to_owned()
        }
        Trouble::NotUnderstood { kind, .. } => format!("told of an unknown `{kind}`"),
        other => format!("{other:?}"),
    }
}

fn handed_over(it: &HandOver) -> String {
    let why = match it.why {
        HandOverReason::Expiring => "before the end of the session",
        HandOverReason::Dropped => "as the connection broke",
        HandOverReason::Expired => "as the session was over",
    };
    match it.restored() {
        true => format!("handed over {why}, nothing lost"),
        false => {
            let lost: Vec<String> = it.lost.iter().map(loss).collect();
            format!("handed over {why}, lost: {}", lost.join(", "))
        }
    }
}

fn loss(loss: &Loss) -> String {
    match loss {
        Loss::Call { .. } => "the call that wasn't whole".to_owned(),
        Loss::CutShort { .. } => "the end of the reply".to_owned(),
        Loss::Unseen => "what came meanwhile".to_owned(),
        other => format!("{other:?}"),
    }
}

fn closed_words(closed: &Closed) -> String {
    match closed {
        Closed::Asked => "goes on".to_owned(),
        Closed::Ended { .. } => "ends, as the call has".to_owned(),
        Closed::Lost { .. } => "ends: the connection is lost".to_owned(),
        Closed::NotRestored { error, .. } => {
            format!(
                "ends: the connection is lost, and no other: {}",
                refusal(error)
            )
        }
        Closed::Silent => "ends: the endpoint is silent".to_owned(),
        Closed::Refused { .. } => "ends: the configuration is refused".to_owned(),
        Closed::Fatal { code, .. } => format!("ends: `{code}`"),
        other => format!("ends: {other}"),
    }
}

fn refusal(error: &ConnectError) -> String {
    match error {
        ConnectError::Unauthorized { .. } => "the key is refused".to_owned(),
        ConnectError::NoQuota { .. } => "no quota is left".to_owned(),
        ConnectError::RateLimited { .. } => "too many requests".to_owned(),
        ConnectError::Refused { status, .. } => format!("status {status}"),
        ConnectError::TurnedAway { code, .. } => format!("`{code}`"),
        other => format!("{other:?}"),
    }
}

/// What goes over the wire: how often a call was given an output in a conversation.
#[derive(Debug, Default)]
pub(crate) struct Wire(Mutex<Outputs>);

#[derive(Debug, Default)]
struct Outputs {
    conversations: usize,
    given: HashMap<(usize, CallId), usize>,
}

impl Wire {
    pub(crate) fn most_outputs(&self) -> usize {
        let outputs = self.0.lock().unwrap();
        outputs.given.values().copied().max().unwrap_or_default()
    }
}

impl Observer for Wire {
    fn received(&self, _: Timestamp, text: &str) {
        if let ServerEvent::SessionCreated(_) = ServerEvent::decode(text) {
            self.0.lock().unwrap().conversations += 1;
        }
    }

    fn sent(&self, _: Timestamp, text: &str) {
        if let ClientEvent::ConversationItemCreate(create) = ClientEvent::decode(text)
            && let Item::FunctionCallOutput(output) = &*create.item
        {
            let mut outputs = self.0.lock().unwrap();
            let key = (outputs.conversations, output.call_id.clone());
            *outputs.given.entry(key).or_default() += 1;
        }
    }
}
