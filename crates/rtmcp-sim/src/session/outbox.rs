//! [`Outbox`]: what a session wants done, in order.

use rtmcp_core::{EventId, ResponseId, ServerEvent, event::server};

use super::{Command, Fault, Ids, Output};
use crate::engine::{Prompt, Sound, Utterance};

/// Names a question to an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Job(u64);

/// A question to an engine.
pub(crate) enum Question {
    /// What was said?
    Hear(Sound),
    /// What to say and call in a response?
    Think(ResponseId, Box<Prompt>),
    /// How does it sound?
    Speak(Utterance),
}

/// Collects outputs, and names what is in them.
pub(crate) struct Outbox {
    pub(crate) ids: Ids,
    outputs: Vec<Output>,
    jobs: u64,
}

impl Outbox {
    pub(crate) const fn new(ids: Ids) -> Self {
        Self {
            ids,
            outputs: Vec::new(),
            jobs: 0,
        }
    }

    /// Sends the event that `make` makes for its id.
    pub(crate) fn send<E: Into<ServerEvent>>(&mut self, make: impl FnOnce(EventId) -> E) {
        let event = make(self.ids.event()).into();
        self.outputs.push(Output::Send(Box::new(event)));
    }

    /// Sends the event that `make` makes for its id to the client that the input came from.
    pub(crate) fn reply<E: Into<ServerEvent>>(&mut self, make: impl FnOnce(EventId) -> E) {
        let event = make(self.ids.event()).into();
        self.outputs.push(Output::Reply(Box::new(event)));
    }

    /// Sends an error that concerns all clients.
    pub(crate) fn fault(&mut self, fault: Fault) {
        self.send(|event_id| error(event_id, fault, None));
    }

    /// Sends an error to the client that the input came from, and names its event.
    pub(crate) fn refuse(&mut self, fault: Fault, cause: Option<EventId>) {
        self.reply(|event_id| error(event_id, fault, cause));
    }

    /// Has the server's player do something.
    pub(crate) fn player(&mut self, command: Command) {
        self.outputs.push(Output::Player(command));
    }

    /// Puts a question to an engine.
    pub(crate) fn ask(&mut self, question: Question) -> Job {
        let job = Job(self.jobs);
        self.jobs += 1;
        self.outputs.push(Output::Ask(job, question));
        job
    }

    /// Takes a question back.
    pub(crate) fn abandon(&mut self, job: Job) {
        self.outputs.push(Output::Abandon(job));
    }

    /// Ends the connection.
    pub(crate) fn close(&mut self, code: u16, reason: &str) {
        self.outputs.push(Output::Close {
            code,
            reason: reason.to_owned(),
        });
    }

    pub(crate) fn take(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }
}

fn error(event_id: EventId, fault: Fault, cause: Option<EventId>) -> server::Error {
    server::Error {
        event_id,
        error: fault.into_body(cause),
        ..Default::default()
    }
}
