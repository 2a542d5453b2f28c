//! What applications hear of a call as it starts, and as it is over without a tool.

use rtmcp_core::{CallId, Private, ToolCall};
use rtmcp_router::{Ending, Refusal, Shaped, Target};
use rtmcp_session::{ToolEnd, ToolImage, ToolNews};

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
    let how = (ToolEnd::Refused, refusal.kind());
    let output = Private::new(refusal.output());
    let (call_id, function) = (call.call_id.clone(), call.name.clone());
    Box::new(ToolFinish::said(call_id, function, how, output))
}

/// A call of a function of the router's own.
pub(super) fn answered(call: &ToolCall, shaped: Shaped) -> Box<ToolFinish> {
    let how = (ToolEnd::Answered, "answered");
    let (call_id, function) = (call.call_id.clone(), call.name.clone());
    Box::new(ToolFinish {
        cut: shaped.cut,
        ..ToolFinish::said(call_id, function, how, shaped.text)
    })
}

/// A call of a function of the session's own.
pub(crate) fn own(call: &ToolCall, output: String) -> ToolFinish {
    let how = (ToolEnd::Answered, "answered");
    let (call_id, function) = (call.call_id.clone(), call.name.clone());
    ToolFinish::said(call_id, function, how, Private::new(output))
}

/// A call that was routed and isn't made.
pub(super) fn ended(call_id: &CallId, target: &Target, ending: &Ending) -> Box<ToolFinish> {
    let how = (ToolEnd::Refused, ending.kind());
    let output = Private::new(ending.output(target));
    let function = target.function.to_string();
    Box::new(ToolFinish::said(call_id.clone(), function, how, output))
}

/// Returns what a session hears of a call that is over.
pub(crate) fn over(finish: &ToolFinish) -> ToolNews {
    let images = finish.images.iter().map(|image| ToolImage {
        mime: image.mime.clone(),
        data: image.data.clone(),
    });
    ToolNews::Finished {
        end: finish.end,
        output: finish.output.clone(),
        images: images.collect(),
    }
}
