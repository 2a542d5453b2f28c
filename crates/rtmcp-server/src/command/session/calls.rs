//! [`Calls`]: the tool calls of a session: asked about, told, judged.

mod servers;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rtmcp::{
    Closed, Handle, ToolFinish, ToolStart,
    mcp::ServerError,
    router::{self, ApprovalRequest, AuditLine, Channel, Outcome as Ended, Remember},
    session::{CallState, ToolEnd},
};
use rtmcp_core::{CallId, ServerName};
use serde_json::Value;

use crate::{
    approval::{Approver, Decision, Question},
    command::session::steps::{Steps, span},
    console,
    failure::{ExitStatus, Failure, Outcome},
};
use servers::Servers;

/// The calls of a session.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// The calls that run: their servers and tools.
    open: BTreeMap<CallId, (ServerName, String)>,
    told: BTreeSet<CallId>,
    /// Calls that somebody must decide about; the first one is asked about.
    waiting: VecDeque<Waiting>,
    /// Calls that nobody has decided about, whoever may.
    undecided: BTreeSet<CallId>,
    asked: bool,
    servers: Servers,
    /// What went wrong, and with which status the first of them ends the command.
    status: Option<ExitStatus>,
    lines: Vec<String>,
}

/// A call that needs a yes, and what is known of the question.
pub(crate) type Waiting = (ToolStart, Box<ApprovalRequest>);

impl Calls {
    /// Takes a call that somebody must decide about.
    pub(crate) fn ask(
        &mut self,
        steps: Steps,
        waiting: Waiting,
        handle: &Handle,
        approver: &mut Approver,
    ) {
        let (call, request) = &waiting;
        steps.tell("approval", &format!("{} {}", spelled(call), request.why));
        self.undecided.insert(call.call_id.clone());
        if self.waiting.is_empty()
            && let Some(decision) = approver.ask(question(call, request))
        {
            return self.decided(steps, call, decision, handle);
        }
        self.asked |= self.waiting.is_empty();
        self.waiting.push_back(waiting);
    }

    /// Asks about the next call that waits, if nobody is being asked.
    pub(crate) fn ask_next(&mut self, approver: &mut Approver) {
        while let (false, Some((call, request))) = (self.asked, self.waiting.front()) {
            match approver.ask(question(call, request)) {
                None => self.asked = true,
                // Only what others decide about has its decision while calls wait.
                Some(_) => drop(self.waiting.pop_front()),
            }
        }
    }

    pub(crate) fn is_asking(&self) -> bool {
        self.asked
    }

    /// Takes the answer about the call that was asked about.
    pub(crate) fn decide(&mut self, steps: Steps, decision: Decision, handle: &Handle) {
        self.asked = false;
        if let Some((call, ..)) = self.waiting.pop_front() {
            self.decided(steps, &call, decision, handle);
        }
    }

    /// Takes how a request ended: others may have decided.
    pub(crate) fn approval_over(&mut self, steps: Steps, line: &AuditLine) {
        let at = self.waiting.iter();
        let at = { at }.position(|(call, _)| call.call_id == line.call_id);
        if let Some(at) = at {
            self.waiting.remove(at);
            self.asked &= at > 0;
        }
        let function = &line.function;
        match (line.outcome, line.channel) {
            // Told with the end of the call, or with the answer.
            (Ended::Expired, _) | (_, Some(Channel::Terminal)) => {}
            (outcome, Some(channel)) => {
                steps.tell(outcome.as_str(), &format!("{function} by {channel}"));
                if outcome == Ended::Denied {
                    let line = format!("`{function}` was not called: denied by {channel}");
                    self.fault(ExitStatus::Tool, line);
                }
            }
            (outcome, None) => steps.tell(outcome.as_str(), function.as_str()),
        }
    }

    fn decided(&mut self, steps: Steps, call: &ToolStart, decision: Decision, handle: &Handle) {
        let function = &call.function;
        match decision {
            Decision::Approved(remember) => {
                let for_what = match remember {
                    Remember::No => "",
                    Remember::Arguments => ", and the same again in this session",
                    Remember::Tool => ", and this tool for the session",
                };
                steps.tell("approved", &format!("{function}{for_what}"));
                let yes = router::Decision::yes(call.call_id.clone(), Channel::Terminal);
                drop(handle.decide(router::Decision { remember, ..yes }));
            }
            Decision::Denied(why) => {
                steps.tell("denied", &format!("{function}: {why}"));
                let no = router::Decision::no(call.call_id.clone(), Channel::Terminal);
                drop(handle.decide(no));
                let line = format!("`{function}` was not called, as it needs approval: {why}");
                self.fault(ExitStatus::Tool, line);
            }
            // The session itself ends what nobody decides about.
            Decision::Expired | Decision::Elsewhere => {}
        }
    }

