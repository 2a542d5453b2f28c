//! [`ApprovalRequest`]: what somebody is asked, and what they decide about.

use std::{collections::BTreeSet, time::Duration};

use rtmcp_core::{CallId, FunctionName, Private, ServerName, Timestamp};
use serde_json::{Map, Value, json};

use crate::{
    digest::Digest,
    policy::{Channel, Remember},
    route::Target,
};

/// What somebody is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovalRequest {
    /// The call that waits.
    pub call_id: CallId,
    /// A short number by which a person can name it among those that wait: 1 to 9, mostly. It is
    /// given again later.
    pub number: u64,
    /// The function that the model called.
    pub function: FunctionName,
    /// The server that would run it.
    pub server: ServerName,
    /// The tool's name there.
    pub tool: String,
    /// The checked arguments.
    pub arguments: Private<Map<String, Value>>,
    /// Names the server, the tool as it was described, and the arguments. A decision that says this
    /// hash can be about nothing else.
    pub hash: Digest,
    /// Why somebody is asked, in words.
    pub why: String,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When the time to decide is over.
    pub expires_at: Timestamp,
    /// For what else a yes may count at the most.
    pub may_remember: Remember,
    /// Who may decide.
    pub channels: BTreeSet<Channel>,
}

impl ApprovalRequest {
    pub(super) fn new(now: Timestamp, call_id: &CallId, target: &Target, number: u64) -> Self {
        Self {
            call_id: call_id.clone(),
            number,
            function: target.function.clone(),
            server: target.server.clone(),
            tool: target.tool.clone(),
            hash: Digest::of(&json!({
                "server": target.server.as_str(),
                "tool": target.tool,
                "described": target.pin.to_string(),
                "arguments": target.arguments.expose(),
            })),
            arguments: target.arguments.clone(),
            why: target.approval.to_string(),
            asked_at: now,
            expires_at: now + target.approval_expires,
            may_remember: target.asking.remember,
            channels: target.asking.channels.clone(),
        }
    }

    /// Returns how long there is to decide, from when it was asked.
    pub fn expires(&self) -> Duration {
        self.expires_at - self.asked_at
    }
}

/// What becomes of a call that somebody is to be asked about.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// It waits for a decision.
    Waits(Box<ApprovalRequest>),
    /// It may run: somebody agreed before, for the session.
    Granted(Box<Target>),
}

/// Names a tool as its server describes it, whatever the arguments.
pub(super) fn digest_of_tool(target: &Target) -> Digest {
    Digest::of(&json!({
        "server": target.server.as_str(),
        "tool": target.tool,
        "described": target.pin.to_string(),
    }))
}
