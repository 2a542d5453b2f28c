//! [`Recorder`]: makes [`Diagnostics`] of what a session's bridge says.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rtmcp::{
    Closed, Event, ToolFinish, ToolStart,
    router::{self, ApprovalRequest, AuditLine},
    session::{self, CallState, ToolEnd},
};
use rtmcp_api::{Approval, CallEnd, Happening, Remember};
use rtmcp_core::{CallId, Private, Timestamp};

use super::{
    approvals::Approvals,
    diagnostics::Diagnostics,
    elicitations, journal,
    lookout::{Seen, What},
    trouble, wire,
};
use crate::{handover, outcome};

/// Why the backend ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The page asked for it.
    Asked,
    /// Nobody read its events any more.
    Left,
    /// The backend shuts down.
    Shutdown,
}

/// Writes the diagnostics of one session.
#[derive(Debug)]
pub(super) struct Recorder {
    diagnostics: Arc<Diagnostics>,
    approvals: Arc<Approvals>,
    /// Calls whose tool runs, and since when.
    running: HashMap<CallId, Timestamp>,
    /// Calls whose end was told.
    told: HashSet<CallId>,
    /// The last output that was sent: the session says next which call it ended with it.
    output: Option<(CallId, Private<String>)>,
    /// Why the backend ended the session, if it did.
    pub(super) ending: Option<Ending>,
    /// How the session ended, in a stable word, once it has.
    reason: Option<&'static str>,
}

impl Recorder {
    pub(super) fn new(diagnostics: Arc<Diagnostics>, approvals: Arc<Approvals>) -> Self {
        Self {
            diagnostics,
            approvals,
            running: HashMap::new(),
            told: HashSet::new(),
            output: None,
            ending: None,
            reason: None,
        }
    }

    /// Returns how many calls came to their end.
    pub(super) fn calls(&self) -> usize {
        self.told.len()
    }

    /// Writes down what was seen.
    pub(super) fn take(&mut self, seen: Seen) {
        let at = seen.at;
        let what = match seen.what {
            What::Sent(text) => Some(self.sent(text.expose())),
            What::Received(text) => Some(Happening::Received {
                event: Private::new(wire::shown(text.expose())),
            }),
            What::Event(event) => self.event(at, *event),
            What::Missing(events) => Some(Happening::Trouble {
                message: format!(
                    "{events} events of the wire aren't shown: more came than the backend could tell of"
                ),
            }),
        };
        if let Some(what) = what {
            self.diagnostics.push(millis(at), what);
        }
    }

    fn sent(&mut self, text: &str) -> Happening {
        let event = wire::shown(text);
        if let Some((call_id, output)) = wire::output(&event) {
            self.output = Some((CallId::from(call_id), Private::from(output)));
        }
        Happening::Sent {
            event: Private::new(event),
        }
    }

    fn event(&mut self, at: Timestamp, event: Event) -> Option<Happening> {
        Some(match event {
            Event::Session(event) => return self.session(at, event),
            Event::Elicitation(question) => Happening::Elicitation(elicitations::shown(question)),
            Event::ElicitationOver { id } => Happening::ElicitationOver { id },
            Event::Approval { request, .. } => self.ask(*request),
            Event::ApprovalOver(line) => self.over(&line),
            Event::ApprovalNotAsked { message, .. } => Happening::Trouble { message },
            Event::ToolStarted(call) => self.started(at, call),
            Event::ToolProgress { call_id, progress } => Happening::ToolProgress {
                call_id: call_id.to_string(),
                progress: progress.progress,
                total: progress.total,
                message: progress.message,
            },
            Event::ToolFinished(finish) => return self.finished(finish),
            Event::SoundDropped { span } => Happening::Trouble {
                message: format!("dropped: {}", handover::dropped(span)),
            },
            Event::Closed(closed) => self.closed(&closed),
            Event::Recorded(recorded) => {
                journal::recorded(&recorded);
                return None;
            }
            of_server => return server(of_server),
        })
    }

