//! [`Admission`]: who is let in, to what, and what the others are told.

use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use rtmcp_core::Private;
use serde_json::json;

use crate::{SimConfig, session::Fault};

/// The subprotocol that browsers have to offer first.
pub(crate) const PROTOCOL: &str = "realtime";
const KEY_PROTOCOL: &str = "openai-insecure-api-key.";
const BETA_PROTOCOL: &str = "openai-beta.realtime-v1";
const BETA_HEADER: &str = "openai-beta";

/// Somebody who may connect.
#[derive(Debug)]
pub(crate) struct Admission {
    /// The model that is asked for.
    pub(crate) model: String,
    /// Why the session ends as soon as it begins: clients that can't see HTTP answers see this.
    pub(crate) fault: Option<Fault>,
}

/// Somebody who may not.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: Option<&'static str>,
    param: Option<&'static str>,
    message: String,
}

impl Admission {
    /// Checks a request.
    pub(crate) fn check(
        config: &SimConfig,
        query: &[(String, String)],
        headers: &HeaderMap,
    ) -> Result<Self, Refusal> {
        let model = model(query)?;
        check_key(config.keys.as_deref(), headers)?;
        let fault = beta(headers).or_else(|| unknown_model(config, &model));
        Ok(Self { model, fault })
    }
}

impl Refusal {
    /// The request is none for a WebSocket.
    pub(crate) fn no_websocket() -> Self {
        Self {
            status: StatusCode::UPGRADE_REQUIRED,
            code: None,
            param: None,
            message: "This is a WebSocket endpoint: connect with a WebSocket client.".to_owned(),
        }
    }

    fn bad_query(param: &'static str, message: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: Some("invalid_value"),
            param: Some(param),
            message: message.to_owned(),
        }
    }

    fn bad_key(message: &str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            code: Some("invalid_api_key"),
            param: None,
            message: message.to_owned(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": {
            "message": self.message,
            "type": "invalid_request_error",
            "param": self.param,
            "code": self.code,
        }});
        (self.status, Json(body)).into_response()
    }
}

/// The model that is asked for: exactly one of three parameters says what is connected to.
fn model(query: &[(String, String)]) -> Result<String, Refusal> {
    let pairs = query.iter().map(|(name, value)| (name.as_str(), value));
    let named: Vec<_> = pairs
        .filter(|(name, _)| matches!(*name, "model" | "call_id" | "intent"))
        .collect();
    match named.as_slice() {
        [("model", model)] if !model.is_empty() => Ok((*model).clone()),
        [("call_id", _)] => Err(Refusal::bad_query(
            "call_id",
            "There is no call with this id: this server opens sessions by 'model'.",
        )),
        [("intent", _)] => Err(Refusal::bad_query(
            "intent",
            "This server has no transcription sessions: connect with 'model'.",
        )),
        _ => Err(Refusal::bad_query(
            "model",
            "You must provide exactly one of the query parameters 'model', 'call_id' and 'intent'.",
        )),
    }
}

fn check_key(keys: Option<&[Private<String>]>, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(keys) = keys else {
        return Ok(());
    };
    let bearer = headers.get(header::AUTHORIZATION);
    let bearer = bearer.and_then(|it| it.to_str().ok()?.strip_prefix("Bearer "));
    let offered = || protocols(headers).find_map(|it| it.strip_prefix(KEY_PROTOCOL));
    let Some(key) = bearer.or_else(offered) else {
        return Err(Refusal::bad_key(
            "Missing bearer authentication in header: send 'Authorization: Bearer YOUR_KEY'.",
        ));
    };
    match keys.iter().any(|it| it.expose() == key.trim()) {
        true => Ok(()),
        false => Err(Refusal::bad_key("Incorrect API key provided.")),
    }
}

fn beta(headers: &HeaderMap) -> Option<Fault> {
    let header = headers.get(BETA_HEADER).and_then(|it| it.to_str().ok());
    let by_header = header.is_some_and(|it| it.contains("realtime=v1"));
    (by_header || protocols(headers).any(|it| it == BETA_PROTOCOL)).then(|| {
        Fault::new(
            "beta_api_shape_disabled",
            "The Realtime Beta API is no longer supported. Leave out the 'OpenAI-Beta: \
             realtime=v1' header and the 'openai-beta.realtime-v1' subprotocol, and use the GA \
             event shapes.",
        )
    })
}

fn unknown_model(config: &SimConfig, model: &str) -> Option<Fault> {
    let models = config.models.as_deref()?;
    (!models.iter().any(|it| it == model)).then(|| {
        let message =
            format!("The model '{model}' does not exist or you do not have access to it.");
        Fault::new("model_not_found", message).at("model")
    })
}

fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let offers = offers.filter_map(|it| it.to_str().ok());
    offers.flat_map(|it| it.split(',')).map(str::trim)
}
