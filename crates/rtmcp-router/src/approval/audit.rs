//! [`AuditLine`]: how a request ended, who ended it and when.

use std::{collections::BTreeSet, fmt, time::Duration};

use rtmcp_core::{CallId, FunctionName, Private, ServerName, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ApprovalRequest;
use crate::{
    digest::Digest,
    policy::{Channel, Remember},
};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Somebody said yes: it runs.
    Approved,
    /// Somebody said no.
    Denied,
    /// Nobody said anything in time.
    Expired,
    /// The call was over before anybody decided.
    Withdrawn,
    /// Nobody was asked: an earlier yes counts for it.
    Remembered,
}

impl Outcome {
    /// Returns the word for it in requests and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Remembered => "remembered",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Approved => "it was approved",
            Self::Denied => "it was denied",
            Self::Expired => "its time is over",
            Self::Withdrawn => "the call has ended",
            Self::Remembered => "an earlier yes counts for it",
        })
    }
}

/// One line of the audit: a request, and how it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditLine {
    /// When it ended.
    pub at: Timestamp,
    /// How long it stood.
    pub stood: Duration,
    /// The call.
    pub call_id: CallId,
    /// The function that the model called.
    pub function: FunctionName,
    /// The server.
    pub server: ServerName,
    /// The tool's name there.
    pub tool: String,
    /// The arguments.
    pub arguments: Private<Map<String, Value>>,
    /// Names the server, the tool as it was described, and the arguments.
    pub hash: Digest,
    /// Why somebody was asked.
    pub why: String,
    /// Who might have decided.
    pub channels: BTreeSet<Channel>,
    /// How it ended.
    pub outcome: Outcome,
    /// By which channel it was decided.
    pub channel: Option<Channel>,
    /// Who decided, as far as it is known.
    pub who: Option<Private<String>>,
    /// Why not.
    pub reason: Option<Private<String>>,
    /// For what else the yes counts.
    pub remembered: Remember,
    /// The call whose yes counted for this one.
    pub remembered_from: Option<CallId>,
}

impl AuditLine {
    pub(super) fn new(now: Timestamp, request: &ApprovalRequest, outcome: Outcome) -> Self {
        Self {
            at: now,
            stood: now - request.asked_at,
            call_id: request.call_id.clone(),
            function: request.function.clone(),
            server: request.server.clone(),
            tool: request.tool.clone(),
            arguments: request.arguments.clone(),
            hash: request.hash,
            why: request.why.clone(),
            channels: request.channels.clone(),
            outcome,
            channel: None,
            who: None,
            reason: None,
            remembered: Remember::No,
            remembered_from: None,
        }
    }
}