    fn session(&mut self, at: Timestamp, event: session::Event) -> Option<Happening> {
        match event {
            session::Event::Ready { model, .. } => Some(Happening::Ready { model }),
            session::Event::Call {
                call_id,
                name,
                state,
            } if state.is_end() => self.ended(at, &call_id, name, state),
            session::Event::HandingOver { why } => Some(Happening::HandingOver {
                reason: handover::word(why).to_owned(),
            }),
            session::Event::HandedOver(over) => Some(Happening::HandedOver {
                reason: handover::word(over.why).to_owned(),
                replayed: over.replayed,
                lost: handover::losses(&over.lost),
                message: handover::goes_on(&over),
            }),
            session::Event::TranscriptFailed { message, .. } => Some(Happening::Trouble {
                message: format!("what was said could not be written down: {message}"),
            }),
            session::Event::Trouble(trouble) => {
                let message = trouble::words(&trouble)?;
                Some(Happening::Trouble { message })
            }
            _ => None,
        }
    }

    fn ask(&self, request: ApprovalRequest) -> Happening {
        let expires = request.expires();
        let approval = Approval {
            call_id: request.call_id.to_string(),
            number: request.number,
            server: request.server.to_string(),
            tool: request.tool,
            arguments: request.arguments,
            hash: request.hash.to_string(),
            why: request.why,
            may_remember: remember(request.may_remember),
            channels: request.channels.iter().map(ToString::to_string).collect(),
            expires_ms: u64::try_from(expires.as_millis()).unwrap_or(u64::MAX),
        };
        self.approvals.ask(approval.clone());
        Happening::Approval(approval)
    }

    fn over(&self, line: &AuditLine) -> Happening {
        self.approvals.over(line.call_id.as_str());
        Happening::ApprovalOver {
            call_id: line.call_id.to_string(),
            outcome: line.outcome.as_str().to_owned(),
            channel: line.channel.map(|it| it.to_string()),
            remembered: remember(line.remembered),
        }
    }

    fn started(&mut self, at: Timestamp, call: ToolStart) -> Happening {
        self.running.insert(call.call_id.clone(), at);
        Happening::ToolStarted {
            call_id: call.call_id.to_string(),
            server: call.server.to_string(),
            tool: call.tool,
            arguments: call.arguments,
        }
    }

