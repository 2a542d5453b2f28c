//! A call of a tool of the client's MCP servers, as the client sees it.

use rtmcp_core::{
    CallId, FunctionCall, Item, ItemId, McpApprovalRequest, McpApprovalResponse, McpCall, McpError,
    Private, ResponseId, ToolCall,
    event::server::{
        ResponseFunctionCallArgumentsDelta, ResponseFunctionCallArgumentsDone,
        ResponseMcpCallArgumentsDelta, ResponseMcpCallArgumentsDone, ResponseMcpCallCompleted,
        ResponseMcpCallFailed, ResponseMcpCallInProgress,
    },
};
use serde_json::Value;

use super::{Call, Natives};
use crate::{
    CallState,
    proxy::{
        NativeCall, Proxy, ProxyOutput,
        client::event_id,
        text::{Edits, get, get_str},
    },
};

/// The kind of error of a tool that couldn't be run.
const PROTOCOL_ERROR: &str = "protocol_error";
/// The kind of error of a tool that reports a failure of its own.
const TOOL_ERROR: &str = "tool_execution_error";
/// What MCP says of a request that took too long.
const TIMED_OUT: i64 = -32001;

impl Call {
    /// Returns the item as the client sees it now.
    fn item(&self) -> Item {
        let mut item = McpCall {
            id: self.item_id.clone(),
            server_label: self.label.clone(),
            name: self.tool.clone(),
            arguments: self.arguments.clone(),
            approval_request_id: self.approval.clone(),
            ..McpCall::default()
        };
        match &self.result {
            Some(Ok(output)) => item.output = Some(output.clone()),
            Some(Err(error)) => item.error = Some(error.clone()),
            None => {}
        }
        // Clients look for these also where they are empty.
        for (name, is_empty) in [
            ("approval_request_id", item.approval_request_id.is_none()),
            ("output", item.output.is_none()),
            ("error", item.error.is_none()),
        ] {
            if is_empty {
                item.extra.0.insert(name.to_owned(), Value::Null);
            }
        }
        item.into()
    }
}

impl Proxy {
    /// Tells whether a call is of a tool of an emulated server, and notes so.
    pub(in crate::proxy) fn is_native(
        &mut self,
        response: &ResponseId,
        call: &FunctionCall,
    ) -> bool {
        let Some(call_id) = call.call_id.as_ref().filter(|id| !id.is_empty()) else {
            return false;
        };
        if self.natives.has(call_id) {
            return true;
        }
        let offer = self.rounds.offer(response);
        let theirs = self.theirs.contains(call_id);
        if theirs || !self.toolbox.is_native(&call.name, offer) {
            return false;
        }
        let mut servers = self.natives.servers.iter();
        let Some((server, tool)) =
            servers.find_map(|server| server.tool(&call.name).map(|tool| (server, tool)))
        else {
            return false;
        };
        let call = Call {
            item_id: call.id.clone().unwrap_or_default(),
            response: response.clone(),
            import: server.import,
            label: server.spec.server_label.clone(),
            tool: tool.name.clone(),
            ..Call::default()
        };
        self.natives.calls.insert(call_id.clone(), call);
        true
    }

    /// Shows the client an event of such a call, with the item as it is now.
    pub(in crate::proxy) fn tell_native(&mut self, call_id: &CallId, text: &str) {
        if let Some(call) = self.natives.calls.get(call_id) {
            let shown = with_item(text, &call.item());
            self.send_down(shown);
        }
    }

    pub(in crate::proxy) fn tell_native_arguments(
        &mut self,
        e: ResponseFunctionCallArgumentsDelta,
    ) {
        self.tell_client(ResponseMcpCallArgumentsDelta {
            event_id: e.event_id,
            response_id: e.response_id,
            item_id: e.item_id,
            output_index: e.output_index,
            delta: e.delta,
            ..ResponseMcpCallArgumentsDelta::default()
        });
    }

    pub(in crate::proxy) fn tell_all_native_arguments(
        &mut self,
        e: ResponseFunctionCallArgumentsDone,
    ) {
        self.tell_client(ResponseMcpCallArgumentsDone {
            event_id: e.event_id,
            response_id: e.response_id,
            item_id: e.item_id,
            output_index: e.output_index,
            arguments: e.arguments,
            ..ResponseMcpCallArgumentsDone::default()
        });
    }

