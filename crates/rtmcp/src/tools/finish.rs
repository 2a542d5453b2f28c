//! What applications hear of a call as it starts, and as it is over without a tool.

use std::time::Duration;

use rtmcp_core::{CallId, Private, ToolCall};
use rtmcp_router::{Ending, Refusal, Shaped, Target};
use rtmcp_session::ToolEnd;

use crate::event::{ToolFinish, ToolStart};

pub(super) fn started(call_id: &CallId, target: &Target) -> ToolStart {
    ToolStart {
        call_id: call_id.clone(),
        function: target.function.clone(),
        server: target.server.clone(),
        tool: target.tool.clone(),
        arguments: target.arguments.clone(),
    }
}

pub(super) fn refused(call: &ToolCall, refusal: &Refusal) -> Box<ToolFinish> {
    Box::new(ToolFinish {
        call_id: call.call_id.clone(),
        function: call.name.clone(),
        end: ToolEnd::Refused,
        kind: refusal.kind(),
        output: Private::new(refusal.output()),
        outcome: None,
        advice: None,
        took: Duration::ZERO,
    })
}

/// A call of a function of the router's own.
pub(super) fn answered(call: &ToolCall, shaped: Shaped) -> Box<ToolFinish> {
    Box::new(ToolFinish {
        call_id: call.call_id.clone(),
        function: call.name.clone(),
        end: ToolEnd::Answered,
        kind: "answered",
        output: shaped.text,
        outcome: None,
        advice: None,
        took: Duration::ZERO,
    })
}

/// A call that was routed and isn't made.
pub(super) fn ended(call_id: &CallId, target: &Target, ending: &Ending) -> Box<ToolFinish> {
    Box::new(ToolFinish {
        call_id: call_id.clone(),
        function: target.function.to_string(),
        end: ToolEnd::Refused,
        kind: ending.kind(),
        output: Private::new(ending.output(target)),
        outcome: None,
        advice: None,
        took: Duration::ZERO,
    })
}
