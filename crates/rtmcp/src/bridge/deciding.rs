//! The calls of a session that somebody must decide about: who is asked, what they decide, and what
//! becomes of it.

use std::sync::Arc;

use rtmcp_core::{CallId, ToolCall};
use rtmcp_router::{ApprovalRequest, DecideError, Decision};
use rtmcp_session::{Input, ToolNews};
use tracing::debug;

use super::{asking::notice, driver::Driver};
use crate::{Event, ToolStart, logs::Logs};

impl Driver {
    /// Asks everybody who may decide about a call. Returns what the session must hear.
    pub(super) fn ask(&mut self, call: ToolStart, mut request: Box<ApprovalRequest>) -> Input {
        let config = Arc::clone(self.link.config());
        let others = self.asking.is_busy();
        let notice = notice(&request, &config.approvals, others);
        self.asking.ask(&request, &notice);
        let logs = Logs::new(self.tools.router.redaction());
        logs.request(&mut request);
        self.outside.ask(&request);
        debug!(
            call_id = %call.call_id, server = %call.server, tool = call.tool, hash = %request.hash,
            "a call waits for a decision"
        );
        let (call_id, expires) = (call.call_id.clone(), request.expires());
        self.notify(Event::Approval {
            call,
            why: request.why.clone(),
            expires,
            request,
        });
        let notice = Some(notice);
        Input::Tool(call_id, ToolNews::AwaitingApproval { expires, notice })
    }

    /// Takes a decision, and lets the call run or ends it.
    pub(super) fn decide(&mut self, decision: Decision) -> Result<(), DecideError> {
        let (call_id, channel) = (decision.call_id.clone(), decision.channel);
        let decided = self.tools.decide(decision);
        self.write_decisions();
        let begun = decided.inspect_err(|error| {
            debug!(%call_id, %channel, %error, "a decision isn't taken");
        })?;
        let news = self.begun(&call_id, begun);
        self.tell(news);
        Ok(())
    }

    /// Takes what the person in the call decided.
    pub(super) fn decide_all(&mut self, decisions: Vec<Decision>) {
        for decision in decisions {
            // Where it isn't taken, the person hears of it as of anything: it is decided otherwise.
            let _ = self.decide(decision);
        }
    }

    /// Takes what a webhook decided; what is wrong with it, people are told.
    pub(super) fn decided_outside(&mut self, decision: Decision) {
        let (call_id, channel) = (decision.call_id.clone(), decision.channel);
        match self.decide(decision) {
            Ok(()) | Err(DecideError::Settled { .. }) => {}
            Err(error) => self.notify(Event::ApprovalNotAsked {
                call_id,
                channel,
                message: format!("its decision isn't taken: {error}"),
            }),
        }
    }

    /// Stops a call.
    pub(super) fn cancel(&mut self, call_id: &CallId) {
        self.tools.cancel(call_id);
        self.write_decisions();
    }

    /// Writes down how requests ended, and tells all who were asked.
    pub(super) fn write_decisions(&mut self) {
        for mut line in self.tools.take_audit() {
            debug!(
                call_id = %line.call_id, server = %line.server, tool = line.tool,
                hash = %line.hash, outcome = line.outcome.as_str(),
                channel = line.channel.map(|it| it.as_str()), stood = ?line.stood,
                "a call doesn't wait any more"
            );
            self.asking.over(&line.call_id);
            // What the audit says, the owner has chosen for it.
            self.outside.over(&line);
            Logs::new(self.tools.router.redaction()).line(&mut line);
            self.notify(Event::ApprovalOver(Box::new(line)));
        }
    }

    /// Begins a call of the model. Returns what the session must hear.
    pub(super) fn call_tool(&mut self, call: &ToolCall) -> Input {
        if let Some(answered) = self.call_of_own(call) {
            return answered;
        }
        let begun = self.tools.begin(call);
        // One that an earlier yes counts for.
        self.write_decisions();
        self.begun(&call.call_id, begun)
    }
}