    /// Such a call is whole: it runs, or somebody must approve it first.
    pub(in crate::proxy) fn native_whole(&mut self, tool_call: &ToolCall, output_index: u32) {
        let call_id = &tool_call.call_id;
        let Some(call) = self.natives.calls.get_mut(call_id) else {
            return;
        };
        call.response = tool_call.response_id.clone();
        call.arguments = tool_call.arguments.clone();
        call.output_index = output_index;
        call.whole = true;
        let (import, tool) = (call.import, call.tool.clone());
        let server = self.natives.servers.iter().find(|it| it.import == import);
        let function = server.and_then(|it| it.tool(&tool_call.name).map(|tool| (it, tool)));
        let asks = function.is_none_or(|(server, tool)| server.needs_approval(tool));
        if asks {
            self.ask_approval(tool_call, &tool);
        } else {
            self.run_native(tool_call.clone());
        }
    }

    fn ask_approval(&mut self, tool_call: &ToolCall, tool: &str) {
        let id = ItemId::from(self.next_id("mcpr"));
        let Some(call) = self.natives.calls.get_mut(&tool_call.call_id) else {
            return;
        };
        (call.approval, call.asking) = (Some(id.clone()), true);
        let request = McpApprovalRequest {
            id: id.clone(),
            server_label: call.label.clone(),
            name: tool.to_owned(),
            arguments: tool_call.arguments.clone(),
            ..McpApprovalRequest::default()
        };
        self.make_up(&id, &request.into());
        self.advance(&tool_call.call_id, CallState::AwaitingApproval);
        let due = self.now + self.options.approval;
        self.timers.call_waits(&tool_call.call_id, due);
    }

    /// The client decides about a call. It isn't the endpoint's affair.
    pub(in crate::proxy) fn approval(&mut self, text: &str, item: &str) {
        let request = get_str(item, &["approval_request_id"]).unwrap_or_default();
        let request = ItemId::from(&*request);
        let asks = |call: &Call| call.asking && call.approval.as_ref() == Some(&request);
        let found = self.natives.calls.iter().find(|(_, call)| asks(call));
        let Some(call_id) = found.map(|(call_id, _)| call_id.clone()) else {
            let message = format!("No open approval request with id '{request}'.");
            return self.tell_refused(event_id(text), "invalid_value", message);
        };
        let mut answer = serde_json::from_str::<McpApprovalResponse>(item).unwrap_or_default();
        answer.extra.0.shift_remove("type");
        let id = answer.id.clone();
        let id = id.unwrap_or_else(|| ItemId::from(self.next_id("mcpa")));
        answer.id = Some(id.clone());
        let (approve, reason) = (answer.approve, answer.reason.clone());
        self.make_up(&id, &answer.into());
        if let Some(call) = self.natives.calls.get_mut(&call_id) {
            call.asking = false;
        }
        self.timers.call_ended(&call_id);
        if approve {
            self.run_approved(&call_id);
        } else {
            let reason = reason.map(Private::into_exposed).unwrap_or_default();
            let why = if reason.is_empty() {
                String::new()
            } else {
                format!(" Reason: {reason}")
            };
            let told = format!("The call was not made: the user declined it.{why}");
            let error = error(TOOL_ERROR, None, told.clone());
            self.end_native(&call_id, CallState::Refused, Err(error), told.into());
        }
    }

    fn run_approved(&mut self, call_id: &CallId) {
        let response_id = self.ledger.response_of(call_id).cloned();
        let name = self.ledger.advance(call_id, CallState::Running);
        if let Some(name) = name.clone() {
            self.notify_call(call_id, name, CallState::Running);
        }
        let Some(call) = self.natives.calls.get(call_id) else {
            return;
        };
        self.run_native(ToolCall {
            call_id: call_id.clone(),
            response_id: response_id.unwrap_or_default(),
            item_id: call.item_id.clone(),
            name: name.unwrap_or_default(),
            arguments: call.arguments.clone(),
        });
    }

    fn run_native(&mut self, tool_call: ToolCall) {
        let call_id = tool_call.call_id.clone();
        let Some(call) = self.natives.calls.get(&call_id) else {
            return;
        };
        let (import, tool) = (call.import, call.tool.clone());
        let in_progress = ResponseMcpCallInProgress {
            output_index: call.output_index,
            item_id: call.item_id.clone(),
            ..ResponseMcpCallInProgress::default()
        };
        let event_id = self.event_id();
        self.tell_client(ResponseMcpCallInProgress {
            event_id,
            ..in_progress
        });
        let due = self.now + self.options.tool_deadline;
        self.timers.call_runs(&call_id, due);
        self.outbox.push_back(ProxyOutput::CallNative(NativeCall {
            import,
            tool,
            call: tool_call,
        }));
    }

