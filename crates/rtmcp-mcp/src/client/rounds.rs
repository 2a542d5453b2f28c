//! Requests that a server may want the person's input for before it answers them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientRequest, GetExtensions, GetPromptRequest,
    GetPromptRequestParams, InputRequest, InputRequiredResult, InputResponses, ReadResourceRequest,
    ReadResourceRequestParams, ServerResult,
};
use serde_json::{Map, Value};

use super::Client;
use crate::{
    elicit,
    failure::Failure,
    host,
    inbox::{Caller, CallerSlot},
};

/// One call, as the server gets it.
pub(crate) struct Work {
    /// The function, as the model's side knows it.
    pub(crate) tool: String,
    pub(crate) args: Map<String, Value>,
    pub(crate) caller: Arc<Caller>,
    /// Set once the server may have acted on the call.
    pub(crate) dispatched: AtomicBool,
}

/// What a call asks the server for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wanted {
    Tool(String),
    Resource(String),
    Prompt(String),
}

/// What the person answered, and what the server wants back with it.
#[derive(Default)]
struct Round {
    responses: Option<InputResponses>,
    state: Option<String>,
}

impl Client {
    /// Makes a request, in as many rounds as it takes. Dropping the future cancels it on the server
    /// too.
    pub(crate) async fn perform(
        &self,
        work: &Work,
        wanted: &Wanted,
        args: &Map<String, Value>,
    ) -> Result<ServerResult, Failure> {
        let mut round = Round::default();
        for _ in 0..MAX_ROUNDS {
            let mut request = request(wanted, args, round);
            let caller = CallerSlot(Arc::clone(&work.caller));
            request.extensions_mut().insert(caller);
            work.dispatched.store(true, Ordering::Relaxed);
            match self.request(request).await? {
                ServerResult::InputRequiredResult(result) => {
                    round = self.fulfil(result, &work.caller).await?;
                }
                result => return Ok(result),
            }
        }
        Err(Failure::NeedsInput)
    }

    /// Asks the person for what a server of the stateless revision wants before it goes on.
    async fn fulfil(&self, result: InputRequiredResult, caller: &Caller) -> Result<Round, Failure> {
        let mut responses = InputResponses::new();
        for (key, request) in result.input_requests.unwrap_or_default() {
            let response = match request {
                InputRequest::Elicitation(request) => {
                    let params = serde_json::to_value(&request.params).unwrap_or_default();
                    let answer = elicit::ask(&self.config, caller, &params).await;
                    serde_json::to_value(answer)
                }
                InputRequest::ListRoots(_) => {
                    // There is no way to say no to anything but a question.
                    let roots = host::roots(&self.config).ok_or(Failure::NeedsInput)?;
                    serde_json::to_value(roots)
                }
                _ => return Err(Failure::NeedsInput),
            };
            responses.insert(key, response.map_err(|_| Failure::NeedsInput)?);
        }
        if responses.is_empty() && result.request_state.is_none() {
            return Err(Failure::NotMcp("it requires input and names none"));
        }
        Ok(Round {
            responses: (!responses.is_empty()).then_some(responses),
            state: result.request_state,
        })
    }
}

fn request(wanted: &Wanted, args: &Map<String, Value>, round: Round) -> ClientRequest {
    match wanted {
        Wanted::Tool(name) => {
            let mut params = CallToolRequestParams::new(name.clone());
            params.arguments = Some(args.clone());
            params.input_responses = round.responses;
            params.request_state = round.state;
            ClientRequest::CallToolRequest(CallToolRequest::new(params))
        }
        Wanted::Resource(uri) => {
            let mut params = ReadResourceRequestParams::new(uri.clone());
            params.input_responses = round.responses;
            params.request_state = round.state;
            ClientRequest::ReadResourceRequest(ReadResourceRequest::new(params))
        }
        Wanted::Prompt(name) => {
            let mut params = GetPromptRequestParams::new(name.clone());
            params.arguments = (!args.is_empty()).then(|| args.clone());
            params.input_responses = round.responses;
            params.request_state = round.state;
            ClientRequest::GetPromptRequest(GetPromptRequest::new(params))
        }
    }
}

/// Rounds of required input, as many as the other SDKs go.
const MAX_ROUNDS: usize = 10;
