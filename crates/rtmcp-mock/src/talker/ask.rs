//! Tools that ask the client something: in the course of the call, or, over 2026-07-28, by an answer
//! that wants input.

use std::time::Duration;

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    CallToolResponse, CreateMessageRequestParams, ElicitRequest, ElicitRequestParams,
    ElicitationSchema, InputRequest, InputRequests, InputRequiredResult, SamplingMessage,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, refused, said};

type Response = Result<CallToolResponse, ErrorData>;

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct What {
    /// What to ask, in words.
    what: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Where {
    /// The page.
    url: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Late {
    /// How long to take before, in milliseconds.
    ms: u32,
}

pub(super) async fn ask(
    Parameters(What { what }): Parameters<What>,
    context: RequestContext<RoleServer>,
) -> Response {
    put(&context, form(&what)?).await
}

pub(super) async fn wait_and_ask(
    Parameters(Late { ms }): Parameters<Late>,
    context: RequestContext<RoleServer>,
) -> Response {
    tokio::time::sleep(Duration::from_millis(ms.into())).await;
    put(&context, form("Who is it?")?).await
}

pub(super) async fn visit(
    Parameters(Where { url }): Parameters<Where>,
    context: RequestContext<RoleServer>,
) -> Response {
    let params = ElicitRequestParams::UrlElicitationParams {
        meta: None,
        message: "Please sign the form.".to_owned(),
        url,
        elicitation_id: "visit-1".to_owned(),
    };
    put(&context, params).await
}

pub(super) async fn roots(context: RequestContext<RoleServer>) -> Answer {
    match context.peer.list_roots().await {
        Ok(result) => {
            let roots = result.roots.into_iter().map(|root| root.uri);
            said(roots.collect::<Vec<_>>().join(" "))
        }
        Err(error) => refused(error.to_string()),
    }
}

pub(super) async fn borrow_model(context: RequestContext<RoleServer>) -> Answer {
    let messages = vec![SamplingMessage::user_text("Who are you?")];
    let params = CreateMessageRequestParams::new(messages, 10);
    match context.peer.create_message(params).await {
        Ok(_) => said("The model answered."),
        Err(error) => refused(error.to_string()),
    }
}

/// A name, a number, and a colour to choose; all but the name have defaults.
fn form(what: &str) -> Result<ElicitRequestParams, ErrorData> {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "count": {"type": "integer", "minimum": 1, "default": 1},
            "colour": {"type": "string", "enum": ["red", "blue"], "default": "blue"},
        },
        "required": ["name"],
    });
    let schema: Result<ElicitationSchema, _> = serde_json::from_value(schema);
    Ok(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: what.to_owned(),
        requested_schema: schema
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))?,
    })
}

/// Asks by the way that the revision has, and says what came back.
async fn put(context: &RequestContext<RoleServer>, params: ElicitRequestParams) -> Response {
    let version = context.protocol_version();
    if version.is_none_or(|version| version.has_initialize()) {
        return match context.peer.create_elicitation(params).await {
            Ok(result) => told(&serde_json::to_value(result).unwrap_or_default()),
            Err(error) => Ok(refused(error.to_string())?.into()),
        };
    }
    if let Some(answer) = answered(context) {
        return told(&answer);
    }
    let mut requests = InputRequests::new();
    let request = InputRequest::Elicitation(ElicitRequest::new(params));
    requests.insert(KEY.to_owned(), request);
    let state = Some("asked".to_owned());
    Ok(InputRequiredResult::new(Some(requests), state).into())
}

fn answered(context: &RequestContext<RoleServer>) -> Option<Value> {
    let responses = context.extensions.get::<crate::sample::Responses>()?;
    responses.0.get(KEY).cloned()
}

fn told(answer: &Value) -> Response {
    Ok(said(answer.to_string())?.into())
}

const KEY: &str = "question";