    pub(crate) fn started(&mut self, steps: Steps, call: &ToolStart) {
        let at = (call.server.clone(), call.tool.clone());
        self.open.insert(call.call_id.clone(), at);
        self.undecided.remove(&call.call_id);
        steps.tell("call", &spelled(call));
    }

    pub(crate) fn finished(&mut self, steps: Steps, call: &ToolFinish) {
        let at = self.open.remove(&call.call_id);
        self.told.insert(call.call_id.clone());
        let function = console::plain(&call.function);
        let output = console::brief(call.output.expose(), SHOWN);
        let (what, words) = match call.end {
            ToolEnd::Answered if call.kind == "answered" => {
                ("result", format!("{output} ({})", span(call.took)))
            }
            ToolEnd::Answered => ("error", output),
            ToolEnd::Refused => ("refused", output),
            ToolEnd::Failed => ("failed", output),
        };
        steps.tell(what, &words);
        for image in &call.images {
            steps.tell("picture", &console::plain(&image.mime));
        }
        if let Some(cut) = &call.cut {
            steps.tell("cut", &console::plain(cut.notice.expose()));
        }
        for warning in &call.warnings {
            steps.tell("warning", &console::plain(warning.expose()));
        }
        let status = match call.kind {
            "answered" => return,
            // Said already.
            "denied" => return,
            "server_down" | "connection_lost" => {
                self.servers.blame(at.map(|(server, _)| server));
                ExitStatus::Server
            }
            _ => ExitStatus::Tool,
        };
        let advice = call.advice.as_deref();
        let line = match (call.end, advice) {
            (_, Some(advice)) => format!("`{function}` failed: {advice}"),
            (ToolEnd::Refused, None) => {
                format!(
                    "a call of `{function}` was refused ({}), and the model told why, as printed",
                    call.kind
                )
            }
            (_, None) => format!("`{function}` reported an error, as printed"),
        };
        self.fault(status, line);
    }

    /// Takes what the session says of a call: some calls it ends itself.
    pub(crate) fn state(&mut self, steps: Steps, call_id: &CallId, name: &str, state: CallState) {
        if !state.is_end() {
            return;
        }
        let front = self.waiting.front();
        let was_asked = front.is_some_and(|(call, ..)| call.call_id == *call_id);
        self.waiting.retain(|(call, ..)| call.call_id != *call_id);
        let waited = self.undecided.remove(call_id);
        if was_asked && self.asked {
            self.asked = false;
            console::note("");
        }
        if state == CallState::Expired && self.told.insert(call_id.clone()) {
            self.open.remove(call_id);
            let name = console::plain(name);
            let (words, line) = if waited {
                (
                    "nobody answered in time",
                    format!("`{name}` was not called, as nobody approved it in time"),
                )
            } else {
                (
                    "no answer in time",
                    format!("`{name}` gave no answer in time"),
                )
            };
            steps.tell("expired", &format!("{name}: {words}"));
            self.fault(ExitStatus::Tool, line);
        }
    }

    pub(crate) fn server_down(&mut self, server: ServerName, error: &ServerError) {
        self.servers.down(server, error);
    }

    pub(crate) fn server_ready(&mut self, server: ServerName) {
        self.servers.ready(server);
    }

    /// Returns the tools that still work.
    pub(crate) fn open(&self) -> Vec<String> {
        let open = self.open.values();
        open.map(|(_, tool)| format!("`{}`", console::plain(tool)))
            .collect()
    }

    /// Says how the calls went.
    pub(crate) fn verdict(&self) -> Outcome {
        let down = self.servers.is_any_down().then_some(ExitStatus::Server);
        let Some(status) = self.status.or(down) else {
            return Ok(());
        };
        let lines = self.lines.iter().chain(self.servers.lost());
        Err(lines.cloned().fold(Failure::said(status), Failure::and))
    }

    /// Says why a session ended before its time, and what is left open by that.
    pub(crate) fn lost(&self, closed: Closed) -> Failure {
        let failure = Failure::from(closed);
        let open = self.open();
        if open.is_empty() {
            return failure;
        }
        failure.and(format!(
            "without an answer: {}; whether it took effect is not known",
            open.join(", ")
        ))
    }

    fn fault(&mut self, status: ExitStatus, line: String) {
        self.status.get_or_insert(status);
        self.lines.push(line);
    }
}

fn question<'a>(call: &'a ToolStart, request: &'a ApprovalRequest) -> Question<'a> {
    Question {
        function: call.function.as_str(),
        server: call.server.as_str(),
        arguments: call.arguments.expose(),
        why: &request.why,
        expires: request.expires(),
        may_remember: request.may_remember,
        may_answer: request.channels.contains(&Channel::Terminal),
    }
}

/// A call as people read it: `get_weather {"city":"Paris"}`.
fn spelled(call: &ToolStart) -> String {
    let arguments = Value::Object(call.arguments.expose().clone()).to_string();
    format!("{} {}", call.function, console::brief(&arguments, SHOWN))
}

/// Characters of arguments and results that are shown.
const SHOWN: usize = 400;
