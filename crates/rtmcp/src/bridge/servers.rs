//! What servers say of their own accord: that they are there or not, what they have, what they ask.

use rtmcp_core::{Private, ReplyMode, ToolCall, session::FunctionTool};
use rtmcp_mcp::{Notice, ServerChange, ServerState};
use rtmcp_router::Reader;
use rtmcp_session::{Command, Input, ToolNews};

use super::{
    driver::Driver,
    functions,
    questions::{self, Asked},
};
use crate::{Event, Question, tools};

impl Driver {
    /// A server is there, or isn't.
    pub(super) fn server(&mut self, change: ServerChange) {
        let server = change.server;
        if let ServerState::Ready { .. } = change.what {
            self.signed_out.remove(&server);
        }
        let event = match change.what {
            ServerState::Ready { tools } if self.there.insert(server.clone()) => {
                let tools = tools.len();
                Event::ServerReady { server, tools }
            }
            // Other tools are told as such; those of last time are no news.
            ServerState::Ready { .. } | ServerState::Cached { .. } => return,
            ServerState::Down { error } => {
                self.there.remove(&server);
                if error.needs_sign_in() && self.signed_out.insert(server.clone()) {
                    let server = server.clone();
                    self.notify(Event::SignInNeeded { server });
                }
                Event::ServerDown { server, error }
            }
        };
        self.notify(event);
    }

    /// Tells people what they should hear of a server.
    pub(super) fn server_notice(&mut self, notice: Notice) {
        // Before it is there, or when it goes, its being down tells it as well: once is enough.
        if let Notice::SignInNeeded { server } = &notice
            && !self.signed_out.insert(server.clone())
            && !self.there.contains(server)
        {
            return;
        }
        self.notify(match notice {
            Notice::Log {
                server,
                level,
                logger,
                message,
                left_out,
            } => Event::ServerLog {
                server,
                level,
                logger,
                message,
                left_out,
            },
            Notice::ToolsChanged { server, diff } => Event::ToolsChanged { server, diff },
            Notice::BreakerOpen {
                server,
                failures,
                retry_in,
            } => Event::ServerResting {
                server,
                failures,
                retry_in,
            },
            Notice::BreakerClosed { server } => Event::ServerRecovered { server },
            Notice::SignInNeeded { server } => Event::SignInNeeded { server },
            _ => return,
        });
    }

    /// All that the model may call now.
    pub(super) fn offered(&mut self) -> Vec<FunctionTool> {
        let mut offered = functions(&self.tools.router);
        let redaction = self.tools.router.redaction();
        self.questions.add_function(&mut offered, redaction);
        offered
    }

    /// A server asks the person something: the model is to ask them, and people with a screen see it.
    pub(super) fn asked(&mut self, asked: Asked) {
        let Asked {
            id,
            call_id,
            mut elicitation,
        } = asked;
        self.notify(Event::Elicitation(Question {
            id: id.clone(),
            call_id: call_id.clone(),
            server: elicitation.server.clone(),
            tool: elicitation.tool.clone(),
            message: elicitation.message.clone(),
            ask: elicitation.ask.clone(),
            expires: elicitation.expires,
        }));
        let message = Some(questions::waiting(&elicitation));
        let redaction = self.tools.router.redaction();
        let words = redaction.text(Reader::Model, elicitation.message.expose());
        elicitation.message = Private::new(words.into_owned());
        let text = self.questions.put(id, elicitation);
        let offered = self.offered();
        self.tell(Command::SetTools(offered).into());
        self.tell(Input::Tool(call_id, ToolNews::Progress { message }));
        let reply = ReplyMode::Reply;
        self.tell(Command::Tell { text, reply }.into());
    }

    /// A question doesn't wait any more.
    pub(super) fn answer_over(&mut self, id: String) {
        if self.questions.over(&id) {
            let offered = self.offered();
            self.tell(Command::SetTools(offered).into());
            self.notify(Event::ElicitationOver { id });
        }
    }

    /// Takes a call of the function by which the model answers a question. Returns what the session
    /// must hear.
    pub(super) fn call_of_own(&self, call: &ToolCall) -> Option<Input> {
        let output = self.questions.call(call)?;
        Some(self.finished(tools::own(call, output)))
    }
}