    /// The tool, or the rules, ended a call.
    fn finished(&mut self, finish: ToolFinish) -> Option<Happening> {
        self.running.remove(&finish.call_id);
        if !self.told.insert(finish.call_id.clone()) {
            return None;
        }
        Some(Happening::ToolFinished {
            call_id: finish.call_id.to_string(),
            function: finish.function,
            end: match finish.end {
                ToolEnd::Answered => CallEnd::Answered,
                ToolEnd::Refused => CallEnd::Refused,
                ToolEnd::Failed => CallEnd::Failed,
            },
            reason: finish.kind.to_owned(),
            output: finish.output,
            result: finish.outcome.as_ref().map(|outcome| {
                let mut whole = outcome::whole(outcome);
                wire::shorten_to(&mut whole, wire::LONG_RESULT);
                Private::new(whole)
            }),
            cut: finish.cut.map(|cut| cut.notice),
            images: finish.images.len(),
            warnings: finish.warnings,
            advice: finish.advice,
            took_ms: u64::try_from(finish.took.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// The session ended a call, perhaps one of which nothing was told yet.
    fn ended(
        &mut self,
        at: Timestamp,
        call_id: &CallId,
        function: String,
        state: CallState,
    ) -> Option<Happening> {
        let since = self.running.remove(call_id);
        let (end, reason) = match state {
            CallState::Expired => (CallEnd::Ended, "expired"),
            CallState::Cancelled => (CallEnd::Ended, "cancelled"),
            CallState::Orphaned => (CallEnd::Ended, "orphaned"),
            // Who else refuses a call tells of it with words; these are for the model alone.
            CallState::Refused => (CallEnd::Refused, "repeated"),
            // The others were told with their result, or never made.
            _ => return None,
        };
        if !self.told.insert(call_id.clone()) {
            return None;
        }
        let output = self.output.take_if(|(of, _)| of == call_id);
        Some(Happening::ToolFinished {
            call_id: call_id.to_string(),
            function,
            end,
            reason: reason.to_owned(),
            output: output.map(|(_, output)| output).unwrap_or_default(),
            result: None,
            cut: None,
            images: 0,
            warnings: Vec::new(),
            advice: None,
            took_ms: since.map_or(0, |since| millis(at).saturating_sub(millis(since))),
        })
    }

    fn closed(&mut self, closed: &Closed) -> Happening {
        let (reason, message) = match (closed, self.ending) {
            (Closed::Asked, Some(Ending::Left)) => (
                "left",
                "nobody read the events of the call any more, so that it was ended: begin a new one"
                    .to_owned(),
            ),
            (Closed::Asked, Some(Ending::Shutdown)) => (
                "shutdown",
                "the backend is shutting down: begin a new call in a moment".to_owned(),
            ),
            (closed, _) => (word(closed), trouble::end(closed)),
        };
        self.reason = Some(reason);
        Happening::Closed {
            reason: reason.to_owned(),
            message,
        }
    }

    /// Ends the record, also of a bridge that didn't say its last word in time. Returns how the
    /// session ended, in a stable word.
    pub(super) fn end(&mut self, at: Timestamp) -> &'static str {
        if let Some(reason) = self.reason {
            return reason;
        }
        let what = self.closed(&Closed::Asked);
        self.diagnostics.push(millis(at), what);
        self.reason.unwrap_or_default()
    }
}

/// Says what a server is, has or logs.
fn server(event: Event) -> Option<Happening> {
    Some(match event {
        Event::ServerReady { server, tools } => Happening::ServerReady {
            server: server.to_string(),
            tools,
        },
        Event::ServerDown { server, error } => Happening::ServerDown {
            server: server.to_string(),
            message: error.to_string(),
        },
        Event::SignInNeeded { server } => Happening::SignInNeeded {
            server: server.to_string(),
        },
        Event::ToolsChanged { server, diff } => Happening::ToolsChanged {
            server: server.to_string(),
            added: diff.added,
            removed: diff.removed,
            changed: diff.changed,
        },
        Event::ServerResting {
            server,
            failures,
            retry_in,
        } => Happening::ServerResting {
            server: server.to_string(),
            failures,
            retry_ms: u64::try_from(retry_in.as_millis()).unwrap_or(u64::MAX),
        },
        Event::ServerRecovered { server } => Happening::ServerRecovered {
            server: server.to_string(),
        },
        Event::ServerLog {
            server,
            level,
            logger,
            message,
            left_out,
        } => Happening::ServerLog {
            server: server.to_string(),
            level: level.as_str().to_owned(),
            logger,
            message,
            left_out,
        },
        _ => return None,
    })
}

fn word(closed: &Closed) -> &'static str {
    match closed {
        Closed::Asked => "asked",
        Closed::Lost { .. } | Closed::NotRestored { .. } => "lost",
        Closed::Silent => "silent",
        Closed::Refused { .. } | Closed::NotOpened(_) => "refused",
        Closed::Fatal { .. } => "fatal",
        Closed::Ended { .. } => "ended",
        _ => "other",
    }
}

const fn remember(remember: router::Remember) -> Remember {
    match remember {
        router::Remember::No => Remember::No,
        router::Remember::Arguments => Remember::Arguments,
        router::Remember::Tool => Remember::Tool,
    }
}

fn millis(at: Timestamp) -> u64 {
    at.as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_its_own_word() {
        let said = String::new;
        let ends = [
            Closed::Asked,
            Closed::Ended { detail: said() },
            Closed::Lost { detail: said() },
            Closed::Silent,
            Closed::Refused { message: said() },
            Closed::Fatal {
                code: said(),
                message: said(),
            },
        ];
        let words = ends.iter().map(word).collect::<HashSet<_>>();
        assert!(words.len() == ends.len() && !words.contains("other"));
    }
}
