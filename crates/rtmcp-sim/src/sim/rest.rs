//! The REST side: calls are opened and hung up, and client secrets are made.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Multipart, Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Map, Value, json};

use super::{
    Server,
    admission::{Caller, Terms, beta},
    call,
    refusal::Refusal,
    unix_seconds,
};
use crate::{
    driver::Arrival,
    session::{Fault, Ids, Settings, check_secret, check_session},
};

/// The longest body: a session with all the tools that there may be, and an offer.
const BODY_BYTES: usize = 4 * 1024 * 1024;
/// Seconds for which a secret is good, where nothing else is said.
const SECRET_SECONDS: u64 = 600;
const SDP: &str = "application/sdp";
const FORM: &str = "multipart/form-data";

/// What is served beside the WebSocket.
pub(crate) fn routes() -> Router<Arc<Server>> {
    Router::new()
        .route("/v1/realtime/calls", post(create_call))
        .route("/v1/realtime/calls/{id}/hangup", post(hang_up))
        .route("/v1/realtime/client_secrets", post(mint))
}

/// Answers a request for what there isn't.
pub(crate) async fn unknown(method: Method, uri: Uri) -> Refusal {
    let message = format!("Invalid URL ({method} {})", uri.path());
    Refusal::new(StatusCode::NOT_FOUND, message).code("unknown_url")
}

/// Answers a request with a method that its address doesn't know.
pub(crate) async fn unknown_method(method: Method) -> Refusal {
    let message = format!("Not allowed to {method} on this URL.");
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message).code("method_not_supported")
}

/// An offer, and what the session is to be.
struct Ask {
    offer: String,
    session: Map<String, Value>,
}

async fn create_call(
    State(server): State<Arc<Server>>,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Result<Response, Refusal> {
    let headers = request.headers();
    if let Some(fault) = beta(headers) {
        return Err(fault.into());
    }
    let caller = Caller::check(&server, headers)?;
    let Ask { offer, session } = ask(request).await?;
    let terms = Terms::new(&server, &caller, session, &query)?;
    let (id, answer) = call::open(&server, &offer, terms, caller).await?;
    let location = HeaderValue::try_from(format!("/v1/realtime/calls/{id}"));
    let location = location.map_err(|_| broken())?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(SDP)),
        (header::LOCATION, location),
    ];
    Ok((StatusCode::CREATED, headers, answer).into_response())
}

async fn hang_up(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let caller = Caller::check(&server, &headers)?;
    let line = server.calls.join(&id, &caller)?;
    // One that ends by itself meanwhile is over all the same.
    let _ = line.inbox.send(Arrival::Over).await;
    Ok(StatusCode::OK)
}

async fn mint(State(server): State<Arc<Server>>, request: Request) -> Result<Response, Refusal> {
    if let Some(fault) = beta(request.headers()) {
        return Err(fault.into());
    }
    Caller::check(&server, request.headers())?.trusted()?;
    let body = read(request).await?;
    let body = match body.is_empty() {
        true => Map::new(),
        false => object("The body", &body)?,
    };
    check_secret(&body)?;
    let seconds = body.get("expires_after").and_then(|it| it.get("seconds"));
    let seconds = seconds.and_then(Value::as_u64).unwrap_or(SECRET_SECONDS);
    let session = body.get("session").and_then(Value::as_object).cloned();
    let session = session.unwrap_or_default();
    let shown = resolved(&session)?;
    let now = unix_seconds();
    let expires_at = now + seconds;
    let secret = server.secrets.mint(session, now, expires_at);
    let value = secret.value.expose();
    let body = json!({"value": value, "expires_at": expires_at, "session": shown});
    Ok(Json(body).into_response())
}

/// The whole session that settings make.
fn resolved(session: &Map<String, Value>) -> Result<Value, Refusal> {
    let model = session.get("model").and_then(Value::as_str);
    let id = Ids::new(super::socket::random_seed()).session();
    let mut settings = Settings::new(&id, model, 0)?;
    settings.update(session, false)?;
    serde_json::to_value(settings.config()).map_err(|_| broken())
}

/// Reads what a call is asked for with: a form, or an offer alone.
async fn ask(request: Request) -> Result<Ask, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    let ask = match kind.as_str() {
        SDP => Ask {
            offer: text("The body", &read(request).await?)?,
            session: Map::new(),
        },
        FORM => form(request).await?,
        _ => {
            let message = format!("Unsupported content type: send '{FORM}' or '{SDP}'.");
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
    };
    if ask.offer.trim().is_empty() {
        let fault = Fault::missing("sdp");
        return Err(fault.into());
    }
    Ok(ask)
}

async fn form(request: Request) -> Result<Ask, Refusal> {
    let malformed = |_| Refusal::invalid("body", "The form can't be read: send a part 'sdp'.");
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES).await.map_err(|_| too_long())?;
    let request = Request::from_parts(parts, Body::from(body));
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|_| malformed(()))?;
    let mut ask = Ask {
        offer: String::new(),
        session: Map::new(),
    };
    while let Some(part) = form.next_field().await.map_err(|_| malformed(()))? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(|_| malformed(()))?;
        match name.as_str() {
            "sdp" => ask.offer = text("'sdp'", &bytes)?,
            "session" => {
                ask.session = object("'session'", &bytes)?;
                check_session(&ask.session)?;
                resolved(&ask.session)?;
            }
            _ => return Err(Fault::unknown_parameter(&name).into()),
        }
    }
    Ok(ask)
}

async fn read(request: Request) -> Result<Bytes, Refusal> {
    let body = to_bytes(request.into_body(), BODY_BYTES).await;
    body.map_err(|_| too_long())
}

fn text(what: &str, bytes: &[u8]) -> Result<String, Refusal> {
    let text = std::str::from_utf8(bytes).map(str::to_owned);
    text.map_err(|_| Refusal::invalid("body", format!("{what} isn't text in UTF-8.")))
}

fn object(what: &str, bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(bytes)
        .map_err(|_| Refusal::invalid("body", format!("{what} isn't a JSON object.")))
}

fn too_long() -> Refusal {
    let message = format!("The body is longer than {BODY_BYTES} bytes, or it broke off.");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message)
}

fn broken() -> Refusal {
    let message = "The answer can't be written.";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message)
}