    /// A server answered a call, or didn't.
    pub(in crate::proxy) fn native_finished(
        &mut self,
        call_id: &CallId,
        result: Result<Private<String>, McpError>,
    ) {
        let (state, told) = match &result {
            Ok(output) => (CallState::Answered, output.clone()),
            Err(error) => {
                let message = error.message.as_ref().map(|it| it.expose().as_str());
                let message = message.unwrap_or("the server gave no reason");
                let told = format!("The call failed: {message}").into();
                match error.kind.as_str() {
                    TOOL_ERROR => (CallState::Answered, told),
                    _ => (CallState::Failed, told),
                }
            }
        };
        self.end_native(call_id, state, result, told);
    }

    /// A call of a server took too long, or nobody decided about it.
    pub(in crate::proxy) fn native_expired(&mut self, call_id: &CallId, told: &str) {
        let error = error(PROTOCOL_ERROR, Some(TIMED_OUT), told.to_owned());
        self.end_native(call_id, CallState::Expired, Err(error), Private::from(told));
    }

    fn end_native(
        &mut self,
        call_id: &CallId,
        state: CallState,
        result: Result<Private<String>, McpError>,
        told: Private<String>,
    ) {
        let Some(call) = self.natives.calls.get_mut(call_id) else {
            return;
        };
        if call.result.is_some() {
            return;
        }
        let (output_index, item_id) = (call.output_index, call.item_id.clone());
        let failed = result.is_err();
        call.result = Some(result);
        call.asking = false;
        let (item, ends) = (call.item(), std::mem::take(&mut call.ends));
        let event_id = self.event_id();
        if failed {
            self.tell_client(ResponseMcpCallFailed {
                event_id,
                output_index,
                item_id,
                ..ResponseMcpCallFailed::default()
            });
        } else {
            self.tell_client(ResponseMcpCallCompleted {
                event_id,
                output_index,
                item_id,
                ..ResponseMcpCallCompleted::default()
            });
        }
        for end in ends {
            self.send_down(with_item(end.expose(), &item));
        }
        self.answer(call_id, state, told);
        self.flush_done(false);
    }

    /// Keeps an event that tells of the end of a call until it is over. Returns whether it is kept.
    pub(in crate::proxy) fn keep_end(&mut self, call_id: &CallId, text: &str) -> bool {
        let call = self.natives.calls.get_mut(call_id);
        let open = call.filter(|call| call.result.is_none() && !call.dropped);
        open.is_some_and(|call| {
            call.ends.push(Private::from(text));
            true
        })
    }

    /// A call will never be whole.
    pub(in crate::proxy) fn tell_dropped(&mut self, call_id: &CallId) {
        if let Some(call) = self.natives.calls.get_mut(call_id) {
            call.dropped = true;
            let (item, ends) = (call.item(), std::mem::take(&mut call.ends));
            for end in ends {
                self.send_down(with_item(end.expose(), &item));
            }
        }
    }

    /// Tells the client that a response ended, once its calls are over, or at once: the conversation
    /// goes on.
    pub(in crate::proxy) fn flush_done(&mut self, at_once: bool) {
        let natives = &mut self.natives;
        let done = natives.done.as_ref().map(|(response, _)| response.clone());
        if done.is_some_and(|response| natives.is_open(&response)) && !at_once {
            return;
        }
        if let Some((_, text)) = self.natives.done.take() {
            let text = text.into_exposed();
            let shown = self.shown_response(&text);
            self.send_down(shown.unwrap_or(text));
        }
    }
}

impl Natives {
    /// Returns a call as the client sees it, if there is one with this id.
    pub(in crate::proxy) fn shown(&self, call_id: &str) -> Option<String> {
        let call = self.calls.get(call_id)?;
        serde_json::to_string(&call.item()).ok()
    }
}

/// Writes an event with another item.
fn with_item(text: &str, item: &Item) -> String {
    let mut edits = Edits::new(text);
    if let Some(was) = get(text, &["item"]) {
        edits.replace(was, serde_json::to_string(item).unwrap_or_default());
    }
    edits.finish().unwrap_or_else(|| text.to_owned())
}

fn error(kind: &str, code: Option<i64>, message: String) -> McpError {
    McpError {
        kind: kind.to_owned(),
        code,
        message: Some(message.into()),
        ..McpError::default()
    }
}
