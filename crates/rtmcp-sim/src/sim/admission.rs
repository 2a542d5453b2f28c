//! [`Caller`] and [`Admission`]: who is let in, and to what.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::{
    Server,
    calls::Line,
    refusal::Refusal,
    secrets::{NoSecret, PREFIX, Secret},
};
use crate::{SimConfig, faults::Dealt, session::Fault};

/// The subprotocol that browsers have to offer first.
pub(crate) const PROTOCOL: &str = "realtime";
const KEY_PROTOCOL: &str = "openai-insecure-api-key.";
const BETA_PROTOCOL: &str = "openai-beta.realtime-v1";
const BETA_HEADER: &str = "openai-beta";

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Somebody with a key of the server, or anybody where it has none.
    Trusted,
    /// A browser with a secret.
    Browser(Arc<Secret>),
}

/// What a WebSocket is let in to.
pub(crate) enum Admission {
    /// A session of its own.
    Session(Terms),
    /// A call that there is.
    Call(Line),
    /// An error that ends it as soon as it begins: clients that can't see HTTP answers see this.
    Fault(Fault),
}

/// What a session begins with, as its client wants it.
pub(crate) struct Terms {
    pub(crate) model: String,
    /// Settings, those that come later going before the others.
    pub(crate) updates: Vec<Map<String, Value>>,
    /// What goes wrong with it.
    pub(crate) faults: Dealt,
}

impl Caller {
    /// Checks the key or the secret of a request.
    pub(crate) fn check(server: &Server, headers: &HeaderMap) -> Result<Self, Refusal> {
        let bearer = headers.get(header::AUTHORIZATION);
        let bearer = bearer.and_then(|it| it.to_str().ok()?.strip_prefix("Bearer "));
        let offered = || protocols(headers).find_map(|it| it.strip_prefix(KEY_PROTOCOL));
        let key = bearer.or_else(offered).map(str::trim);
        if let Some(value) = key.filter(|it| it.starts_with(PREFIX)) {
            return match server.secrets.find(value, super::unix_seconds()) {
                Ok(secret) => Ok(Self::Browser(secret)),
                Err(NoSecret::Unknown) => {
                    Err(Refusal::bad_key("Incorrect client secret provided."))
                }
                Err(NoSecret::Expired) => Err(Refusal::bad_key(
                    "The client secret has expired. Ask your backend for another one.",
                )),
            };
        }
        let Some(keys) = &server.config.keys else {
            return Ok(Self::Trusted);
        };
        let Some(key) = key else {
            return Err(Refusal::bad_key(
                "Missing bearer authentication in header: send 'Authorization: Bearer YOUR_KEY'.",
            ));
        };
        match keys.iter().any(|it| it.expose() == key) {
            true => Ok(Self::Trusted),
            false => Err(Refusal::bad_key("Incorrect API key provided.")),
        }
    }

    /// What the secret brings along.
    pub(crate) fn session(&self) -> Map<String, Value> {
        match self {
            Self::Trusted => Map::new(),
            Self::Browser(secret) => secret.session.expose().clone(),
        }
    }

    /// Refuses a browser what only a backend may do.
    pub(crate) fn trusted(self) -> Result<(), Refusal> {
        match self {
            Self::Trusted => Ok(()),
            Self::Browser(_) => Err(Refusal::bad_key(
                "A client secret can't make others. Use an API key.",
            )),
        }
    }
}

impl Admission {
    /// Checks a request for a WebSocket.
    pub(crate) fn check(
        server: &Server,
        query: &[(String, String)],
        headers: &HeaderMap,
    ) -> Result<Self, Refusal> {
        let target = target(query)?;
        let caller = Caller::check(server, headers)?;
        if let Some(fault) = beta(headers) {
            return Ok(Self::Fault(fault));
        }
        match target {
            Target::Call(id) => server.calls.join(id, &caller).map(Self::Call),
            Target::Model(model) => {
                let model = model.to_owned();
                if let Some(fault) = unknown_model(&server.config, &model) {
                    return Ok(Self::Fault(fault));
                }
                let faults = server.deal_faults()?;
                Ok(match faults.turned_away() {
                    Some(trouble) => Self::Fault(trouble.into()),
                    None => Self::Session(Terms {
                        updates: vec![unnamed(caller.session()).0],
                        model,
                        faults,
                    }),
                })
            }
        }
    }
}

impl Terms {
    /// Makes terms of what a caller's secret brings, what the request says, and its query; the model
    /// can be named by any of them.
    pub(crate) fn new(
        server: &Server,
        caller: &Caller,
        session: Map<String, Value>,
        query: &[(String, String)],
    ) -> Result<Self, Refusal> {
        let (bound, bound_model) = unnamed(caller.session());
        let (session, model) = unnamed(session);
        let asked = query.iter().find(|(name, _)| name == "model");
        let asked = asked.map(|(_, model)| model.clone());
        let mut models = [model, bound_model, asked].into_iter().flatten();
        let Some(model) = models.find(|it| !it.is_empty()) else {
            return Err(Fault::missing("session.model").into());
        };
        if let Some(fault) = unknown_model(&server.config, &model) {
            return Err(fault.into());
        }
        let faults = server.deal_faults()?;
        match faults.turned_away() {
            Some(trouble) => Err(trouble.into()),
            None => Ok(Self {
                model,
                updates: vec![bound, session],
                faults,
            }),
        }
    }
}

/// Takes the model out of a session's settings.
fn unnamed(mut session: Map<String, Value>) -> (Map<String, Value>, Option<String>) {
    let model = session.remove("model");
    let model = model.as_ref().and_then(Value::as_str).map(str::to_owned);
    (session, model)
}

enum Target<'a> {
    Model(&'a str),
    Call(&'a str),
}

/// What is connected to: exactly one of three parameters says it.
fn target(query: &[(String, String)]) -> Result<Target<'_>, Refusal> {
    let pairs = query.iter().map(|(name, value)| (name.as_str(), value));
    let named: Vec<_> = pairs
        .filter(|(name, _)| matches!(*name, "model" | "call_id" | "intent"))
        .collect();
    match named.as_slice() {
        [("model", model)] if !model.is_empty() => Ok(Target::Model(model)),
        // With a call, the model is the call's.
        [("call_id", id)] | [("call_id", id), ("model", _)] | [("model", _), ("call_id", id)] => {
            Ok(Target::Call(id))
        }
        [("intent", _)] => Err(Refusal::invalid(
            "intent",
            "This server has no transcription sessions: connect with 'model'.",
        )),
        _ => Err(Refusal::invalid(
            "model",
            "You must provide exactly one of the query parameters 'model', 'call_id' and 'intent'.",
        )),
    }
}

/// Why a client of the beta isn't served.
pub(crate) fn beta(headers: &HeaderMap) -> Option<Fault> {
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
